/*
 * pool_help.c - threads that wait, and what is queued in pools of size 0: who waits runs it.
 *
 * A pool of size 0 is in a list, and so is every thread that is about to sleep in a wait. A waiting thread runs what is
 * queued before it sleeps; when something is queued later (a worker that goes lays down its calls), all waiting threads
 * are called, by a call in their inbox that does nothing.
 *
 * Invariants
 * 1. `lock` guards both lists. It is a leaf: under it nothing is taken but an inbox's push, which takes no lock of ours.
 * 2. A thread enters the list before its last look for queued calls; who queues looks at the list afterwards. The lock
 *    orders the two, so one of them sees the other.
 * 3. A waiter's call is posted at most once until it has run (`called`). It lies in the thread's record: one that is still
 *    in the inbox when the wait is over runs in the next one, or is dropped when the thread ends.
 */
#include "base/child.h"
#include "execution/pool_inside.h"

static struct lock lock;
static struct vow_pool *pools;
static struct waiting *waiters;
static _Atomic int pool_count;

/* Pools of size 0 -------------------------------------------------------------------------------------------- */

static void list_pool(struct vow_pool *pool)
{
    pool->next_inline = pools;
    pool->link_inline = &pools;
    if (pools != NULL)
        pools->link_inline = &pool->next_inline;
    pools = pool;
    /* relaxed: written under the lock; others take a glance */
    atomic_fetch_add_explicit(&pool_count, 1, memory_order_relaxed);
}

static void unlist_pool(struct vow_pool *pool)
{
    *pool->link_inline = pool->next_inline;
    if (pool->next_inline != NULL)
        pool->next_inline->link_inline = pool->link_inline;
    pool->link_inline = NULL;
    atomic_fetch_sub_explicit(&pool_count, 1, memory_order_relaxed); /* relaxed: as above */
}

void vow_pool_set_inline(struct vow_pool *pool, bool is_inline)
{
    vow_lock_take(&lock);
    if (is_inline && pool->link_inline == NULL)
        list_pool(pool);
    else if (!is_inline && pool->link_inline != NULL)
        unlist_pool(pool);
    vow_lock_give(&lock);
}

/* Under the lock: a pool of size 0 with something queued (`only` this one, if not NULL), or NULL. */
static struct vow_pool *busy_pool(const vow_scheduler *only)
{
    struct vow_pool *pool = pools;
    while (pool != NULL &&
           ((only != NULL && only != &pool->scheduler) || !vow_pool_seems_busy(pool)))
        pool = pool->next_inline;
    return pool;
}

/* The same, retained. */
static struct vow_pool *find_pool(const vow_scheduler *only)
{
    vow_lock_take(&lock);
    struct vow_pool *pool = busy_pool(only);
    if (pool != NULL)
        vow_home_retain(&pool->scheduler);
    vow_lock_give(&lock);
    return pool;
}

bool vow_pool_help(vow_scheduler *scheduler)
{
    /* relaxed: a glance; who is about to sleep looks under the lock */
    if (vow_likely(atomic_load_explicit(&pool_count, memory_order_relaxed) == 0))
        return false;
    struct vow_pool *pool = find_pool(scheduler);
    if (pool == NULL)
        return false;
    bool ran = vow_pool_run_queued(pool);
    vow_home_release(&pool->scheduler);
    return ran;
}

/* Waiting threads -------------------------------------------------------------------------------------------- */

static void answer(struct vow_call *call)
{
    struct waiting *waiting = vow_container_of(call, struct waiting, call);
    vow_lock_take(&lock);
    waiting->called = false;
    vow_lock_give(&lock);
}

/* Under the lock. A listed thread lives, so its inbox takes the call. */
static void call_waiter(struct waiting *waiting)
{
    const struct thread *thread = vow_container_of(waiting, struct thread, waiting);
    if (!waiting->called)
        waiting->called = vow_immediate_post(thread->immediate, &waiting->call);
}

void vow_pool_call_waiters(void)
{
    vow_lock_take(&lock);
    for (struct waiting *waiting = waiters; waiting != NULL; waiting = waiting->next)
        call_waiter(waiting);
    vow_lock_give(&lock);
}

static void list_waiter(struct waiting *waiting)
{
    waiting->next = waiters;
    waiting->link = &waiters;
    if (waiters != NULL)
        waiters->link = &waiting->next;
    waiters = waiting;
}

static void unlist_waiter(struct waiting *waiting)
{
    *waiting->link = waiting->next;
    if (waiting->next != NULL)
        waiting->next->link = waiting->link;
}

void vow_pool_wait_begin(void)
{
    struct thread *thread = vow_here.thread;
    if (thread == NULL || thread->waiting.depth++ != 0)
        return;
    thread->waiting.call.run = thread->waiting.call.dropped = answer;
    vow_lock_take(&lock);
    list_waiter(&thread->waiting);
    if (busy_pool(NULL) != NULL)
        call_waiter(&thread->waiting);
    vow_lock_give(&lock);
}

void vow_pool_wait_end(void)
{
    struct thread *thread = vow_here.thread;
    /* depth 0: the thread had no record yet when this began */
    if (thread == NULL || thread->waiting.depth == 0 || --thread->waiting.depth != 0)
        return;
    vow_lock_take(&lock);
    unlist_waiter(&thread->waiting);
    vow_lock_give(&lock);
}

/* In a forked child: other threads wait no more. */
static void begin_child(void)
{
    struct thread *thread = vow_here.thread;
    waiters = NULL;
    if (thread != NULL && thread->waiting.depth != 0)
        list_waiter(&thread->waiting);
}

VOW_CHILD_CARE(child_care,
               {.locks = &lock, .stride = sizeof(lock), .count = 1, .begin = begin_child});
