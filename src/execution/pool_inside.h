/*
 * pool_inside.h - the pool's own state, for the files of the pool.
 *
 *   pool.c          making, the way of a call into the pool, statistics
 *   pool_inline.c   size 0: calls run in the threads that make them
 *   pool_help.c     size 0: waiting threads run what is queued
 *   pool_staff.c    how many workers there are: resize, threads that begin and end
 *   pool_block.c    blocking sections and spares
 *   pool_close.c    closing and freeing
 *   pool_default.c  the process's pool
 *   pool_child.c    in a forked child: pools whose threads are not there
 *   worker.c        what a worker does
 *   look.c          where it looks for calls: the deques and the injector
 *   idle.c          what it does if there is none: sleep.c
 *   watch.c         whether waking workers is worth the while
 *
 * Invariants
 * 1. `active` is the number of workers in WORKER_ACTIVE whose order is STAY; `blocked`, `spare` those in these
 *    states; `living` those that have a thread which has not come to WORKER_ENDED.
 * 2. SLEEP_INLINE is set exactly while `size` is 0 and the pool is not closing with workers at work.
 * 3. Each call that was taken is run or dropped: by a worker; at size 0 by who waits or closes; after CLOSED by who
 *    set it and by submitters who see it after their push.
 * 4. Locks: the pool's before the sleep lock. No user's function runs under either.
 */
#ifndef VOW_EXECUTION_POOL_INSIDE_H
#define VOW_EXECUTION_POOL_INSIDE_H

#include "execution/injector.h"
#include "execution/lines.h"
#include "execution/pool.h"
#include "execution/sleep.h"
#include "execution/worker.h"
#include <signal.h>

#define POOL_NAME_SIZE 16

struct vow_pool {
    vow_scheduler scheduler;
    struct sleep sleep;
    struct injector injector;

    /* Read by workers all the time, written rarely: */
    _Alignas(
        VOW_CACHE_LINE) _Atomic int slots; /* records in use: workers[0] to workers[slots - 1] */
    int processors;
    _Atomic int lacking; /* workers that the size asks for beyond the active ones */
    _Atomic(struct worker *) workers[VOW_POOL_LARGEST];

    /* Options */
    char name[POOL_NAME_SIZE];
    size_t stack_size;
    void (*started)(int worker, void *context);
    void (*stopping)(int worker, void *context);
    void *context;
    bool on_heap;
    sigset_t signals; /* what the thread that made it had blocked; its workers block all */
    bool lost; /* it had threads, which a forked child has not: closed, and nobody is waited for */

    _Alignas(VOW_CACHE_LINE) struct lock lock; /* guards the rest */
    _Atomic int size; /* as asked for; read without the lock by vow_pool_size */
    int active;
    int blocked;
    int spare;
    _Atomic int living;         /* written under the lock, seq_cst: sleep.h, invariant 3 */
    struct vow_pool *next_pool; /* all pools: under the lock of pool_child.c */
    struct vow_pool **link_pool;
    struct vow_pool *next_inline;  /* pools of size 0: under the lock of pool_help.c */
    struct vow_pool **link_inline; /* NULL: not among them */
    struct guest *guests;          /* calls of its that have parked on other threads */
    struct closer *closers;        /* those who wait for its end */
    bool exiting; /* the process is: what waits for others only is not waited for */
    bool telling; /* waits are made known, for the closer's report */
    _Atomic uint32_t
        events; /* counts what they wait for: a futex for those who cannot wait otherwise */

    /* What is done outside of workers: */
    _Alignas(VOW_CACHE_LINE) _Atomic int inlined; /* calls that run in other threads now */
    _Atomic uint64_t outside_submitted;           /* taken at size 0 */
    _Atomic uint64_t outside_completed;           /* run in other threads, or dropped */
};

static inline struct vow_pool *vow_pool_of(vow_scheduler *scheduler)
{
    return vow_container_of(scheduler, struct vow_pool, scheduler);
}

/* Whether the calling thread is inside one of the pool's calls or hooks. */
static inline bool vow_pool_is_inside(const struct vow_pool *pool)
{
    return vow_locals.running == &pool->scheduler ||
           (vow_worker_here != NULL && vow_worker_here->pool == pool);
}

/* About how many workers take calls, asleep or awake. */
static inline int vow_pool_at_work(const struct vow_pool *pool)
{
    /* relaxed, both: a guess */
    return atomic_load_explicit(&pool->size, memory_order_relaxed) -
           atomic_load_explicit(&pool->lacking, memory_order_relaxed);
}

/* Under the pool's lock, which is why all of these are relaxed: */

static inline struct worker *vow_pool_worker(struct vow_pool *pool, int index)
{
    return atomic_load_explicit(&pool->workers[index], memory_order_relaxed);
}

static inline int vow_pool_slots(const struct vow_pool *pool)
{
    return atomic_load_explicit(&pool->slots, memory_order_relaxed);
}

static inline int vow_pool_wanted(const struct vow_pool *pool)
{
    return atomic_load_explicit(&pool->size, memory_order_relaxed);
}

static inline enum worker_order vow_worker_order(const struct worker *worker)
{
    return (enum worker_order)atomic_load_explicit(&worker->order, memory_order_relaxed);
}

/* pool.c */

extern const struct scheduler_kind vow_pool_kind;

/* Makes an empty pool of size 0 in `pool`; cannot fail. One reference. */
void vow_pool_init(struct vow_pool *pool, const struct vow_pool_options *options);
vow_status vow_pool_check_size(const char *function, int workers, int *ret_workers);

/* After something was put into the injector: wakes a worker for it. Where the pool's size has come to 0 meanwhile, one
   call runs here if it `may_run`, and else those who wait are called; where the pool was closed, all is dropped. */
void vow_pool_attend(struct vow_pool *pool, bool may_run);

/* Any thread: whether something seems to be queued. */
bool vow_pool_seems_busy(struct vow_pool *pool);

/* Any thread: one queued call out of the injector or of a worker's deque; NULL if there seems to be none. */
struct vow_call *vow_pool_take(struct vow_pool *pool);

/* Drops `call`, which was taken before. */
void vow_pool_drop(struct vow_pool *pool, struct vow_call *call);

/* Drops all that is queued. */
void vow_pool_sweep(struct vow_pool *pool);

/* pool_inline.c */

/* Runs `call` in the calling thread, or queues it where calls have nested too deeply. Takes it. */
void vow_pool_run_inline(struct vow_pool *pool, struct vow_call *call);

/* Runs one queued call in the calling thread. False if there seems to be none. */
bool vow_pool_run_queued(struct vow_pool *pool);

/* CLOSED: the waits of calls that have parked on other threads than the pool's end. */
void vow_pool_end_guests(struct vow_pool *pool);

/* pool_help.c */

/* The pool's size has become 0, or is 0 no more. */
void vow_pool_set_inline(struct vow_pool *pool, bool is_inline);

/* Something was queued in a pool of size 0: threads that wait are to look at it. */
void vow_pool_call_waiters(void);

/* The calling thread is about to sleep in a wait. */
void vow_pool_wait_begin(void);
void vow_pool_wait_end(void);

/* pool_child.c */

/* From a pool's making to its end. */
void vow_pool_enter(struct vow_pool *pool);
void vow_pool_leave_list(struct vow_pool *pool);

/* In a forked child, alone. Pools that had threads are closed, without their locks; so is the default one, and the next who
   asks for it gets a new one. The calling thread may have been a worker: it is none any more. */
void vow_pool_begin_child(void);
void vow_pool_renew_default(void);

/* There, too: the pool is the parent's. */
void vow_pool_lose(struct vow_pool *pool);

/* The worker's thread, which has no call to run: in a forked child ends the process. */
void vow_pool_end_if_lost(const struct worker *worker);

/* Why the pool takes nothing. */
const char *vow_pool_why_closed(const struct vow_pool *pool);

/* pool_staff.c */

/* Sets the size of an open pool and starts or stops workers; `function` is for the sentence. VOW_SYSTEM,
   VOW_NO_MEMORY: the size is what was reached. VOW_CLOSED. */
vow_status vow_pool_staff(struct vow_pool *pool, int workers, const char *function);

/* The worker, which has laid down its work: false if it is needed again. */
bool vow_pool_leave(struct worker *worker);

/* Under the lock: brings in or sends away workers until as many are active as the size says; those that are too many
   get `order`. Gives an error number, or 0. */
int vow_pool_balance(struct vow_pool *pool, enum worker_order order);

/* The worker, asleep while the pool closes: if all is done, ends everybody. */
void vow_pool_check_drained(struct vow_pool *pool);

/* Under the lock: orders all workers to end. */
void vow_pool_end_all(struct vow_pool *pool);

/* Under the lock: has workers that were ordered to go and still serve their lines, spares, and those that block look again. */
void vow_pool_rouse_lingering(struct vow_pool *pool);

/* Under the lock: has all workers that sleep look round. */
void vow_pool_rouse_all(struct vow_pool *pool);

/* Joins all threads, which have ended. */
void vow_pool_join(struct vow_pool *pool);

/* pool_block.c */

/* The worker, which has slept: replaces workers that are blocked, if the pool lacks some and nobody sleeps. */
void vow_pool_reinforce(struct vow_pool *pool);

/* Under the lock: the worker, which has laid down its work, is a spare from now on. */
void vow_pool_become_spare(struct worker *worker);

/* The worker: waits for a moment whether it is needed again. False: it is. */
bool vow_pool_wait_as_spare(struct worker *worker);

/* pool_thread.c: what differs between platforms */

/* Starts a thread that runs `run(argument)`, with asynchronous signals blocked. Gives an error number or 0. */
int vow_pool_thread_start(pthread_t *ret_id, size_t stack_size, void *(*run)(void *),
                          void *argument);

/* Which signals the calling thread blocks; a worker: those that were before it blocked all. */
void vow_pool_thread_signals(sigset_t *ret_blocked);

/* Names the calling thread `name`-`index`, cutting `name` where the system's names are short. */
void vow_pool_thread_name(const char *name, int index);

/* Joins a thread if that takes no waiting. */
bool vow_pool_thread_try_join(pthread_t id);

/* The smallest stack that the system gives a thread. */
size_t vow_pool_smallest_stack(void);

/* pool_close.c */

/* Has those who close the pool look again. */
void vow_pool_event(struct vow_pool *pool);

/* Takes no more calls and drops what has not begun, without waiting. */
void vow_pool_abandon(struct vow_pool *pool);

/* What close and free share; `function` is for the sentence. */
vow_status vow_pool_end(struct vow_pool *pool, const char *function, enum vow_close_mode mode,
                        vow_deadline deadline);

#endif
