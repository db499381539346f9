/* What the kernels for AVX512-VNNI and for AMX share: two blocks of outputs at a time, their sums side by side. */
#ifndef GLMBOT_LINEAR_AVX512_H
#define GLMBOT_LINEAR_AVX512_H

#include "kernels.h"

#define AHEAD 4096 /* bytes that the memory is asked for early: the processor stops at the end of a page */

/* 4-bit numbers as bytes, those of `columns` of a block. */
void widen(const uint8_t *packed, uint8_t *out, int64_t columns);

/* Take the sums of the blocks `first` to `last` - 1, those of a row at a multiple of `stride`, to their place in y. */
void finish(const linear_job *job, const float *sum, int64_t stride, int64_t first, int64_t last);

/* Multiply two blocks of outputs by up to so many rows of inputs, for the groups `first` to `last` - 1, and add what comes
   of it to the sums. `left` and `right`: numbers of 8 bits. */
typedef void (*multiply_square)(const linear_job *job, const uint8_t *left, const uint8_t *right, int64_t row,
                                int64_t first, int64_t last, float *sum, int64_t stride);

/* All rows, `height` of them at a time, where there are many: what belongs to some columns is used for all rows before
   others are read. */
void many_rows(const linear_job *job, int64_t first, int64_t last, int64_t height, multiply_square square);

#endif
