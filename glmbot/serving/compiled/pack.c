/* Lays weights out as the kernels read them. */
#include "kernels.h"

#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE (1 << 21)

struct packing {
    const uint8_t *weight;
    int64_t rows, columns, groups;
    int bits;
    uint8_t *out;
};

/* 4 numbers of 4 bits as the low halves of 4 bytes. */
static inline uint32_t spread(uint32_t four) {
    return (four & 0xf) | (four & 0xf0) << 4 | (four & 0xf00) << 8 | (four & 0xf000) << 12;
}

/* 4 columns of 8 bits, or 8 of 4 bits, as unsigned numbers; in the weights an even column has the high half of a byte. */
static inline uint32_t columns_of(uint32_t found, int bits) {
    if (bits == 8) return found ^ 0x80808080;
    found ^= 0x88888888;
    found = (found >> 4 & 0x0f0f0f0f) | (found & 0x0f0f0f0f) << 4;
    return spread(found & 0xffff) | spread(found >> 16) << 4;
}

static void pack_block(void *context, int64_t number) {
    const struct packing *all = context;
    const int64_t bytes = all->groups * GROUP * BLOCK * all->bits / 8;
    uint8_t *out = all->out + number * bytes;
    memset(out, 0, bytes);
    const int64_t size = all->columns * all->bits / 8;
    for (int64_t i = 0; i < least(BLOCK, all->rows - number * BLOCK); i++) {
        const uint8_t *row = all->weight + (number * BLOCK + i) * size;
        for (int64_t at = 0; at < size; at += 4) {
            uint32_t found = 0; /* what is beyond the row meets inputs of 0 */
            if (size - at >= 4) memcpy(&found, row + at, 4);
            else memcpy(&found, row + at, size - at);
            found = columns_of(found, all->bits);
            memcpy(out + at * BLOCK + i * 4, &found, 4);
        }
    }
}

/* weight: (rows, columns * bits / 8); out: rows filled up to a multiple of 16, columns to one of GROUP. */
void glmbot_pack(const uint8_t *weight, int64_t rows, int64_t columns, int bits, uint8_t *out, int threads) {
    const int64_t blocks = (rows + BLOCK - 1) / BLOCK, groups = (columns + GROUP - 1) / GROUP;
    const int64_t bytes = blocks * BLOCK * groups * GROUP * bits / 8;
    const uintptr_t first = ((uintptr_t)out + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE, end = (uintptr_t)(out + bytes);
    if (end > first) madvise((void *)first, (end - first) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE); /* if there are any */
    struct packing packing = {weight, rows, columns, groups, bits, out};
    in_parallel(threads, blocks, pack_block, &packing);
}
