/* A pool of threads that wait by spinning for a moment, since the next layer comes soon, and sleep after that. */
#include "kernels.h"

#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define MOST 64
#define SPINS 4000 /* about 0.1 ms */

static pthread_mutex_t whole = PTHREAD_MUTEX_INITIALIZER; /* one caller at a time */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  /* for those that sleep */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static atomic_long turn;        /* counts the calls; every worker sees each of them */
static atomic_int unfinished;   /* workers that have not ended this turn */
static atomic_llong next_item;
static int workers;

static struct {
    int64_t count;
    int workers;
    task each;
    void *context;
} now;

static void take_items(void) {
    for (int64_t item; (item = atomic_fetch_add(&next_item, 1)) < now.count;) now.each(now.context, item);
}

static void wait_beyond(long seen) {
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load(&turn) != seen) return;
        _mm_pause();
    }
    pthread_mutex_lock(&lock);
    while (atomic_load(&turn) == seen) pthread_cond_wait(&wake, &lock);
    pthread_mutex_unlock(&lock);
}

static struct start {
    int number;
    long seen;
} starts[MOST];

static void *work(void *argument) {
    struct start start = *(struct start *)argument;
    for (long seen = start.seen;; seen++) { /* not read anew: the next turn may have begun already */
        wait_beyond(seen);
        if (start.number < now.workers) take_items();
        atomic_fetch_sub(&unfinished, 1);
    }
    return NULL;
}

static void forget_workers(void) { workers = 0; } /* a forked process has none of the threads */

static int grow(int wanted) {
    static int is_watching;
    if (!is_watching) is_watching = !pthread_atfork(NULL, NULL, forget_workers);
    for (pthread_t thread; workers < wanted && workers < MOST; workers++) {
        starts[workers] = (struct start){workers, atomic_load(&turn)};
        if (pthread_create(&thread, NULL, work, &starts[workers])) break; /* fewer threads do it as well */
        pthread_detach(thread);
    }
    return least(wanted, workers);
}

void in_parallel(int threads, int64_t count, task each, void *context) {
    pthread_mutex_lock(&whole);
    now.count = count, now.each = each, now.context = context;
    now.workers = grow((int)least(threads, count) - 1);
    atomic_store(&next_item, 0);
    if (now.workers > 0) {
        atomic_store(&unfinished, workers);
        pthread_mutex_lock(&lock);
        atomic_fetch_add(&turn, 1);
        pthread_cond_broadcast(&wake);
        pthread_mutex_unlock(&lock);
    }
    take_items();
    for (int spin = 0; now.workers > 0 && atomic_load(&unfinished); spin++) {
        if (spin < SPINS) _mm_pause();
        else sched_yield();
    }
    pthread_mutex_unlock(&whole);
}
