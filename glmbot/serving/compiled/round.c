/* Rounds inputs to 8 bits, each group of columns by its own largest number. Plain C that compilers turn into vectors. */
#include "kernels.h"

#include "floats.h"

#include <string.h>

#define VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define INFINITE 0x7f800000     /* the bits of a float that is none are larger still */
#define TINY 1e-30f             /* below it 127 / x may be infinite */

VECTORS static void round_group(const float *restrict x, int8_t *restrict out, float *scale, int32_t *sum) {
    int32_t largest_bits = 0, total = 0;
    float largest;
    for (int i = 0; i < GROUP; i++) {
        int32_t bits = bits_of(x[i]) & 0x7fffffff; /* of positive floats these are in the order of the floats */
        largest_bits = bits > largest_bits ? bits : largest_bits;
    }
    memcpy(&largest, &largest_bits, sizeof largest);
    *scale = largest / 127; /* not finite where an input is not, so that the result is not */
    const float factor = largest > TINY && largest_bits < INFINITE ? 127 / largest : 0;
    for (int step = 0; step < GROUP / STEP; step++) {
        for (int i = 0; i < STEP; i++) {
            int32_t number = largest_bits < INFINITE ? bits_of(x[step * STEP + i] * factor + ROUNDER) - ROUNDER_BITS : 1;
            out[step * STEP * BLOCK + i] = (int8_t)number;
            total += number;
        }
    }
    *sum = total;
}

void round_row(const float *x, int64_t row, int64_t columns, int64_t groups, int bits, int8_t *out, float *scale,
               float *shift) {
    *shift = 0;
    for (int64_t group = 0; group < groups; group++) {
        float last[GROUP] = {0};
        int64_t left = columns - group * GROUP;
        const float *from = x + group * GROUP;
        if (left < GROUP) from = memcpy(last, from, left * sizeof(float));
        int32_t sum;
        round_group(from, out + at_x(groups, row, group), scale + group, &sum);
        *shift += scale[group] * (float)(sum * (bits == 8 ? 128 : 8));
    }
}
