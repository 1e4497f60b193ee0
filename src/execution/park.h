/*
 * park.h - waiting, for whoever waits for something: promises, locks, channels.
 *
 *     struct waiter waiter;
 *     vow_status status = vow_wait_begin(&waiter, "vow_mutex_lock", mutex);
 *     if (status != VOW_OK)
 *         return status;
 *     ... put the waiter where others find it ...
 *     enum outcome outcome = vow_wait_end(&waiter, deadline);
 *     if (outcome != WAITER_DONE)
 *         ... take it out again; return vow_wait_failed(&waiter, outcome) ...
 *
 * What blocks is the line that waits: a line parks, and its carrier goes on; a thread outside of lines sleeps, running
 * meanwhile what others send to it, or the loop that it made.
 */
#ifndef VOW_EXECUTION_PARK_H
#define VOW_EXECUTION_PARK_H

#include "base/point.h"
#include "execution/fork.h"
#include "execution/scheduler.h"
#include "wait/known.h"
#include "wait/line.h"
#include <vow/time.h>

/* Begins a wait of the calling line. VOW_OK: the waiter may be published, and vow_wait_end must follow. Otherwise
   nothing was begun, and vow_last_error speaks in the name of `function` (a static text): VOW_CANCELED (the job was
   canceled, and no shield is up), VOW_INVALID (a place that cannot wait: a callback of libuv itself), VOW_LIMIT (a
   loop's call for which there was no stack, because there are as many as may be), VOW_NO_MEMORY. */
vow_status vow_wait_begin(struct waiter *waiter, const char *function, const void *object);

/* The same for a wait that only `loop`, one of this thread's, can bring on; NULL: as above. */
vow_status vow_wait_begin_on(struct waiter *waiter, const char *function, const void *object,
                             struct vow_loop *loop);

/* Waits until the waiter is claimed and awake; at `deadline` claims it itself. Gives the outcome. */
enum outcome vow_wait_end(struct waiter *waiter, vow_deadline deadline);

/* The status of an outcome that is not WAITER_DONE, and its sentence, in the name of the waiter's function. */
vow_status vow_wait_failed(const struct waiter *waiter, enum outcome outcome);

static inline bool vow_wait_is_shielded(void)
{
    const struct locals *locals = vow_locals_here();
    return (locals->job != NULL ? locals->job->shields : locals->shields) != 0;
}

/* Whether a wait that begins now would give VOW_CANCELED. */
static inline bool vow_wait_is_canceled(void)
{
    const struct running_job *job = vow_locals.job;
    const struct carrier *carrier = vow_carrier_here;
    if (vow_wait_is_shielded())
        return false;
    return (job != NULL && vow_job_is_canceled(job)) ||
           (carrier != NULL && carrier->line != NULL && carrier->line->canceled);
}

/* Whether the calling line parks when it waits, and others go on meanwhile. One whose stack is in the middle of a wait that
   does not park cannot: what that wait serves here ends before it. */
static inline bool vow_line_hosts_others(const struct carrier *carrier)
{
    const struct locals *locals = vow_locals_here();
    const struct running_job *job = locals->job;
    return carrier->line != NULL && vow_likely(locals->outside == NULL) &&
           (job == NULL || !job->blocking);
}

/* Whether a wait that begins now would do nothing but park: the caller is in a line that hosts others, nothing has canceled
   it, no shield is up, and it has nothing to hand over before it stops. `thread` is the calling one. */
static inline bool vow_wait_is_plain(const struct thread *thread)
{
    const struct locals *locals = vow_locals_here();
    const struct running_job *job = locals->job;
    if (thread->carrier.line == NULL || thread->carrier.line->canceled ||
        thread->ready.first != NULL || locals->firing != NULL || locals->outside != NULL)
        return false;
    if (job == NULL)
        return locals->shields == 0;
    return job->shields == 0 && !job->blocking && !vow_job_is_canceled(job);
}

/* vow_wait_end of such a wait, without a deadline, whose waiter was set up by vow_waiter_init; nothing may have run since it
   was found to be plain. */
static inline enum outcome vow_wait_plainly(struct waiter *waiter)
{
    struct running_job *job = vow_locals.job;
    if (job != NULL)
        job->waiter = waiter;
    vow_point(waiter->function);
    struct lane *lane = vow_fork_leave();
    vow_line_park(waiter);
    vow_fork_return(lane);
    if (job != NULL)
        job->waiter = NULL;
    return vow_waiter_outcome(waiter);
}

/* Runs work(argument), a call that would have a line's stack, for which there was none, on the stack of who made it: a wait
   of it that its maker alone may be able to end ends at once, as VOW_LIMIT or VOW_NO_MEMORY. */
void vow_run_lent(void (*work)(void *), void *argument);

/* The thread, outside of lines or in one: runs what its inbox holds and lines that can go on, each on a stack of its
   own; not without end, where these wake each other. False if there was nothing. */
bool vow_thread_serve(struct thread *thread);

/* The same until there is nothing; or very often, where lines wake each other, or reschedule, without end. */
void vow_thread_serve_all(struct thread *thread);

/* The calling thread: cancels the lines of `owner` (NULL: all) that are parked on it, and serves until they have ended. */
void vow_thread_end_lines(struct thread *thread, const void *owner);

/* The same without sleeping: false if some are left, behind shields. */
bool vow_thread_cancel_lines(struct thread *thread, const void *owner);

#endif
