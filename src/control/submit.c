/*
 * submit.c - jobs: functions that run on a scheduler and fire a promise with what they return.
 *
 * The promise is the job: `own` holds the function until it has run, `call` is what the scheduler queues. The call's
 * reference is the job's. A cancel fires the promise at once and leaves the call where it is; whoever pops it finds
 * FIRED set and runs nothing.
 */
#include "control/job.h"
#include "control/run.h"
#include "control/waiter.h"
#include <vow/pool.h>
#include <vow/wait.h>

static void end_job(struct job *job)
{
    vow_release(job->input);
    if (job->drop != NULL)
        job->drop(job->context);
}

/* The promise of a call that has done its work as a job. */
static vow_value call_function(vow_promise *promise, const struct job *job)
{
    void *outer = vow_here.job;
    vow_here.job = promise;
    vow_value result = job->fn(vow_borrow(job->input), job->context);
    vow_here.job = outer;
    return vow_own(result);
}

static void finish(vow_promise *promise, vow_value result)
{
    bool swallowed;
    if (vow_likely(vow_promise_claim(promise, &swallowed))) {
        vow_promise_fire_job(promise, result);
        return;
    }
    vow_release(result);
    vow_promise_end_job(promise);
}

static void run_job(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, call);
    struct job job = promise->own.job;
    vow_value result = vow_none();
    /* relaxed, by vow_promise_word: a cancel that comes now is as good as one that comes later */
    if (vow_likely((vow_promise_word(promise) & PROMISE_FIRED) == 0))
        result = call_function(promise, &job);
    end_job(&job);
    finish(promise, result);
}

static void drop_job(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, call);
    struct job job = promise->own.job;
    bool refused = vow_call_refused(call);
    end_job(&job);
    finish(promise, refused
                        ? vow_fail(VOW_CLOSED, "the job was refused: its scheduler is closed")
                        : vow_fail(VOW_CANCELED, "the job was dropped: its scheduler was closed"));
}

vow_promise *vow_job_refuse(const struct vow_job *job, vow_status status)
{
    vow_promise *refused = vow_promise_refused(status);
    if (job != NULL) {
        vow_release(job->input);
        if (job->drop != NULL)
            job->drop(job->context);
    }
    return refused;
}

vow_promise *vow_job_make(const struct vow_job *job)
{
    vow_scheduler *home = job->home != NULL ? vow_home_of(job->home) : vow_home_here();
    vow_promise *promise = vow_promise_make(home, 2, PROMISE_JOB);
    if (vow_unlikely(promise == NULL))
        return NULL;
    promise->call.run = run_job;
    promise->call.dropped = drop_job;
    promise->own.job = (struct job){
        .fn = job->fn, .context = job->context, .drop = job->drop, .input = vow_own(job->input)};
    vow_promise_set(promise, PROMISE_OWN_BUSY | PROMISE_SCHEDULED);
    return promise;
}

static vow_promise *submit(vow_scheduler *scheduler, const struct vow_job *job,
                           const char *function)
{
    if (vow_unlikely(job->fn == NULL))
        return vow_job_refuse(job, vow_fail_status(VOW_INVALID, "%s: fn is NULL", function));
    vow_promise *promise = vow_job_make(job);
    if (vow_unlikely(promise == NULL))
        return vow_job_refuse(job, vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
    (void)vow_hand_over(scheduler != NULL ? scheduler : vow_default_pool(), &promise->call);
    return promise;
}

vow_promise *vow_submit(vow_scheduler *scheduler, vow_fn *fn, vow_value input, void *context)
{
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    return submit(scheduler, &job, "vow_submit");
}

vow_promise *vow_submit_with(vow_scheduler *scheduler, const struct vow_job *job)
{
    if (job == NULL)
        return vow_job_refuse(NULL, vow_fail_literal(VOW_INVALID, "vow_submit_with: job is NULL"));
    if (job->size != sizeof(*job))
        return vow_job_refuse(
            NULL, vow_fail_literal(VOW_INVALID, "vow_submit_with: job->size is wrong: set it to "
                                                "sizeof(struct vow_job)"));
    return submit(scheduler, job, "vow_submit_with");
}

bool vow_canceled(void)
{
    const vow_promise *promise = vow_here.job;
    return promise != NULL && (vow_promise_word(promise) & PROMISE_FIRED) != 0;
}

/* Calls from other threads --------------------------------------------------------------------------------------------- */

static vow_promise *call_from_thread(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                     void *context, const char *function)
{
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    if (scheduler == NULL)
        return vow_job_refuse(&job,
                              vow_fail_status(VOW_INVALID, "%s: scheduler is NULL", function));
    return submit(scheduler, &job, function);
}

vow_promise *vow_call_from_thread(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                  void *context)
{
    return call_from_thread(scheduler, fn, input, context, "vow_call_from_thread");
}

vow_value vow_call_from_thread_wait(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                    void *context, vow_deadline deadline)
{
    if (scheduler != NULL && scheduler->kind->loop && vow_here.running == scheduler) {
        vow_release(input);
        return vow_fail(
            VOW_DEADLOCK,
            "vow_call_from_thread_wait: scheduler is the loop whose call this is; it cannot "
            "go on before this call returns");
    }
    vow_promise *promise =
        call_from_thread(scheduler, fn, input, context, "vow_call_from_thread_wait");
    vow_value result;
    vow_status status = vow_wait_as(promise, deadline, &result, "vow_call_from_thread_wait");
    if (status != VOW_OK) {
        vow_cancel(promise);
        result = vow_error_from_last(__FILE__, __LINE__, status);
    }
    vow_promise_release(promise);
    return result;
}
