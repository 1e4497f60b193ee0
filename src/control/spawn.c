/*
 * spawn.c - vow_spawn: a job with a line of its own on any scheduler, immediate too.
 *
 * Loops and pools run every call on a line's stack. On immediate, calls run on the stack of whoever makes them; a
 * spawned one gets a line of this thread's carrier, so that it can park without its maker.
 */
#include <vow/line.h>

#include "control/job.h"
#include "execution/fork.h"
#include "wait/line.h"
#include <vow/submit.h>

static void run_call(void *argument)
{
    struct vow_call *call = argument;
    call->run(call);
}

/* Whether calls on `scheduler` run at once, here. */
static bool is_immediate_here(vow_scheduler *scheduler)
{
    return scheduler->kind->immediate &&
           (scheduler == vow_immediate() || vow_scheduler_is_mine(scheduler));
}

/* Gives the call to a line of this thread; without a stack for it, the call runs on this one. */
static void run_here(vow_scheduler *scheduler, struct vow_call *call)
{
    struct thread *thread = vow_thread_here();
    struct lane *lane = vow_fork_leave();
    bool ran = thread != NULL &&
               vow_carrier_run(&thread->carrier, false, run_call, call, thread) != LINE_NO_MEMORY;
    vow_fork_return(lane);
    if (!ran)
        vow_scheduler_call(scheduler, call);
}

vow_promise *vow_spawn(vow_scheduler *scheduler, vow_fn *fn, vow_value input, void *context)
{
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    if (scheduler == NULL)
        scheduler = vow_current_scheduler();
    if (!is_immediate_here(scheduler))
        return vow_job_submit(scheduler, &job, "vow_spawn");
    if (fn == NULL)
        return vow_job_refuse(&job, vow_fail_literal(VOW_INVALID, "vow_spawn: fn is NULL"));
    vow_promise *promise = vow_job_make(&job);
    if (promise == NULL)
        return vow_job_refuse(&job, vow_fail_literal(VOW_NO_MEMORY, "vow_spawn: out of memory"));
    run_here(scheduler, &promise->call);
    return promise;
}

void vow_job_spawn(vow_scheduler *scheduler, vow_promise *job)
{
    if (scheduler == NULL)
        scheduler = vow_current_scheduler();
    if (is_immediate_here(scheduler))
        run_here(scheduler, &job->call);
    else
        (void)vow_hand_over(scheduler, &job->call);
}
