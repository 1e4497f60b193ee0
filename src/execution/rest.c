/*
 * rest.c - a line that rests: sleeping, letting others go first, blocking sections, shields (vow/line.h).
 */
#include <vow/line.h>

#include "base/fail.h"
#include "base/point.h"
#include "execution/detour.h"
#include "execution/fork.h"
#include "execution/park.h"
#include "execution/pool.h"

/* Sleeping is waiting for nothing: the end that is wanted is the deadline's. */
static vow_status sleep_until(vow_deadline deadline, const char *function)
{
    struct waiter waiter;
    vow_detour(deadline);
    vow_status status = vow_wait_begin(&waiter, function, NULL);
    if (status != VOW_OK)
        return status;
    enum outcome outcome = vow_wait_end(&waiter, deadline);
    return outcome == WAITER_TIMED_OUT ? VOW_OK : vow_wait_failed(&waiter, outcome);
}

vow_status vow_sleep(int64_t nanoseconds)
{
    if (nanoseconds < 0)
        return vow_fail_literal(VOW_INVALID, "vow_sleep: nanoseconds is negative");
    return sleep_until(vow_after(nanoseconds), "vow_sleep");
}

vow_status vow_sleep_until(vow_deadline deadline)
{
    return sleep_until(deadline, "vow_sleep_until");
}

/* Outside of lines: what others have sent to the thread, as a wait would do. */
static vow_status serve_others(void)
{
    struct thread *thread = vow_here.thread;
    if (thread != NULL)
        (void)vow_thread_serve(thread);
    return VOW_OK;
}

vow_status vow_reschedule(void)
{
    struct carrier *carrier = vow_carrier_here;
    if (vow_unlikely(vow_wait_is_canceled()))
        return vow_fail_literal(VOW_CANCELED, "vow_reschedule: the job was canceled");
    if (carrier == NULL || !vow_line_hosts_others(carrier))
        return serve_others();
    vow_point("vow_reschedule");
    struct lane *lane = vow_fork_leave();
    vow_line_yield(carrier);
    vow_fork_return(lane);
    return VOW_OK;
}

void vow_blocking_begin(void)
{
    vow_pool_blocking_begin();
}

void vow_blocking_end(void)
{
    vow_pool_blocking_end();
}

/* The job's; of what is no job, the line's: a loop that is freed, or a pool that is closed, ends its waits, too. */
static unsigned *shields(void)
{
    struct locals *locals = vow_locals_here();
    return locals->job != NULL ? &locals->job->shields : &locals->shields;
}

void vow_shield_begin(void)
{
    (*shields())++;
}

void vow_shield_end(void)
{
    unsigned *count = shields();
    if (*count > 0)
        (*count)--;
}
