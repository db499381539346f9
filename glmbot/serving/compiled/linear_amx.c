/* AMX: tiles of 16 x 64 numbers, for many rows. Needs VNNI's instructions beside. */
#include "linear_avx512.h"

#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,amx-tile,amx-int8")))
#define TILE (STEP * BLOCK) /* bytes */
#define FEW_ROWS 16         /* up to so many a weight is used once, and its way from memory is what takes time */
#define TILE_SUMS (BLOCK * BLOCK + 16) /* not 1024 bytes, where reads would wait for writes 4096 bytes away */

#if defined(__linux__)
int amx_allowed(void) {
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return !syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA);
}
#else
int amx_allowed(void) { return 0; }
#endif

struct tiles { /* what LDTILECFG reads */
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
};

/* Add the whole numbers of a group to the sums, each row by its scale. */
TARGET static inline void add(const linear_job *job, const int32_t *found, int64_t row, int rows, int64_t group,
                              float *sum, int64_t stride) {
    for (int i = 0; i < rows; i++) {
        const int64_t at = (row + i) * job->groups + group;
        __m512 part = _mm512_cvtepi32_ps(_mm512_load_si512(found + i * BLOCK)), before = _mm512_load_ps(sum + i * stride);
        _mm512_store_ps(sum + i * stride, _mm512_fmadd_ps(part, _mm512_set1_ps(job->x_scale[at]), before));
    }
}

/* The same for the tiles of a square: the left and the right block of the upper rows, then of the lower ones. */
TARGET static void add_all(const linear_job *job, int32_t (*found)[TILE_SUMS], int64_t row, int64_t group, float *sum,
                           int64_t stride) {
    const int upper = (int)least(16, job->rows - row), lower = (int)least(16, job->rows - row - 16);
    for (int i = 0; i < (lower > 0 ? 4 : 2); i++) {
        float *to = sum + i / 2 * 16 * stride + i % 2 * BLOCK;
        add(job, found[i], row + i / 2 * 16, i < 2 ? upper : lower, group, to, stride);
    }
}

/* Multiply a group of two blocks of outputs by up to 32 rows of inputs. */
TARGET static inline void start(const linear_job *job, const uint8_t *left, const uint8_t *right, int64_t row,
                                int64_t group) {
    const int has_lower = job->rows - row > 16;
    const int64_t next_rows = job->groups * GROUP * BLOCK;
    const int8_t *x = job->x + at_x(job->groups, row, group);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int at = 0; at < GROUP * BLOCK; at += TILE) {
        _tile_loadd(4, x + at, STEP);
        _tile_loadd(6, left + at, 64);
        _tile_dpbsud(0, 4, 6);
        _tile_loadd(7, right + at, 64);
        _tile_dpbsud(1, 4, 7);
        if (has_lower) {
            _tile_loadd(5, x + next_rows + at, STEP);
            _tile_dpbsud(2, 5, 6);
            _tile_dpbsud(3, 5, 7);
        }
    }
}

/* Take the sums of the group. */
TARGET static inline void store(const linear_job *job, int64_t row, int32_t (*found)[TILE_SUMS]) {
    _tile_stored(0, found[0], 64);
    _tile_stored(1, found[1], 64);
    if (job->rows - row > 16) {
        _tile_stored(2, found[2], 64);
        _tile_stored(3, found[3], 64);
    }
}

/* Two blocks of outputs by up to 32 rows of inputs, for all groups of a span. */
TARGET static void square(const linear_job *job, const uint8_t *left, const uint8_t *right, int64_t row,
                          int64_t first, int64_t last, float *sum, int64_t stride) {
    _Alignas(64) int32_t found[2][4][TILE_SUMS]; /* a group's are added while the next group's are computed */
    for (int64_t group = first; group < last; group++, left += GROUP * BLOCK, right += GROUP * BLOCK) {
        start(job, left, right, row, group);
        store(job, row, found[group % 2]);
        if (group > first) add_all(job, found[(group - 1) % 2], row, group - 1, sum, stride);
    }
    add_all(job, found[(last - 1) % 2], row, last - 1, sum, stride);
}

/* Bring a group of two blocks near: 4-bit numbers as bytes, 8-bit ones by asking the memory for those to come. */
TARGET static inline void approach(const uint8_t *left, const uint8_t *right, int bits, uint8_t (*wide)[GROUP * BLOCK]) {
    if (bits == 4) {
        widen(left, wide[0], GROUP);
        widen(right, wide[1], GROUP);
        return;
    }
    for (int at = 0; at < GROUP * BLOCK; at += 64) {
        _mm_prefetch((const char *)left + at + AHEAD, _MM_HINT_T1);
        _mm_prefetch((const char *)right + at + AHEAD, _MM_HINT_T1);
    }
}

/* Two blocks of outputs from their first column to their last, as they lie in memory; while the tiles multiply a group,
   the next is brought near. */
TARGET static void strip(const linear_job *job, const uint8_t *left, const uint8_t *right, float *sum, int64_t stride) {
    static _Thread_local _Alignas(64) uint8_t wide[2][2][GROUP * BLOCK];
    _Alignas(64) int32_t found[2][4][TILE_SUMS];
    const int64_t size = GROUP * BLOCK * job->bits / 8;
    approach(left, right, job->bits, wide[0]);
    for (int64_t group = 0; group < job->groups; group++) {
        const int now = group % 2;
        if (job->bits == 4) start(job, wide[now][0], wide[now][1], 0, group);
        else start(job, left, right, 0, group);
        left += size, right += size;
        if (group + 1 < job->groups) approach(left, right, job->bits, wide[!now]);
        if (group > 0) add_all(job, found[!now], 0, group - 1, sum, stride);
        store(job, 0, found[now]);
    }
    add_all(job, found[(job->groups - 1) % 2], 0, job->groups - 1, sum, stride);
}

TARGET static void few_rows(const linear_job *job, int64_t first, int64_t last) {
    _Alignas(64) float sum[FEW_ROWS * 3 * BLOCK];
    const int64_t stride = 3 * BLOCK, bytes = block_bytes(job);
    for (int64_t number = first; number < last; number += 2) {
        const int64_t end = least(number + 2, last); /* an odd one is its own neighbour; nobody reads those sums */
        memset(sum, 0, job->rows * stride * sizeof(float));
        strip(job, job->weight + number * bytes, job->weight + (end - 1) * bytes, sum, stride);
        finish(job, sum, stride, number, end);
    }
}

TARGET void linear_amx(const linear_job *job, int64_t first, int64_t last) {
    struct tiles tiles = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) {
        tiles.bytes[tile] = 64;
        tiles.rows[tile] = tile < 6 ? (uint8_t)least(16, job->rows) : 16; /* the others' are filled up with zeros */
    }
    __asm__ volatile("" : : "r"(&tiles) : "memory"); /* GCC 12's intrinsic names the first bytes only of what it reads */
    _tile_loadconfig(&tiles);
    if (job->rows <= FEW_ROWS) few_rows(job, first, last);
    else many_rows(job, first, last, 32, square);
    _tile_release();
}
