/*
 * pool.c - making a pool, the way of a call into it, and its statistics.
 *
 * A call made by one of the pool's own calls goes to its worker's deque; one made elsewhere to the injector. What is
 * special (size 0, closed) shows in the sleep word, which every submitter loads after its push anyway: it is looked at
 * before the push, so that usually nothing is queued where nobody comes, and again after it (invariant 3 of
 * pool_inside.h).
 */
#include "base/fail.h"
#include "base/threads.h"
#include "execution/async.h"
#include "execution/look.h"
#include "execution/pool_inside.h"
#include <string.h>
#include <vow/line.h>

#define STACK_LARGEST ((size_t)1 << 30)
#define LOOKS_BEFORE_WAKING 16 /* a few hundred nanoseconds */

/* The way of a call ----------------------------------------------------------------------------------------- */

void vow_pool_drop(struct vow_pool *pool, struct vow_call *call)
{
    /* relaxed: a figure */
    atomic_fetch_add_explicit(&pool->outside_completed, 1, memory_order_relaxed);
    call->dropped(call);
}

/* A pool of size 0, closing or closed. False if the call is to be queued all the same. */
static VOW_COLD bool call_specially(struct vow_pool *pool, struct vow_call *call)
{
    uint64_t word = vow_sleep_word(&pool->sleep);
    bool refused =
        (word & SLEEP_CLOSED) != 0 || ((word & SLEEP_CLOSING) != 0 && !vow_pool_is_inside(pool));
    if (refused)
        call->dropped(call);
    else if ((word & SLEEP_INLINE) != 0)
        vow_pool_run_inline(pool, call);
    else
        return false;
    return true;
}

/* Draining, with all workers ordered to end: one that still serves its lines takes it. */
static void rouse_the_last(struct vow_pool *pool)
{
    vow_lock_take(&pool->lock);
    if (pool->active == 0)
        vow_pool_rouse_lingering(pool);
    vow_lock_give(&pool->lock);
}

/* The word has flags after something was queued. */
static VOW_COLD void attend_specially(struct vow_pool *pool, uint64_t word, bool may_run)
{
    if ((word & SLEEP_CLOSED) != 0)
        vow_pool_sweep(pool);
    else if ((word & SLEEP_INLINE) != 0 && may_run)
        (void)vow_pool_run_queued(pool);
    else if ((word & SLEEP_INLINE) != 0)
        vow_pool_call_waiters();
    else
        rouse_the_last(pool);
}

/* A worker that is awake is often just about to look: waking another one takes far longer than to wait for that. */
static bool somebody_comes(const struct vow_pool *pool, uint64_t word)
{
    if (pool->processors == 1 || vow_pool_size(pool) <= (int)vow_sleep_sleepers(word))
        return false;
    for (int i = 0; i < LOOKS_BEFORE_WAKING; i++) {
        vow_pause_processor();
        if (!vow_sleep_wants_waking(vow_sleep_word(&pool->sleep)) ||
            !vow_injector_seems(&pool->injector))
            return true;
    }
    return false;
}

void vow_pool_attend(struct vow_pool *pool, bool may_run)
{
    uint64_t word = vow_sleep_word(&pool->sleep);
    if (vow_unlikely((word & SLEEP_SPECIAL) != 0))
        attend_specially(pool, word, may_run);
    if (vow_unlikely(vow_sleep_wants_waking(word)) && !somebody_comes(pool, word))
        vow_sleep_wake_one(&pool->sleep);
}

static void push_outside(struct vow_pool *pool, struct vow_call *call)
{
    vow_injector_push(&pool->injector, call);
    vow_pool_attend(pool, true);
}

static void push_own(struct vow_pool *pool, struct worker *worker, struct vow_call *call)
{
    if (vow_unlikely(!vow_deque_push(&worker->own, call))) {
        push_outside(pool, call);
        return;
    }
    vow_worker_count(&worker->submitted, 1);
    vow_fence_hot(worker->own.cheap);
    uint64_t word = vow_sleep_word(&pool->sleep);
    if (vow_unlikely(vow_sleep_sleepers(word) != 0))
        vow_sleep_wake_for_own(&pool->sleep, word);
}

static void pool_call(vow_scheduler *scheduler, struct vow_call *call)
{
    struct vow_pool *pool = vow_pool_of(scheduler);
    struct worker *worker = vow_worker_here;
    /* relaxed: a glance; what must not be missed is seen after the push */
    uint64_t word = atomic_load_explicit(&pool->sleep.word, memory_order_relaxed);
    if (vow_unlikely((word & SLEEP_SPECIAL) != 0) && call_specially(pool, call))
        return;
    if (worker != NULL && worker->pool == pool && worker->on_duty)
        push_own(pool, worker, call);
    else
        push_outside(pool, call);
}

bool vow_is_pool(const vow_scheduler *scheduler)
{
    return scheduler->kind == &vow_pool_kind;
}

void vow_pool_call_shared(vow_scheduler *scheduler, struct vow_call *call)
{
    struct vow_pool *pool = vow_pool_of(scheduler);
    /* relaxed: as in pool_call */
    uint64_t word = atomic_load_explicit(&pool->sleep.word, memory_order_relaxed);
    if (vow_unlikely((word & SLEEP_SPECIAL) != 0) && call_specially(pool, call))
        return;
    push_outside(pool, call);
}

struct vow_call *vow_pool_take(struct vow_pool *pool)
{
    struct vow_call *call = NULL;
    unsigned cursor = 0;
    if (vow_injector_take(&pool->injector, &cursor, &call, 1) != 0)
        return call;
    int slots = atomic_load_explicit(&pool->slots, memory_order_acquire); /* as S1 in look.c */
    for (int i = 0; i < slots && call == NULL; i++)                       /* relaxed: S1 */
        call = vow_look_rob(atomic_load_explicit(&pool->workers[i], memory_order_relaxed));
    return call;
}

bool vow_pool_seems_busy(struct vow_pool *pool)
{
    if (vow_injector_seems(&pool->injector))
        return true;
    int slots = atomic_load_explicit(&pool->slots, memory_order_acquire); /* as S1 in look.c */
    for (int i = 0; i < slots; i++) {
        /* relaxed: S1 */
        const struct worker *worker = atomic_load_explicit(&pool->workers[i], memory_order_relaxed);
        if (vow_deque_seems(&worker->own) != 0 || vow_deque_seems(&worker->outside) != 0 ||
            vow_fork_seems(worker))
            return true;
    }
    return false;
}

void vow_pool_sweep(struct vow_pool *pool)
{
    struct vow_call *call;
    /* CLOSED was set; submitters who have not seen it pushed behind a hot fence only */
    vow_fence_rare(pool->injector.cheap);
    while ((call = vow_pool_take(pool)) != NULL)
        vow_pool_drop(pool, call);
}

/* Making ----------------------------------------------------------------------------------------------------- */

static void pool_destroy(vow_scheduler *scheduler)
{
    struct vow_pool *pool = vow_pool_of(scheduler);
    /* relaxed, both: nobody else is left */
    int slots = atomic_load_explicit(&pool->slots, memory_order_relaxed);
    for (int i = 0; i < slots; i++)
        vow_worker_delete(atomic_load_explicit(&pool->workers[i], memory_order_relaxed));
    vow_pool_leave_list(pool);
    if (pool->on_heap)
        vow_lines_delete(pool, sizeof(*pool));
}

const struct scheduler_kind vow_pool_kind = {
    .name = "pool", .call = pool_call, .destroy = pool_destroy};

void vow_pool_init(struct vow_pool *pool, const struct vow_pool_options *options)
{
    const char *name = options != NULL && options->name != NULL ? options->name : "vow";
    vow_scheduler_init(&pool->scheduler, &vow_pool_kind, VOW_NOBODY);
    vow_injector_init(&pool->injector);
    pool->processors = vow_processors();
    vow_pool_thread_signals(&pool->signals);
    (void)strncat(pool->name, name, POOL_NAME_SIZE - 1);
    if (options != NULL) {
        pool->stack_size = options->stack_size;
        pool->started = options->started;
        pool->stopping = options->stopping;
        pool->context = options->context;
    }
    vow_sleep_flags(&pool->sleep, SLEEP_INLINE, 0);
    vow_pool_enter(pool);
}

vow_status vow_pool_check_size(const char *function, int workers, int *ret_workers)
{
    if (workers == VOW_EVERY_CPU) {
        int processors = vow_processors();
        workers = processors < VOW_POOL_LARGEST ? processors : VOW_POOL_LARGEST;
    }
    if (workers < 0)
        return vow_fail_status(VOW_INVALID, "%s: workers is negative (%d)", function, workers);
    if (workers > VOW_POOL_LARGEST)
        return vow_fail_status(VOW_INVALID, "%s: workers is %d, the most is %d", function, workers,
                               VOW_POOL_LARGEST);
    *ret_workers = vow_async_off() ? 0 : workers;
    return VOW_OK;
}

static vow_status check_options(const struct vow_pool_options *options)
{
    if (options == NULL)
        return VOW_OK;
    if (options->size != sizeof(*options))
        return vow_fail_literal(VOW_INVALID, "vow_pool_new: options->size is wrong: set it to "
                                             "sizeof(struct vow_pool_options)");
    size_t stack = options->stack_size;
    if (stack != 0 && (stack < vow_pool_smallest_stack() || stack > STACK_LARGEST))
        return vow_fail_status(VOW_INVALID,
                               "vow_pool_new: options->stack_size is %zu, not between %zu and %zu",
                               stack, vow_pool_smallest_stack(), STACK_LARGEST);
    return VOW_OK;
}

vow_pool *vow_pool_new(int workers, const struct vow_pool_options *options)
{
    int wanted = 0;
    if (vow_pool_check_size("vow_pool_new", workers, &wanted) != VOW_OK ||
        check_options(options) != VOW_OK)
        return NULL;
    struct vow_pool *pool = vow_lines_new(sizeof(*pool), "pool");
    if (pool == NULL) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_pool_new: out of memory");
        return NULL;
    }
    pool->on_heap = true;
    vow_pool_init(pool, options);
    if (vow_pool_staff(pool, wanted, "vow_pool_new") == VOW_OK)
        return pool;
    vow_shield_begin(); /* a cancel must not keep the pool from being closed */
    bool ended = vow_pool_end(pool, "vow_pool_new", VOW_CANCEL, VOW_FOREVER) == VOW_OK;
    vow_shield_end();
    if (ended) /* otherwise its threads may still run, and it stays */
        vow_home_release(&pool->scheduler);
    return NULL;
}

vow_scheduler *vow_pool_scheduler(vow_pool *pool)
{
    return pool != NULL ? &pool->scheduler : NULL;
}

int vow_pool_size(const vow_pool *pool)
{
    if (pool == NULL) {
        (void)vow_fail_literal(VOW_INVALID, "vow_pool_size: pool is NULL");
        return 0;
    }
    /* relaxed: a number that may change at any time */
    return atomic_load_explicit(&pool->size, memory_order_relaxed);
}

/* Statistics ------------------------------------------------------------------------------------------------- */

static uint64_t read_figure(const _Atomic uint64_t *counter)
{
    /* relaxed: exact only while nothing happens */
    return atomic_load_explicit(counter, memory_order_relaxed);
}

vow_status vow_pool_stats(vow_pool *pool, struct vow_pool_statistics *stats)
{
    if (pool == NULL || stats == NULL)
        return vow_fail_status(VOW_INVALID, "vow_pool_stats: %s is NULL",
                               pool == NULL ? "pool" : "stats");
    if (stats->size != sizeof(*stats))
        return vow_fail_literal(VOW_INVALID, "vow_pool_stats: stats->size is wrong: set it to "
                                             "sizeof(struct vow_pool_statistics)");
    stats->workers = vow_pool_size(pool);
    stats->submitted = read_figure(&pool->outside_submitted) + vow_injector_taken(&pool->injector);
    stats->completed = read_figure(&pool->outside_completed);
    stats->stolen = stats->slept = 0;
    int slots = atomic_load_explicit(&pool->slots, memory_order_acquire); /* as S1 in look.c */
    for (int i = 0; i < slots; i++) {
        /* relaxed: S1 */
        const struct worker *worker = atomic_load_explicit(&pool->workers[i], memory_order_relaxed);
        stats->submitted += read_figure(&worker->submitted);
        stats->completed += read_figure(&worker->completed);
        stats->stolen += read_figure(&worker->stolen);
        stats->slept += read_figure(&worker->slept);
    }
    return VOW_OK;
}
