/*
 * watch.c - when a worker watches instead of being woken, and what it does then (watch.h).
 */
#include "execution/watch.h"

#include "base/clock.h"
#include "execution/park.h"
#include "execution/pool_inside.h"

#define WATCH_FIRST VOW_US(50)
#define WATCH_MOST VOW_US(400)
#define VAIN_ENOUGH 2u       /* wakes in a row that were not worth it */
#define WORTH VOW_US(20)     /* a woken worker that works for so long was worth it */
#define SHORT_CALL VOW_US(5) /* calls completed at this rate are short */
#define BACKLOG 16u          /* calls queued that are enough for two, however short */

/* What the pool's workers have completed, but for `but`. */
static uint64_t completed(struct vow_pool *pool, const struct worker *but)
{
    uint64_t sum = 0;
    int slots = atomic_load_explicit(&pool->slots, memory_order_acquire); /* as S1 in look.c */
    for (int i = 0; i < slots; i++) {
        /* relaxed, both: S1, and a rough figure */
        const struct worker *worker = atomic_load_explicit(&pool->workers[i], memory_order_relaxed);
        if (worker != but)
            sum += atomic_load_explicit(&worker->completed, memory_order_relaxed);
    }
    return sum;
}

/* How many calls seem to be queued: at least. */
static size_t queued(struct vow_pool *pool)
{
    size_t count = vow_injector_seems(&pool->injector);
    int slots = atomic_load_explicit(&pool->slots, memory_order_acquire); /* as S1 in look.c */
    for (int i = 0; i < slots; i++) {
        /* relaxed: S1 */
        const struct worker *worker = atomic_load_explicit(&pool->workers[i], memory_order_relaxed);
        count += vow_deque_seems(&worker->own) + vow_deque_seems(&worker->outside) +
                 vow_fork_seems(worker);
    }
    return count;
}

static void set_vain(struct vow_pool *pool, unsigned vain)
{
    /* relaxed: a guess, which workers may overwrite for each other */
    atomic_store_explicit(&pool->sleep.vain, vain, memory_order_relaxed);
}

static unsigned get_vain(const struct vow_pool *pool)
{
    return atomic_load_explicit(&pool->sleep.vain, memory_order_relaxed); /* relaxed: as above */
}

void vow_watch_woken(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    uint64_t sleepers = vow_sleep_sleepers(vow_sleep_word(&pool->sleep));
    if ((int)sleepers + 1 >= vow_pool_at_work(pool))
        return; /* nobody else was awake */
    worker->woken_at = vow_real_now();
    worker->others_before = completed(pool, worker);
    /* relaxed: its own */
    worker->own_before = atomic_load_explicit(&worker->completed, memory_order_relaxed);
}

static bool was_in_vain(const struct worker *worker)
{
    /* relaxed: its own */
    if (worker->own_before == atomic_load_explicit(&worker->completed, memory_order_relaxed))
        return true;
    return vow_real_now() - worker->woken_at < WORTH &&
           worker->others_before != completed(worker->pool, worker);
}

void vow_watch_weigh(struct worker *worker)
{
    if (vow_likely(worker->woken_at == 0))
        return;
    unsigned vain = get_vain(worker->pool);
    if (!was_in_vain(worker))
        set_vain(worker->pool, 0);
    else if (vain < VAIN_ENOUGH)
        set_vain(worker->pool, vain + 1);
    worker->woken_at = 0;
}

bool vow_watch_begin(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    /* who has news of waits sleeps until they can be told (wait/known.h); where time stands, until it is moved */
    if (get_vain(pool) < VAIN_ENOUGH || vow_clock_stands() ||
        vow_known_has_news(&worker->thread->carrier) ||
        !vow_sleep_watch(&pool->sleep, worker, vow_pool_at_work(pool)))
        return false;
    worker->watch = WATCH_FIRST;
    worker->watched_at = vow_real_now();
    worker->others_before = completed(pool, worker);
    return true;
}

int64_t vow_watch_look(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    int64_t now = vow_real_now();
    uint64_t done = completed(pool, worker);
    size_t there = queued(pool);
    int64_t calls = (int64_t)(done - worker->others_before);
    bool are_short = calls * SHORT_CALL > now - worker->watched_at;
    if (there >= BACKLOG || (there != 0 && !are_short))
        set_vain(pool, 0);
    if (there >= BACKLOG || !are_short)
        return 0;
    worker->watch = there != 0                       ? WATCH_FIRST
                    : worker->watch * 2 < WATCH_MOST ? worker->watch * 2
                                                     : WATCH_MOST;
    worker->watched_at = now;
    worker->others_before = done;
    return worker->watch;
}

void vow_watch_leave_alone(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    if ((vow_sleep_word(&pool->sleep) & SLEEP_WATCHED) == 0 ||
        !vow_sleep_end_watch(&pool->sleep, NULL))
        return;
    vow_fence_rare(worker->own.cheap);
    if (vow_pool_seems_busy(pool))
        vow_sleep_wake_one(&pool->sleep);
}
