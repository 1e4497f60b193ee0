/*
 * later.c - jobs that a loop's timers and signals run. Their canceller takes the timer, or the watcher, away.
 *
 * On the loop's thread the job ends with that, at once, and its memory is free; a cancel from elsewhere leaves this to the
 * loop.
 */
#include <vow/loop.h>

#include "control/job.h"
#include "execution/loop.h"

static void end_withdrawn(struct vow_call *call)
{
    if (call != NULL)
        vow_job_withdraw(call);
}

static void stop_timer(void *timer)
{
    end_withdrawn(vow_loop_timer_stop(timer));
}

static void release_timer(void *timer)
{
    vow_loop_timer_release(timer);
}

static void stop_signal(void *watcher)
{
    end_withdrawn(vow_loop_signal_stop(watcher));
}

static void release_signal(void *watcher)
{
    vow_loop_signal_release(watcher);
}

/* Without memory for a canceller, a cancel rejects the promise all the same; the timer then runs out for nothing. */
static void set_canceller(vow_promise *promise, void (*canceller)(void *), void *context,
                          void (*drop)(void *))
{
    (void)vow_set_canceller((vow_deferred *)promise, canceller, context, drop);
}

/* The call was not taken: its job ends here. */
static vow_promise *not_started(vow_promise *promise, vow_status status)
{
    vow_promise *refused = vow_promise_refused(status);
    vow_call_drop(&promise->call);
    vow_promise_unref(promise);
    return refused;
}

vow_promise *vow_call_later(vow_loop *loop, int64_t nanoseconds, vow_fn *fn, vow_value input,
                            void *context)
{
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    const char *wrong = loop == NULL             ? "loop is NULL"
                        : fn == NULL             ? "fn is NULL"
                        : nanoseconds < 0        ? "nanoseconds is negative"
                        : vow_loop_is_lost(loop) ? "loop belongs to the process before fork()"
                                                 : NULL;
    if (wrong != NULL)
        return vow_job_refuse(&job, vow_fail_status(VOW_INVALID, "vow_call_later: %s", wrong));
    vow_promise *promise = vow_job_make(&job);
    if (promise == NULL)
        return vow_job_refuse(&job,
                              vow_fail_literal(VOW_NO_MEMORY, "vow_call_later: out of memory"));
    struct loop_timer *timer = vow_loop_timer_start(loop, nanoseconds, &promise->call);
    if (timer == NULL)
        return not_started(promise,
                           vow_fail_literal(VOW_NO_MEMORY, "vow_call_later: out of memory"));
    set_canceller(promise, stop_timer, timer, release_timer);
    return promise;
}

static vow_value give_number(vow_value number, void *context)
{
    (void)context;
    return number;
}

vow_promise *vow_signal(vow_loop *loop, int number)
{
    struct vow_job job = {.size = sizeof(job), .fn = give_number, .input = vow_integer(number)};
    vow_status status;
    if (loop == NULL)
        return vow_job_refuse(&job, vow_fail_literal(VOW_INVALID, "vow_signal: loop is NULL"));
    vow_promise *promise = vow_job_make(&job);
    if (promise == NULL)
        return vow_job_refuse(&job, vow_fail_literal(VOW_NO_MEMORY, "vow_signal: out of memory"));
    struct loop_signal *watcher = vow_loop_signal_start(loop, number, &promise->call, &status);
    if (watcher == NULL)
        return not_started(promise, status);
    set_canceller(promise, stop_signal, watcher, release_signal);
    return promise;
}
