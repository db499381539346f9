/* AVX2: pairs of products are added in 16 bits, which hold them for every number that can occur. */
#include "kernels.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE __attribute__((always_inline, target("avx2,fma"))) static inline
#define ROWS_AT_ONCE 4

INLINE __m256i four(const int8_t *x) { return _mm256_set1_epi32(*(const int32_t *)x); }

/* 8 outputs by 4 columns of signed weights: 127 * 127 * 2 is less than 32768, and so is 128 * 127 * 2. */
INLINE __m256i products(__m256i weight, __m256i x) {
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weight), _mm256_sign_epi8(x, weight));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

/* Half a block: 8 outputs. */
INLINE void half_block(const linear_job *job, int64_t number, int half, int64_t first, const int rows) {
    const int64_t groups = job->groups;
    const uint8_t *weight = job->weight + number * block_bytes(job) + 32 * half;
    const __m256i low = _mm256_set1_epi8(15), eight = _mm256_set1_epi8(8), sign = _mm256_set1_epi8((char)0x80);
    __m256 sum[ROWS_AT_ONCE];
    for (int row = 0; row < rows; row++) sum[row] = _mm256_setzero_ps();
    for (int64_t group = 0; group < groups; group++) {
        const int8_t *x = job->x + at_x(groups, first, group);
        __m256i whole[ROWS_AT_ONCE];
        for (int row = 0; row < rows; row++) whole[row] = _mm256_setzero_si256();
        for (int column = 0; column < GROUP; column += 8) {
            __m256i a, b;
            if (job->bits == 8) {
                a = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)weight), sign);
                b = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(weight + 64)), sign);
                weight += 128;
            } else {
                __m256i both = _mm256_loadu_si256((const __m256i *)weight);
                a = _mm256_sub_epi8(_mm256_and_si256(both, low), eight);
                b = _mm256_sub_epi8(_mm256_and_si256(_mm256_srli_epi16(both, 4), low), eight);
                weight += 64;
            }
            for (int row = 0; row < rows; row++) {
                const int8_t *from = x + row * STEP + column / STEP * STEP * BLOCK + column % STEP;
                __m256i sums = _mm256_add_epi32(products(a, four(from)), products(b, four(from + 4)));
                whole[row] = _mm256_add_epi32(whole[row], sums);
            }
        }
        for (int row = 0; row < rows; row++) {
            __m256 scale = _mm256_set1_ps(job->x_scale[(first + row) * groups + group]);
            sum[row] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[row]), scale, sum[row]);
        }
    }
    const int64_t output = number * BLOCK + 8 * half;
    const __m256 scale = _mm256_loadu_ps(job->scale + output);
    const __m256 bias = job->bias ? _mm256_loadu_ps(job->bias + output) : _mm256_setzero_ps();
    for (int row = 0; row < rows; row++) {
        float found[8], *y = job->y + (first + row) * job->outputs + output;
        _mm256_storeu_ps(found, _mm256_add_ps(_mm256_mul_ps(sum[row], scale), bias));
        for (int64_t i = 0; i < least(8, job->outputs - output); i++) y[i] = found[i];
    }
}

#define ROWS(n) \
    case n: \
        half_block(job, number, half, row, n); \
        break;

TARGET void linear_avx2(const linear_job *job, int64_t first, int64_t last) {
    for (int64_t number = first; number < last; number++) {
        for (int half = 0; half < 2; half++) {
            for (int64_t row = 0; row < job->rows; row += ROWS_AT_ONCE) {
                switch (least(ROWS_AT_ONCE, job->rows - row)) { ROWS(1) ROWS(2) ROWS(3) ROWS(4) }
            }
        }
    }
}
