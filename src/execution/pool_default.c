/*
 * pool_default.c - the process's pool: made at first use, closed at exit.
 *
 * Its memory is static, so that making it cannot fail; where no thread can be started it stays at size 0.
 */
#include "base/threads.h"
#include "execution/pool_inside.h"

static struct vow_pool default_pool;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Drains and joins. From one of its own calls (a job that calls exit) it cannot wait for itself: then what has not
   begun is dropped, and the process ends under the workers' feet, as it does without vow. */
static void close_default(void)
{
    if (vow_pool_is_inside(&default_pool)) {
        vow_pool_abandon(&default_pool);
        return;
    }
    if (vow_pool_end(&default_pool, "exit", VOW_DRAIN, VOW_FOREVER) == VOW_OK)
        vow_home_release(&default_pool.scheduler);
}

static void make_default(void)
{
    int workers = 0;
    vow_pool_init(&default_pool, NULL);
    (void)vow_pool_check_size("vow_default_pool", VOW_EVERY_CPU, &workers);
    (void)vow_pool_staff(&default_pool, workers, "vow_default_pool");
    vow_process_at_exit(close_default);
}

vow_scheduler *vow_default_pool(void)
{
    (void)pthread_once(&once, make_default);
    return &default_pool.scheduler;
}

bool vow_default_pool_has_workers(void)
{
    (void)vow_default_pool();
    return vow_pool_size(&default_pool) > 0;
}
