/*
 * pool_block.c - workers that block in the kernel: others take their place meanwhile.
 *
 * A worker in a blocking section does not count as active, so another one is brought in; when it comes back there is one
 * too many, which lays down its work and stays a while as a spare, for the next one that blocks.
 *
 * While some worker sleeps nobody is brought in: it is there for what comes. When it wakes, for a call, a line or anything
 * else, and nobody sleeps any more, it brings in what the pool lacks.
 */
#include "base/clock.h"
#include "base/futex.h"
#include "execution/park.h"
#include "execution/pool_inside.h"
#include "execution/watch.h"

#define SPARE_WAIT VOW_MS(200)

static bool somebody_sleeps(const struct vow_pool *pool)
{
    return vow_sleep_sleepers(vow_sleep_word(&pool->sleep)) != 0;
}

/* Under the lock. */
static void replace(struct vow_pool *pool)
{
    if (!somebody_sleeps(pool))
        (void)vow_pool_balance(pool, ORDER_SPARE);
    else /* relaxed: a hint, as in vow_pool_balance */
        atomic_store_explicit(&pool->lacking, vow_pool_wanted(pool) - pool->active,
                              memory_order_relaxed);
}

static void begin(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    vow_fork_expose();
    vow_lock_take(&pool->lock);
    worker->counted = vow_worker_order(worker) == ORDER_STAY;
    worker->state =
        WORKER_BLOCKED; /* one with other orders, too: it is not to be taken back meanwhile */
    pool->blocked++;
    if (worker->counted) {
        pool->active--;
        replace(pool);
    }
    vow_lock_give(&pool->lock);
    vow_watch_leave_alone(worker);
}

static void end(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    vow_lock_take(&pool->lock);
    worker->state = WORKER_ACTIVE;
    pool->blocked--;
    if (worker->counted) {
        worker->counted = false;
        pool->active++;
        (void)vow_pool_balance(pool, ORDER_SPARE);
    }
    vow_lock_give(&pool->lock);
}

void vow_pool_blocking_begin(void)
{
    struct worker *worker = vow_worker_here;
    if (worker != NULL && worker->blocking++ == 0)
        begin(worker);
    vow_pool_wait_begin();
}

void vow_pool_blocking_end(void)
{
    struct worker *worker = vow_worker_here;
    vow_pool_wait_end();
    if (worker != NULL && --worker->blocking == 0)
        end(worker);
}

bool vow_pool_runs_closed(void)
{
    vow_scheduler *running = vow_locals.running;
    if (running == NULL || !vow_is_pool(running))
        return false;
    const struct vow_pool *pool = vow_container_of(running, struct vow_pool, scheduler);
    return (vow_sleep_word(&pool->sleep) & SLEEP_CLOSED) != 0;
}

bool vow_pool_ends_waits(struct thread *thread)
{
    struct worker *worker = vow_worker_here;
    if (worker != NULL)
        vow_lock_take(&worker->pool->lock);
    /* relaxed: a ring before this was for something that the inbox has now, or for the close of its pool, which is seen below: who
       closes holds the lock, and then rings. The close of a pool without workers is seen, or calls this thread: it is listed */
    atomic_store_explicit(&thread->bell, 0, memory_order_relaxed);
    bool ends = vow_pool_runs_closed();
    if (worker != NULL)
        vow_lock_give(&worker->pool->lock);
    return ends;
}

bool vow_pool_is_unmanned(void)
{
    const struct worker *worker = vow_worker_here;
    struct vow_pool *pool = worker != NULL ? worker->pool : NULL;
    if (pool == NULL)
        return false;
    vow_lock_take(&pool->lock);
    if (pool->active == 0) /* whoever was counted as asleep may have been on its way out */
        (void)vow_pool_balance(pool, ORDER_SPARE);
    bool refused = vow_pool_slots(pool) < VOW_POOL_LARGEST;
    bool unmanned = refused && pool->active == 0 && vow_pool_wanted(pool) > 0;
    vow_lock_give(&pool->lock);
    return unmanned;
}

void vow_pool_reinforce(struct vow_pool *pool)
{
    vow_lock_take(&pool->lock);
    if (!somebody_sleeps(pool))
        (void)vow_pool_balance(pool, ORDER_SPARE);
    vow_lock_give(&pool->lock);
}

/* Spares ----------------------------------------------------------------------------------------------------- */

void vow_pool_become_spare(struct worker *worker)
{
    worker->state = WORKER_SPARE;
    worker->pool->spare++;
    /* relaxed: whoever rings for a spare holds the lock, as we do */
    atomic_store_explicit(&worker->thread->bell, 0, memory_order_relaxed);
}

/* After a nap. Gives whether the spare's time is over; `ret_needed`: it is to work again. */
static bool is_over(struct worker *worker, bool in_time, bool *ret_needed)
{
    struct vow_pool *pool = worker->pool;
    vow_lock_take(&pool->lock);
    *ret_needed = worker->state == WORKER_ACTIVE;
    bool over = !*ret_needed && worker->thread->carrier.parked_count == 0 &&
                (!in_time || vow_worker_order(worker) == ORDER_END);
    if (over) {
        worker->state = WORKER_ENDING;
        pool->spare--;
    }
    /* relaxed: as in vow_pool_become_spare */
    atomic_store_explicit(&worker->thread->bell, 0, memory_order_relaxed);
    vow_lock_give(&pool->lock);
    return over;
}

/* Until the bell rings, the spare's time is over, or a deadline of what parked here meanwhile comes. False: its time is
   over. */
static bool nap_as_spare(struct worker *worker, vow_deadline deadline)
{
    const struct carrier *carrier = &worker->thread->carrier;
    bool in_time = vow_clock_stands() || vow_now() < deadline.at;
    vow_deadline due = vow_at(vow_wheel_next(&carrier->wheel));
    if ((carrier->parked_count == 0 || in_time) && !vow_clock_stands())
        due = vow_sooner(due, deadline);
    (void)vow_thread_nap(worker->thread, due);
    return in_time;
}

bool vow_pool_wait_as_spare(struct worker *worker)
{
    vow_deadline deadline = vow_after(SPARE_WAIT);
    bool needed = false;
    bool over = false;
    while (!needed && !over) {
        if (vow_unlikely((vow_sleep_word(&worker->pool->sleep) & SLEEP_CLOSED) != 0))
            (void)vow_carrier_cancel(&worker->thread->carrier, NULL);
        (void)vow_thread_serve(worker->thread);
        over = is_over(worker, nap_as_spare(worker, deadline), &needed);
    }
    return over;
}
