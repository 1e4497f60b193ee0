/*
 * jobs.c - jobs that wait, in every way: for others, in blocking jobs and sections, behind shields, in forked parts, for
 * ever until they are canceled; spawned lines; what jobs keep for themselves.
 */
#include "everything.h"

#include "wait/line.h"

#include <string.h>

enum { MOST_JOBS = 300 }; /* so that stacks do not pile up */

static _Atomic int jobs_under_way;

__attribute__((noinline)) bool in_line(void)
{
    const struct running_job *job = vow_locals.job;
    return vow_carrier_here != NULL && vow_carrier_here->line != NULL &&
           (job == NULL || !job->blocking);
}

__attribute__((noinline)) bool in_job(void)
{
    return vow_locals.job != NULL;
}

void rest_in_line(void)
{
    if (!in_line())
        return;
    switch (below(3)) {
    case 0:
        (void)noted(vow_status, vow_sleep(VOW_US((int64_t)below(100))));
        break;
    case 1:
        (void)noted(vow_status, vow_reschedule());
        break;
    default:
        break;
    }
}

/* Jobs whose ends are counted ------------------------------------------------------------------------------------- */

struct ticket {
    _Atomic int references;
    _Atomic int runs;
    vow_fn *fn;
    struct context *context;
};

static void ticket_release(void *pointer)
{
    struct ticket *ticket = pointer;
    if (atomic_fetch_sub(&ticket->references, 1) == 1)
        free(ticket);
}

static void ticket_drop(void *pointer)
{
    struct ticket *ticket = pointer;
    atomic_fetch_sub(&jobs_under_way, 1);
    context_drop(ticket->context);
    ticket_release(ticket);
}

static vow_value ticket_run(vow_value input, void *pointer)
{
    struct ticket *ticket = pointer;
    must(atomic_fetch_add(&ticket->runs, 1) == 0);
    return ticket->fn(input, ticket->context);
}

/* A job, and a ticket, with a reference for the caller, that says whether it has run. */
static vow_promise *submit_with_ticket(vow_scheduler *scheduler, vow_fn *fn, bool blocking,
                                       struct ticket **ret_ticket)
{
    struct ticket *ticket = malloc(sizeof(*ticket));
    if (ticket == NULL)
        abort();
    atomic_init(&ticket->references, 2);
    atomic_init(&ticket->runs, 0);
    ticket->fn = fn;
    ticket->context = context_new();
    atomic_fetch_add(&jobs_under_way, 1);
    *ret_ticket = ticket;
    struct vow_job job = {.size = sizeof(job),
                          .fn = ticket_run,
                          .input = vow_text("a job's input"),
                          .context = ticket,
                          .drop = ticket_drop,
                          .blocking = blocking};
    return vow_submit_with(scheduler, &job);
}

vow_promise *submit_to(vow_scheduler *scheduler, vow_fn *fn)
{
    struct ticket *ticket;
    vow_promise *promise = submit_with_ticket(scheduler, fn, false, &ticket);
    ticket_release(ticket);
    return promise;
}

/* What a job of ours may end with that did not run, or whose own waits failed. */
static bool is_end(vow_value value)
{
    vow_status status = vow_is_error(value) ? vow_error_status(value) : VOW_OK;
    return status == VOW_OK || status == VOW_CANCELED || status == VOW_CLOSED;
}

bool is_end_of_place(vow_value value)
{
    return vow_is_error(value) &&
           (vow_error_status(value) == VOW_CANCELED || vow_error_status(value) == VOW_CLOSED);
}

static vow_value run_short(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    rest_in_line();
    return input;
}

static vow_value run_inner(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    if (!in_line()) /* a blocking job, or one on a thread's own stack: others may be below */
        vow_release(noted(vow_value, vow_await(submit_to(steady_place(), run_short), VOW_FOREVER)));
    else
        for (unsigned i = below(3); i > 0; i--)
            work();
    return input;
}

vow_value run_job(vow_value input, void *pointer)
{
    vow_value result = count_run(input, pointer);
    if (one_in(4))
        (void)vow_report(vow_integer(1));
    if (strcmp(vow_scheduler_name(vow_current_scheduler()), "immediate") != 0 && in_line())
        for (unsigned i = below(3); i > 0; i--)
            work();
    return result;
}

/* Acts --------------------------------------------------------------------------------------------------------------- */

static bool is_enough(void)
{
    return atomic_load(&everything_ends) || atomic_load(&jobs_under_way) > MOST_JOBS;
}

void act_submit(void)
{
    if (is_enough())
        return;
    vow_scheduler *scheduler = some_place();
    vow_promise *promise = submit_to(scheduler, run_job);
    vow_scheduler_release(scheduler);
    if (one_in(4))
        vow_cancel(promise);
    if (one_in(2))
        publish(promise);
    else
        vow_promise_release(promise);
}

static vow_value wait_and_pass_on(vow_value input, void *context)
{
    (void)context;
    if (one_in(4))
        act_wait();
    return input;
}

void act_schedule(void)
{
    vow_scheduler *scheduler = some_place();
    (void)vow_schedule(scheduler, wait_and_pass_on, vow_text("scheduled"), NULL);
    vow_scheduler_release(scheduler);
}

/* Immediate: the job would run on top of this stack, where works are not done. */
static vow_scheduler *some_place_elsewhere(void)
{
    vow_scheduler *scheduler = some_place();
    if (strcmp(vow_scheduler_name(scheduler), "immediate") != 0)
        return scheduler;
    vow_scheduler_release(scheduler);
    return vow_scheduler_retain(steady_place());
}

/* What a wait without a deadline for a job may come to. VOW_DEADLOCK: others, who know the job, had it settle with a promise of
   who waits for it. */
static bool is_wait_over(vow_status status, bool published)
{
    return told_unless(status == VOW_OK || (status == VOW_CANCELED && vow_canceled()) ||
                           (status == VOW_DEADLOCK && published),
                       status);
}

/* Waits for a job to its end, unless it is canceled itself. */
void act_wait_for_job(void)
{
    if (is_enough())
        return;
    struct ticket *ticket;
    vow_scheduler *scheduler = some_place_elsewhere();
    vow_promise *promise = submit_with_ticket(scheduler, run_inner, one_in(8), &ticket);
    vow_scheduler_release(scheduler);
    if (one_in(8))
        vow_cancel(promise);
    bool published = one_in(4); /* others may add links to it, which change its value */
    if (published)
        publish(vow_promise_retain(promise));
    vow_value value = vow_none();
    vow_status status = noted(vow_status, vow_wait(promise, VOW_FOREVER, &value));
    must(is_wait_over(status, published));
    if (status == VOW_OK && !published) {
        must(is_end(value));
        must(atomic_load(&ticket->runs) == 1 || vow_is_error(value));
    }
    vow_release(value);
    ticket_release(ticket);
    vow_promise_release(promise);
}

void act_wait_for_call(void)
{
    vow_scheduler *scheduler = some_place_elsewhere();
    vow_value value =
        noted(vow_value,
              vow_call_from_thread_wait(scheduler, pass_on, vow_text("called"), NULL, VOW_FOREVER));
    must(is_end(value));
    vow_release(value);
    vow_scheduler_release(scheduler);
}

/* Lines of their own: on immediate they begin here. */
void act_spawn(void)
{
    static const int kinds = 3;
    if (is_enough())
        return;
    vow_scheduler *scheduler =
        one_in((unsigned)kinds) ? vow_scheduler_retain(vow_immediate()) : some_place();
    vow_promise *promise =
        vow_spawn(scheduler, one_in(2) ? wait_and_pass_on : plain_run, vow_integer(1), NULL);
    vow_scheduler_release(scheduler);
    if (one_in(4))
        vow_cancel(promise);
    publish(promise);
}

/* A job that nothing ends but a cancel. */
static vow_value wait_for_ever(vow_value input, void *pointer)
{
    struct context *context = pointer;
    vow_promise *never;
    vow_deferred *deferred = vow_deferred_new(&never);
    vow_status status = VOW_OK;
    atomic_fetch_add(&context->runs, 1);
    if (one_in(2))
        status = noted(vow_status, vow_sleep_until(VOW_FOREVER));
    else
        status = noted(vow_status, vow_wait(never, VOW_FOREVER, NULL));
    must(status == VOW_CANCELED && vow_canceled());
    must(vow_sleep(1) == VOW_CANCELED); /* it stays canceled */
    vow_deferred_release(deferred);
    vow_promise_release(never);
    return input;
}

void act_cancel_for_ever(void)
{
    if (is_enough())
        return;
    struct ticket *ticket;
    vow_scheduler *scheduler = some_place_elsewhere();
    vow_promise *promise = submit_with_ticket(scheduler, wait_for_ever, false, &ticket);
    vow_scheduler_release(scheduler);
    if (one_in(2))
        (void)noted(vow_status, vow_sleep(VOW_US((int64_t)below(100))));
    vow_cancel(promise);
    vow_status status = noted(vow_status, vow_wait(promise, VOW_FOREVER, NULL));
    must(status == VOW_OK || (status == VOW_CANCELED && vow_canceled()));
    ticket_release(ticket);
    vow_promise_release(promise);
}

/* Forks: each part runs once, whoever runs it, wherever it waits. */
VOW_FORKABLE(long, tree, int, depth, uint32_t, random)
{
    struct tree_forked forks[3];
    long parts = 1;
    random = random * 1664525u + 1013904223u;
    int children = depth == 0 ? 0 : (int)(random >> 16) % 4;
    if (one_in(16))
        rest_in_line();
    for (int i = 0; i < children; i++)
        tree_fork(&forks[i], depth - 1, random + (uint32_t)i);
    if (one_in(16))
        rest_in_line();
    for (int i = 0; i < children; i++)
        parts += tree_join(&forks[random % 2 == 0 ? i : children - 1 - i]);
    return parts;
}

static long count_parts(int depth, uint32_t random)
{
    long parts = 1;
    random = random * 1664525u + 1013904223u;
    int children = depth == 0 ? 0 : (int)(random >> 16) % 4;
    for (int i = 0; i < children; i++)
        parts += count_parts(depth - 1, random + (uint32_t)i);
    return parts;
}

static vow_value sleep_and_give(vow_value input, void *context)
{
    (void)context;
    rest_in_line();
    return input;
}

void act_fork(void)
{
    uint32_t random = below(1 << 20);
    struct vow_forked forked;
    vow_fork(&forked, sleep_and_give, vow_integer((int64_t)random), NULL);
    must(tree(5, random) == count_parts(5, random));
    vow_value value = noted(vow_value, vow_join(&forked));
    must(vow_as_integer(value) == (int64_t)random);
    vow_release(value);
}

static const struct vow_local key = {.name = "stress", .drop = context_drop};

void act_locals(void)
{
    if (!in_job()) {
        must(vow_local_get(&key) == NULL);
        return;
    }
    struct context *mine = context_new();
    must(vow_local_set(&key, mine) == VOW_OK);
    if (one_in(2)) {
        rest_in_line();
        must(vow_local_get(&key) == mine);
    }
    if (one_in(4))
        must(vow_local_set(&key, NULL) == VOW_OK);
}

void act_blocking(void)
{
    vow_blocking_begin();
    (void)usleep(below(200));
    vow_blocking_end();
}

/* Behind a shield no cancel is seen. */
void act_shield(void)
{
    if (!in_job())
        return;
    vow_shield_begin();
    must(noted(vow_status, vow_sleep(VOW_US((int64_t)below(100)))) == VOW_OK);
    if (one_in(2)) {
        vow_shield_begin();
        (void)noted(vow_status, vow_reschedule());
        vow_shield_end();
    }
    must(noted(vow_status, vow_sleep(0)) == VOW_OK);
    vow_shield_end();
}
