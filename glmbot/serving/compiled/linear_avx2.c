/* AVX2: pairs of products are added in 16 bits, which hold them for every number that can occur. */
#include "kernels.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE __attribute__((always_inline, target("avx2,fma"))) static inline
#define ROWS_AT_ONCE 4
#define AHEAD 4096  /* bytes that the memory is asked for early */
#define UNWIDENED 32 /* columns whose 4-bit products fit in 16 bits together: 32 / 2 * 15 * 127 is less than 32768 */

INLINE __m256i four(const int8_t *x) { return _mm256_set1_epi32(*(const int32_t *)x); }
INLINE __m256i eight_outputs(const uint8_t *weight) { return _mm256_loadu_si256((const __m256i *)weight); }
INLINE __m256i widened(__m256i pairs) { return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)); }

/* A block by 32 columns of 4 bits, stored unsigned; `whole` has the sums of both its halves for each row. */
INLINE void add_fours(const uint8_t *weight, const int8_t *x, const int rows, __m256i (*whole)[2]) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i pairs[ROWS_AT_ONCE][2];
    for (int row = 0; row < rows; row++) pairs[row][0] = pairs[row][1] = _mm256_setzero_si256();
    for (int column = 0; column < UNWIDENED; column += 8, weight += 64) {
        _mm_prefetch((const char *)weight + AHEAD, _MM_HINT_T1);
        for (int half = 0; half < 2; half++) {
            const __m256i both = eight_outputs(weight + 32 * half);
            const __m256i even = _mm256_and_si256(both, low), odd = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
            for (int row = 0; row < rows; row++) {
                const int8_t *from = x + row * STEP + column;
                const __m256i found = _mm256_add_epi16(_mm256_maddubs_epi16(even, four(from)),
                                                       _mm256_maddubs_epi16(odd, four(from + 4)));
                pairs[row][half] = _mm256_add_epi16(pairs[row][half], found);
            }
        }
    }
    for (int row = 0; row < rows; row++)
        for (int half = 0; half < 2; half++) whole[row][half] = _mm256_add_epi32(whole[row][half], widened(pairs[row][half]));
}

/* The same for 8 bits: 127 * 127 * 2 is less than 32768, and so is 128 * 127 * 2, of signed numbers. */
INLINE void add_eights(const uint8_t *weight, const int8_t *x, const int rows, __m256i (*whole)[2]) {
    const __m256i sign = _mm256_set1_epi8((char)0x80);
    for (int column = 0; column < UNWIDENED; column += 4, weight += 64) {
        _mm_prefetch((const char *)weight + AHEAD, _MM_HINT_T1);
        for (int half = 0; half < 2; half++) {
            const __m256i numbers = _mm256_xor_si256(eight_outputs(weight + 32 * half), sign);
            const __m256i sizes = _mm256_abs_epi8(numbers);
            for (int row = 0; row < rows; row++) {
                const __m256i inputs = _mm256_sign_epi8(four(x + row * STEP + column), numbers);
                whole[row][half] = _mm256_add_epi32(whole[row][half], widened(_mm256_maddubs_epi16(sizes, inputs)));
            }
        }
    }
}

/* One block of outputs for `rows` rows of inputs, which the compiler knows. */
INLINE void block(const linear_job *job, int64_t number, int64_t first, const int rows, const int bits) {
    const int64_t groups = job->groups;
    const uint8_t *weight = job->weight + number * block_bytes(job);
    __m256 sum[ROWS_AT_ONCE][2];
    for (int row = 0; row < rows; row++) sum[row][0] = sum[row][1] = _mm256_setzero_ps();
    for (int64_t group = 0; group < groups; group++) {
        const int8_t *x = job->x + at_x(groups, first, group);
        __m256i whole[ROWS_AT_ONCE][2];
        for (int row = 0; row < rows; row++) whole[row][0] = whole[row][1] = _mm256_setzero_si256();
        for (int column = 0; column < GROUP; column += UNWIDENED, weight += UNWIDENED * BLOCK * bits / 8) {
            const int8_t *from = x + column / STEP * STEP * BLOCK + column % STEP;
            if (bits == 4) add_fours(weight, from, rows, whole);
            else add_eights(weight, from, rows, whole);
        }
        for (int row = 0; row < rows; row++) {
            const __m256 scale = _mm256_set1_ps(job->x_scale[(first + row) * groups + group]);
            for (int half = 0; half < 2; half++)
                sum[row][half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[row][half]), scale, sum[row][half]);
        }
    }
    for (int row = 0; row < rows; row++) {
        for (int half = 0; half < 2; half++) {
            const int64_t output = number * BLOCK + 8 * half;
            const __m256 shift = _mm256_set1_ps(bits == 4 ? job->x_shift[first + row] : 0);
            const __m256 bias = job->bias ? _mm256_loadu_ps(job->bias + output) : _mm256_setzero_ps();
            const __m256 scaled = _mm256_mul_ps(_mm256_sub_ps(sum[row][half], shift), _mm256_loadu_ps(job->scale + output));
            float found[8], *y = job->y + (first + row) * job->outputs + output;
            _mm256_storeu_ps(found, _mm256_add_ps(scaled, bias));
            for (int64_t i = 0; i < least(8, job->outputs - output); i++) y[i] = found[i];
        }
    }
}

#define ROWS(n) \
    case n: \
        if (job->bits == 4) block(job, number, row, n, 4); \
        else block(job, number, row, n, 8); \
        break;

TARGET void linear_avx2(const linear_job *job, int64_t first, int64_t last) {
    for (int64_t number = first; number < last; number++) {
        for (int64_t row = 0; row < job->rows; row += ROWS_AT_ONCE) {
            switch (least(ROWS_AT_ONCE, job->rows - row)) { ROWS(1) ROWS(2) ROWS(3) ROWS(4) }
        }
    }
}
