/*
 * pool_default.c - the process's pool: made at first use, closed at exit.
 *
 * Its memory is static, so that making it cannot fail; where no thread can be started it stays at size 0. A forked child makes
 * one of its own at its first use; without memory for that it keeps its parent's, which is closed there.
 */
#include "base/threads.h"
#include "execution/pool_inside.h"
#include <string.h>

static struct vow_pool first;
static struct vow_pool *pool; /* NULL: not made yet */
static bool begun, ready;     /* making it: what lies between belongs to the thread that is at it */
static bool lost;             /* in a forked child: `first` is in use for ever */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Drains and joins. What then only waits for others, who may never come, has its waits ended with CANCELED. From one of its
   own calls (a job that calls exit) it cannot wait for itself: then what has not begun is dropped, and the process ends
   under the workers' feet, as it does without vow. */
static void close_default(void)
{
    if (pool == NULL || pool->lost)
        return;
    if (vow_pool_is_inside(pool)) {
        vow_pool_abandon(pool);
        return;
    }
    vow_lock_take(&pool->lock);
    pool->exiting = true;
    vow_lock_give(&pool->lock);
    if (vow_pool_end(pool, "exit", VOW_DRAIN, VOW_FOREVER) == VOW_OK)
        vow_home_release(&pool->scheduler);
}

static struct vow_pool *memory(void)
{
    return lost ? vow_lines_new(sizeof(first), NULL) : &first;
}

static void make_default(void)
{
    int workers = 0;
    static bool registered;
    begun = true;
    struct vow_pool *made = memory();
    if (made == NULL) {
        pool = &first;
        ready = true;
        return;
    }
    made->on_heap = lost;
    vow_pool_init(made, NULL);
    pool = made;
    (void)vow_pool_check_size("vow_default_pool", VOW_EVERY_CPU, &workers);
    (void)vow_pool_staff(made, workers, "vow_default_pool");
    if (!registered) {
        registered = true; /* first: never twice, also in the child of a fork between */
        vow_process_at_exit(close_default);
    }
    ready = true;
}

/* Another thread was making it, and is not there. Where pools are listed, it is from there on; before that nobody knew it. */
static void leave_unready(void)
{
    if (first.link_pool == NULL) {
        memset(&first, 0, sizeof(first));
        return;
    }
    vow_pool_lose(&first);
    lost = true;
}

void vow_pool_renew_default(void)
{
    static const pthread_once_t again = PTHREAD_ONCE_INIT;
    if (!begun || (ready && !pool->lost))
        return;
    if (ready)
        lost = true;
    else
        leave_unready();
    pool = NULL;
    begun = ready = false;
    once = again;
}

vow_scheduler *vow_default_pool(void)
{
    (void)pthread_once(&once, make_default);
    return &pool->scheduler;
}

bool vow_default_pool_has_workers(void)
{
    (void)vow_default_pool();
    return vow_pool_size(pool) > 0;
}
