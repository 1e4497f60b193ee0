/*
 * pool_staff.c - how many workers a pool has: its size, those that block, threads that begin and end.
 *
 * Nothing here waits. A resize changes the size and then *balances*: as long as fewer workers are active than the size
 * asks for, it takes back one that was ordered to go, or calls a spare, or starts a thread; as long as there are
 * more, it orders the one with the highest number to go. Workers look at their orders between calls.
 */
#include "base/fail.h"
#include "base/futex.h"
#include "base/ledger.h"
#include "execution/pool_inside.h"
#include <errno.h>
#include <limits.h>
#include <string.h>

static void give_order(struct worker *worker, enum worker_order order)
{
    /* relaxed: the worker need not see it before its present call ends; who would sleep is roused under a lock */
    atomic_store_explicit(&worker->order, (int)order, memory_order_relaxed);
}

/* Threads ---------------------------------------------------------------------------------------------------- */

/* Under the lock, when a thread has ended. A pool that drains and has no threads any more is one of size 0: calls of its that
   are parked on other threads may make others yet. */
static bool drains_without_threads(struct vow_pool *pool)
{
    uint64_t word = vow_sleep_word(&pool->sleep);
    if (pool->living != 0 || (word & SLEEP_CLOSING) == 0 || (word & SLEEP_CLOSED) != 0)
        return false;
    vow_sleep_flags(&pool->sleep, SLEEP_INLINE, 0);
    vow_pool_set_inline(pool, true);
    return true;
}

static void ended(struct vow_pool *pool, struct worker *worker)
{
    vow_worker_here = NULL;
    vow_lock_take(&pool->lock);
    worker->state = WORKER_ENDED;
    atomic_fetch_sub_explicit(&pool->living, 1, memory_order_seq_cst); /* as L1 */
    bool alone = drains_without_threads(pool);
    vow_lock_give(&pool->lock);
    if (alone) /* for what was queued when the last worker had looked */
        vow_pool_call_waiters();
    vow_pool_check_drained(pool);
    vow_pool_event(pool);
}

static void *thread_main(void *argument)
{
    struct worker *worker = argument;
    struct vow_pool *pool = worker->pool;
    vow_worker_here = worker;
    vow_ledger_own_thread();
    vow_thread_begin(worker->thread);
    vow_pool_thread_name(pool->name, worker->index);
    if (pool->started != NULL)
        pool->started(worker->index, pool->context);
    vow_worker_work(worker);
    if (pool->stopping != NULL)
        pool->stopping(worker->index, pool->context);
    vow_fork_end(worker);
    ended(pool, worker);
    vow_thread_end();
    return NULL;
}

/* Balance ---------------------------------------------------------------------------------------------------- */

/* A slot without a thread: an old one, or one more. NULL without memory or when all are taken. */
static struct worker *free_slot(struct vow_pool *pool)
{
    int slots = vow_pool_slots(pool);
    for (int i = 0; i < slots; i++) {
        struct worker *worker = vow_pool_worker(pool, i);
        if (worker->state == WORKER_ENDED && vow_pool_thread_try_join(worker->id))
            worker->state = WORKER_NONE;
        if (worker->state == WORKER_NONE)
            return worker;
    }
    struct worker *worker = slots < VOW_POOL_LARGEST ? vow_worker_new(pool, slots) : NULL;
    if (worker == NULL)
        return NULL;
    atomic_store_explicit(&pool->workers[slots], worker, memory_order_relaxed); /* relaxed: S2 */
    /* S2 release: pairs with S1 in look.c */
    atomic_store_explicit(&pool->slots, slots + 1, memory_order_release);
    return worker;
}

/* A worker cannot do without its thread's record, so that is made before there is a thread. */
static int start_thread(struct vow_pool *pool, struct worker *worker)
{
    worker->thread = vow_thread_prepare(true);
    if (worker->thread == NULL)
        return ENOMEM;
    if (pool->stack_size != 0)
        worker->thread->carrier.stack_size = pool->stack_size;
    int error = vow_pool_thread_start(&worker->id, pool->stack_size, thread_main, worker);
    if (error != 0)
        vow_thread_unprepare(worker->thread);
    return error;
}

static int start_one(struct vow_pool *pool)
{
    struct worker *worker = free_slot(pool);
    if (worker == NULL)
        return ENOMEM;
    give_order(worker, ORDER_STAY);
    /* L1 seq_cst, before there is a thread: pairs with L2 in sleep.c */
    atomic_fetch_add_explicit(&pool->living, 1, memory_order_seq_cst);
    int error = start_thread(pool, worker);
    if (error != 0) {
        atomic_fetch_sub_explicit(&pool->living, 1, memory_order_seq_cst); /* as L1 */
        return error;
    }
    worker->state = WORKER_ACTIVE;
    pool->active++;
    return 0;
}

/* Takes back a worker that was ordered to go, or a spare. */
static bool take_back(struct vow_pool *pool, struct worker *worker)
{
    bool spare = worker->state == WORKER_SPARE;
    bool going = worker->state == WORKER_ACTIVE && vow_worker_order(worker) != ORDER_STAY;
    if (!spare && !going)
        return false;
    give_order(worker, ORDER_STAY);
    pool->active++;
    if (spare) {
        worker->state = WORKER_ACTIVE;
        pool->spare--;
    }
    if (worker->thread != NULL)
        vow_thread_wake(worker->thread);
    return true;
}

static int bring_one(struct vow_pool *pool)
{
    for (int i = 0; i < vow_pool_slots(pool); i++)
        if (take_back(pool, vow_pool_worker(pool, i)))
            return 0;
    return start_one(pool);
}

static void send_one(struct vow_pool *pool, enum worker_order order)
{
    for (int i = vow_pool_slots(pool) - 1; i >= 0; i--) {
        struct worker *worker = vow_pool_worker(pool, i);
        if (worker->state != WORKER_ACTIVE || vow_worker_order(worker) != ORDER_STAY)
            continue;
        give_order(worker, order);
        pool->active--;
        vow_sleep_rouse(&pool->sleep, worker);
        return;
    }
    vow_check(false && "active workers were miscounted");
}

static void note_lacking(struct vow_pool *pool)
{
    /* relaxed: a hint; who acts on it takes the lock */
    atomic_store_explicit(&pool->lacking, vow_pool_wanted(pool) - pool->active,
                          memory_order_relaxed);
}

int vow_pool_balance(struct vow_pool *pool, enum worker_order order)
{
    int error = 0;
    while (pool->active > vow_pool_wanted(pool))
        send_one(pool, order);
    while (error == 0 && pool->active < vow_pool_wanted(pool))
        error = bring_one(pool);
    note_lacking(pool);
    return error;
}

void vow_pool_rouse_lingering(struct vow_pool *pool)
{
    for (int i = 0; i < vow_pool_slots(pool); i++) {
        struct worker *worker = vow_pool_worker(pool, i);
        bool lingers = worker->state == WORKER_SPARE || worker->state == WORKER_BLOCKED ||
                       (worker->state == WORKER_ACTIVE && vow_worker_order(worker) != ORDER_STAY);
        if (lingers && worker->thread != NULL)
            vow_thread_wake(worker->thread);
    }
}

void vow_pool_rouse_all(struct vow_pool *pool)
{
    for (int i = 0; i < vow_pool_slots(pool); i++) {
        struct worker *worker = vow_pool_worker(pool, i);
        if (worker->state == WORKER_ACTIVE || worker->state == WORKER_BLOCKED)
            vow_thread_wake(worker->thread);
    }
}

static void end_spares(struct vow_pool *pool)
{
    for (int i = 0; i < vow_pool_slots(pool); i++) {
        struct worker *worker = vow_pool_worker(pool, i);
        if (worker->state == WORKER_SPARE) {
            give_order(worker, ORDER_END);
            vow_thread_wake(worker->thread);
        }
    }
}

/* Under the lock. */
static void set_size(struct vow_pool *pool, int workers)
{
    /* relaxed: the lock is held; vow_pool_size gives a figure */
    atomic_store_explicit(&pool->size, workers, memory_order_relaxed);
}

void vow_pool_end_all(struct vow_pool *pool)
{
    set_size(pool, 0);
    (void)vow_pool_balance(pool, ORDER_END);
    end_spares(pool);
}

/* Not all that the size asks for could be started: it becomes what there is, but no less than it was, for workers that block
   come back. A size that it had is one that can be had. */
static int settle_for(struct vow_pool *pool, int former, int error)
{
    int most = pool->active > former ? pool->active : former;
    if (vow_pool_wanted(pool) <= most)
        return 0;
    set_size(pool, most);
    note_lacking(pool);
    return error;
}

/* Under the lock: sets the size, or as much of it as can be had. */
static int resize(struct vow_pool *pool, int workers)
{
    int former = vow_pool_wanted(pool);
    set_size(pool, workers);
    if (workers == 0)
        vow_sleep_flags(&pool->sleep, SLEEP_INLINE, 0);
    int error = vow_pool_balance(pool, ORDER_END);
    if (workers < former)
        end_spares(pool);
    if (error != 0)
        error = settle_for(pool, former, error);
    bool none = vow_pool_wanted(pool) == 0; /* asked for, or there were none */
    vow_sleep_flags(&pool->sleep, none ? SLEEP_INLINE : 0, none ? 0 : SLEEP_INLINE);
    vow_pool_set_inline(pool, none);
    return error;
}

vow_status vow_pool_staff(struct vow_pool *pool, int workers, const char *function)
{
    int error = 0;
    vow_lock_take(&pool->lock);
    bool closed = (vow_sleep_word(&pool->sleep) & SLEEP_CLOSING) != 0;
    if (!closed)
        error = resize(pool, workers);
    int reached = vow_pool_wanted(pool);
    vow_lock_give(&pool->lock);
    if (reached == 0)
        vow_pool_call_waiters();
    if (closed)
        return vow_fail_status(VOW_CLOSED, "%s: %s", function, vow_pool_why_closed(pool));
    if (error != 0)
        return vow_fail_status(error == ENOMEM ? VOW_NO_MEMORY : VOW_SYSTEM,
                               "%s: workers is %d, only %d could be started: %s", function, workers,
                               reached, strerror(error));
    return VOW_OK;
}

vow_status vow_pool_resize(vow_pool *pool, int workers)
{
    int wanted;
    if (pool == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_pool_resize: pool is NULL");
    vow_status status = vow_pool_check_size("vow_pool_resize", workers, &wanted);
    return status == VOW_OK ? vow_pool_staff(pool, wanted, "vow_pool_resize") : status;
}

/* Going ------------------------------------------------------------------------------------------------------ */

bool vow_pool_leave(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    vow_lock_take(&pool->lock);
    enum worker_order order = vow_worker_order(worker);
    bool closing = (vow_sleep_word(&pool->sleep) & SLEEP_CLOSING) != 0;
    bool spare = order == ORDER_SPARE && vow_pool_wanted(pool) > 0 && !closing;
    if (spare)
        vow_pool_become_spare(worker);
    else if (order != ORDER_STAY)
        worker->state = WORKER_ENDING;
    vow_lock_give(&pool->lock);
    return spare ? vow_pool_wait_as_spare(worker) : order != ORDER_STAY;
}

/* While all workers sleep: whether lines are parked on some. */
static bool has_parked_lines(struct vow_pool *pool)
{
    for (int i = 0; i < vow_pool_slots(pool); i++)
        /* relaxed: their word was seen (vow_sleep_enter) */
        if (atomic_load_explicit(&vow_pool_worker(pool, i)->lines, memory_order_relaxed) != 0)
            return true;
    return false;
}

/* The same, of those who have any: whether none would go on by itself. What one of them has done for another is in that
   one's inbox. */
static bool are_stuck(struct vow_pool *pool)
{
    for (int i = 0; i < vow_pool_slots(pool); i++) {
        const struct worker *worker = vow_pool_worker(pool, i);
        /* relaxed, both: as above */
        if (atomic_load_explicit(&worker->lines, memory_order_relaxed) != 0 &&
            (atomic_load_explicit(&worker->timed, memory_order_relaxed) != 0 ||
             vow_inbox_waiting(&worker->thread->immediate->inbox)))
            return false;
    }
    return true;
}

void vow_pool_check_drained(struct vow_pool *pool)
{
    bool stuck = false;
    vow_lock_take(&pool->lock);
    uint64_t word = vow_sleep_word(&pool->sleep);
    bool draining = (word & SLEEP_CLOSING) != 0 && (word & SLEEP_CLOSED) == 0;
    if (draining && vow_sleep_sleepers(word) + (uint64_t)pool->spare == (uint64_t)pool->living) {
        if (!has_parked_lines(pool))
            vow_pool_end_all(pool);
        else
            stuck = pool->exiting && are_stuck(pool);
    }
    vow_lock_give(&pool->lock);
    if (stuck)
        vow_pool_abandon(pool);
}

void vow_pool_join(struct vow_pool *pool)
{
    for (int i = 0; i < atomic_load_explicit(&pool->slots, memory_order_acquire); i++) { /* as S1 */
        struct worker *worker = vow_pool_worker(pool, i);
        vow_lock_take(&pool->lock);
        bool mine = worker->state == WORKER_ENDED;
        if (mine)
            worker->state = WORKER_JOINING;
        vow_lock_give(&pool->lock);
        if (!mine)
            continue;
        (void)pthread_join(worker->id, NULL);
        vow_lock_take(&pool->lock);
        worker->state = WORKER_NONE;
        vow_lock_give(&pool->lock);
    }
}
