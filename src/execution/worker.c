/*
 * worker.c - the life of a worker between its first and its last call (worker.h).
 */
#include "execution/worker.h"
#include "base/object.h"
#include "base/point.h"
#include "execution/idle.h"
#include "execution/look.h"
#include "execution/park.h"
#include "execution/pool_inside.h"
#include "wait/coroutine.h"

#define STACK_TO_SPARE (STACK_DEFAULT / 4) /* for a call that runs inside of a wait for it */
#define CLOCK_EVERY VOW_US(20) /* how long deadlines may be late because the clock is not read */
#define CLOCK_PATIENCE 16u     /* calls between two looks at the clock */

VOW_THREAD_LOCAL struct worker *vow_worker_here;

/* Records -------------------------------------------------------------------------------------------------- */

struct worker *vow_worker_new(struct vow_pool *pool, int index)
{
    struct worker *worker = vow_lines_new(sizeof(*worker), NULL);
    if (worker == NULL)
        return NULL;
    vow_deque_init(&worker->own);
    vow_deque_init(&worker->outside);
    worker->pool = pool;
    worker->index = index;
    worker->victim = (unsigned)index + 1;
    worker->spin = SPIN_FIRST;
    worker->trial = TRIAL_FIRST;
    worker->ease = EASE_LEAST;
    if (vow_deque_make_room(&worker->own) && vow_deque_make_room(&worker->outside))
        return worker;
    vow_worker_delete(worker);
    return NULL;
}

void vow_worker_delete(struct worker *worker)
{
    if (worker == NULL)
        return;
    vow_deque_free(&worker->own);
    vow_deque_free(&worker->outside);
    vow_fork_free(worker);
    vow_lines_delete(worker, sizeof(*worker));
}

/* Working --------------------------------------------------------------------------------------------------- */

static void run(struct worker *worker, struct vow_call *call)
{
    if (worker->searching)
        vow_idle_stop_searching(worker);
    vow_point("a call");
    call->run(call);
    vow_check(vow_fork_all_joined());
    vow_worker_count(&worker->completed, 1);
}

static void serve_inbox(struct worker *worker)
{
    if (vow_likely(!vow_thread_has_calls(worker->thread)))
        return;
    if (worker->searching)
        vow_idle_stop_searching(worker);
    (void)vow_thread_drain(worker->thread);
}

/* Deadlines of what waits here come due. While calls are short, the clock is not read before each. */
static void look_at_clock(struct worker *worker)
{
    struct wheel *wheel = &worker->thread->carrier.wheel;
    if (vow_likely(wheel->count == 0) || ++worker->unlooked < worker->patience)
        return;
    int64_t now = vow_now();
    if (now - worker->looked_at >= CLOCK_EVERY)
        worker->patience = 1;
    else if (worker->patience < CLOCK_PATIENCE)
        worker->patience *= 2;
    worker->unlooked = 0;
    worker->looked_at = now;
    (void)vow_wheel_advance(wheel, now);
}

static bool has_stack_to_spare(const struct worker *worker)
{
    const struct line *line = worker->thread->carrier.line;
    return line != NULL && vow_coroutine_stack_left(line->stack) >= STACK_TO_SPARE;
}

static void nothing_to_hand_over(struct interrupted *interrupted)
{
    (void)interrupted;
}

/* Runs `call` on the stack of a line that waits for it: the job that waits cannot go on before. */
static void run_inside(struct worker *worker, struct vow_call *call)
{
    struct here_scope outside = vow_here_enter(&worker->pool->scheduler);
    struct interrupted waiting = {.hand_over = nothing_to_hand_over, .outer = vow_locals.firing};
    waiting.running.promise = outside.job != NULL ? outside.job->promise : NULL;
    vow_locals.firing = &waiting;
    vow_point("a call");
    call->run(call);
    vow_locals.firing = waiting.outer;
    vow_here_leave(outside);
}

/* What a thief has taken part of may have come to its end: then nothing is there to pop. If something is, it is `call`,
   for thieves take what was pushed first. */
bool vow_pool_run_own(const struct vow_call *call)
{
    struct worker *worker = vow_worker_here;
    if (worker == NULL || !worker->on_duty || !vow_deque_ends_with(&worker->own, call) ||
        !has_stack_to_spare(worker))
        return false;
    struct vow_call *own = vow_deque_pop(&worker->own);
    if (own == NULL)
        return false;
    run_inside(worker, own);
    vow_worker_count(&worker->completed, 1);
    return true;
}

/* What is left in the worker's deques, linked in the order in which it would have run. */
static struct vow_call *empty_deques(struct worker *worker)
{
    struct call_queue queue = {NULL, NULL};
    struct vow_call *call;
    while ((call = vow_deque_pop_surely(&worker->outside)) != NULL)
        vow_queue_append(&queue, call);
    while ((call = vow_deque_pop_surely(&worker->own)) != NULL)
        vow_queue_append(&queue, call);
    return queue.first;
}

static void hand_over(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    struct vow_call *call = empty_deques(worker);
    if (call == NULL)
        return;
    vow_injector_give_back(&pool->injector, call);
    vow_pool_attend(pool, false);
}

static bool may_linger(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    vow_lock_take(&pool->lock);
    bool ordered = vow_worker_order(worker) != ORDER_STAY;
    /* relaxed: whoever changes the order holds the lock, and then rings */
    atomic_store_explicit(&worker->thread->bell, 0, memory_order_relaxed);
    vow_lock_give(&pool->lock);
    return ordered;
}

static bool is_closed(const struct worker *worker)
{
    return (vow_sleep_word(&worker->pool->sleep) & SLEEP_CLOSED) != 0;
}

static bool is_draining(const struct worker *worker)
{
    uint64_t word = vow_sleep_word(&worker->pool->sleep);
    return (word & SLEEP_CLOSING) != 0 && (word & SLEEP_CLOSED) == 0;
}

static bool has_to_drain(struct worker *worker)
{
    return is_draining(worker) && vow_pool_seems_busy(worker->pool);
}

/* Ordered to go, with lines that parked here: they are served to their end, wherever calls go meanwhile. False if there
   are none. */
static bool linger(struct worker *worker)
{
    struct thread *thread = worker->thread;
    struct carrier *carrier = &thread->carrier;
    bool closed = is_closed(worker);
    if (closed)
        (void)vow_carrier_cancel(carrier, NULL);
    vow_carrier_ready_later(carrier);
    if (vow_carrier_has_ready(carrier))
        return true;
    if (carrier->parked_count == 0)
        return false;
    worker->on_duty = false;
    /* who closes, or queues something while all others have gone, rings under the lock */
    if (may_linger(worker) && is_closed(worker) == closed && !has_to_drain(worker))
        (void)vow_thread_nap(thread, vow_at(vow_wheel_next(&carrier->wheel)));
    worker->on_duty = !may_linger(worker);
    (void)vow_wheel_advance(&carrier->wheel, vow_now());
    return true;
}

/* The worker has its orders. False if there is still something to do. */
static bool lay_down(struct worker *worker)
{
    struct vow_call *call = NULL;
    vow_pool_end_if_lost(worker);
    if (is_draining(worker))
        call = vow_look_surely(worker); /* nobody may be left to hand over to */
    if (call != NULL) {
        run(worker, call);
        return false;
    }
    if (worker->searching)
        vow_idle_stop_searching(worker);
    hand_over(worker);
    if (linger(worker))
        return false;
    /* relaxed: a drain reads it under the pool's lock, which we take next */
    atomic_store_explicit(&worker->lines, 0, memory_order_relaxed);
    worker->on_duty = !vow_pool_leave(worker);
    return !worker->on_duty;
}

/* One turn: a line that can go on, or a call. False: the worker's work is over. On a line, goes on elsewhere with
   lines that are ready. */
static bool step(struct worker *worker)
{
    struct carrier *carrier = &worker->thread->carrier;
    serve_inbox(worker);
    look_at_clock(worker);
    if (vow_unlikely(vow_carrier_has_ready(carrier))) {
        if (++worker->resumed < FAIR_TURN) {
            if (worker->searching) /* woken for a call when a deadline was due, too */
                vow_idle_stop_searching(worker);
            if (carrier->line != NULL)
                vow_line_replace(carrier);
            return true;
        }
        worker->resumed = 0;
    }
    /* relaxed: as in is_called_away */
    if (vow_unlikely(atomic_load_explicit(&worker->order, memory_order_relaxed) != ORDER_STAY))
        return !lay_down(worker);
    struct vow_call *call = vow_look_next(worker);
    bool waiting = vow_unlikely(carrier->later.first != NULL) || vow_carrier_has_ready(carrier);
    if (call == NULL && !waiting)
        call = vow_idle(worker);
    if (call != NULL)
        run(worker, call);
    vow_carrier_ready_later(carrier);
    return true;
}

/* Whether the line that runs was entered by the worker's thread itself. In the midst of a wait that sleeps on this thread (a
   blocking job's, or without memory for stacks) a line that went on ends with its call, for that wait to look again. */
static inline bool is_at_the_top(const struct worker *worker)
{
    return worker->thread->carrier.frame->line == NULL && !worker->stackless;
}

/* Whether the worker has something else to do than to go on with its lines. What others have queued it does not ask for:
   once in LINE_ROUNDS times it looks for that, too. */
static bool is_wanted(const struct carrier *carrier)
{
    const struct worker *worker = vow_worker_here;
    /* relaxed: as in is_called_away */
    return !is_at_the_top(worker) || carrier->wheel.count != 0 || worker->searching ||
           atomic_load_explicit(&worker->order, memory_order_relaxed) != ORDER_STAY ||
           vow_thread_has_calls(worker->thread) || vow_deque_seems(&worker->own) != 0 ||
           vow_deque_seems(&worker->outside) != 0 || vow_fork_seems(worker) ||
           vow_injector_seems(&worker->pool->injector);
}

/* What a worker does on a line's stack, and after each call that parked, on another one: there it looks at its inbox and the
   clock before it goes on with a line that is ready. */
static void work(void *argument)
{
    struct worker *worker = argument;
    struct here_scope outside = vow_here_enter(&worker->pool->scheduler);
    while (is_at_the_top(worker) && !worker->over)
        worker->over = !step(worker);
    vow_here_leave(outside);
}

/* Without memory for a stack, a call runs on the thread's own; when it waits, the thread sleeps. */
static void work_without_stack(struct worker *worker)
{
    struct here_scope outside = vow_here_enter(&worker->pool->scheduler);
    worker->stackless = true;
    worker->over = !step(worker);
    worker->stackless = false;
    vow_here_leave(outside);
}

void vow_worker_work(struct worker *worker)
{
    struct carrier *carrier = &worker->thread->carrier;
    worker->on_duty = true;
    worker->over = false;
    carrier->is_wanted = is_wanted;
    while (!worker->over) {
        if (vow_carrier_has_ready(carrier)) /* lines have switched to each other that often */
            worker->resumed += LINE_TURNS - 1;
        if (vow_carrier_run(carrier, true, work, worker, worker->pool) != LINE_NO_MEMORY)
            continue;
        work_without_stack(worker);
        if (!worker->over && vow_carrier_has_ready(carrier))
            (void)vow_carrier_resume(carrier, true);
    }
    carrier->is_wanted = NULL;
}
