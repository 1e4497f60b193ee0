/*
 * pool_child.c - pools in the child of a fork(2): their threads are not there.
 *
 * A pool that had any is *lost*: closed, and closing it again or freeing it waits for nobody. What was queued or parked in it
 * is the parent's, and stays where it is. One of size 0 goes on, as far as other threads were not using it at the moment.
 *
 * The thread that forked may have been a worker, in the midst of a job. In the child it is an ordinary thread from then on;
 * what was queued for it, or parked on it, it knows no more, or that would be done twice. When the job returns, there is
 * nothing for it to go on with. Signals that workers block come to it again, and to what it executes.
 */
#include "base/child.h"
#include "base/report.h"
#include "execution/pool_inside.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <vow/error.h>

static struct lock pools_lock;
static struct vow_pool *pools;

void vow_pool_enter(struct vow_pool *pool)
{
    vow_lock_take(&pools_lock);
    pool->next_pool = pools;
    pool->link_pool = &pools;
    if (pools != NULL)
        pools->link_pool = &pool->next_pool;
    pools = pool;
    vow_lock_give(&pools_lock);
}

void vow_pool_leave_list(struct vow_pool *pool)
{
    vow_lock_take(&pools_lock);
    *pool->link_pool = pool->next_pool;
    if (pool->next_pool != NULL)
        pool->next_pool->link_pool = pool->link_pool;
    vow_lock_give(&pools_lock);
}

/* Relaxed, all: nobody else is here. */
void vow_pool_lose(struct vow_pool *pool)
{
    pool->lost = true;
    atomic_store_explicit(&pool->lock.word, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->sleep.lock.word, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->sleep.word, SLEEP_CLOSING | SLEEP_CLOSED, memory_order_relaxed);
    atomic_store_explicit(&pool->size, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->living, 0, memory_order_relaxed);
}

/* What the calling thread would go on with after its call. */
static void forget_work(struct worker *worker)
{
    struct thread *thread = worker->thread;
    struct carrier *carrier = &thread->carrier;
    /* relaxed, all: nobody else is here */
    atomic_store_explicit(&worker->order, (int)ORDER_END, memory_order_relaxed);
    atomic_store_explicit(&thread->immediate->inbox.head, NULL, memory_order_relaxed);
    atomic_store_explicit(&thread->ending.called, false, memory_order_relaxed);
    thread->waiting.called = false;
    thread->taken.first = NULL;
    thread->clock_bound = false;
    carrier->ready.first = carrier->later.first = NULL;
    carrier->lines = carrier->news = NULL;
    carrier->parked_count = 0;
    carrier->is_wanted = NULL;
    carrier->line = NULL; /* from now on it waits as a thread does */
    vow_wheel_init(&carrier->wheel, vow_now());
}

static void begin_here(void)
{
    struct worker *worker = vow_worker_here;
    if (worker == NULL || !worker->pool->lost)
        return;
    forget_work(worker);
    vow_child_signals = worker->pool->signals;
    vow_worker_here = NULL;
    vow_locals.running = vow_locals.home = NULL;
}

void vow_pool_begin_child(void)
{
    for (struct vow_pool *pool = pools; pool != NULL; pool = pool->next_pool)
        /* relaxed: as in vow_pool_lose */
        if (atomic_load_explicit(&pool->living, memory_order_relaxed) != 0)
            vow_pool_lose(pool);
    begin_here();
}

VOW_CHILD_LOCK(pools_lock);

VOW_COLD void vow_pool_end_if_lost(const struct worker *worker)
{
    if (!worker->pool->lost)
        return;
    vow_report_finding(vow_fail(
        VOW_INVALID,
        "a job has returned in a forked child, where its pool has no threads: the child ends "
        "(let it call exec or _exit before)"));
    _exit(EXIT_FAILURE);
}

const char *vow_pool_why_closed(const struct vow_pool *pool)
{
    return pool->lost ? "the pool belongs to the process before fork()" : "the pool is closed";
}
