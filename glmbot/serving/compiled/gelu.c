/* GELU by the tanh approximation: x / (1 + e^-2u), u = sqrt(2 / pi) (x + 0.044715 x^3). */
#include "kernels.h"

#include "floats.h"

#include <math.h>

#define VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define PIECE 4096

struct activation {
    float *x;
    int64_t count;
};

VECTORS static void gelu_piece(void *context, int64_t item) {
    const struct activation *all = context;
    const int64_t last = least(all->count, (item + 1) * PIECE);
    float *x = all->x;
    for (int64_t i = item * PIECE; i < last; i++) {
        const float twice = 1.5957691216f * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
        const float power = exponential(-fabsf(twice));
        x[i] *= (twice < 0 ? power : 1) / (1 + power);
    }
}

/* In place. */
void glmbot_gelu(float *x, int64_t count, int threads) {
    struct activation all = {x, count};
    in_parallel(threads, (count + PIECE - 1) / PIECE, gelu_piece, &all);
}
