/* Activations. GELU by the tanh approximation: x / (1 + e^-2u), u = sqrt(2 / pi) (x + 0.044715 x^3). */
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

struct gate {
    const float *joint;
    int64_t width;
    float *out;
};

/* SwiGLU of a row: x / (1 + e^-x) of the first half, times the second. */
VECTORS static void gate_row(void *context, int64_t row) {
    const struct gate *all = context;
    const float *restrict gate = all->joint + row * 2 * all->width, *restrict inner = gate + all->width;
    float *restrict out = all->out + row * all->width;
    for (int64_t i = 0; i < all->width; i++) {
        const float power = exponential(-fabsf(gate[i]));
        out[i] = gate[i] * (gate[i] < 0 ? power : 1) / (1 + power) * inner[i];
    }
}

/* joint: (rows, 2 width); out: (rows, width). */
void glmbot_swiglu(const float *joint, int64_t rows, int64_t width, float *out, int threads) {
    struct gate all = {joint, width, out};
    in_parallel(rows > 1 ? threads : 1, rows, gate_row, &all);
}
