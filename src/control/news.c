/*
 * news.c - a hash table of the promises that are NOTIFIED, by their heads. A promise has no room for a queue that few have.
 *
 * NOTIFIED and the table agree whenever no bucket is locked. It is cleared inside the promise: who looks there sees all that
 * was sent before it came inside.
 */
#include "control/news.h"

#include "base/child.h"

#define BUCKETS 64u
#define BUCKET_SHIFT 58 /* of 64 bits */

static struct bucket {
    struct lock lock; /* guards the heads here, and what follows them */
    struct news *first;
} table[BUCKETS];

VOW_CHILD_CARE(child_care,
               {.locks = &table[0].lock, .stride = sizeof(struct bucket), .count = BUCKETS});

static struct bucket *bucket_of(const vow_promise *promise)
{
    uint64_t mixed = (uint64_t)(uintptr_t)promise * UINT64_C(0x9e3779b97f4a7c15);
    return &table[mixed >> BUCKET_SHIFT];
}

/* What points to the head of `promise`, or would. */
static struct news **find(struct bucket *bucket, const vow_promise *promise)
{
    struct news **at = &bucket->first;
    while (*at != NULL && (*at)->promise != promise)
        at = &(*at)->next_in_bucket;
    return at;
}

bool vow_news_append(struct news *news, vow_promise *promise)
{
    struct bucket *bucket = bucket_of(promise);
    *news = (struct news){.promise = promise, .last = news};
    vow_lock_take(&bucket->lock);
    struct news **at = find(bucket, promise);
    struct news *head = *at;
    if (head == NULL) {
        *at = news;
        /* relaxed: who settles later is ordered after this by whatever makes it later */
        atomic_fetch_or_explicit(&promise->counted.word, PROMISE_NOTIFIED, memory_order_relaxed);
    } else {
        head->last->next = news;
        head->last = news;
    }
    vow_lock_give(&bucket->lock);
    return head == NULL;
}

struct news *vow_news_next(struct news *head)
{
    struct bucket *bucket = bucket_of(head->promise);
    vow_lock_take(&bucket->lock);
    struct news **at = find(bucket, head->promise);
    struct news *next = head->next;
    if (next != NULL) {
        next->last = head->last;
        next->next_in_bucket = head->next_in_bucket;
        *at = next;
    } else {
        *at = head->next_in_bucket;
        /* relaxed: inside, where it is looked at */
        atomic_fetch_and_explicit(&head->promise->counted.word, ~PROMISE_NOTIFIED,
                                  memory_order_relaxed);
    }
    vow_lock_give(&bucket->lock);
    return next;
}
