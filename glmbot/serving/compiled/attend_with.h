/* Attention for one kind of instructions: attend.c includes this once for each, with NAME naming them. Every head
   of every row is computed alone, in one order. */

static inline int NAME(all_finite)(const float *x, int64_t count) { return isfinite(largest_of(x, count)); }

static inline float NAME(sum_of)(VECTOR found) {
    __m256 eight = HALVES(found);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
}

static inline float NAME(dot)(const float *query, const int8_t *key, int64_t width) {
    VECTOR found = ZEROS;
    for (int64_t i = 0; i < width; i += LANES) found = MULTIPLY_ADD(FLOATS(query + i), NUMBERS(key + i), found);
    return NAME(sum_of)(found);
}

/* The scores of some heads for a token: four heads at a time, so that one need not wait for another. */
static inline void NAME(score)(const struct heads *heads, const int8_t *token, int64_t at, float *scores) {
    const int64_t width = heads->width;
    const float *query = heads->query;
    int64_t head = 0;
    for (; head + 4 <= heads->count; head += 4) {
        const int8_t *key[4];
        VECTOR found[4] = {ZEROS, ZEROS, ZEROS, ZEROS};
        for (int i = 0; i < 4; i++) key[i] = token + heads->kept[head + i] * width;
        for (int64_t column = 0; column < width; column += LANES)
            for (int i = 0; i < 4; i++)
                found[i] = MULTIPLY_ADD(FLOATS(query + (head + i) * width + column), NUMBERS(key[i] + column), found[i]);
        for (int i = 0; i < 4; i++) scores[(head + i) * CHUNK + at] = NAME(sum_of)(found[i]);
    }
    for (; head < heads->count; head++)
        scores[head * CHUNK + at] = NAME(dot)(query + head * width, token + heads->kept[head] * width, width);
}

/* Add a head's values of a chunk, each by its weight: four tokens each time that the sum is read and written. */
static inline void NAME(add_values)(const float *weights, const int8_t *values, int64_t count, int64_t stride,
                                    int64_t width, float *sum) {
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int8_t *value = values + i * stride;
        for (int64_t column = 0; column < width; column += LANES) {
            VECTOR found = FLOATS(sum + column);
            for (int next = 0; next < 4; next++)
                found = MULTIPLY_ADD(ALL(weights[i + next]), NUMBERS(value + next * stride + column), found);
            STORE(sum + column, found);
        }
    }
    for (; i < count; i++)
        for (int64_t column = 0; column < width; column += LANES)
            STORE(sum + column, MULTIPLY_ADD(ALL(weights[i]), NUMBERS(values + i * stride + column), FLOATS(sum + column)));
}

/* Turn a head's scores of a chunk into weights, by the largest score so far; what was summed up before shrinks. */
static inline void NAME(weigh)(struct heads *heads, int64_t head, float *scores, const float *key_scale,
                               const float *value_scale, int64_t count, int is_first) {
    float *sum = heads->sum + head * heads->width;
    const float before = heads->largest[head];
    float largest = before;
    for (int64_t i = 0; i < count; i++) {
        scores[i] *= key_scale[i * heads->num_kept];
        largest = scores[i] > largest ? scores[i] : largest;
    }
    if (!NAME(all_finite)(scores, count)) largest = NAN; /* no comparison finds what is no number */
    if (!is_first) {
        const float shrunk = exponential(before - largest);
        heads->total[head] *= shrunk;
        for (int64_t i = 0; i < heads->width; i++) sum[i] *= shrunk;
    }
    for (int64_t i = 0; i < count; i++) scores[i] = exponential(scores[i] - largest);
    for (int64_t i = 0; i < count; i++) heads->total[head] += scores[i];
    for (int64_t i = 0; i < count; i++) scores[i] *= value_scale[i * heads->num_kept];
    heads->largest[head] = largest;
}

/* Round a head's new token to its last place as torch would: half to even. */
static void NAME(keep)(const float *restrict x, const struct kept *kept, int64_t head, int64_t num_kept, int64_t width) {
    const int64_t place = (kept->length - 1) * num_kept + head;
    int8_t *restrict numbers = kept->numbers + place * width;
    const float step = largest_of(x, width) / 127; /* not finite where a number is not */
    const int is_kept = step > 1e-12f && isfinite(step);
    kept->scales[place] = step;
    for (int64_t i = 0; i < width; i++) numbers[i] = is_kept ? (int8_t)(bits_of(x[i] / step + ROUNDER) - ROUNDER_BITS) : 0;
}

/* Take query, key and value of some heads of a row, turn them, and keep key and value. */
static void NAME(turn_heads)(const struct attention *all, int64_t item, struct heads *heads, const struct kept *keys,
                             const struct kept *values) {
    const int64_t row = item / items_of_a_row(all), width = all->width;
    const float *cos = all->cos + row * width, *sin = all->sin + row * width;
    float key[MOST_WIDE];
    for (int64_t i = 0; i < heads->count; i++) {
        const float *joint = all->query + (row * all->heads + heads->kept[i]) * 3 * width;
        turn(joint, cos, sin, width, all->part, heads->query + i * width);
        turn(joint + width, cos, sin, width, all->part, key);
        NAME(keep)(key, keys, heads->kept[i], heads->num_kept, width);
        NAME(keep)(joint + 2 * width, values, heads->kept[i], heads->num_kept, width);
    }
}

/* Some heads of one row, all tokens in the order of memory, a chunk of them at a time. */
static void NAME(attend_heads)(void *context, int64_t item) {
    const struct attention *all = context;
    struct heads heads;
    const struct kept *keys, *values;
    const int64_t width = all->width, stride = all->kept_heads * width;
    float scores[MOST_HEADS * CHUNK];
    choose_heads(all, item, &heads, &keys, &values);
    if (all->cos) NAME(turn_heads)(all, item, &heads, keys, values);
    for (int64_t i = 0; i < heads.count * width; i++) heads.query[i] *= all->scale;
    for (int64_t first = 0; first < keys->length; first += CHUNK) {
        const int64_t count = least(CHUNK, keys->length - first);
        const int8_t *key = keys->numbers + first * stride, *value = values->numbers + first * stride;
        for (int64_t i = 0; i < count; i++) {
            ask_for(&heads, key + (i + AHEAD) * stride);
            ask_for(&heads, value + i * stride);
            NAME(score)(&heads, key + i * stride, i, scores);
        }
        for (int64_t head = 0; head < heads.count; head++) {
            const int64_t scale_at = first * all->kept_heads + heads.kept[head];
            NAME(weigh)(&heads, head, scores + head * CHUNK, keys->scales + scale_at, values->scales + scale_at, count,
                        first == 0);
            NAME(add_values)(scores + head * CHUNK, value + heads.kept[head] * width, count, stride, width,
                             heads.sum + head * width);
        }
    }
    for (int64_t head = 0; head < heads.count; head++)
        for (int64_t i = 0; i < width; i++) heads.out[head * width + i] = heads.sum[head * width + i] / heads.total[head];
}
