/*
 * test_scope.c - cancel scopes: straight code with a deadline.
 */
#include "control/place_testing.h"

#include <vow/delay.h>
#include <vow/line.h>
#include <vow/scope.h>
#include <vow/submit.h>

static _Atomic int ended;
static _Atomic bool begun;

static vow_value pass(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&ended, 1);
    return input;
}

static vow_value sleep_long(vow_value input, void *context)
{
    (void)context;
    atomic_store(&begun, true);
    vow_status status = vow_sleep(VOW_S(1000));
    atomic_fetch_add(&ended, 1);
    return status == VOW_CANCELED && vow_canceled() ? vow_fail(status, "woken") : input;
}

static vow_value sleep_long_and_go_on(vow_value input, void *context)
{
    (void)context;
    atomic_store(&begun, true);
    (void)vow_sleep(VOW_S(1000));
    return input;
}

static vow_value sleep_within(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_within(vow_after(VOW_MS(1)), sleep_long, vow_none(), NULL);
}

/* A scope whose deadline passes when its function has begun, however long that takes. */
static vow_value within_a_while(vow_fn *fn, vow_value input)
{
    vow_value value = vow_none();
    atomic_store(&begun, false);
    for (int64_t time = VOW_MS(1); !atomic_load(&begun); time *= 4) {
        vow_release(value);
        value = vow_within(vow_after(time), fn, input, NULL);
    }
    return value;
}

static void a_scope_in_time_gives_what_its_function_does(void **state)
{
    (void)state;
    vow_value value = vow_within(vow_after(VOW_S(1000)), pass, vow_text("input"), NULL);
    assert_prints(value, "\"input\"");
    assert_int_equal(vow_as_integer(vow_within(VOW_FOREVER, pass, vow_integer(3), NULL)), 3);
}

static void a_deadline_ends_what_it_waits_for(void **state)
{
    (void)state;
    assert_prints(within_a_while(sleep_long, vow_none()),
                  "error(TIMED_OUT: vow_timeout: the deadline passed first; caused by "
                  "CANCELED: woken)");
}

static void what_it_gives_all_the_same_counts(void **state)
{
    (void)state;
    vow_value value = within_a_while(sleep_long_and_go_on, vow_integer(4));
    assert_int_equal(vow_as_integer(value), 4);
}

static void the_sooner_of_two_scopes_counts(void **state)
{
    (void)state;
    assert_error(vow_within(vow_after(VOW_S(1000)), sleep_within, vow_none(), NULL), VOW_TIMED_OUT);
}

/* A scope inside of a job that is canceled. */
static vow_value wait_within(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_within(VOW_FOREVER, sleep_long, vow_none(), NULL);
}

static void a_cancel_of_the_caller_passes_on_and_waits_for_the_end(void **state)
{
    (void)state;
    atomic_store(&ended, 0);
    atomic_store(&begun, false);
    vow_promise *job = vow_spawn(NULL, wait_within, vow_none(), NULL);
    while (!atomic_load(&begun))
        vow_release(vow_await(vow_delay(VOW_US(50), vow_none()), VOW_FOREVER));
    vow_cancel(job);
    assert_raises(job, VOW_CANCELED);
    assert_int_equal(ended, 1);
}

static void a_scope_needs_a_function(void **state)
{
    (void)state;
    assert_prints(vow_within(VOW_POLL, NULL, vow_text("input"), NULL),
                  "error(INVALID: vow_within: fn is NULL)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(a_scope_in_time_gives_what_its_function_does),
        everywhere(a_deadline_ends_what_it_waits_for),
        everywhere(what_it_gives_all_the_same_counts),
        everywhere(the_sooner_of_two_scopes_counts),
        everywhere(a_cancel_of_the_caller_passes_on_and_waits_for_the_end),
        everywhere(a_scope_needs_a_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
