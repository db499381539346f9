/* AVX512-VNNI: for few rows, where the reading of weights is what takes time. */
#include "kernels.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512vnni"))) static inline
#define AHEAD 4096 /* bytes that the memory is asked for early: the processor stops at the end of a page */

INLINE __m512i four(const int8_t *x) { return _mm512_set1_epi32(*(const int32_t *)x); }

/* One block of outputs for `rows` rows of inputs, which the compiler knows. */
INLINE void block(const linear_job *job, int64_t number, int64_t first, const int rows) {
    const int64_t groups = job->groups;
    const uint8_t *weight = job->weight + number * block_bytes(job);
    const __m512i low = _mm512_set1_epi8(15);
    __m512 sum[8];
    for (int row = 0; row < rows; row++) sum[row] = _mm512_setzero_ps();
    for (int64_t group = 0; group < groups; group++) {
        const int8_t *x = job->x + at_x(groups, first, group);
        const int64_t at = first * groups + group;
        __m512i even[8], odd[8];
        for (int row = 0; row < rows; row++) {
            even[row] = odd[row] = _mm512_setzero_si512();
        }
#pragma GCC unroll 4
        for (int column = 0; column < GROUP; column += 8) {
            const int8_t *from = x + column / STEP * STEP * BLOCK + column % STEP;
            __m512i a, b;
            if (job->bits == 8) {
                a = _mm512_loadu_si512(weight), b = _mm512_loadu_si512(weight + 64);
                _mm_prefetch((const char *)weight + AHEAD, _MM_HINT_T1);
                _mm_prefetch((const char *)weight + AHEAD + 64, _MM_HINT_T1);
                weight += 128;
            } else {
                __m512i both = _mm512_loadu_si512(weight);
                _mm_prefetch((const char *)weight + AHEAD, _MM_HINT_T1);
                a = _mm512_and_si512(both, low), b = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
                weight += 64;
            }
            for (int row = 0; row < rows; row++) {
                even[row] = _mm512_dpbusd_epi32(even[row], a, four(from + row * STEP));
                odd[row] = _mm512_dpbusd_epi32(odd[row], b, four(from + row * STEP + 4));
            }
        }
        for (int row = 0; row < rows; row++) {
            __m512 found = _mm512_cvtepi32_ps(_mm512_add_epi32(even[row], odd[row]));
            sum[row] = _mm512_fmadd_ps(found, _mm512_set1_ps(job->x_scale[at + row * groups]), sum[row]);
        }
    }
    const int64_t output = number * BLOCK;
    const __mmask16 inside = job->outputs - output >= BLOCK ? 0xffff : (1u << (job->outputs - output)) - 1;
    const __m512 scale = _mm512_loadu_ps(job->scale + output);
    const __m512 bias = job->bias ? _mm512_loadu_ps(job->bias + output) : _mm512_setzero_ps();
    for (int row = 0; row < rows; row++) {
        float *y = job->y + (first + row) * job->outputs + output;
        __m512 found = _mm512_sub_ps(sum[row], _mm512_set1_ps(job->x_shift[first + row]));
        _mm512_mask_storeu_ps(y, inside, _mm512_add_ps(_mm512_mul_ps(found, scale), bias));
    }
}

#define ROWS(n) \
    case n: \
        block(job, number, row, n); \
        break;

TARGET void linear_vnni(const linear_job *job, int64_t first, int64_t last) {
    for (int64_t number = first; number < last; number++) {
        for (int64_t row = 0; row < job->rows; row += 8) {
            switch (least(8, job->rows - row)) { ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7) ROWS(8) }
        }
    }
}
