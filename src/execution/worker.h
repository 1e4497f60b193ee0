/*
 * worker.h - one worker of a pool: in a loop it serves its inbox (what must run on this thread), goes on with lines that
 * are ready, looks for a call (look.h) and runs it; if there is none it idles (idle.h).
 *
 * Invariants
 * 1. Whatever a worker has queued is in one of its two deques, where all others can take it.
 * 2. A worker's record is never freed before its pool; after its thread has ended it serves the next one.
 */
#ifndef VOW_EXECUTION_WORKER_H
#define VOW_EXECUTION_WORKER_H

#include "execution/deque.h"
#include "execution/fork.h"
#include "execution/scheduler.h"
#include <pthread.h>
#include <stdbool.h>

struct vow_pool;

enum worker_order {
    ORDER_STAY,
    ORDER_SPARE, /* lay down work after this call and wait as a spare for a moment */
    ORDER_END    /* lay down work after this call and end */
};

/* Guarded by the pool's lock.
 *
 *   NONE -> ACTIVE <-> BLOCKED          ACTIVE -> SPARE -> ACTIVE or ENDING
 *           ACTIVE -> ENDING -> ENDED -> JOINING -> NONE
 */
enum worker_state {
    WORKER_NONE,    /* has no thread */
    WORKER_ACTIVE,  /* on duty; counts while its order is STAY */
    WORKER_BLOCKED, /* on duty, in a blocking section: does not count */
    WORKER_SPARE,   /* waits for a moment whether it is needed again */
    WORKER_ENDING,  /* runs its last hook */
    WORKER_ENDED,   /* its thread is to be joined */
    WORKER_JOINING  /* somebody does */
};

struct worker {
    struct deque own;     /* what its calls submitted */
    struct deque outside; /* a batch from the injector */
    struct forks forks;   /* fork.h: what its lines have forked */

    /* The worker's thread alone: */
    _Alignas(VOW_CACHE_LINE) struct vow_pool *pool;
    struct thread
        *thread; /* its record, written before it starts; wakers read it under the sleep lock */
    int index;
    unsigned turn;    /* calls begun, for fairness */
    unsigned cursor;  /* its turn among the injector's shards */
    unsigned victim;  /* where it stole last */
    unsigned singles; /* batches of one call in a row, and after how many to try and gather */
    unsigned trial;
    int64_t ease;   /* how long a pause is, in nanoseconds for each call of the batch before */
    int64_t gather; /* until when to leave submitters alone before the next batch; 0: not at all */
    int64_t spin;   /* how long, in nanoseconds, to search before sleeping */
    int64_t woken_at;    /* for a call, while others were awake, until it is idle again; else 0 */
    int64_t watched_at;  /* watch.h: when it began to watch, or looked last */
    int64_t watch;       /* how long until the next look */
    uint64_t own_before; /* what it had completed at that time, */
    uint64_t others_before; /* and what the others */
    bool searching;         /* it is the pool's searcher */
    bool on_duty;           /* calls that it submits go to its own deque */
    bool over;              /* its work on this thread is done */
    bool stackless;         /* a call runs on the thread's own stack, without memory for another */
    unsigned resumed;       /* lines that went on since a call had its turn, for fairness */
    unsigned unlooked;      /* turns since the clock was read, while something waits for it */
    unsigned patience;      /* after how many to read it */
    int64_t looked_at;
    bool counted;      /* in a blocking section, and does not count as active */
    unsigned blocking; /* blocking sections that it is in */

    /* Written by the worker's thread, read for statistics: */
    _Atomic uint64_t submitted;
    _Atomic uint64_t completed;
    _Atomic uint64_t stolen;
    _Atomic uint64_t slept;
    _Atomic size_t lines; /* parked on it, while it sleeps */
    _Atomic size_t timed; /* and their deadlines */

    /* Written by others: */
    _Alignas(
        VOW_CACHE_LINE) _Atomic int order; /* enum worker_order; written under the pool's lock */
    bool asleep;        /* in the list of sleepers: under the sleep lock, as the next four */
    bool called;        /* it was woken for a call */
    bool made_searcher; /* and is to be the searcher, */
    bool relieved;      /* or was, and another one took that over */
    struct worker *next_asleep;
    enum worker_state state; /* under the pool's lock, as the next */
    pthread_t id;
};

/* The calling thread's worker, if it is one; also in its start and stop hooks. */
extern VOW_THREAD_LOCAL struct worker *vow_worker_here;

/* A record for slot `index`; NULL without memory. */
struct worker *vow_worker_new(struct vow_pool *pool, int index);
void vow_worker_delete(struct worker *worker);

/* The worker's thread: works until it is ordered to stop and has laid down its work. */
void vow_worker_work(struct worker *worker);

static inline void vow_worker_count(_Atomic uint64_t *counter, uint64_t add)
{
    /* relaxed, and no read-modify-write: only this thread writes it, and readers want a rough figure */
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + add,
                          memory_order_relaxed);
}

#endif
