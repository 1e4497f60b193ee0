/*
 * submit.c - jobs: functions that run on a scheduler and fire a promise with what they return.
 *
 * The promise is the job: `own` holds the function until it has begun, `call` is what the scheduler queues. The call's
 * reference is the job's.
 *
 *                 run_job: BEGUN                the function has returned: FIRED
 *      queued -------------------------> runs ------------------------------------> settled with what it gave
 *         | vow_cancel: FIRED, at once     | vow_cancel: CANCELED; its waits end with CANCELED from now on
 *         v                                '--> runs
 *      settled with CANCELED; whoever pops the call finds FIRED and runs nothing
 *
 * Model-checked: tests/models/job.cc.
 */
#include "base/child.h"
#include "control/job.h"
#include "control/run.h"
#include "control/waiter.h"
#include "execution/async.h"
#include "execution/immediate.h"
#include <sched.h>
#include <vow/pool.h>
#include <vow/wait.h>

static void end_job(struct job *job)
{
    vow_release(job->input);
    if (job->drop != NULL)
        job->drop(job->context);
}

static vow_value call_function(const struct job *job, struct running_job *running)
{
    struct running_job *outer = vow_locals.job;
    vow_locals.job = running;
    vow_value result = job->fn(vow_borrow(job->input), job->context);
    result = vow_own(result);
    if (vow_unlikely(running->locals != NULL))
        vow_job_locals_drop(running); /* inside the job: a drop function may set others */
    vow_locals.job = outer;
    return result;
}

/* The job never ran, or somebody has fired its promise while it did: what it gave is not wanted. */
static VOW_COLD void finish_unwanted(vow_promise *promise, vow_value result)
{
    (void)vow_promise_claim_too_late(promise);
    vow_release(result);
    vow_promise_end_job(promise);
}

/* False if it was canceled before it has begun. */
static bool begin_job(vow_promise *promise, struct running_job *running)
{
    struct thread *thread = vow_thread_here();
    running->carrier = thread != NULL ? &thread->carrier : NULL;
    promise->own.begun.running = running;
    /* J1 acq_rel: pairs with J2 in cancel.c, who finds BEGUN and reads `running`; or was first, and is found here */
    uint64_t word =
        atomic_fetch_or_explicit(&promise->counted.word, PROMISE_BEGUN, memory_order_acq_rel);
    return (word & PROMISE_FIRED) == 0;
}

/* Who canceled the job may still be about to tell it: `running` has to stay until then. */
static VOW_COLD void wait_until_told(const struct running_job *running)
{
    /* J3 acquire: pairs with J4 in cancel.c */
    while (!atomic_load_explicit(&running->told, memory_order_acquire))
        (void)sched_yield();
}

static void run_job(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, call);
    struct job job = promise->own.job;
    struct running_job running = {
        .promise = promise, .blocking = job.blocking, .function = (uintptr_t)job.fn};
    vow_value result = vow_none();
    bool begun = begin_job(promise, &running);
    if (vow_likely(begun))
        result = call_function(&job, &running);
    end_job(&job);
    /* acq_rel: as vow_promise_claim */
    uint64_t before =
        atomic_fetch_or_explicit(&promise->counted.word, PROMISE_FIRED, memory_order_acq_rel);
    if (vow_unlikely((before & PROMISE_CANCELED) != 0) && begun)
        wait_until_told(&running);
    if (vow_likely((before & PROMISE_FIRED) == 0))
        vow_promise_fire_job(promise, result);
    else
        finish_unwanted(promise, result);
}

/* The job will not run. False: somebody has fired its promise before. */
static bool end_unrun(vow_promise *promise)
{
    struct job job = promise->own.job;
    bool swallowed;
    end_job(&job);
    bool claimed = vow_promise_claim(promise, &swallowed);
    if (!claimed)
        vow_promise_end_job(promise);
    return claimed;
}

void vow_job_withdraw(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, call);
    if (end_unrun(promise))
        vow_promise_fire_job(promise, vow_canceled_error());
}

static void drop_job(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, call);
    bool refused = vow_call_refused(call);
    if (!end_unrun(promise))
        return;
    vow_promise_fire_job(
        promise,
        refused
            ? vow_fail(VOW_CLOSED, "vow_submit: fn was not called: scheduler is %s",
                       vow_process_number == 0 ? "closed"
                                               : "closed, or belongs to the process before fork()")
            : vow_fail(VOW_CANCELED,
                       "vow_submit: fn was not called: scheduler was closed before its turn came"));
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
    promise->own.job = (struct job){.fn = job->fn,
                                    .context = job->context,
                                    .drop = job->drop,
                                    .input = vow_own(job->input),
                                    .blocking = job->blocking};
    vow_promise_set(promise, PROMISE_OWN_BUSY | PROMISE_SCHEDULED);
    return promise;
}

void vow_job_hand_over(vow_scheduler *scheduler, vow_promise *job)
{
    vow_scheduler *here = vow_async_off() ? vow_async_place(scheduler) : NULL;
    if (vow_unlikely(here != NULL))
        vow_immediate_run_on_line(here, &job->call);
    else
        (void)vow_hand_over(scheduler, &job->call);
}

vow_promise *vow_job_submit(vow_scheduler *scheduler, const struct vow_job *job,
                            const char *function)
{
    if (vow_unlikely(job->fn == NULL))
        return vow_job_refuse(job, vow_fail_status(VOW_INVALID, "%s: fn is NULL", function));
    vow_promise *promise = vow_job_make(job);
    if (vow_unlikely(promise == NULL))
        return vow_job_refuse(job, vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
    vow_job_hand_over(scheduler != NULL ? scheduler : vow_default_pool(), promise);
    return promise;
}

vow_promise *vow_submit(vow_scheduler *scheduler, vow_fn *fn, vow_value input, void *context)
{
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    return vow_job_submit(scheduler, &job, "vow_submit");
}

vow_promise *vow_submit_with(vow_scheduler *scheduler, const struct vow_job *job)
{
    if (job == NULL)
        return vow_job_refuse(NULL, vow_fail_literal(VOW_INVALID, "vow_submit_with: job is NULL"));
    if (job->size != sizeof(*job))
        return vow_job_refuse(
            NULL, vow_fail_literal(VOW_INVALID, "vow_submit_with: job->size is wrong: set it to "
                                                "sizeof(struct vow_job)"));
    return vow_job_submit(scheduler, job, "vow_submit_with");
}

bool vow_canceled(void)
{
    const struct running_job *job = vow_locals.job;
    const struct carrier *carrier = vow_carrier_here;
    return (job != NULL && vow_job_is_canceled(job)) ||
           (carrier != NULL && carrier->line != NULL && carrier->line->canceled);
}

/* Calls from other threads --------------------------------------------------------------------------------------------- */

static vow_promise *call_from_thread(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                     void *context, const char *function)
{
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    if (scheduler == NULL)
        return vow_job_refuse(&job,
                              vow_fail_status(VOW_INVALID, "%s: scheduler is NULL", function));
    return vow_job_submit(scheduler, &job, function);
}

vow_promise *vow_call_from_thread(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                  void *context)
{
    return call_from_thread(scheduler, fn, input, context, "vow_call_from_thread");
}

vow_value vow_call_from_thread_wait(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                    void *context, vow_deadline deadline)
{
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
