/* Attention from one new token of each sequence to the keys and values kept in 8 bits. */
#include "kernels.h"

#include "floats.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define CHUNK 64     /* tokens at a time, so that their values are still near when their scores are known */
#define MOST_HEADS 32 /* a work item's */
#define LEAST_HEADS 8
#define MOST_WIDE 512
#define AHEAD 4      /* tokens that the memory is asked for early */
#define LINE 64

/* Keys or values of one sequence: numbers (tokens, heads, width), and what each head's are multiplied by (tokens, heads). */
struct kept {
    int8_t *numbers;
    float *scales;
    int64_t length;
};

/* Queries, keys and values of new tokens, not turned yet: (rows, heads + 2 kept heads, width). */
struct joint {
    const float *x;
    int64_t row, step;  /* from a row to the next, and from a head to the next of its kind */
    int64_t key, value; /* where the first ones of a row are */
    const float *cos, *sin; /* (rows, columns) */
    int64_t columns, part, width;
};

struct attention {
    const float *query; /* (rows, heads, width); of a joint nothing */
    const struct joint *joint;
    const struct kept *keys, *values;
    int64_t heads, kept_heads, width;
    float scale;
    float *out; /* (rows, heads, width) */
    int64_t at_once; /* heads of a work item */
};

/* Some heads of one row, and what is found of them so far. */
struct heads {
    int64_t row, first, count, width, num_kept;
    int64_t kept[MOST_HEADS]; /* whose keys and values each has */
    float query[MOST_HEADS * MOST_WIDE], sum[MOST_HEADS * MOST_WIDE];
    float largest[MOST_HEADS], total[MOST_HEADS];
    float *out;
};

static int64_t items_of_a_row(const struct attention *all) { return (all->heads + all->at_once - 1) / all->at_once; }

/* Whether no two items have a kept head in common. */
static int items_own_kept_heads(const struct attention *all) {
    return all->heads <= all->at_once || all->at_once % (all->heads / all->kept_heads) == 0;
}

static void choose_heads(const struct attention *all, int64_t item, struct heads *heads) {
    const int64_t row = item / items_of_a_row(all), first = item % items_of_a_row(all) * all->at_once;
    const int64_t at = (row * all->heads + first) * all->width;
    heads->row = row, heads->first = first;
    heads->count = least(all->at_once, all->heads - first);
    heads->width = all->width, heads->num_kept = all->kept_heads;
    heads->out = all->out + at;
    for (int64_t i = 0; i < heads->count; i++) {
        heads->kept[i] = (first + i) / (all->heads / all->kept_heads);
        heads->largest[i] = -INFINITY, heads->total[i] = 0;
    }
    const int64_t count = heads->count * all->width;
    memset(heads->sum, 0, count * sizeof(float));
    if (!all->joint) memcpy(heads->query, all->query + at, count * sizeof(float));
}

/* ChatGLM-6B (`part` is not 0) has query, key and value of a head side by side; the later generations have all queries
   first, then all keys. */
static struct joint joint_of(const float *x, const float *cos, const float *sin, int64_t columns, int64_t part,
                             int64_t heads, int64_t kept_heads, int64_t width) {
    const int64_t row = (heads + 2 * kept_heads) * width, keys = heads * width, values = (heads + kept_heads) * width;
    if (part) return (struct joint){x, row, 3 * width, width, 2 * width, cos, sin, columns, part, width};
    return (struct joint){x, row, width, keys, values, cos, sin, columns, part, width};
}

/* Turn each pair of columns (i, i + part / 2) of each part. */
static inline void turn_parts(const float *restrict x, const float *restrict cos, const float *restrict sin,
                              int64_t width, int64_t part, float *restrict out) {
    const int64_t half = part / 2;
    for (int64_t at = 0; at < width; at += part) {
        for (int64_t i = at; i < at + half; i++) {
            out[i] = x[i] * cos[i] - x[i + half] * sin[i];
            out[i + half] = x[i + half] * cos[i + half] + x[i] * sin[i + half];
        }
    }
}

/* Turn each pair of neighbours of the first columns; the others stay. */
static inline void turn_neighbours(const float *restrict x, const float *restrict cos, const float *restrict sin,
                                   int64_t width, int64_t pairs, float *restrict out) {
    for (int64_t i = 0; i < pairs; i++) {
        const float even = x[2 * i], odd = x[2 * i + 1];
        out[2 * i] = even * cos[i] - odd * sin[i];
        out[2 * i + 1] = odd * cos[i] + even * sin[i];
    }
    for (int64_t i = 2 * pairs; i < width; i++) out[i] = x[i];
}

/* Turn a query or key of a row, which begins at `at` in it. */
static inline void turn(const struct joint *joint, int64_t row, int64_t at, float *out) {
    const float *x = joint->x + row * joint->row + at;
    const float *cos = joint->cos + row * joint->columns, *sin = joint->sin + row * joint->columns;
    if (joint->part) turn_parts(x, cos, sin, joint->width, joint->part, out);
    else turn_neighbours(x, cos, sin, joint->width, joint->columns, out);
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
#define MULTIPLY(a, b) _mm256_mul_ps(a, b)
#define ADD(a, b) _mm256_add_ps(a, b)
#define LARGER(a, b) _mm256_max_ps(a, b)
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
#undef MULTIPLY
#undef ADD
#undef LARGER
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
#define MULTIPLY(a, b) _mm512_mul_ps(a, b)
#define ADD(a, b) _mm512_add_ps(a, b)
#define LARGER(a, b) _mm512_max_ps(a, b)
#define HALVES(x) _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1))
#include "attend_with.h"
#pragma GCC pop_options

/* A kept head that several items read is kept before they begin. With many rows an item has many heads of one, since a
   token's heads lie side by side: memory gives most where it is read in order. */
static void attend_all(struct attention *all, int64_t rows, int level, int threads) {
    all->at_once = MOST_HEADS;
    while (all->at_once > LEAST_HEADS && rows * items_of_a_row(all) < 4 * threads) all->at_once /= 2;
    for (int64_t row = 0; all->joint && !items_own_kept_heads(all) && row < rows; row++)
        (level >= VNNI ? keep_new_avx512 : keep_new_avx2)(all, row, 0, all->kept_heads);
    in_parallel(threads, rows * items_of_a_row(all), level >= VNNI ? attend_heads_avx512 : attend_heads_avx2, all);
}

/* query, out: (rows, heads, width); width: a multiple of 32, up to 512. */
void glmbot_attend(const float *query, const struct kept *keys, const struct kept *values, int64_t rows, int64_t heads,
                   int64_t kept_heads, int64_t width, float scale, float *out, int level, int threads) {
    struct attention all = {query, NULL, keys, values, heads, kept_heads, width, scale, out, 0};
    attend_all(&all, rows, level, threads);
}

/* The same from query, key and value of a new token, joint: (rows, heads + 2 kept heads, width), which are turned; key
   and value are rounded to their last place first. `part` and what else belongs to it: joint_of. */
void glmbot_turn_and_attend(const float *x, const float *cos, const float *sin, int64_t columns, int64_t part,
                            const struct kept *keys, const struct kept *values, int64_t rows, int64_t heads,
                            int64_t kept_heads, int64_t width, float *out, int level, int threads) {
    const struct joint joint = joint_of(x, cos, sin, columns, part, heads, kept_heads, width);
    struct attention all = {NULL, &joint, keys, values, heads, kept_heads, width, 1 / sqrtf((float)width), out, 0};
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

struct turning {
    struct joint joint;
    int64_t heads, kept_heads;
    float *query, *key;
};

static void turn_row(void *context, int64_t row) {
    const struct turning *all = context;
    const struct joint *joint = &all->joint;
    float *query = all->query + row * all->heads * joint->width, *key = all->key + row * all->kept_heads * joint->width;
    for (int64_t i = 0; i < all->heads; i++) turn(joint, row, i * joint->step, query + i * joint->width);
    for (int64_t i = 0; i < all->kept_heads; i++) turn(joint, row, joint->key + i * joint->step, key + i * joint->width);
}

/* Turn the queries and keys of many tokens: joint as above; query: (rows, heads, width), key: (rows, kept_heads, width). */
void glmbot_turn(const float *x, const float *cos, const float *sin, int64_t columns, int64_t part, int64_t rows,
                 int64_t heads, int64_t kept_heads, int64_t width, float *query, float *key, int threads) {
    struct turning all = {joint_of(x, cos, sin, columns, part, heads, kept_heads, width), heads, kept_heads, query, key};
    in_parallel(threads, rows, turn_row, &all);
}

struct keeping {
    const float *new;
    struct kept kept; /* the length is what there was before */
    int64_t heads, width;
    int level;
};

static void keep_token(void *context, int64_t token) {
    const struct keeping *all = context;
    const struct kept kept = {all->kept.numbers, all->kept.scales, all->kept.length + token + 1};
    glmbot_keep(all->new + token * all->heads * all->width, &kept, 1, all->heads, all->width, all->level);
}

/* Put many tokens of one sequence, (tokens, heads, width), behind its first `length`. */
void glmbot_keep_all(const float *new, int8_t *numbers, float *scales, int64_t length, int64_t tokens, int64_t heads,
                     int64_t width, int level, int threads) {
    struct keeping all = {new, {numbers, scales, length}, heads, width, level};
    in_parallel(threads, tokens, keep_token, &all);
}
