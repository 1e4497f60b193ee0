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
#include "execution/pool_inside.h"
#include <string.h>

static bool is_closed(const struct vow_pool *pool)
{
    return (vow_sleep_word(&pool->sleep) & SLEEP_CLOSED) != 0;
}

void vow_pool_abandon(struct vow_pool *pool)
{
    vow_sleep_flags(&pool->sleep, SLEEP_CLOSING | SLEEP_CLOSED, 0);
    vow_lock_take(&pool->lock);
    vow_pool_end_all(pool);
    vow_lock_give(&pool->lock);
    vow_pool_sweep(pool);
}

static void begin(struct vow_pool *pool, enum vow_close_mode mode)
{
    if (mode == VOW_CANCEL) {
        vow_pool_abandon(pool);
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

/* Until all have ended. False if the deadline passes first. */
static bool wait_for_all(struct vow_pool *pool, vow_deadline deadline)
{
    for (;;) {
        /* V2 acquire: pairs with V1 */
        uint32_t events = atomic_load_explicit(&pool->events, memory_order_acquire);
        bool nobody_else;
        (void)is_quiet(pool, &nobody_else);
        if (nobody_else && !work_alone(pool, deadline))
            return false;
        /* after the queue was seen empty: who took the last call from it has counted itself in before */
        if (is_quiet(pool, &nobody_else))
            return true;
        if (!vow_futex_wait(&pool->events, events, deadline))
            return false;
    }
}

vow_status vow_pool_end(struct vow_pool *pool, const char *function, enum vow_close_mode mode,
                        vow_deadline deadline)
{
    if (vow_pool_is_inside(pool))
        return vow_fail_status(VOW_INVALID, "%s: pool is running the calling call: end it first",
                               function);
    begin(pool, mode);
    if (!wait_for_all(pool, deadline))
        return vow_fail_status(VOW_TIMED_OUT, "%s: some calls of the pool have not ended yet",
                               function);
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
    vow_status status = vow_pool_end(pool, "vow_pool_free", VOW_DRAIN, VOW_FOREVER);
    if (status == VOW_OK)
        vow_home_release(&pool->scheduler);
    return status;
}
