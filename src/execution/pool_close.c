/*
 * pool_close.c - closing and freeing.
 *
 *   OPEN --close(DRAIN)--> CLOSING --all is done--> CLOSING and CLOSED
 *     \                       \--close(CANCEL)------^
 *      \--close(CANCEL)-----------------------------/
 *
 * CLOSING: calls from outside are dropped; what is queued runs, and what the pool's own running calls submit runs too,
 * so that work which is under way can come to its end. When all workers sleep, nothing is left; they are then ordered
 * to end. CLOSED: nothing begins any more.
 *
 * At size 0 the closer itself runs what is queued.
 */
#include "base/fail.h"
#include "base/futex.h"
#include "execution/park.h"
#include "execution/pool_inside.h"
#include <limits.h>
#include <string.h>
#include <vow/line.h>

static bool is_closed(const struct vow_pool *pool)
{
    return (vow_sleep_word(&pool->sleep) & SLEEP_CLOSED) != 0;
}

void vow_pool_abandon(struct vow_pool *pool)
{
    vow_sleep_flags(&pool->sleep, SLEEP_CLOSING | SLEEP_CLOSED, 0);
    vow_lock_take(&pool->lock);
    vow_pool_end_all(pool);
    vow_pool_rouse_lingering(pool);
    vow_lock_give(&pool->lock);
    vow_pool_end_guests(pool);
    vow_pool_call_waiters(); /* one of them may run a job of this pool, which did not park */
    vow_pool_sweep(pool);
}

/* From now on who is idle tells what waits there, so that it can be reported. */
static void begin_telling(struct vow_pool *pool)
{
    vow_lock_take(&pool->lock);
    if (!pool->telling) {
        pool->telling = true;
        vow_known_want_all(true);
        vow_pool_rouse_all(pool);
    }
    vow_lock_give(&pool->lock);
}

static void end_telling(struct vow_pool *pool)
{
    vow_lock_take(&pool->lock);
    if (pool->telling)
        vow_known_want_all(false);
    pool->telling = false;
    vow_lock_give(&pool->lock);
}

static vow_status timed_out(const struct vow_pool *pool, const char *function)
{
    char waits[160];
    if (vow_known_report(pool, waits, sizeof(waits)) == 0)
        return vow_fail_status(VOW_TIMED_OUT, "%s: some calls of the pool have not ended yet",
                               function);
    return vow_fail_status(VOW_TIMED_OUT,
                           "%s: some calls of the pool have not ended yet; waiting: %s", function,
                           waits);
}

static void begin(struct vow_pool *pool, enum vow_close_mode mode)
{
    if (mode == VOW_CANCEL) {
        vow_pool_abandon(pool);
        if (vow_carrier_here != NULL) /* size 0: jobs that parked on this thread */
            (void)vow_carrier_cancel(vow_carrier_here, pool);
        return;
    }
    vow_sleep_flags(&pool->sleep, SLEEP_CLOSING, 0);
    vow_pool_check_drained(pool); /* all may sleep already */
}

/* Whether nobody is at work. `ret_nobody_else`: no worker will take what is queued. */
static bool is_quiet(struct vow_pool *pool, bool *ret_nobody_else)
{
    vow_lock_take(&pool->lock);
    bool ended = pool->living == 0;
    *ret_nobody_else = pool->active == 0 && pool->blocked == 0;
    vow_lock_give(&pool->lock);
    /* seq_cst: pairs with I1 in pool_inline.c; who began before CLOSING was set is seen */
    return ended && atomic_load_explicit(&pool->inlined, memory_order_seq_cst) == 0;
}

static bool work_alone(struct vow_pool *pool, vow_deadline deadline)
{
    /* looks first: a vain run_queued is an event, too, and would keep the closer itself awake */
    while (!is_closed(pool) && vow_pool_seems_busy(pool) && vow_pool_run_queued(pool))
        if (deadline.at != INT64_MAX && vow_now() >= deadline.at)
            return false;
    return true;
}

/* Those who wait for the pool to end. */
struct closer {
    struct waiter waiter;
    struct closer *next;
};

static void enlist(struct vow_pool *pool, struct closer *closer)
{
    vow_lock_take(&pool->lock);
    closer->next = pool->closers;
    pool->closers = closer;
    vow_lock_give(&pool->lock);
}

static void strike_out(struct vow_pool *pool, struct closer *closer)
{
    vow_lock_take(&pool->lock);
    struct closer **link = &pool->closers;
    while (*link != NULL && *link != closer)
        link = &(*link)->next;
    if (*link == closer)
        *link = closer->next;
    vow_lock_give(&pool->lock);
}

/* Takes one closer who still waits out of the list, with the right to wake it; NULL: there is none. */
static struct closer *next_closer(struct vow_pool *pool)
{
    struct closer *closer;
    vow_lock_take(&pool->lock);
    do {
        closer = pool->closers;
        if (closer != NULL)
            pool->closers = closer->next;
    } while (closer != NULL && !vow_waiter_claim(&closer->waiter, WAITER_DONE));
    vow_lock_give(&pool->lock);
    return closer;
}

void vow_pool_event(struct vow_pool *pool)
{
    struct closer *closer;
    /* V1 release: pairs with V2 */
    atomic_fetch_add_explicit(&pool->events, 1, memory_order_release);
    vow_futex_wake(&pool->events, INT_MAX);
    while ((closer = next_closer(pool)) != NULL)
        vow_waiter_wake(&closer->waiter);
}

/* The same where a wait cannot be begun: without memory for the thread's record, or in a callback of libuv's. */
static vow_status sleep_until_event(struct vow_pool *pool, vow_deadline deadline, bool *ret_quiet)
{
    bool nobody_else;
    /* V2 acquire: pairs with V1 */
    uint32_t events = atomic_load_explicit(&pool->events, memory_order_acquire);
    *ret_quiet = is_quiet(pool, &nobody_else);
    if (*ret_quiet || vow_futex_wait(&pool->events, events, deadline))
        return VOW_OK;
    return VOW_TIMED_OUT;
}

/* Waits for an event, unless all have ended: then VOW_OK, and `ret_quiet` says so. */
static vow_status wait_for_event(struct vow_pool *pool, const char *function, vow_deadline deadline,
                                 bool *ret_quiet)
{
    struct closer closer;
    bool nobody_else;
    vow_status status = vow_wait_begin(&closer.waiter, function, pool);
    if (status == VOW_CANCELED)
        return status;
    if (status != VOW_OK)
        return sleep_until_event(pool, deadline, ret_quiet);
    closer.waiter.source = WAITER_END;
    enlist(pool, &closer);
    *ret_quiet = is_quiet(pool, &nobody_else);
    enum outcome outcome = vow_wait_end(&closer.waiter, *ret_quiet ? VOW_POLL : deadline);
    strike_out(pool, &closer);
    if (*ret_quiet || outcome == WAITER_DONE)
        return VOW_OK;
    return vow_wait_failed(&closer.waiter, outcome);
}

/* Until all have ended. */
static vow_status wait_for_all(struct vow_pool *pool, const char *function, vow_deadline deadline)
{
    for (;;) {
        bool nobody_else;
        bool quiet = false;
        (void)is_quiet(pool, &nobody_else);
        if (nobody_else && !work_alone(pool, deadline))
            return VOW_TIMED_OUT;
        vow_status status = wait_for_event(pool, function, deadline, &quiet);
        if (quiet || status != VOW_OK)
            return status;
    }
}

vow_status vow_pool_end(struct vow_pool *pool, const char *function, enum vow_close_mode mode,
                        vow_deadline deadline)
{
    if (vow_pool_is_inside(pool))
        return vow_fail_status(VOW_INVALID, "%s: pool is running the calling call: end it first",
                               function);
    if (pool->lost) /* by a fork: nobody is there to be waited for */
        return VOW_OK;
    begin(pool, mode);
    if (deadline.at != INT64_MAX)
        begin_telling(pool);
    vow_status status = wait_for_all(pool, function, deadline);
    if (status == VOW_TIMED_OUT)
        return timed_out(pool, function);
    if (status != VOW_OK)
        return status;
    end_telling(pool);
    vow_sleep_flags(&pool->sleep, SLEEP_CLOSED, 0);
    vow_pool_sweep(pool);
    vow_pool_set_inline(pool, false);
    vow_pool_join(pool);
    return VOW_OK;
}

vow_status vow_pool_close(vow_pool *pool, enum vow_close_mode mode, vow_deadline deadline)
{
    if (pool == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_pool_close: pool is NULL");
    if (mode != VOW_DRAIN && mode != VOW_CANCEL)
        return vow_fail_status(VOW_INVALID, "vow_pool_close: mode is %d, no such mode", (int)mode);
    return vow_pool_end(pool, "vow_pool_close", mode, deadline);
}

vow_status vow_pool_free(vow_pool *pool)
{
    if (pool == NULL)
        return VOW_OK;
    vow_shield_begin(); /* a job that was canceled cleans up all the same */
    vow_status status = vow_pool_end(pool, "vow_pool_free", VOW_DRAIN, VOW_FOREVER);
    vow_shield_end();
    if (status == VOW_OK)
        vow_home_release(&pool->scheduler);
    return status;
}
