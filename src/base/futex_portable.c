/*
 * futex_portable.c - futex.h with POSIX threads only: a table of mutexes and conditions, hashed by address.
 *
 * Invariants
 * 1. A sleeper looks at its word under its bucket's mutex and holds it until it sleeps; a waker takes the
 *    mutex after the word has changed. So the sleeper sees the change, or the waker sees the sleeper.
 * 2. Words that share a bucket wake each other: wait may wake for no reason.
 */
#include "base/futex.h"

#if !VOW_LINUX_FUTEX

#include "base/clock.h"
#include <errno.h>
#include <pthread.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
#define BUCKETS 64u /* a power of two */

struct bucket {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

static struct bucket buckets[BUCKETS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (unsigned i = 0; i < BUCKETS; i++) {
        pthread_mutex_init(&buckets[i].mutex, NULL);
        pthread_cond_init(&buckets[i].changed, &monotonic);
    }
    pthread_condattr_destroy(&monotonic);
}

static struct bucket *bucket_of(const _Atomic uint32_t *word)
{
    uint64_t hash = (uint64_t)(uintptr_t)word * UINT64_C(0x9E3779B97F4A7C15);

    pthread_once(&once, prepare);
    return &buckets[hash >> 58 & (BUCKETS - 1)];
}

static int sleep_until(struct bucket *bucket, vow_deadline deadline)
{
    deadline = vow_clock_to_real(deadline);
    int64_t at = deadline.at > 0 ? deadline.at : 0;
    struct timespec time = {.tv_sec = (time_t)(at / SECOND), .tv_nsec = (long)(at % SECOND)};

    if (deadline.at == INT64_MAX)
        return pthread_cond_wait(&bucket->changed, &bucket->mutex);
    return pthread_cond_timedwait(&bucket->changed, &bucket->mutex, &time);
}

bool vow_futex_wait(_Atomic uint32_t *word, uint32_t expected, vow_deadline deadline)
{
    int kept = errno;
    struct bucket *bucket = bucket_of(word);
    int result = 0;

    pthread_mutex_lock(&bucket->mutex);
    /* relaxed: invariant 1, the mutex orders */
    if (atomic_load_explicit(word, memory_order_relaxed) == expected)
        result = sleep_until(bucket, deadline);
    pthread_mutex_unlock(&bucket->mutex);
    errno = kept;
    return result != ETIMEDOUT;
}

void vow_futex_wake(_Atomic uint32_t *word, int count)
{
    int kept = errno;
    struct bucket *bucket = bucket_of(word);

    (void)count; /* those of other words may sleep here: all must look */
    pthread_mutex_lock(&bucket->mutex);
    pthread_cond_broadcast(&bucket->changed);
    pthread_mutex_unlock(&bucket->mutex);
    errno = kept;
}

#endif
