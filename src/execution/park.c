/*
 * park.c - how a line stops until its waiter is awake (park.h).
 *
 *   who waits                            how
 *   ----------------------------------   -------------------------------------------------------------------------
 *   a line on a carrier                  parks; its deadline is a timer on the carrier's wheel
 *   a thread that made a loop, outside   runs the loop
 *   of calls
 *   any other thread; a blocking job;    sleeps, and serves what others send to it
 *   a pool's job without a stack
 *   a call that was lent its maker's     as its maker does; without a deadline, not at all
 *   stack
 *   a call that was lent the stack of    as that: sleeps, and serves
 *   one that sleeps
 *
 * Who sleeps on a worker's thread has another worker take its place. Where there is neither a stack nor, for want of memory
 * or threads, another worker, all that is queued would stand still, what is waited for among it perhaps: such a wait ends
 * at once, as one in a loop's call without a stack does. Not if a deadline ends it, or if it must not end before its time.
 *
 * A call that would have had a stack of its own, but for which there was none, is lent its maker's. While it waits its maker
 * cannot go on, who may be the only one to bring what it waits for: so such a wait ends in the same way, as soon as nothing
 * else is to be done here.
 */
#include "execution/park.h"

#include "base/fail.h"
#include "base/point.h"
#include "execution/clock_rest.h"
#include "execution/fork.h"
#include "execution/immediate.h"
#include "execution/loop.h"
#include "execution/pool.h"

/* Beginning ---------------------------------------------------------------------------------------------------- */

/* What the calling code is a call of; NULL: nothing. What a loop drops at its end is no call of it. */
static const vow_scheduler *call_of(void)
{
    vow_scheduler *running = vow_locals.running;
    bool ends = running != NULL && running->kind->loop && vow_loop_is_going(running);
    return ends ? NULL : running;
}

/* The loop that the calling thread runs while it waits outside of lines; NULL: none. */
static struct vow_loop *loop_here(const struct thread *thread)
{
    return call_of() == NULL ? thread->loop : NULL;
}

static VOW_COLD vow_status refuse(const char *function, vow_status status, const char *reason)
{
    return vow_fail_status(status, "%s: %s", function, reason);
}

/* A loop's call on the thread's own stack: there was none for a line. */
static VOW_COLD vow_status refuse_stackless(const struct carrier *carrier, const char *function)
{
    if (carrier->refused == VOW_LIMIT)
        return refuse(function, VOW_LIMIT,
                      "there was no stack to park: there are as many as may be");
    return refuse(function, VOW_NO_MEMORY, "there was no memory for a stack to park");
}

/* Whether a wait may be begun here at all. */
static vow_status check_place(const struct thread *thread, struct vow_loop *loop,
                              const char *function)
{
    const vow_scheduler *running = call_of();
    const struct running_job *job = vow_locals.job;
    bool blocking = job != NULL && job->blocking;
    if (vow_line_hosts_others(&thread->carrier))
        return VOW_OK;
    if (vow_unlikely(running != NULL && running->kind->loop && !blocking))
        return refuse_stackless(&thread->carrier, function);
    return loop != NULL ? vow_loop_may_wait(loop, function) : VOW_OK;
}

vow_status vow_wait_begin_on(struct waiter *waiter, const char *function, const void *object,
                             struct vow_loop *loop)
{
    struct thread *thread = vow_thread_here();
    if (vow_unlikely(thread == NULL))
        return refuse(function, VOW_NO_MEMORY, "out of memory");
    if (vow_unlikely(vow_wait_is_canceled()))
        return refuse(function, VOW_CANCELED, "the job that waits was canceled");
    if (loop == NULL)
        loop = loop_here(thread);
    vow_status status = check_place(thread, loop, function);
    if (vow_unlikely(status != VOW_OK))
        return status;
    vow_waiter_init(waiter, &thread->carrier, function, object);
    waiter->shielded = vow_wait_is_shielded();
    waiter->loop = loop;
    return VOW_OK;
}

vow_status vow_wait_begin(struct waiter *waiter, const char *function, const void *object)
{
    return vow_wait_begin_on(waiter, function, object, NULL);
}

/* Before stopping ---------------------------------------------------------------------------------------------- */

/* Runs the immediate calls that are queued behind this line's nested ones. */
static void run_ready(struct thread *thread)
{
    unsigned depth = vow_locals.depth;
    vow_locals.depth = 0;
    vow_locals.handing_over = true;
    vow_nest_run_ready(thread);
    vow_locals.handing_over = false;
    vow_locals.depth = depth;
}

/* One of these calls waits itself: the others run when the thread drains next. If each ran inside of the one before,
   they would need a stack without bounds. */
static void put_off_ready(struct thread *thread)
{
    if (thread->taken.first == NULL)
        thread->taken.last = thread->ready.last;
    thread->ready.last->next = thread->taken.first;
    thread->taken.first = thread->ready.first;
    thread->ready.first = NULL;
}

/* Lent stacks: among what is under way in a line there is a call that was lent its stack. */

static void nothing_to_hand_over(struct interrupted *interrupted)
{
    (void)interrupted;
}

void vow_run_lent(void (*work)(void *), void *argument)
{
    struct interrupted maker = {.hand_over = nothing_to_hand_over, .outer = vow_locals.firing};
    vow_locals.firing = &maker;
    work(argument);
    vow_locals.firing = maker.outer;
}

static bool is_lent(void)
{
    const struct interrupted *at = vow_locals.firing;
    while (at != NULL && at->hand_over != nothing_to_hand_over)
        at = at->outer;
    return at != NULL;
}

/* What this line would do later, and others may wait for, is done now or handed over. */
static void hand_over(struct thread *thread)
{
    struct interrupted *interrupted = vow_locals.firing;
    for (; interrupted != NULL; interrupted = interrupted->outer)
        interrupted->hand_over(interrupted);
    if (vow_likely(thread->ready.first == NULL))
        return;
    if (vow_locals.handing_over)
        put_off_ready(thread);
    else
        run_ready(thread);
}

/* Lines ---------------------------------------------------------------------------------------------------------- */

struct line_deadline {
    struct timer timer;
    struct waiter *waiter;
};

static void time_out(struct timer *timer)
{
    struct waiter *waiter = vow_container_of(timer, struct line_deadline, timer)->waiter;
    if (vow_waiter_claim(waiter, WAITER_TIMED_OUT))
        vow_waiter_wake(waiter);
}

static VOW_COLD void park_until(struct waiter *waiter, vow_deadline deadline)
{
    struct wheel *wheel = &waiter->carrier->wheel;
    struct line_deadline timed = {.waiter = waiter};
    waiter->source = WAITER_TIMED;
    vow_wheel_timer_init(&timed.timer, time_out);
    vow_wheel_start(wheel, &timed.timer, deadline.at);
    vow_line_park(waiter);
    (void)vow_wheel_stop(wheel, &timed.timer);
}

static bool has_passed(vow_deadline deadline)
{
    return deadline.at != INT64_MAX && (deadline.at <= 0 || vow_now() >= deadline.at);
}

static void park(struct waiter *waiter, vow_deadline deadline)
{
    if (vow_unlikely(has_passed(deadline)) && vow_waiter_claim(waiter, WAITER_TIMED_OUT))
        return;
    if (deadline.at == INT64_MAX)
        vow_line_park(waiter);
    else
        park_until(waiter, deadline);
}

/* Threads -------------------------------------------------------------------------------------------------------- */

static void drain(void *thread)
{
    (void)vow_thread_drain(thread);
}

#define SERVE_TURNS                                                                                \
    64u /* lines that go on before the thread looks round: they may wake each other for ever */

/* Of serving before a deadline counts although there is more to do: fewer where a switch takes the system's help. */
static inline unsigned serve_rounds(void)
{
    return vow_switch_kind_now() == SWITCH_THREADS ? 2 : 256;
}

bool vow_thread_serve(struct thread *thread)
{
    struct carrier *carrier = &thread->carrier;
    struct lane *lane = vow_fork_leave();
    bool any = false;
    if (carrier->wheel.count != 0)
        (void)vow_wheel_advance(&carrier->wheel, vow_now());
    if (vow_thread_has_calls(thread)) {
        any = true;
        if (vow_carrier_run(carrier, true, drain, thread, thread) == LINE_NO_MEMORY)
            vow_run_lent(drain, thread);
    }
    vow_carrier_ready_later(carrier);
    for (unsigned turn = 0; turn < SERVE_TURNS && vow_carrier_has_ready(carrier); turn++) {
        any = true;
        (void)vow_carrier_resume(carrier, true);
    }
    vow_fork_return(lane);
    return any;
}

void vow_thread_serve_all(struct thread *thread)
{
    for (unsigned round = 0; round < serve_rounds() && vow_thread_serve(thread); round++)
        continue;
}

/* The sooner of `deadline` and what is next on the carrier's wheel. */
static vow_deadline next_look(const struct carrier *carrier, vow_deadline deadline)
{
    return vow_sooner(deadline, vow_at(vow_wheel_next(&carrier->wheel)));
}

/* Whether something can go on here without waiting. */
static bool is_busy(const struct thread *thread)
{
    const struct carrier *carrier = &thread->carrier;
    return vow_carrier_has_ready(carrier) || carrier->later.first != NULL ||
           vow_thread_has_calls(thread);
}

bool vow_thread_cancel_lines(struct thread *thread, const void *owner)
{
    do {
        vow_thread_serve_all(thread);
        if (vow_carrier_cancel(&thread->carrier, owner) == 0)
            return true;
    } while (is_busy(thread));
    return false;
}

void vow_thread_end_lines(struct thread *thread, const void *owner)
{
    while (!vow_thread_cancel_lines(thread, owner)) /* they are behind shields */
        (void)vow_thread_sleep(thread, next_look(&thread->carrier, VOW_FOREVER));
}

/* Whether the calling line was canceled, perhaps by what was served: as a guest of a pool without workers. */
static bool is_line_canceled(const struct thread *thread)
{
    const struct line *line = thread->carrier.line;
    return line != NULL && line->canceled;
}

/* The pool of what waits is closed, and ends its waits: this one. Of lines that are parked, their worker does that. */
static bool end_with_pool(struct waiter *waiter, struct running_job *job)
{
    if (job != NULL) /* relaxed: this thread reads it, in later waits */
        atomic_store_explicit(&job->canceled, true, memory_order_relaxed);
    return !waiter->shielded && vow_waiter_claim(waiter, WAITER_CANCELED);
}

static bool ends_with_pool(struct waiter *waiter, struct thread *thread, struct running_job *job)
{
    if (vow_likely(!vow_pool_ends_waits(thread) && !is_line_canceled(thread)))
        return false;
    return end_with_pool(waiter, job);
}

/* Whether a wait may be ended because of what it would hold up. Hooks of a pool wait without a line, too, and were refused
   no stack. */
static bool may_be_refused(const struct waiter *waiter, const struct running_job *job)
{
    bool chosen = job != NULL && job->blocking;
    bool ends = waiter->source == WAITER_TIMED || waiter->source == WAITER_END;
    return !ends && !chosen && !waiter->shielded && waiter->carrier->refused != VOW_OK;
}

/* Whether the wait would hold up the maker of a call that was lent its stack. */
static VOW_COLD bool holds_maker(const struct waiter *waiter, const struct running_job *job)
{
    return may_be_refused(waiter, job) && is_lent();
}

/* The thread is about to be held by a wait, and its pool or a maker with it. Those that hold it later on look for themselves. */
static bool stops_others(struct waiter *waiter, const struct running_job *job)
{
    return may_be_refused(waiter, job) && (is_lent() || vow_pool_is_unmanned()) &&
           vow_waiter_claim(waiter, WAITER_STACKLESS);
}

static void sleep_until_awake(struct waiter *waiter, struct thread *thread, struct running_job *job,
                              vow_deadline deadline)
{
    bool blocking = false;
    unsigned rounds = 0;
    while (!waiter->awake) {
        bool busy = vow_thread_serve(thread) || vow_pool_help(NULL);
        if (waiter->awake) /* by what was served: nobody will ring for it */
            break;
        if (busy && (++rounds < serve_rounds() || !has_passed(deadline)))
            continue;
        if (has_passed(deadline)) {
            if (vow_waiter_claim(waiter, WAITER_TIMED_OUT))
                break;
            deadline = VOW_FOREVER; /* who was first is about to wake us */
        }
        bool begins = !blocking;
        if (begins)
            vow_pool_blocking_begin();
        blocking = true;
        if (ends_with_pool(waiter, thread, job) || (begins && stops_others(waiter, job)))
            break;
        (void)vow_thread_nap(thread, next_look(&thread->carrier, deadline));
    }
    if (blocking)
        vow_pool_blocking_end();
}

/* What runs the loop meanwhile. */
struct on_loop {
    struct waiter *waiter;
    struct running_job *job;
};

/* What a loop asks after each round: calls that are queued in a pool of size 0 run in whoever waits. */
static bool is_over_or_help(void *context)
{
    const struct on_loop *on_loop = context;
    if (!on_loop->waiter->awake)
        (void)vow_pool_help(NULL);
    if (on_loop->waiter->awake)
        return true;
    return vow_pool_runs_closed() && end_with_pool(on_loop->waiter, on_loop->job);
}

static void run_loop_until_awake(struct waiter *waiter, struct vow_loop *loop,
                                 struct running_job *job, vow_deadline deadline)
{
    struct on_loop on_loop = {.waiter = waiter, .job = job};
    bool held = holds_maker(waiter, job);
    vow_pool_blocking_begin();
    const char *function = waiter->function;
    vow_status status =
        vow_loop_run_until(loop, function, is_over_or_help, &on_loop, held ? VOW_POLL : deadline);
    if (status != VOW_OK && !vow_waiter_claim(waiter, held ? WAITER_STACKLESS : WAITER_TIMED_OUT))
        (void)vow_loop_run_until(loop, function, is_over_or_help, &on_loop, VOW_FOREVER);
    vow_pool_blocking_end();
}

/* The sentence is put by before what it is made of goes: vow_wait_failed only gives the status. */
static VOW_COLD void speak(struct waiter *waiter)
{
    (void)refuse(waiter->function, VOW_DEADLOCK, vow_known_text(waiter));
    waiter->known = NULL;
}

/* What runs meanwhile is not the job that waits. */
static void wait_on_thread(struct waiter *waiter, struct thread *thread, vow_deadline deadline)
{
    struct running_job *job = vow_locals.job;
    unsigned shields = vow_locals.shields;
    struct vow_loop *loop = waiter->loop;
    struct outside outside;
    if (deadline.at != INT64_MAX)
        waiter->source = WAITER_TIMED;
    vow_known_outside_begin(&outside, waiter, vow_locals.running);
    vow_locals.job = NULL;
    vow_locals.shields = 0;
    if (loop != NULL)
        run_loop_until_awake(waiter, loop, job, deadline);
    else
        sleep_until_awake(waiter, thread, job, deadline);
    vow_locals.job = job;
    vow_locals.shields = shields;
    vow_clock_leave(thread);
    vow_known_outside_end(&outside);
    if (vow_unlikely(vow_waiter_outcome(waiter) == WAITER_DEADLOCK))
        speak(waiter);
}

/* Ending --------------------------------------------------------------------------------------------------------- */

/* The job is told of a cancel from now on; it may have been told of one since the wait began, while something else ran on
   this stack. */
static bool is_canceled_by_now(struct waiter *waiter, struct running_job *job)
{
    if (waiter->shielded)
        return false;
    if (job != NULL)
        job->waiter = waiter;
    return vow_unlikely(vow_wait_is_canceled()) && vow_waiter_claim(waiter, WAITER_CANCELED);
}

/* A line that would hold its maker, and nothing is to end that: it does not park, but looks round as a thread does, and then
   its wait ends. */
static VOW_COLD __attribute__((noinline)) enum outcome end_without_parking(struct waiter *waiter,
                                                                           struct thread *thread)
{
    struct running_job *job = vow_locals.job;
    waiter->loop = NULL; /* it may be what runs this line */
    if (!waiter->awake && !is_canceled_by_now(waiter, job)) {
        struct lane *lane = vow_fork_leave();
        wait_on_thread(waiter, thread, VOW_FOREVER);
        vow_fork_return(lane);
    }
    if (job != NULL)
        job->waiter = NULL;
    return vow_waiter_outcome(waiter);
}

enum outcome vow_wait_end(struct waiter *waiter, vow_deadline deadline)
{
    struct carrier *carrier = waiter->carrier;
    struct thread *thread = vow_container_of(carrier, struct thread, carrier);
    struct running_job *job = vow_locals.job;
    vow_point(waiter->function);
    if (vow_unlikely(vow_locals.firing != NULL || thread->ready.first != NULL)) {
        hand_over(thread);
        if (vow_line_hosts_others(carrier) && deadline.at == INT64_MAX && holds_maker(waiter, job))
            return end_without_parking(waiter, thread);
    }
    if (!waiter->awake && !is_canceled_by_now(waiter, job)) {
        struct lane *lane = vow_fork_leave();
        if (vow_likely(vow_line_hosts_others(carrier)))
            park(waiter, deadline);
        else
            wait_on_thread(waiter, thread, deadline);
        vow_fork_return(lane);
    }
    if (job != NULL)
        job->waiter = NULL;
    return vow_waiter_outcome(waiter);
}

/* Still inside of the call that was lent its stack, if it was that. */
static VOW_COLD vow_status refuse_to_hold(const struct waiter *waiter)
{
    return refuse(waiter->function, waiter->carrier->refused,
                  is_lent() ? "there was no stack to park, and on this one the code that made the "
                              "call could not go on meanwhile"
                            : "there was neither a stack to park nor a thread to take the place "
                              "of this one, the last at work in its pool");
}

VOW_COLD vow_status vow_wait_failed(const struct waiter *waiter, enum outcome outcome)
{
    switch (outcome) {
    case WAITER_TIMED_OUT:
        return refuse(waiter->function, VOW_TIMED_OUT, "the deadline passed first");
    case WAITER_CANCELED:
        return refuse(waiter->function, VOW_CANCELED, "the job that waits was canceled");
    case WAITER_CLOSED:
        return refuse(waiter->function, VOW_CLOSED, "what it waited for was closed");
    case WAITER_DEADLOCK:
        return waiter->known != NULL
                   ? refuse(waiter->function, VOW_DEADLOCK, vow_known_text(waiter))
                   : VOW_DEADLOCK;
    case WAITER_STACKLESS:
        return refuse_to_hold(waiter);
    case WAITER_WAITING:
    case WAITER_DONE:
        break;
    }
    return VOW_OK;
}
