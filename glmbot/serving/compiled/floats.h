/* Arithmetic that compilers turn into vectors, in whatever instructions the function is compiled for that it is put into. */
#ifndef GLMBOT_FLOATS_H
#define GLMBOT_FLOATS_H

#include <stdint.h>
#include <string.h>

#define ROUNDER 12582912.0f /* 1.5 * 2^23: what is added to it is rounded to whole numbers, half to even */
#define ROUNDER_BITS 0x4b400000

static inline int32_t bits_of(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Of positive floats the bits are in the order of the floats, and whole numbers are compared without a branch. */
static inline float largest_of(const float *x, int64_t count) {
    int32_t most = 0;
    float largest;
    for (int64_t i = 0; i < count; i++) {
        int32_t bits = bits_of(x[i]) & 0x7fffffff;
        most = bits > most ? bits : most;
    }
    memcpy(&largest, &most, sizeof largest);
    return largest;
}

/* e^x for x <= 0, right to 2 in 10^7: 2^n times a polynomial in what is left. */
static inline float exponential(float x) {
    x = x < -87 ? -87 : x;
    const float whole = (x * 1.44269504f + ROUNDER) - ROUNDER;
    const float rest = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    float power = 1.9875691500e-4f;
    power = power * rest + 1.3981999507e-3f;
    power = power * rest + 8.3334519073e-3f;
    power = power * rest + 4.1665795894e-2f;
    power = power * rest + 1.6666665459e-1f;
    power = power * rest + 5.0000001201e-1f;
    power = power * rest * rest + rest + 1;
    int32_t bits = ((int32_t)whole + 127) << 23;
    float two;
    memcpy(&two, &bits, sizeof two);
    return power * two;
}

#endif
