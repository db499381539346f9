/* What Python calls (compiled.py). */
#include "kernels.h"

#include <cpuid.h>
#include <stdlib.h>

static int has(unsigned leaf, int reg, int bit) {
    unsigned found[4] = {0};
    return __get_cpuid_count(leaf, 0, &found[0], &found[1], &found[2], &found[3]) && found[reg] >> bit & 1;
}

/* The best instructions of this processor that the system lets us use. */
int glmbot_level(void) {
    static int level = -1;
    enum { EBX = 1, ECX = 2, EDX = 3 };
    if (level >= 0) return level;
    int found = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? AVX2 : PLAIN;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni")) {
        found = VNNI;
        if (has(7, EDX, 24) && has(7, EDX, 25) && amx_allowed()) found = AMX;
    }
    return level = found;
}

struct rounding {
    linear_job *job;
    const float *x;
    int8_t *numbers;
    float *scales;
    float *shifts;
};

static void round_item(void *context, int64_t row) {
    struct rounding *all = context;
    const int64_t groups = all->job->groups;
    round_row(all->x + row * all->job->columns, row, all->job->columns, groups, all->job->bits, all->numbers,
              all->scales + row * groups, all->shifts + row);
}

struct work {
    const linear_job *job;
    int level;
    int64_t blocks, per_item;
};

static void linear_item(void *context, int64_t item) {
    struct work *work = context;
    const int64_t first = item * work->per_item, last = least(work->blocks, first + work->per_item);
    (work->level == AMX ? linear_amx : work->level == VNNI ? linear_vnni : linear_avx2)(work->job, first, last);
}

static void some_rows(linear_job *job, int threads, int level, int8_t *numbers, float *scales, float *shifts,
                      const float *x) {
    struct rounding rounding = {job, x, numbers, scales, shifts};
    if (job->rows > 4) in_parallel(threads, job->rows, round_item, &rounding);
    else for (int64_t row = 0; row < job->rows; row++) round_item(&rounding, row);
    const int64_t blocks = (job->outputs + BLOCK - 1) / BLOCK, shares = blocks / (4 * threads);
    const int64_t most = level == AMX || job->rows > VNNI_FEW_ROWS ? MOST_BLOCKS : 64;
    struct work work = {job, level, blocks, least(most, shares > 2 ? shares / 2 * 2 : 2)};
    in_parallel(threads, (blocks + work.per_item - 1) / work.per_item, linear_item, &work);
}

/* y (rows, outputs) from x (rows, columns); both float32 without gaps. 0: done; 1: no memory. */
int glmbot_linear(const float *x, int64_t rows, int64_t columns, const uint8_t *weight, const float *scale,
                  const float *bias, int64_t outputs, int bits, float *y, int level, int threads) {
    const int64_t groups = (columns + GROUP - 1) / GROUP, most = (least(rows, MAX_ROWS) + 15) / 16 * 16;
    int8_t *numbers = aligned_alloc(64, most * groups * GROUP);
    float *scales = malloc(most * groups * sizeof(float));
    float *shifts = malloc(most * sizeof(float));
    const int is_ready = numbers && scales && shifts;
    for (int64_t row = 0; is_ready && row < rows; row += MAX_ROWS) {
        linear_job job = {
            .rows = least(MAX_ROWS, rows - row), .columns = columns, .outputs = outputs, .bits = bits, .groups = groups,
            .weight = weight, .scale = scale, .bias = bias, .x = numbers, .x_scale = scales, .x_shift = shifts,
            .y = y + row * outputs,
        };
        some_rows(&job, threads, level, numbers, scales, shifts, x + row * columns);
    }
    free(numbers), free(scales), free(shifts);
    return !is_ready;
}
