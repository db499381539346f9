/* What the kernels for AVX512-VNNI and for AMX share. */
#include "linear_avx512.h"

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
#define SPAN 512 /* columns at a time: two blocks of them stay in the first cache */

TARGET void widen(const uint8_t *packed, uint8_t *out, int64_t columns) {
    const __m512i low = _mm512_set1_epi8(15);
    for (int64_t i = 0; i < columns * BLOCK / 2; i += 64) {
        _mm_prefetch((const char *)packed + i + AHEAD, _MM_HINT_T1);
        __m512i both = _mm512_loadu_si512(packed + i);
        _mm512_store_si512(out + 2 * i, _mm512_and_si512(both, low));
        _mm512_store_si512(out + 2 * i + 64, _mm512_and_si512(_mm512_srli_epi16(both, 4), low));
    }
}

TARGET void finish(const linear_job *job, const float *sum, int64_t stride, int64_t first, int64_t last) {
    for (int64_t row = 0; row < job->rows; row++) {
        for (int64_t number = first; number < last; number++) {
            const int64_t output = number * BLOCK;
            const __mmask16 inside = job->outputs - output >= BLOCK ? 0xffff : (1u << (job->outputs - output)) - 1;
            __m512 found = _mm512_load_ps(sum + row * stride + (number - first) * BLOCK);
            __m512 bias = job->bias ? _mm512_loadu_ps(job->bias + output) : _mm512_setzero_ps();
            found = _mm512_sub_ps(found, _mm512_set1_ps(job->x_shift[row]));
            found = _mm512_add_ps(_mm512_mul_ps(found, _mm512_loadu_ps(job->scale + output)), bias);
            _mm512_mask_storeu_ps(job->y + row * job->outputs + output, inside, found);
        }
    }
}

void many_rows(const linear_job *job, int64_t first, int64_t last, int64_t height, multiply_square square) {
    static _Thread_local _Alignas(64) uint8_t wide[MOST_BLOCKS][SPAN * BLOCK + 1024];
    static _Thread_local _Alignas(64) float sums[MAX_ROWS * (MOST_BLOCKS + 1) * BLOCK];
    const int64_t stride = ((last - first + 1) / 2 * 2 + 1) * BLOCK, groups = job->groups;
    memset(sums, 0, job->rows * stride * sizeof(float));
    for (int64_t group = 0; group < groups; group += SPAN / GROUP) {
        const int64_t end = least(groups, group + SPAN / GROUP);
        const uint8_t *panel[MOST_BLOCKS + 1];
        for (int64_t number = first; number < last; number++) {
            const uint8_t *at = job->weight + number * block_bytes(job) + group * GROUP * BLOCK * job->bits / 8;
            panel[number - first] = job->bits == 8 ? at : wide[number - first];
            if (job->bits == 4) widen(at, wide[number - first], (end - group) * GROUP);
        }
        panel[last - first] = panel[0]; /* beside the last of an odd number of blocks; nobody reads those sums */
        for (int64_t i = 0; i < last - first; i += 2)
            for (int64_t row = 0; row < job->rows; row += height)
                square(job, panel[i], panel[i + 1], row, group, end, sums + row * stride + i * BLOCK, stride);
    }
    finish(job, sums, stride, first, last);
}
