/* Attention for one kind of instructions: attend.c includes this once for each, with NAME naming them. Every head
   of every row is computed alone, in one order. */

static inline int NAME(all_finite)(const float *x, int64_t count) { return isfinite(largest_of(x, count)); }

static inline float NAME(sum_of)(VECTOR found) {
    __m256 eight = HALVES(found);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
}

/* Four keys at a time, so that one need not wait for another. */
static inline void NAME(dots)(const float *query, const int8_t *keys, int64_t width, float *scores) {
    VECTOR found[4] = {ZEROS, ZEROS, ZEROS, ZEROS};
    for (int64_t i = 0; i < width; i += LANES) {
        const VECTOR part = FLOATS(query + i);
        for (int key = 0; key < 4; key++) found[key] = MULTIPLY_ADD(part, NUMBERS(keys + key * width + i), found[key]);
    }
    for (int key = 0; key < 4; key++) scores[key] = NAME(sum_of)(found[key]);
}

static inline float NAME(dot)(const float *query, const int8_t *key, int64_t width) {
    VECTOR found = ZEROS;
    for (int64_t i = 0; i < width; i += LANES) found = MULTIPLY_ADD(FLOATS(query + i), NUMBERS(key + i), found);
    return NAME(sum_of)(found);
}

/* Add the values, each by its weight: some columns of all of them, then the next columns. */
static inline void NAME(add_values)(const float *weights, const int8_t *values, int64_t count, int64_t width, float *sum) {
    for (int64_t at = 0; at < width; at += 2 * LANES) {
        VECTOR left = FLOATS(sum + at), right = FLOATS(sum + at + LANES);
        for (int64_t i = 0; i < count; i++) {
            const int8_t *value = values + i * width + at;
            left = MULTIPLY_ADD(ALL(weights[i]), NUMBERS(value), left);
            right = MULTIPLY_ADD(ALL(weights[i]), NUMBERS(value + LANES), right);
        }
        STORE(sum + at, left);
        STORE(sum + at + LANES, right);
    }
}

/* One head of one row; a chunk of tokens at a time, each chunk by the largest score so far. */
static void NAME(attend_head)(void *context, int64_t item) {
    const struct attention *all = context;
    const int64_t row = item / all->heads, head = item % all->heads, width = all->width;
    const int64_t kept_head = head / (all->heads / all->kept_heads);
    const struct kept *keys = all->keys + row, *values = all->values + row;
    const int8_t *key = keys->numbers + kept_head * keys->slots * width;
    const int8_t *value = values->numbers + kept_head * values->slots * width;
    const float *key_scale = keys->scales + kept_head * keys->slots;
    const float *value_scale = values->scales + kept_head * values->slots;
    float query[MOST_WIDE], sum[MOST_WIDE] = {0}, scores[CHUNK], largest = -INFINITY, total = 0;
    for (int64_t i = 0; i < width; i++) query[i] = all->query[item * width + i] * all->scale;
    for (int64_t first = 0; first < keys->length; first += CHUNK) {
        const int64_t count = least(CHUNK, keys->length - first);
        float before = largest;
        int64_t done = 0;
        for (; done + 4 <= count; done += 4) NAME(dots)(query, key + (first + done) * width, width, scores + done);
        for (; done < count; done++) scores[done] = NAME(dot)(query, key + (first + done) * width, width);
        for (int64_t i = 0; i < count; i++) {
            scores[i] *= key_scale[first + i];
            largest = scores[i] > largest ? scores[i] : largest;
        }
        if (!NAME(all_finite)(scores, count)) largest = NAN; /* no comparison finds what is no number */
        const float shrunk = first ? exponential(before - largest) : 0;
        total *= shrunk;
        for (int64_t i = 0; i < width; i++) sum[i] *= shrunk;
        for (int64_t i = 0; i < count; i++) scores[i] = exponential(scores[i] - largest);
        for (int64_t i = 0; i < count; i++) total += scores[i];
        for (int64_t i = 0; i < count; i++) scores[i] *= value_scale[first + i];
        NAME(add_values)(scores, value + first * width, count, width, sum);
    }
    for (int64_t i = 0; i < width; i++) all->out[item * width + i] = sum[i] / total;
}

/* Round a head's new token as torch would: half to even. */
static void NAME(keep_head)(const float *restrict x, int64_t width, int8_t *restrict numbers, float *scale) {
    const float step = largest_of(x, width) / 127; /* not finite where a number is not */
    const int is_kept = step > 1e-12f && isfinite(step);
    *scale = step;
    for (int64_t i = 0; i < width; i++) numbers[i] = is_kept ? (int8_t)(int32_t)rintf(x[i] / step) : 0;
}
