/* AVX512-VNNI. */
#include "linear_avx512.h"

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512vnni"))) static inline
#define HEIGHT 8 /* rows at a time: of two blocks and so many rows the sums stay in registers */

INLINE __m512i four(const int8_t *x) { return _mm512_set1_epi32(*(const int32_t *)x); }

/* 16 outputs by 8 columns: two vectors of numbers of 8 bits. `is_far`: they come from memory, which is asked early. */
INLINE void take(const uint8_t *weight, int64_t column, const int bits, const int is_far, __m512i *out) {
    const uint8_t *at = weight + column * BLOCK * bits / 8;
    if (is_far) _mm_prefetch((const char *)at + AHEAD, _MM_HINT_T1);
    if (is_far && bits == 8) _mm_prefetch((const char *)at + AHEAD + 64, _MM_HINT_T1);
    out[0] = _mm512_loadu_si512(at);
    if (bits == 8) {
        out[1] = _mm512_loadu_si512(at + 64);
    } else {
        const __m512i low = _mm512_set1_epi8(15), both = out[0];
        out[0] = _mm512_and_si512(both, low), out[1] = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
    }
}

/* Add a group of some blocks by some rows of inputs to the sums; the compiler knows how many there are of all. With few
   of them each has two sums, so that none waits for the one before. */
INLINE void add_group(const linear_job *job, const uint8_t *const *weight, const int blocks, const int bits,
                      const int is_far, int64_t first, const int rows, int64_t group, float *sum, int64_t stride) {
    const int8_t *x = job->x + at_x(job->groups, first, group);
    const int chains = blocks * rows <= 8 ? 2 : 1;
    __m512i found[HEIGHT][2][2];
    for (int row = 0; row < rows; row++)
        for (int block = 0; block < blocks; block++)
            for (int chain = 0; chain < chains; chain++) found[row][block][chain] = _mm512_setzero_si512();
#pragma GCC unroll 4
    for (int column = 0; column < GROUP; column += 8) {
        const int8_t *from = x + column / STEP * STEP * BLOCK + column % STEP;
        __m512i numbers[2][2];
        for (int block = 0; block < blocks; block++) take(weight[block], column, bits, is_far, numbers[block]);
        for (int half = 0; half < 2; half++) {
            for (int row = 0; row < rows; row++) {
                const __m512i inputs = four(from + row * STEP + 4 * half);
                for (int block = 0; block < blocks; block++) {
                    __m512i *to = &found[row][block][chains > 1 ? half : 0];
                    *to = _mm512_dpbusd_epi32(*to, numbers[block][half], inputs);
                }
            }
        }
    }
    for (int row = 0; row < rows; row++) {
        const __m512 scale = _mm512_set1_ps(job->x_scale[(first + row) * job->groups + group]);
        for (int block = 0; block < blocks; block++) {
            __m512i whole = found[row][block][0];
            if (chains > 1) whole = _mm512_add_epi32(whole, found[row][block][1]);
            float *to = sum + row * stride + block * BLOCK;
            _mm512_store_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), scale, _mm512_load_ps(to)));
        }
    }
}

/* Call it with numbers that the compiler knows. */
#define BY_ROWS(rows, call) \
    switch (rows) { \
        case 1: call(1); break; \
        case 2: call(2); break; \
        case 3: call(3); break; \
        case 4: call(4); break; \
        case 5: call(5); break; \
        case 6: call(6); break; \
        case 7: call(7); break; \
        default: call(8); \
    }

/* One block, or two side by side, for the groups `first` to `last` - 1. */
INLINE void strip(const linear_job *job, const uint8_t *left, const uint8_t *right, const int blocks, const int bits,
                  const int is_far, int64_t row, const int rows, int64_t first, int64_t last, float *sum, int64_t stride) {
    const int64_t bytes = GROUP * BLOCK * bits / 8;
    for (int64_t group = first; group < last; group++, left += bytes, right += bytes) {
        const uint8_t *weight[] = {left, right};
        add_group(job, weight, blocks, bits, is_far, row, rows, group, sum, stride);
    }
}

TARGET static void square(const linear_job *job, const uint8_t *left, const uint8_t *right, int64_t row, int64_t first,
                          int64_t last, float *sum, int64_t stride) {
#define SQUARE(rows) strip(job, left, right, 2, 8, 0, row, rows, first, last, sum, stride)
    BY_ROWS(least(HEIGHT, job->rows - row), SQUARE)
}

/* One block, or two, from their first column to their last, as they lie in memory. */
INLINE void strip_by_bits(const linear_job *job, const uint8_t *left, const uint8_t *right, const int blocks, int64_t row,
                          const int rows, float *sum) {
    if (job->bits == 8) strip(job, left, right, blocks, 8, 1, row, rows, 0, job->groups, sum, 2 * BLOCK);
    else strip(job, left, right, blocks, 4, 1, row, rows, 0, job->groups, sum, 2 * BLOCK);
}

/* Blocks as they lie in memory, which gives most in one stream a core; with more rows, inputs that are used for two
   blocks save more than that. Rows beyond the first HEIGHT find the weights in a core's cache. */
TARGET static void few_rows(const linear_job *job, int64_t first, int64_t last) {
    _Alignas(64) float sums[VNNI_FEW_ROWS * 2 * BLOCK];
    const int64_t bytes = block_bytes(job), at_once = job->rows <= 2 ? 1 : 2;
    for (int64_t number = first; number < last; number += at_once) {
        const int64_t end = least(number + at_once, last); /* an odd one is its own neighbour; nobody reads those sums */
        const uint8_t *left = job->weight + number * bytes, *right = job->weight + (end - 1) * bytes;
        memset(sums, 0, job->rows * 2 * BLOCK * sizeof(float));
        for (int64_t row = 0; row < job->rows; row += HEIGHT) {
            float *sum = sums + row * 2 * BLOCK;
#define STRIP(rows) \
    if (rows <= 2 && at_once == 1) strip_by_bits(job, left, right, 1, row, rows, sum); \
    else strip_by_bits(job, left, right, 2, row, rows, sum)
            BY_ROWS(least(HEIGHT, job->rows - row), STRIP)
        }
        finish(job, sums, 2 * BLOCK, number, end);
    }
}

TARGET void linear_vnni(const linear_job *job, int64_t first, int64_t last) {
    if (job->rows <= VNNI_FEW_ROWS) few_rows(job, first, last);
    else many_rows(job, first, last, HEIGHT, square);
}
