/*
 * idle.c - how long a worker searches, and what it does before and after its sleep (idle.h).
 */
#include "execution/idle.h"

#include "base/clock.h"
#include "execution/look.h"
#include "execution/pool_inside.h"
#include "execution/watch.h"

#define SPIN_LONGEST VOW_US(50)
#define SPIN_SHORTEST VOW_US(2) /* below it searching is not worth the while */
#define PATIENCE 64u            /* looks before a lone call is stolen */
#define SPIN_CLOCK 16u          /* looks between two looks at the clock */

static bool is_called_away(const struct worker *worker)
{
    /* relaxed: orders need no haste, and who must not miss one holds the lock */
    return atomic_load_explicit(&worker->order, memory_order_relaxed) != ORDER_STAY ||
           vow_inbox_waiting(&worker->thread->immediate->inbox);
}

void vow_idle_stop_searching(struct worker *worker)
{
    struct sleep *sleep = &worker->pool->sleep;
    if (!vow_sleep_found(sleep, worker))
        return;
    vow_fence_after_change(); /* invariant 3 of sleep.h: cleared SEARCHING, then looks */
    if (vow_pool_seems_busy(worker->pool))
        vow_sleep_wake_one(sleep);
}

/* Whether searching would leave a processor for those who bring work. */
static bool has_processor(const struct vow_pool *pool)
{
    /* relaxed, both: a guess */
    uint64_t word = atomic_load_explicit(&pool->sleep.word, memory_order_relaxed);
    int relieved = atomic_load_explicit(&pool->sleep.relieved, memory_order_relaxed);
    return vow_pool_size(pool) - (int)vow_sleep_sleepers(word) - relieved < pool->processors;
}

/* Makes the worker the searcher, if it is not. It is quicker than one that has been woken and is still on its way: that
   one is the surplus then, and sleeps again. */
static bool may_search(struct worker *worker)
{
    struct sleep *sleep = &worker->pool->sleep;
    return worker->spin >= SPIN_SHORTEST && worker->pool->processors > 1 &&
           (worker->searching || vow_sleep_search(sleep, worker) ||
            vow_sleep_take_over(sleep, worker));
}

/* Looks around for a while, if no other worker does; briefly, where each processor has a worker. May end early with NULL. */
static struct vow_call *search(struct worker *worker)
{
    if (!may_search(worker))
        return NULL;
    bool fully = has_processor(worker->pool);
    int64_t end = vow_real_now() + (fully ? worker->spin : SPIN_SHORTEST);
    struct vow_call *call = NULL;
    for (unsigned round = 1; call == NULL && !is_called_away(worker); round++) {
        if (round % SPIN_CLOCK == 0 && vow_real_now() >= end) {
            if (fully)
                worker->spin /= 2;
            return NULL;
        }
        vow_pause_processor();
        if ((call = vow_look_outside(worker)) == NULL)
            call = vow_look_steal(worker, round > PATIENCE ? ANY : HALF_OF_SOME);
    }
    worker->spin = worker->spin * 2 < SPIN_LONGEST ? worker->spin * 2 : SPIN_LONGEST;
    return call;
}

static bool may_sleep(struct worker *worker)
{
    if ((vow_sleep_word(&worker->pool->sleep) & SLEEP_CLOSING) != 0)
        vow_pool_check_drained(worker->pool);
    return !is_called_away(worker) && vow_thread_about_to_sleep(worker->thread);
}

/* Until the bell rings or `deadline` comes. */
static void wait_for_bell(struct worker *worker, vow_deadline deadline)
{
    (void)vow_thread_await_bell(worker->thread, deadline);
    worker->unlooked = worker->patience; /* look at the clock next */
}

/* When a deadline of what waits here comes. */
static vow_deadline next_due(const struct worker *worker)
{
    return vow_at(vow_wheel_next(&worker->thread->carrier.wheel));
}

static void sleep_soundly(struct worker *worker)
{
    int64_t began = vow_real_now();
    vow_worker_count(&worker->slept, 1);
    wait_for_bell(worker, next_due(worker));
    if (vow_real_now() - began < SPIN_LONGEST) /* searching a little longer would have found it */
        worker->spin = SPIN_FIRST;
}

static bool is_rung(const struct worker *worker)
{
    /* relaxed: a guess, which ends the watch */
    return atomic_load_explicit(&worker->thread->bell, memory_order_relaxed) != 0;
}

/* The watchman, until it is called away or the watch is over. */
static void keep_watch(struct worker *worker)
{
    struct sleep *sleep = &worker->pool->sleep;
    int64_t time = worker->watch;
    vow_worker_count(&worker->slept, 1);
    while (time != 0 && may_sleep(worker)) {
        vow_deadline due = next_due(worker);
        wait_for_bell(worker, vow_sooner(due, vow_after(time)));
        bool called = is_rung(worker) || vow_now() >= due.at;
        time = called || !vow_sleep_is_watchman(sleep, worker) ? 0 : vow_watch_look(worker);
    }
    (void)vow_sleep_end_watch(sleep, worker);
    vow_sleep_fence(sleep, worker, &worker->pool->living);
}

/* In the list of sleepers. Where the worker has lain down last, without the rare fence, a submitter may have looked for
   sleepers before its call could be seen to be linked (injector.h): then that fence is paid after all. */
static struct vow_call *look_before_sleep(struct worker *worker)
{
    struct vow_call *call = vow_look_surely(worker);
    if (call != NULL || !vow_injector_seems(&worker->pool->injector))
        return call;
    vow_fence_rare(worker->own.cheap);
    return vow_look_surely(worker);
}

static struct vow_call *doze(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    if (vow_watch_begin(worker))
        keep_watch(worker);
    else
        vow_sleep_enter(&pool->sleep, worker, &pool->living, vow_pool_at_work(pool));
    struct vow_call *call = look_before_sleep(worker);
    if (call == NULL && may_sleep(worker))
        sleep_soundly(worker);
    if (vow_sleep_leave(&pool->sleep, worker))
        vow_watch_woken(worker);
    /* relaxed: a rough figure. Whatever has woken it, it is not there for what comes any more (pool_block.c) */
    if (vow_unlikely(atomic_load_explicit(&pool->lacking, memory_order_relaxed) > 0))
        vow_pool_reinforce(pool);
    /* on entering it gave up searching, and the one who does that looks for more (sleep.h) */
    if (call != NULL && !worker->searching && vow_pool_seems_busy(pool))
        vow_sleep_wake_one(&pool->sleep);
    return call;
}

struct vow_call *vow_idle(struct worker *worker)
{
    vow_watch_weigh(worker);
    struct vow_call *call = search(worker);
    if (call == NULL && !is_called_away(worker))
        call = doze(worker);
    return call;
}
