/*
 * pool.c - programs over a pool of no worker, one or two: jobs that give, fail, wait for a deferred or for each other, are canceled,
 * waited for, while the pool is resized and closed. Where there are workers, their pace decides what comes of a cancel: so the
 * model gives for each job what may come of it, a set; and of the job that it submits, whether that may have run.
 */
#include "fuzz.h"

#include <string.h>

enum { JOBS = 24, MOST_EVENTS = 50 };

enum job_kind { GIVES, FAILS, WAITS_FOR_GATE, WAITS_FOR_JOB, SUBMITS, JOB_KINDS };

/* What may come of a job: a set of these. */
enum { ITS_VALUE = 1, ITS_ERROR = 2, CANCELED = 4 };
/* How often the inner job of one that SUBMITS may have run: a set, too. */
enum { NEVER = 1, ONCE = 2 };

static struct job {
    enum job_kind kind;
    int number;
    int other; /* of WAITS_FOR_JOB: an earlier one; -1: none */
    vow_promise *promise;
    struct token *token;
    _Atomic int runs, inner_runs;
    unsigned may;       /* the model's set */
    unsigned inner_may; /* the same of the inner job, by what this one saw of it */
    int runs_seen;      /* when it had settled */
} jobs[JOBS];

static int job_count;
static vow_pool *pool;
static vow_deferred *gate;
static vow_promise *gate_promise;
static bool closed;

static vow_value run_inner(vow_value input, void *context)
{
    atomic_fetch_add(&((struct job *)context)->inner_runs, 1);
    return input;
}

/* Waits for `promise` (taken): none, or the error that ended the wait. */
static vow_value wait_for(vow_promise *promise, vow_value *ret_value)
{
    vow_status status = vow_wait(promise, VOW_FOREVER, ret_value);
    vow_promise_release(promise);
    return status == VOW_OK ? vow_none() : vow_fail(status, "the wait ended");
}

static vow_value wait_and_forget(vow_promise *promise)
{
    vow_value value = vow_none();
    vow_value ended = wait_for(promise, &value);
    vow_release(value);
    return ended;
}

/* An inner job that nobody waits for any more may run, or not. */
static vow_value submit_inner(struct job *job)
{
    vow_value value = vow_none();
    job->inner_may = NEVER | ONCE;
    vow_value ended =
        wait_for(vow_submit(vow_pool_scheduler(pool), run_inner, vow_none(), job), &value);
    if (!vow_is_error(ended))
        job->inner_may = vow_is_error(value) ? NEVER : ONCE;
    vow_release(value);
    return ended;
}

static vow_value run_job(vow_value input, void *context)
{
    struct job *job = context;
    vow_value waited = vow_none();
    must(atomic_fetch_add(&job->runs, 1) == 0);
    must(value_number(input) == (long)VOW_BOX * KIND + job->number);
    if (job->kind == WAITS_FOR_GATE)
        waited = wait_and_forget(vow_promise_retain(gate_promise));
    if (job->kind == WAITS_FOR_JOB && job->other >= 0)
        waited = wait_and_forget(vow_promise_retain(jobs[job->other].promise));
    if (job->kind == SUBMITS)
        waited = submit_inner(job);
    if (vow_is_error(waited))
        return waited;
    return job->kind == FAILS ? vow_fail(VOW_USER + job->number, "a job") : input;
}

static void drop_job(void *context)
{
    token_drop(((struct job *)context)->token);
}

/* The model ------------------------------------------------------------------------------------------------------- */

static unsigned outcome(const struct job *job)
{
    return job->kind == FAILS ? ITS_ERROR : ITS_VALUE;
}

static bool is_among(const struct job *job, vow_value value)
{
    if (vow_error_is(value, VOW_CANCELED))
        return (job->may & CANCELED) != 0;
    if (vow_is_error(value))
        return (job->may & ITS_ERROR) != 0 && vow_error_status(value) == VOW_USER + job->number;
    return (job->may & ITS_VALUE) != 0 && value_number(value) == (long)VOW_BOX * KIND + job->number;
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void submit(unsigned choice)
{
    if (job_count == JOBS || closed)
        return;
    struct job *job = &jobs[job_count];
    *job = (struct job){.kind = choice % JOB_KINDS,
                        .number = job_count,
                        .other = job_count - 1 - (int)(choice / JOB_KINDS % 4),
                        .token = token_new(),
                        .inner_may = NEVER};
    job->may = outcome(job);
    const struct vow_job options = {.size = sizeof(options),
                                    .fn = run_job,
                                    .input = token_box(job_count),
                                    .context = job,
                                    .drop = drop_job};
    job_count++;
    trace("job %d: kind %d other %d", job->number, job->kind, job->other);
    job->promise = vow_submit_with(vow_pool_scheduler(pool), &options);
}

static void open_gate(void)
{
    vow_deferred *deferred = gate;
    gate = NULL;
    if (deferred != NULL)
        must(vow_fire(deferred, vow_none()) == VOW_OK);
}

/* What has settled stays as it is. */
static void cancel(struct job *job)
{
    if (vow_state(job->promise) == VOW_PENDING && fuzz_bend != BEND_CANCEL)
        job->may |= CANCELED;
    vow_cancel(job->promise);
}

static void look(struct job *job, vow_deadline deadline)
{
    vow_value value = vow_none();
    vow_status status = vow_wait(job->promise, deadline, &value);
    must(status == VOW_OK || (status == VOW_TIMED_OUT && deadline.at != INT64_MAX));
    if (status == VOW_OK)
        must(is_among(job, value));
    vow_release(value);
}

static void close_pool(enum vow_close_mode mode)
{
    for (int i = 0; i < job_count && mode == VOW_CANCEL; i++)
        if (vow_state(jobs[i].promise) == VOW_PENDING)
            jobs[i].may |= CANCELED;
    if (mode == VOW_DRAIN)
        open_gate();
    closed = true;
    must(vow_pool_close(pool, mode, VOW_FOREVER) == VOW_OK);
}

static void do_event(unsigned choice, bool workers)
{
    struct job *job = job_count > 0 ? &jobs[choice / 8 % (unsigned)job_count] : NULL;
    trace("event %u about %u", choice % 8, choice / 8);
    if (choice % 8 <= 2)
        submit(choice / 8);
    else if (choice % 8 == 3 && job != NULL)
        cancel(job);
    else if (choice % 8 == 4 && job != NULL)
        look(job, VOW_POLL);
    else if (choice % 8 == 5 && job != NULL && gate == NULL)
        look(job, VOW_FOREVER);
    else if (choice % 8 == 6 && workers && !closed)
        must(vow_pool_resize(pool, (int)(choice / 8 % 3)) == VOW_OK);
    else if (choice % 8 == 7 && choice / 8 < 4)
        open_gate();
    else if (choice % 8 == 7 && choice / 8 == 31 && !closed)
        close_pool(job_count % 2 == 0 ? VOW_DRAIN : VOW_CANCEL);
}

/* Each has come to something that may be; none ran twice; each that gave its value, or failed, ran. */
static void check_outcomes(void)
{
    for (int i = 0; i < job_count; i++) {
        vow_value value = vow_none();
        look(&jobs[i], VOW_FOREVER);
        must(vow_peek(jobs[i].promise, &value));
        must(vow_error_is(value, VOW_CANCELED) || atomic_load(&jobs[i].runs) == 1);
        jobs[i].runs_seen = atomic_load(&jobs[i].runs);
        vow_release(value);
    }
}

static bool may_have_run(const struct job *job, int times)
{
    bool whole = job->kind == SUBMITS && (job->may & CANCELED) == 0;
    return ((whole ? ONCE : job->inner_may) & (1U << times)) != 0;
}

/* Nothing runs any more: what had settled did not run afterwards, and inner jobs ran as often as their jobs saw. */
static void check_runs(void)
{
    for (int i = 0; i < job_count; i++) {
        must(atomic_load(&jobs[i].runs) == jobs[i].runs_seen);
        must(may_have_run(&jobs[i], atomic_load(&jobs[i].inner_runs)));
    }
}

void fuzz_pool(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    bool workers = fuzz_has_workers(choice);
    pool = vow_pool_new(workers ? 1 + (int)choice % 2 : 0, NULL);
    gate = vow_deferred_new(&gate_promise);
    closed = false;
    job_count = 0;
    trace("%d workers", vow_pool_size(pool));
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++)
        do_event(next_byte(bytes), workers);
    open_gate();
    if (vow_pool_size(pool) == 0 && !closed)
        close_pool(VOW_DRAIN);
    check_outcomes();
    must(vow_pool_free(pool) == VOW_OK);
    check_runs();
    for (int i = 0; i < job_count; i++) /* now no job looks at another one's any more */
        vow_promise_release(jobs[i].promise);
    vow_promise_release(gate_promise);
}
