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

/* Turn a head's scores of a chunk into weights, by the largest score so far; what was summed up before shrinks. What is
   beyond `count` in the last vector weighs nothing. */
static inline void NAME(weigh)(struct heads *heads, int64_t head, float *scores, const float *key_scale,
                               const float *value_scale, int64_t count, int is_first) {
    float *sum = heads->sum + head * heads->width, key_scales[CHUNK], value_scales[CHUNK], lanes[LANES];
    const int64_t end = (count + LANES - 1) / LANES * LANES;
    const float before = heads->largest[head];
    VECTOR most = ALL(before), total = ZEROS;
    for (int64_t i = 0; i < count; i++) {
        key_scales[i] = key_scale[i * heads->num_kept];
        value_scales[i] = value_scale[i * heads->num_kept];
    }
    for (int64_t i = count; i < end; i++) scores[i] = -INFINITY, key_scales[i] = value_scales[i] = 1;
    for (int64_t i = 0; i < end; i += LANES) {
        const VECTOR found = MULTIPLY(FLOATS(scores + i), FLOATS(key_scales + i));
        STORE(scores + i, found);
        most = LARGER(most, found);
    }
    STORE(lanes, most);
    float largest = before;
    for (int lane = 0; lane < LANES; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
    if (!NAME(all_finite)(scores, count)) largest = NAN; /* no comparison finds what is no number */
    if (!is_first) {
        const float shrunk = exponential(before - largest);
        heads->total[head] *= shrunk;
        for (int64_t i = 0; i < heads->width; i++) sum[i] *= shrunk;
    }
    for (int64_t i = 0; i < end; i++) scores[i] = exponential(scores[i] - largest);
    for (int64_t i = 0; i < end; i += LANES) {
        const VECTOR weights = FLOATS(scores + i);
        total = ADD(total, weights);
        STORE(scores + i, MULTIPLY(weights, FLOATS(value_scales + i)));
    }
    heads->total[head] += NAME(sum_of)(total);
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

/* Turn a row's new keys of some kept heads, and keep them and their values. */
static void NAME(keep_new)(const struct attention *all, int64_t row, int64_t first, int64_t end) {
    const struct joint *joint = all->joint;
    float key[MOST_WIDE];
    for (int64_t head = first; head < end; head++) {
        const float *value = joint->x + row * joint->row + joint->value + head * joint->step;
        turn(joint, row, joint->key + head * joint->step, key);
        NAME(keep)(key, all->keys + row, head, all->kept_heads, all->width);
        NAME(keep)(value, all->values + row, head, all->kept_heads, all->width);
    }
}

/* Take the queries of some heads from a joint; keep the new keys and values that no other item reads. */
static void NAME(turn_heads)(const struct attention *all, struct heads *heads) {
    for (int64_t i = 0; i < heads->count; i++)
        turn(all->joint, heads->row, (heads->first + i) * all->joint->step, heads->query + i * heads->width);
    if (items_own_kept_heads(all))
        NAME(keep_new)(all, heads->row, heads->kept[0], heads->kept[heads->count - 1] + 1);
}

/* Some heads of one row, all tokens in the order of memory, a chunk of them at a time. */
static void NAME(attend_heads)(void *context, int64_t item) {
    const struct attention *all = context;
    struct heads heads;
    const int64_t width = all->width, stride = all->kept_heads * width;
    float scores[MOST_HEADS * CHUNK];
    choose_heads(all, item, &heads);
    if (all->joint) NAME(turn_heads)(all, &heads);
    const struct kept *keys = all->keys + heads.row, *values = all->values + heads.row;
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
