/* Linear layers with 8- and 4-bit weights on x86-64: what the files of this folder share.

   y = (x W^T) * scale + bias. The weights are laid out (`lay_out`, compiled.py): blocks of 16 rows, in each 4 columns of 16
   rows side by side, as VNNI and AMX read them; numbers are stored as unsigned ones, w + 128 or w + 8. The inputs are
   rounded to 8 bits, each GROUP columns of a row with a scale of their own. The sums of a group are whole numbers, and
   groups are added in order, so a row's result does not depend on the rows beside it, nor on the instructions used; but
   AVX2 takes 8-bit weights as signed ones, so that the last bits of a sum may be others. */
#ifndef GLMBOT_KERNELS_H
#define GLMBOT_KERNELS_H

#include <stdint.h>

#define GROUP 256       /* columns that share a scale of the inputs */
#define BLOCK 16        /* weight rows side by side */
#define STEP 64         /* columns of a tile */
#define MOST_BLOCKS 16  /* of outputs that a work item has where there are many rows */
#define VNNI_FEW_ROWS 32 /* up to so many, weights are used as they lie in memory */
#define MAX_ROWS 256    /* inputs at a time, so that what belongs to them stays in a core's cache */

enum level { PLAIN = 0, AVX2 = 1, VNNI = 2, AMX = 3 };

typedef struct {
    int64_t rows, columns, outputs; /* of x and y: (rows, columns) and (rows, outputs) */
    int bits;
    int64_t groups;         /* of columns, the last filled up with zeros */
    const uint8_t *weight;  /* packed */
    const float *scale;     /* (outputs filled up to a multiple of 16) */
    const float *bias;      /* the same, or NULL */
    const int8_t *x;        /* rounded inputs, in tiles (at_x) */
    const float *x_scale;   /* (rows, groups) */
    const float *x_shift;   /* (rows): 128 or 8 times the sum of a row, to be taken away as the weights are unsigned */
    float *y;
} linear_job;

typedef void (*task)(void *context, int64_t item);

/* pool.c: do items 0 ... count - 1 on so many threads, the caller's among them. */
void in_parallel(int threads, int64_t count, task each, void *context);

/* round.c: round a row of inputs to its place in `out`. */
void round_row(const float *x, int64_t row, int64_t columns, int64_t groups, int bits, int8_t *out, float *scale,
               float *shift);

/* One work item each: some blocks of outputs, for all rows. */
void linear_avx2(const linear_job *job, int64_t first, int64_t last);
void linear_vnni(const linear_job *job, int64_t first, int64_t last);
void linear_amx(const linear_job *job, int64_t first, int64_t last);
int amx_allowed(void);

/* Inputs lie in tiles of 16 rows by 64 columns, as AMX reads them; here a group of a row begins, `row` below 16 of them. */
static inline int64_t at_x(int64_t groups, int64_t row, int64_t group) {
    return (row / BLOCK * groups + group) * GROUP * BLOCK + row % BLOCK * STEP;
}

static inline int64_t block_bytes(const linear_job *job) { return job->groups * GROUP * BLOCK * job->bits / 8; }
static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

#endif
