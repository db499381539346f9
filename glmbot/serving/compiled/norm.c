/* Layer norm of a sum. */
#include "kernels.h"

#include <math.h>
#include <stddef.h>

#define VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define LANES 32  /* sums side by side, so that one need not wait for another */
#define FEW_ROWS 4 /* fewer are done sooner than other threads are woken */

struct norm {
    const float *x, *more;
    float factor;
    const float *weight, *bias;
    float eps;
    int64_t width;
    float *out;
};

static inline float sum_of(const float *lanes) {
    float sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
    return sum;
}

/* A row; `width` is a multiple of LANES. */
VECTORS static void norm_row(void *context, int64_t row) {
    const struct norm *all = context;
    const int64_t width = all->width;
    const float *restrict x = all->x + row * width, *restrict more = all->more ? all->more + row * width : NULL;
    float *restrict out = all->out + row * width;
    float lanes[LANES] = {0};
    for (int64_t i = 0; i < width; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            out[i + lane] = more ? x[i + lane] * all->factor + more[i + lane] : x[i + lane];
            lanes[lane] += out[i + lane];
        }
    }
    const float mean = sum_of(lanes) / (float)width;
    for (int lane = 0; lane < LANES; lane++) lanes[lane] = 0;
    for (int64_t i = 0; i < width; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            const float apart = out[i + lane] - mean;
            lanes[lane] += apart * apart;
        }
    }
    const float factor = 1 / sqrtf(sum_of(lanes) / (float)width + all->eps);
    for (int64_t i = 0; i < width; i++) out[i] = (out[i] - mean) * factor * all->weight[i] + all->bias[i];
}

/* out = norm(x * factor + more), or norm(x) where `more` is NULL: (rows, width). */
void glmbot_norm(const float *x, const float *more, float factor, const float *weight, const float *bias, float eps,
                 int64_t rows, int64_t width, float *out, int threads) {
    struct norm all = {x, more, factor, weight, bias, eps, width, out};
    in_parallel(rows > FEW_ROWS ? threads : 1, rows, norm_row, &all);
}
