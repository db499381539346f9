/* Work is shared among torch's own threads, so that no others spin beside them for the same cores. */
#include "kernels.h"

#include <stdatomic.h>
#include <stddef.h>

/* What GCC's OpenMP library, and LLVM's and Intel's in its place, calls for `#pragma omp parallel`. */
typedef void (*gomp_parallel)(void (*)(void *), void *, unsigned threads, unsigned flags);
static gomp_parallel parallel;

struct share {
    atomic_llong next;
    int64_t count;
    task each;
    void *context;
};

static void take_items(void *argument) {
    struct share *share = argument;
    for (int64_t item; (item = atomic_fetch_add(&share->next, 1)) < share->count;) share->each(share->context, item);
}

/* `function`: GOMP_parallel of the library that torch has loaded. */
void glmbot_use_threads(void *function) { parallel = (gomp_parallel)function; }

void in_parallel(int threads, int64_t count, task each, void *context) {
    struct share share = {0, count, each, context};
    if (threads > 1 && count > 1 && parallel) parallel(take_items, &share, (unsigned)least(threads, count), 0);
    else take_items(&share);
}
