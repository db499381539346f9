/* Attention from one new token of each sequence to the keys and values kept in 8 bits. */
#include "kernels.h"

#include "floats.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define CHUNK 256
#define MOST_WIDE 512

/* Keys or values of one sequence: numbers (heads, slots, width) and what a head's token is multiplied by (heads, slots). */
struct kept {
    int8_t *numbers;
    float *scales;
    int64_t slots, length;
};

struct attention {
    const float *query; /* (rows, heads, width) */
    const struct kept *keys, *values;
    int64_t heads, kept_heads, width;
    float scale;
    float *out; /* as the query */
};

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define NAME(what) what##_avx2
#define VECTOR __m256
#define LANES 8
#define ZEROS _mm256_setzero_ps()
#define ALL(x) _mm256_set1_ps(x)
#define FLOATS(at) _mm256_loadu_ps(at)
#define NUMBERS(at) _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(at))))
#define STORE(at, x) _mm256_storeu_ps(at, x)
#define MULTIPLY_ADD(a, b, c) _mm256_fmadd_ps(a, b, c)
#define HALVES(x) (x)
#include "attend_with.h"
#pragma GCC pop_options

#undef NAME
#undef VECTOR
#undef LANES
#undef ZEROS
#undef ALL
#undef FLOATS
#undef NUMBERS
#undef STORE
#undef MULTIPLY_ADD
#undef HALVES
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma")
#define NAME(what) what##_avx512
#define VECTOR __m512
#define LANES 16
#define ZEROS _mm512_setzero_ps()
#define ALL(x) _mm512_set1_ps(x)
#define FLOATS(at) _mm512_loadu_ps(at)
#define NUMBERS(at) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(at))))
#define STORE(at, x) _mm512_storeu_ps(at, x)
#define MULTIPLY_ADD(a, b, c) _mm512_fmadd_ps(a, b, c)
#define HALVES(x) _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1))
#include "attend_with.h"
#pragma GCC pop_options

/* query, out: (rows, heads, width); width: a multiple of 32, up to 512. */
void glmbot_attend(const float *query, const struct kept *keys, const struct kept *values, int64_t rows, int64_t heads,
                   int64_t kept_heads, int64_t width, float scale, float *out, int level, int threads) {
    struct attention all = {query, keys, values, heads, kept_heads, width, scale, out};
    in_parallel(threads, rows * heads, level >= VNNI ? attend_head_avx512 : attend_head_avx2, &all);
}

/* Put the newest token of each row, (rows, kept_heads, width), in its last place, as torch would: half to even. */
void glmbot_keep(const float *new, const struct kept *kept, int64_t rows, int64_t kept_heads, int64_t width,
                 int level) {
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t head = 0; head < kept_heads; head++) {
            const int64_t place = head * kept[row].slots + kept[row].length - 1;
            (level >= VNNI ? keep_head_avx512 : keep_head_avx2)(
                new + (row * kept_heads + head) * width, width, kept[row].numbers + place * width,
                kept[row].scales + place);
        }
    }
}
