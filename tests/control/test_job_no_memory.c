/*
 * test_job_no_memory.c - jobs that are canceled, and cooperators, where the allocator gives nothing.
 *
 * A program of its own, because the allocator is the whole process's.
 */
#include "control/no_memory_testing.h"

#include <vow/cooperate.h>
#include <vow/event.h>
#include <vow/line.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/wait.h>

static vow_value sleep_for_ever(vow_value input, void *begun)
{
    (void)input;
    assert_ok(vow_event_set(begun));
    vow_status status = vow_sleep_until(VOW_FOREVER);
    return vow_fail(status, "%s", vow_last_error());
}

static void a_job_that_waits_is_canceled(void **state)
{
    vow_event begun = VOW_EVENT_INIT;
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    vow_promise *promise = vow_submit(vow_pool_scheduler(pool), sleep_for_ever, vow_none(), &begun);
    assert_ok(vow_event_wait(&begun, VOW_FOREVER));
    until_failure = 0; /* the worker looks at it, too, until it has gone */
    vow_cancel(promise);
    assert_ok(vow_wait(promise, VOW_FOREVER, NULL));
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
    assert_ok(vow_pool_free(pool));
    until_failure = -1;
}

static vow_cooperator *cooperator;

static vow_value two_steps(vow_value input, void *context)
{
    (void)context;
    return vow_as_integer(input) == 2 ? vow_end() : vow_integer(vow_as_integer(input) + 1);
}

static vow_promise *coiterate(void)
{
    return vow_coiterate(cooperator, two_steps, vow_integer(0), NULL);
}

static void nothing_goes_on(void)
{
    assert_int_equal(vow_cooperator_count(cooperator), 0);
}

static void an_iteration_is_rejected(void **state)
{
    (void)state;
    cooperator = vow_cooperator_new(NULL);
    vow_promise *promise = starve(coiterate, nothing_goes_on);
    assert_fulfilled(promise, 2);
    vow_promise_release(promise);
    vow_cooperator_free(cooperator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_job_that_waits_is_canceled),
        control_test(an_iteration_is_rejected),
    };
    return cmocka_run_group_tests(tests, set_allocator, NULL);
}
