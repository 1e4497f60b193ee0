/*
 * spawn.c - vow_spawn: a job with a line of its own on any scheduler, immediate too.
 *
 * Loops and pools run every call on a line's stack. On immediate, calls run on the stack of whoever makes them; a
 * spawned one gets a line of this thread's carrier, so that it can park without its maker.
 */
#include <vow/line.h>

#include "control/job.h"
#include "execution/immediate.h"
#include <vow/submit.h>

/* Whether calls on `scheduler` run at once, here. */
static bool is_immediate_here(vow_scheduler *scheduler)
{
    return scheduler->kind->immediate &&
           (scheduler == vow_immediate() || vow_scheduler_is_mine(scheduler));
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
    vow_immediate_run_on_line(scheduler, &promise->call);
    return promise;
}

void vow_job_spawn(vow_scheduler *scheduler, vow_promise *job)
{
    if (scheduler == NULL)
        scheduler = vow_current_scheduler();
    if (is_immediate_here(scheduler))
        vow_immediate_run_on_line(scheduler, &job->call);
    else
        vow_job_hand_over(scheduler, job);
}
