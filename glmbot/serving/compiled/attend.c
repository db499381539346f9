/* Attention from one new token of each sequence to the keys and values kept in 8 bits. */
#include "kernels.h"

#include "floats.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define CHUNK 64     /* tokens at a time, so that their values are still near when their scores are known */
#define MOST_HEADS 8 /* a work item's */
#define MOST_WIDE 512
#define AHEAD 4      /* tokens that the memory is asked for early */
#define LINE 64

/* Keys or values of one sequence: numbers (tokens, heads, width), and what each head's are multiplied by (tokens, heads). */
struct kept {
    int8_t *numbers;
    float *scales;
    int64_t length;
};

struct attention {
    const float *query; /* (rows, heads, width), or (rows, heads, 3 width): query, key and value, not turned yet */
    const struct kept *keys, *values;
    int64_t heads, kept_heads, width;
    float scale;
    float *out; /* (rows, heads, width) */
    const float *cos, *sin; /* (rows, width) for what is not turned yet: each `part` columns are turned by themselves */
    int64_t part;
};

/* Some heads of one row, and what is found of them so far. */
struct heads {
    int64_t count, width, num_kept;
    int64_t kept[MOST_HEADS]; /* whose keys and values each has */
    float query[MOST_HEADS * MOST_WIDE], sum[MOST_HEADS * MOST_WIDE];
    float largest[MOST_HEADS], total[MOST_HEADS];
    float *out;
};

static int64_t items_of_a_row(const struct attention *all) { return (all->heads + MOST_HEADS - 1) / MOST_HEADS; }

static void choose_heads(const struct attention *all, int64_t item, struct heads *heads, const struct kept **keys,
                         const struct kept **values) {
    const int64_t row = item / items_of_a_row(all), first = item % items_of_a_row(all) * MOST_HEADS;
    const int64_t at = (row * all->heads + first) * all->width;
    *keys = all->keys + row, *values = all->values + row;
    heads->count = least(MOST_HEADS, all->heads - first);
    heads->width = all->width, heads->num_kept = all->kept_heads;
    heads->out = all->out + at;
    for (int64_t i = 0; i < heads->count; i++) {
        heads->kept[i] = (first + i) / (all->heads / all->kept_heads);
        heads->largest[i] = -INFINITY, heads->total[i] = 0;
    }
    const int64_t count = heads->count * all->width;
    memset(heads->sum, 0, count * sizeof(float));
    if (!all->cos) memcpy(heads->query, all->query + at, count * sizeof(float));
}

/* Turn each pair of columns (i, i + part / 2) of a part. */
static inline void turn(const float *restrict x, const float *restrict cos, const float *restrict sin, int64_t width,
                        int64_t part, float *restrict out) {
    const int64_t half = part / 2;
    for (int64_t at = 0; at < width; at += part) {
        for (int64_t i = at; i < at + half; i++) {
            out[i] = x[i] * cos[i] - x[i + half] * sin[i];
            out[i + half] = x[i + half] * cos[i + half] + x[i] * sin[i + half];
        }
    }
}

/* Ask the memory for what these heads have of a token. */
static inline void ask_for(const struct heads *heads, const int8_t *token) {
    const int8_t *end = token + (heads->kept[heads->count - 1] + 1) * heads->width;
    for (const int8_t *at = token + heads->kept[0] * heads->width; at < end; at += LINE) __builtin_prefetch(at, 0, 2);
}

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

static void attend_all(struct attention *all, int64_t rows, int level, int threads) {
    in_parallel(threads, rows * items_of_a_row(all), level >= VNNI ? attend_heads_avx512 : attend_heads_avx2, all);
}

/* query, out: (rows, heads, width); width: a multiple of 32, up to 512. */
void glmbot_attend(const float *query, const struct kept *keys, const struct kept *values, int64_t rows, int64_t heads,
                   int64_t kept_heads, int64_t width, float scale, float *out, int level, int threads) {
    struct attention all = {query, keys, values, heads, kept_heads, width, scale, out, NULL, NULL, 0};
    attend_all(&all, rows, level, threads);
}

/* The same from query, key and value of a new token, joint: (rows, heads, 3 width), which are turned; key and value are
   rounded to their last place first. */
void glmbot_turn_and_attend(const float *joint, const float *cos, const float *sin, int64_t part,
                            const struct kept *keys, const struct kept *values, int64_t rows, int64_t heads,
                            int64_t width, float *out, int level, int threads) {
    const float scale = 1 / sqrtf((float)width);
    struct attention all = {joint, keys, values, heads, heads, width, scale, out, cos, sin, part};
    attend_all(&all, rows, level, threads);
}

/* Put the newest token of each row, (rows, kept_heads, width), in its last place. */
void glmbot_keep(const float *new, const struct kept *kept, int64_t rows, int64_t kept_heads, int64_t width,
                 int level) {
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t head = 0; head < kept_heads; head++) {
            (level >= VNNI ? keep_avx512 : keep_avx2)(new + (row * kept_heads + head) * width, kept + row, head,
                                                      kept_heads, width);
        }
    }
}
