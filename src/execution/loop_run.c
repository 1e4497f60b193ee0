/*
 * loop_run.c - running a loop: rounds of draining, polling, spinning and sleeping, until something is so.
 *
 *        .--> drain --> anything queued? --yes--> poll libuv, if it is time ---.
 *        |                    | no                                             |
 *        |              spin: look at the inboxes for a while                  |
 *        |                    | nothing                                        |
 *        |              sleep in libuv until an event, the bell or the alarm   |
 *        `--------------------+------------------------------------------------'
 *
 * Spinning. A thread that sleeps in the kernel is woken in microseconds to tens of them; a loop that waits for a
 * worker's answer gets it sooner by looking. It looks only while promises are owed to it, and learns from what
 * it finds: a spin in vain halves the next one, down to none; a success, or a sleep so short that spinning would
 * have caught it, restores the full time. So an idle loop takes no processor time, nor does one whose answers
 * are slow.
 *
 * Polling. Entering libuv costs a system call, several times the price of a call from a worker. While calls keep
 * coming libuv is polled every POLL_EVERY, by the clock, and the clock itself is looked at after a number of rounds
 * that grows while rounds are short.
 *
 * Timers. Whoever has read the clock here looks at the wheel by it; a spin ends when one is due, and before a sleep
 * the alarm is set for the earliest.
 *
 * Invariants
 * 1. Before libuv may sleep both inboxes have been marked: who pushes after that rings the bell.
 * 2. The bell is referenced while libuv may sleep, so that uv_run does not return at once for want of handles.
 */
#include "base/callers.h"
#include "base/fail.h"
#include "execution/clock_rest.h"
#include "execution/loop_internal.h"
#include "execution/world.h"

#define POLL_EVERY VOW_US(50)      /* while calls keep coming and libuv has handles */
#define POLL_SELDOM VOW_MS(1)      /* when it has none */
#define SPIN_POLL_EVERY VOW_US(15) /* inside a spin */
#define SPIN_LEAST VOW_US(1)       /* a spin that has shrunk below it is none */
#define PATIENCE_MOST 16           /* rounds between looks at the clock */
#define BUSY_ROUNDS 256u           /* after which a deadline counts although there is more to do */
#define LOOKS_FIRST 64             /* looks of a spin before it reads the clock */
#define LOOKS_EACH 32              /* and between readings */

/* What a run is to end on. */
struct run {
    bool stoppable;  /* vow_loop_stop */
    bool until_idle; /* nothing is left to happen */
    bool (*done)(void *context);
    void *context;
    vow_deadline deadline;
    const char *function; /* for sentences */
};

static bool stop_asked(struct vow_loop *loop)
{
    /* T2 acquire: pairs with T1 in loop.c */
    return atomic_load_explicit(&loop->stopping, memory_order_acquire);
}

static bool passed(vow_deadline deadline)
{
    return deadline.at != INT64_MAX && vow_now() >= deadline.at;
}

static bool idle(struct vow_loop *loop)
{
    return !vow_loop_has_calls(loop) && vow_loop_owed(loop) == 0 && loop->wheel.count == 0 &&
           loop->thread->carrier.wheel.count == 0 && vow_loop_uv_idle(loop);
}

/* Polling */

static void enter_uv(struct vow_loop *loop, uv_run_mode mode)
{
    loop->in_uv = true;
    (void)uv_run(loop->uv, mode);
    loop->in_uv = false;
}

/* At `now` of the real clock, as all that is measured here. */
static void poll_at(struct vow_loop *loop, int64_t now)
{
    enter_uv(loop, UV_RUN_NOWAIT);
    loop->polled_at = now;
    vow_loop_advance(loop, vow_clock_at(now));
}

/* After a round: polls libuv if it is time. */
static void poll_if_due(struct vow_loop *loop)
{
    if (++loop->unlooked < loop->patience)
        return;
    int64_t now = vow_real_now();
    if (now - loop->looked_at >= POLL_EVERY / 2)
        loop->patience = 1;
    else if (loop->patience < PATIENCE_MOST)
        loop->patience *= 2;
    loop->unlooked = 0;
    loop->looked_at = now;
    vow_loop_advance(loop, vow_clock_at(now));
    if (now - loop->polled_at >= (vow_loop_uv_idle(loop) ? POLL_SELDOM : POLL_EVERY))
        poll_at(loop, now);
}

/* Spinning */

/* Whether a spin or a sleep may end: calls, a stop, the bell. */
static inline bool anything(struct vow_loop *loop, const struct run *run)
{
    return vow_loop_has_calls(loop) || loop->rung || (run->stoppable && stop_asked(loop));
}

static bool look(struct vow_loop *loop, const struct run *run, int times)
{
    for (int i = 0; i < times; i++) {
        if (anything(loop, run))
            return true;
        vow_pause_processor();
    }
    return false;
}

/* Looks for at most `time` nanoseconds. */
static bool spin_for(struct vow_loop *loop, const struct run *run, int64_t time)
{
    if (look(loop, run, LOOKS_FIRST))
        return true;
    int64_t start = vow_real_now();
    int64_t polled = start;
    for (int64_t now = start; now - start < time; now = vow_real_now()) {
        vow_loop_advance(loop, vow_clock_at(now));
        if (look(loop, run, LOOKS_EACH))
            return true;
        if (now - polled >= SPIN_POLL_EVERY) {
            poll_at(loop, now);
            polled = now;
        }
    }
    return anything(loop, run);
}

/* At most `time`, and not beyond `deadline`. */
static int64_t cut(int64_t time, vow_deadline deadline)
{
    if (deadline.at == INT64_MAX)
        return time;
    int64_t left = deadline.at - vow_now();
    return left < time ? left : time;
}

static bool spin(struct vow_loop *loop, const struct run *run)
{
    int64_t time = loop->spin_now;

    if (time < SPIN_LEAST || !loop->own || vow_loop_owed(loop) == 0)
        return false;
    if (spin_for(loop, run, cut(time, run->deadline))) {
        loop->spin_now = loop->spin_most;
        return true;
    }
    loop->spin_now = time / 2;
    return false;
}

/* Sleeping */

/* One iteration of libuv, which may sleep in it. */
static void sleep_in_uv(struct vow_loop *loop, vow_deadline deadline)
{
    uv_handle_t *bell = (uv_handle_t *)&loop->handles->bell.poll;
    bool referenced = uv_has_ref(bell) != 0;

    deadline = vow_sooner(deadline, vow_at(vow_loop_next_due(loop)));
    bool stands = vow_clock_stands();
    if (stands && !vow_clock_rest(loop->thread, loop, deadline))
        return;
    if (deadline.at != INT64_MAX)
        vow_loop_set_alarm(loop, deadline);
    uv_ref(bell);
    enter_uv(loop, UV_RUN_ONCE);
    if (!referenced)
        uv_unref(bell);
    vow_loop_unset_alarm(loop);
    if (stands)
        vow_clock_rise(loop->thread);
}

/* Tells those who count what is owed from other threads that we would like to know. */
static void watch(struct vow_loop *loop, bool on)
{
    /* O4 seq_cst: pairs with O3 in loop.c */
    atomic_store_explicit(&loop->watched, on, memory_order_seq_cst);
}

/* Sleeps unless there is something after all. False: until `deadline`, and nothing has happened. */
static bool sleep_unless_called(struct vow_loop *loop, const struct run *run, vow_deadline deadline)
{
    if (!vow_loop_mark_asleep(loop) || !vow_thread_about_to_sleep(loop->thread) ||
        anything(loop, run) || (run->until_idle && idle(loop)))
        return true;
    sleep_in_uv(loop, deadline);
    return anything(loop, run) || vow_now() < deadline.at;
}

/* The last of what it was owed when it fell asleep calls it; without that there was something else to sleep for. */
bool vow_loop_is_uncalled(struct vow_loop *loop)
{
    /* relaxed: who called and rests since then has come by a lock */
    bool watched = atomic_load_explicit(&loop->watched, memory_order_relaxed);
    return !vow_inbox_waiting(&loop->inbox) && !stop_asked(loop) &&
           !(watched && loop->owed_asleep != 0 && vow_loop_owed(loop) == 0);
}

/* A handle that is not the loop's own may call at any time. */
static void look_at_handle(uv_handle_t *handle, void *context)
{
    struct vow_loop *loop = context;
    if (handle != (uv_handle_t *)&loop->handles->bell.poll && uv_is_active(handle))
        loop->foreign = true;
}

/* Whether only other threads' calls could wake this one. */
static bool has_only_calls(struct vow_loop *loop, const struct run *run)
{
    loop->foreign = !loop->own;
    uv_walk(loop->uv, look_at_handle, loop);
    return !loop->foreign && run->deadline.at == INT64_MAX && loop->events == NULL &&
           vow_loop_next_due(loop) == INT64_MAX;
}

static VOW_COLD void sleep_in_closed_world(struct vow_loop *loop, const struct run *run)
{
    if (!has_only_calls(loop, run)) {
        (void)sleep_unless_called(loop, run, run->deadline);
        return;
    }
    if (!vow_world_rest(loop->thread, loop))
        (void)sleep_unless_called(loop, run, run->deadline);
    vow_world_rise(loop->thread);
}

/* When nothing has happened for a while, others get to know what waits here (wait/known.h). */
static void sleep_and_tell(struct vow_loop *loop, const struct run *run)
{
    struct carrier *carrier = &loop->thread->carrier;
    if (vow_likely(!vow_known_has_news(carrier) && !vow_world_is_closed()))
        (void)sleep_unless_called(loop, run, run->deadline);
    else if (!vow_known_has_news(carrier))
        sleep_in_closed_world(loop, run);
    else if (vow_clock_stands() ||
             !sleep_unless_called(loop, run, vow_sooner(run->deadline, vow_after(vow_known_grace))))
        (void)vow_known_learn(carrier); /* without a clock, a while cannot be told */
}

static void fall_asleep(struct vow_loop *loop, const struct run *run)
{
    int64_t start = vow_real_now();

    vow_loop_advance(loop, vow_clock_at(start));
    vow_loop_use_doorbell(loop->thread, loop);
    loop->owed_asleep = vow_loop_owed(loop);
    if (run->until_idle)
        watch(loop, true);
    sleep_and_tell(loop, run);
    if (run->until_idle)
        watch(loop, false);
    vow_loop_use_doorbell(loop->thread, NULL);
    loop->polled_at = vow_real_now();
    vow_loop_advance(loop, vow_clock_at(loop->polled_at));
    /* three times: much of a short sleep is the waking itself */
    if (loop->polled_at - start < 3 * loop->spin_most && vow_loop_has_calls(loop))
        loop->spin_now = loop->spin_most;
}

/* Returns when there may be something to do. */
static void wait_for_more(struct vow_loop *loop, const struct run *run)
{
    if (!spin(loop, run))
        fall_asleep(loop, run);
    loop->rung = false;
}

/* Running */

static vow_status timed_out(const struct run *run)
{
    return vow_fail_status(VOW_TIMED_OUT, "%s: the deadline passed first", run->function);
}

/* VOW_OK: `run` has ended as it should. Libuv has its turn before a deadline counts as passed, so that one who
   only ever looks (VOW_POLL) gets on too. */
static vow_status go(struct vow_loop *loop, const struct run *run)
{
    bool last_look = false;
    unsigned rounds = 0;

    for (;;) {
        if (run->stoppable && stop_asked(loop))
            return VOW_OK;
        if (run->done != NULL && run->done(run->context))
            return VOW_OK;
        if (vow_loop_has_calls(loop)) {
            (void)vow_loop_drain(loop, run->stoppable);
            if (loop->lost) /* one of its calls has forked, and this is the child */
                return vow_loop_refuse_lost(run->function);
            poll_if_due(loop);
            if (++rounds < BUSY_ROUNDS || !passed(run->deadline))
                continue;
            if (run->done != NULL && run->done(run->context))
                return VOW_OK;
            return timed_out(run);
        }
        rounds = 0;
        if (run->until_idle && idle(loop))
            return VOW_OK;
        if (!passed(run->deadline)) {
            wait_for_more(loop, run);
        } else if (!last_look) {
            last_look = true;
            poll_at(loop, vow_real_now());
        } else {
            return timed_out(run);
        }
    }
}

static vow_status go_once(struct vow_loop *loop, const struct run *run)
{
    poll_at(loop, vow_real_now());
    while (!vow_loop_has_calls(loop)) {
        if (stop_asked(loop))
            return VOW_OK;
        if (passed(run->deadline))
            return timed_out(run);
        wait_for_more(loop, run);
    }
    if (!stop_asked(loop))
        (void)vow_loop_drain(loop, true);
    return loop->lost ? vow_loop_refuse_lost(run->function) : VOW_OK;
}

/* Whether the calling code is one of the loop's calls, or not the loop's thread's. */
static vow_status may_use(struct vow_loop *loop, const char *function)
{
    if (loop == NULL)
        return vow_fail_status(VOW_INVALID, "%s: loop is NULL", function);
    if (loop->lost)
        return vow_loop_refuse_lost(function);
    if (!vow_scheduler_is_mine(&loop->scheduler))
        return vow_fail_status(VOW_INVALID, "%s: loop belongs to another thread, which made it",
                               function);
    if (vow_loop_is_inside(loop))
        return vow_fail_status(VOW_INVALID,
                               "%s: loop is running the calling call, and cannot be run "
                               "inside of it",
                               function);
    return VOW_OK;
}

/* Whether the calling thread may run the loop now. */
static vow_status may_run(struct vow_loop *loop, const char *function)
{
    vow_status status = may_use(loop, function);
    if (status == VOW_OK && loop->running)
        status = vow_fail_status(VOW_INVALID, "%s: loop is being run already", function);
    return status;
}

static vow_status run(struct vow_loop *loop, const struct run *run,
                      vow_status (*way)(struct vow_loop *, const struct run *))
{
    loop->running = true;
    vow_status status = way(loop, run);
    loop->running = false;
    if (loop->lost)
        return status;
    vow_clock_leave(loop->thread);
    vow_loop_reference(loop);
    vow_loop_arm(loop);
    if (run->stoppable) /* relaxed: it has been acquired, or was not seen, and then ends nothing any more */
        atomic_store_explicit(&loop->stopping, false, memory_order_relaxed);
    return status;
}

static vow_status run_own(struct vow_loop *loop, const char *function, const struct run *wanted,
                          vow_status (*way)(struct vow_loop *, const struct run *))
{
    vow_status status = may_run(loop, function);
    if (status != VOW_OK)
        return status;
    if (!loop->own)
        return vow_fail_status(VOW_INVALID,
                               "%s: loop is laid over a uv_loop_t, whose owner runs it with "
                               "uv_run",
                               function);
    return run(loop, wanted, way);
}

vow_status vow_loop_run(vow_loop *loop)
{
    struct run wanted = {.stoppable = true, .deadline = VOW_FOREVER, .function = "vow_loop_run"};
    return run_own(loop, "vow_loop_run", &wanted, go);
}

vow_status vow_loop_run_until_idle(vow_loop *loop)
{
    struct run wanted = {.stoppable = true,
                         .until_idle = true,
                         .deadline = VOW_FOREVER,
                         .function = "vow_loop_run_until_idle"};
    return run_own(loop, "vow_loop_run_until_idle", &wanted, go);
}

vow_status vow_loop_run_once(vow_loop *loop, vow_deadline deadline)
{
    struct run wanted = {.stoppable = true, .deadline = deadline, .function = "vow_loop_run_once"};
    return run_own(loop, "vow_loop_run_once", &wanted, go_once);
}

/* Over a user's loop: whether a callback of libuv's runs on this stack, on which libuv must not be entered anew. While
   somebody polls that is known; else the stack tells (of timers, handles that run in each round, close callbacks). */
static bool is_in_callback(const struct vow_loop *loop)
{
    return !loop->own &&
           (loop->in_uv || loop->handles->polling || vow_is_called_by((uintptr_t)uv_run));
}

vow_status vow_loop_may_wait(struct vow_loop *loop, const char *function)
{
    vow_status status = may_use(loop, function);
    if (status != VOW_OK)
        return status;
    if (!is_in_callback(loop))
        return may_run(loop, function);
    return vow_fail_status(VOW_UNSUPPORTED,
                           "%s: libuv is running a callback on this stack, which cannot wait",
                           function);
}

vow_status vow_loop_run_until(struct vow_loop *loop, const char *function, bool (*done)(void *),
                              void *context, vow_deadline deadline)
{
    struct run wanted = {
        .done = done, .context = context, .deadline = deadline, .function = function};
    vow_status status = vow_loop_may_wait(loop, function);
    return status == VOW_OK ? run(loop, &wanted, go) : status;
}
