/*
 * test_park_cancel.c - canceling jobs, wherever they are: queued, running, parked, behind shields, about to go on.
 */
#include "park_cancel_testing.h"

#include <vow/delay.h>
#include <vow/group.h>

static void every_wait_of_a_parked_job_that_is_canceled_gives_canceled(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *job = submit_and_await(wait_three_times, gate.promise);
    vow_cancel(job);
    assert_int_equal(await_integer(job), THREE_TIMES);
    assert_int_equal(drops, 1);
    gate_end(&gate);
}

static void a_second_cancel_changes_nothing(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *job = submit_and_await(wait_three_times, gate.promise);
    vow_cancel(job);
    vow_cancel(job);
    assert_int_equal(await_integer(vow_promise_retain(job)), THREE_TIMES);
    vow_cancel(job);
    vow_promise_release(job);
    assert_int_equal(drops, 1);
    gate_end(&gate);
}

static void a_job_that_is_canceled_while_it_is_queued_never_runs(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct vow_job first = {
        .size = sizeof first, .fn = arrive_and_wait, .context = gate.promise, .blocking = true};
    vow_promise *busy = vow_submit_with(scheduler, &first);
    await_count(&arrived, 1);
    assert_ok(vow_pool_resize(pool, 1));
    vow_promise *job = submit_with_drop(wait_three_times, gate.promise);
    vow_cancel(job);
    vow_value value = vow_await(job, VOW_FOREVER);
    bool ran = !vow_is_error(value); /* the spare may have been quick */
    assert_int_equal(ran ? vow_as_integer(value) : vow_error_status(value),
                     ran ? THREE_TIMES : VOW_CANCELED);
    vow_release(value);
    gate_open(&gate);
    assert_int_equal(await_integer(busy), 1);
    gate_end(&gate);
}

static _Atomic bool may_go_on;

static vow_value spin_then_wait(vow_value input, void *context)
{
    atomic_fetch_add(&arrived, 1);
    while (!atomic_load(&may_go_on))
        (void)sched_yield();
    return wait_three_times(input, context);
}

static void a_job_that_is_canceled_while_it_runs_sees_it_at_its_next_wait(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    atomic_store(&may_go_on, false);
    vow_promise *job = submit_and_await(spin_then_wait, gate.promise);
    vow_cancel(job);
    assert_pending(job);
    atomic_store(&may_go_on, true);
    assert_int_equal(await_integer(job), THREE_TIMES);
    assert_int_equal(drops, 1);
    gate_end(&gate);
}

/* While it runs it has not been told of the first cancel: what is on its way to it is no consumer. */
static void a_second_cancel_lets_no_job_go_that_runs(vow_promise *(*follow)(vow_promise *))
{
    struct gate gate = gate_new();
    atomic_store(&may_go_on, false);
    vow_promise *followed = follow(submit_and_await(spin_then_wait, gate.promise));
    vow_cancel(followed);
    vow_cancel(followed);
    bool pending = vow_state(followed) == VOW_PENDING;
    atomic_store(&may_go_on, true);
    assert_true(pending);
    assert_int_equal(await_integer(followed), THREE_TIMES);
    assert_int_equal(drops, 1);
    gate_end(&gate);
}

static vow_promise *derive(vow_promise *job)
{
    return vow_then(job, NULL, NULL);
}

static void a_second_cancel_of_what_follows_a_job_waits_for_it_too(void **state)
{
    (void)state;
    a_second_cancel_lets_no_job_go_that_runs(derive);
}

/* The first cancel is the deadline's. */
static vow_promise *time_out(vow_promise *job)
{
    return vow_timeout(job, VOW_POLL);
}

static void a_cancel_of_a_timeout_that_is_late_waits_for_the_job_too(void **state)
{
    (void)state;
    a_second_cancel_lets_no_job_go_that_runs(time_out);
}

/* As a scope of one promise. */
static void a_group_has_not_ended_before_a_job_that_was_canceled_twice(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    atomic_store(&may_go_on, false);
    vow_promise *followed = derive(submit_and_await(spin_then_wait, gate.promise));
    vow_group *group = vow_group_new(NULL);
    assert_ok(vow_group_add(group, vow_promise_retain(followed)));
    vow_cancel(followed);
    vow_group_cancel(group);
    size_t count = vow_group_count(group);
    atomic_store(&may_go_on, true);
    assert_int_equal(count, 1);
    assert_ok(vow_group_free(group));
    assert_int_equal(await_integer(followed), THREE_TIMES);
    gate_end(&gate);
}

static vow_value wait_with_deadline(vow_value input, void *context)
{
    (void)input;
    atomic_fetch_add(&arrived, 1);
    return vow_integer(vow_wait(context, vow_after(VOW_S(1000)), NULL));
}

static void a_wait_with_a_deadline_is_canceled(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *job = submit_and_await(wait_with_deadline, gate.promise);
    vow_cancel(job);
    assert_int_equal(await_integer(job), VOW_CANCELED);
    gate_end(&gate);
}

static vow_value sleep_long(vow_value input, void *context)
{
    (void)input;
    (void)context;
    atomic_fetch_add(&arrived, 1);
    vow_status status = vow_sleep(VOW_S(1000));
    return vow_integer(status * 100 + vow_sleep_until(VOW_FOREVER));
}

static void sleep_is_canceled(void **state)
{
    (void)state;
    vow_promise *job = submit_and_await(sleep_long, NULL);
    vow_cancel(job);
    assert_int_equal(await_integer(job), VOW_CANCELED * 101);
}

struct shielded {
    vow_promise *gate;
    vow_promise *outside;
};

static vow_value wait_behind_a_shield(vow_value input, void *context)
{
    const struct shielded *shielded = context;
    (void)input;
    vow_shield_begin();
    atomic_fetch_add(&arrived, 1);
    vow_status within = vow_wait(shielded->gate, VOW_FOREVER, NULL);
    vow_shield_end();
    return vow_integer(within * 100 + vow_wait(shielded->outside, VOW_FOREVER, NULL));
}

static void a_shield_keeps_the_cancel_out_until_it_ends(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct gate outside = gate_new();
    struct shielded shielded = {gate.promise, outside.promise};
    vow_promise *job = submit_and_await(wait_behind_a_shield, &shielded);
    vow_cancel(job);
    assert_int_equal(await_integer(vow_submit(scheduler, give_input, vow_integer(1), NULL)), 1);
    assert_pending(job);
    gate_open(&gate);
    assert_int_equal(await_integer(job), VOW_CANCELED);
    gate_end(&gate);
    gate_end(&outside);
}

/* A job that cancels itself goes on until it waits. */
static vow_value cancel_itself(vow_value input, void *context)
{
    vow_promise **self = context;
    while (!atomic_load(&may_go_on))
        (void)sched_yield();
    vow_cancel(*self);
    (void)input;
    return vow_integer(!vow_canceled()                    ? -1
                       : vow_sleep(1) != VOW_CANCELED     ? -2
                       : vow_reschedule() != VOW_CANCELED ? -3
                                                          : 5);
}

static void a_job_may_cancel_itself(void **state)
{
    (void)state;
    vow_promise *self = NULL;
    atomic_store(&may_go_on, false);
    self = submit_with_drop(cancel_itself, &self);
    atomic_store(&may_go_on, true);
    assert_int_equal(await_integer(self), 5);
}

static vow_value cancel_and_free_a_pool(vow_value input, void *context)
{
    vow_promise **self = context;
    vow_pool *other = vow_pool_new(1, NULL);
    while (!atomic_load(&may_go_on))
        (void)sched_yield();
    vow_cancel(*self);
    (void)input;
    return vow_integer(vow_pool_free(other));
}

static void a_job_that_was_canceled_frees_its_pool_all_the_same(void **state)
{
    (void)state;
    vow_promise *self = NULL;
    atomic_store(&may_go_on, false);
    self = submit_with_drop(cancel_and_free_a_pool, &self);
    atomic_store(&may_go_on, true);
    assert_int_equal(await_integer(self), VOW_OK);
}

static vow_value cancel_context(vow_value input, void *context)
{
    vow_cancel(context);
    return input;
}

static void a_job_on_the_same_worker_may_cancel_it(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *job = submit_with_drop(wait_three_times, gate.promise);
    assert_int_equal(await_integer(vow_submit(scheduler, cancel_context, vow_integer(1), job)), 1);
    vow_value value = vow_await(job, VOW_FOREVER);
    if (!vow_is_error(value)) /* else it was canceled before it had begun */
        assert_int_equal(vow_as_integer(value), THREE_TIMES);
    vow_release(value);
    assert_int_equal(drops, 1);
    gate_end(&gate);
}

/* Its wait has come to its end, but it has not gone on yet. */
struct open_and_cancel {
    struct gate *gate;
    vow_promise *job;
};

static vow_value open_then_cancel(vow_value input, void *context)
{
    const struct open_and_cancel *both = context;
    gate_open(both->gate);
    vow_cancel(both->job);
    return input;
}

static vow_value wait_twice(vow_value input, void *context)
{
    const struct shielded *shielded = context;
    (void)input;
    atomic_fetch_add(&arrived, 1);
    vow_status first = vow_wait(shielded->gate, VOW_FOREVER, NULL);
    return vow_integer(first * 100 + vow_wait(shielded->outside, VOW_FOREVER, NULL));
}

static void a_cancel_after_the_end_of_a_wait_shows_in_the_next(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct gate outside = gate_new();
    struct shielded shielded = {gate.promise, outside.promise};
    vow_promise *job = submit_and_await(wait_twice, &shielded);
    struct open_and_cancel both = {&gate, job};
    assert_int_equal(await_integer(vow_submit(scheduler, open_then_cancel, vow_integer(1), &both)),
                     1);
    assert_int_equal(await_integer(job), VOW_CANCELED);
    gate_end(&gate);
    gate_end(&outside);
}

static void canceling_a_job_that_has_ended_does_nothing(void **state)
{
    (void)state;
    vow_promise *job = submit_with_drop(give_context, number_as_context(3));
    assert_int_equal(await_integer(vow_promise_retain(job)), 3);
    vow_cancel(job);
    assert_fulfilled(job, 3);
    vow_promise_release(job);
}

/* A wait in a callback that runs while another wait begins: the cancel has to reach both. */
static vow_value wait_in_callback(vow_value input, void *context)
{
    atomic_fetch_add(&arrived, 1);
    note(vow_wait(context, VOW_FOREVER, NULL));
    return input;
}

/* What is to be run on the way into the wait waits as well: the promise's own callbacks, at home on immediate. */
static vow_value wait_for_a_promise_whose_callbacks_wait(vow_value input, void *context)
{
    struct vow_job job = {
        .size = sizeof job, .fn = give_input, .input = vow_integer(1), .home = vow_immediate()};
    vow_promise *promise = vow_submit_with(vow_immediate(), &job);
    (void)vow_pause(promise);
    promise = vow_add_callback(promise, wait_in_callback, context);
    (void)input;
    (void)vow_unpause(promise);
    vow_release(vow_await(promise, VOW_FOREVER));
    return vow_integer(vow_wait(context, VOW_FOREVER, NULL));
}

static void a_wait_in_a_callback_of_the_jobs_is_the_jobs(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *job = submit_and_await(wait_for_a_promise_whose_callbacks_wait, gate.promise);
    vow_cancel(job);
    assert_int_equal(await_integer(job), VOW_CANCELED);
    assert_logged(VOW_CANCELED);
    gate_end(&gate);
}

/* Nested deeply, firings queue up; who waits at the depth runs them before it stops, and they wait, too. */
struct deep {
    vow_promise *gate;
    vow_promise *other;
    int left;
    vow_status status;
};

static vow_value wait_for_the_other(vow_value input, void *context)
{
    const struct deep *deep = context;
    atomic_fetch_add(&arrived, 1);
    (void)vow_wait(deep->other, VOW_FOREVER, NULL);
    return input;
}

static void add_callback(vow_fn *fn, void *context)
{
    vow_promise_release(vow_add_callback(vow_succeeded(vow_integer(0)), fn, context));
}

static vow_value wait_at_the_depth(vow_value input, void *context)
{
    struct deep *deep = context;
    if (deep->left-- > 0) {
        add_callback(wait_at_the_depth, deep);
        return input;
    }
    for (int i = 0; i < 3; i++)
        add_callback(wait_for_the_other, deep);
    deep->status = vow_wait(deep->gate, VOW_FOREVER, NULL);
    return input;
}

static vow_value nest_then_wait(vow_value input, void *context)
{
    const struct deep *deep = context;
    (void)input;
    (void)vow_schedule(vow_immediate(), wait_at_the_depth, vow_none(), context);
    return vow_integer(deep->status);
}

static void a_cancel_reaches_a_wait_after_others_have_nested_in_it(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct gate other = gate_new();
    struct deep deep = {gate.promise, other.promise, VOW_NESTING - 1, -1};
    vow_promise *job = submit_and_await(nest_then_wait, &deep);
    gate_open(&other);
    await_count(&arrived, 3);
    vow_cancel(job);
    vow_promise_release(job);
    free_the_pool();
    assert_int_equal(deep.status, VOW_CANCELED);
    gate_end(&gate);
    gate_end(&other);
}

static void a_cancel_reaches_a_wait_while_others_nest_in_it(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct gate other = gate_new();
    struct deep deep = {gate.promise, other.promise, VOW_NESTING - 1, -1};
    vow_promise *job = submit_and_await(nest_then_wait, &deep);
    vow_cancel(job);
    vow_promise_release(job);
    gate_open(&other); /* those behind the first are no part of the job */
    free_the_pool();
    assert_int_equal(deep.status, VOW_CANCELED);
    gate_end(&gate);
    gate_end(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_of_one_test(every_wait_of_a_parked_job_that_is_canceled_gives_canceled),
        pool_of_one_test(a_second_cancel_changes_nothing),
        pool_of_one_test(a_job_that_is_canceled_while_it_is_queued_never_runs),
        pool_of_one_test(a_job_that_is_canceled_while_it_runs_sees_it_at_its_next_wait),
        pool_of_one_test(a_second_cancel_of_what_follows_a_job_waits_for_it_too),
        pool_of_one_test(a_cancel_of_a_timeout_that_is_late_waits_for_the_job_too),
        pool_of_one_test(a_group_has_not_ended_before_a_job_that_was_canceled_twice),
        pool_of_one_test(a_wait_with_a_deadline_is_canceled),
        pool_of_one_test(sleep_is_canceled),
        pool_of_one_test(a_shield_keeps_the_cancel_out_until_it_ends),
        pool_of_one_test(a_job_may_cancel_itself),
        pool_of_one_test(a_job_that_was_canceled_frees_its_pool_all_the_same),
        pool_of_one_test(a_job_on_the_same_worker_may_cancel_it),
        pool_of_one_test(a_cancel_after_the_end_of_a_wait_shows_in_the_next),
        pool_of_one_test(canceling_a_job_that_has_ended_does_nothing),
        pool_of_one_test(a_wait_in_a_callback_of_the_jobs_is_the_jobs),
        pool_of_one_test(a_cancel_reaches_a_wait_after_others_have_nested_in_it),
        pool_of_one_test(a_cancel_reaches_a_wait_while_others_nest_in_it),
    };
    return cmocka_run_group_tests_name("park_cancel", tests, NULL, NULL);
}
