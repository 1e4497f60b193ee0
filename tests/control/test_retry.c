/*
 * test_retry.c - trying again.
 */
#include "control/place_testing.h"

#include <vow/delay.h>
#include <vow/line.h>
#include <vow/retry.h>
#include <vow/submit.h>

enum { FLAKY = VOW_USER, BROKEN };

/* Fails so many times, then gives the number of the try. */
struct source {
    _Atomic int tries;
    int failures;
    int status;
};

static vow_value fetch(vow_value input, void *context)
{
    struct source *source = context;
    int try = atomic_fetch_add(&source->tries, 1) + 1;
    if (try <= source->failures)
        return vow_fail(source->status, "%s: try %d", vow_as_text(input), try);
    return vow_integer(try);
}

static vow_value fetch_elsewhere(vow_value input, void *context)
{
    return vow_promise_value(vow_submit(NULL, fetch, input, context));
}

static const struct vow_retrying quickly = {
    .size = sizeof quickly, .tries = 4, .pause = VOW_US(10), .jitter = 0.5};

static void what_works_at_once_is_tried_once(void **state)
{
    (void)state;
    struct source source = {.failures = 0};
    assert_gives(vow_retry(fetch, vow_text("name"), &source, &quickly), 1);
    assert_int_equal(source.tries, 1);
}

static void what_fails_is_tried_again(void **state)
{
    (void)state;
    struct source source = {.failures = 3, .status = FLAKY};
    assert_gives(vow_retry(fetch, vow_text("name"), &source, &quickly), 4);
}

static void promises_that_are_rejected_are_tried_again(void **state)
{
    (void)state;
    struct source source = {.failures = 2, .status = FLAKY};
    assert_gives(vow_retry(fetch_elsewhere, vow_text("name"), &source, &quickly), 3);
}

static void without_options_it_tries_without_end_or_pause(void **state)
{
    (void)state;
    struct source source = {.failures = 10000, .status = FLAKY};
    assert_gives(vow_retry(fetch, vow_text("name"), &source, NULL), 10001);
}

static void it_gives_up_with_the_last_error_as_the_cause(void **state)
{
    (void)state;
    struct source source = {.failures = 100, .status = FLAKY};
    assert_gives_text(vow_retry(fetch, vow_text("name"), &source, &quickly),
                      "error(1000: vow_retry: gave up after 4 tries; caused by 1000: name: try 4)");
}

static void the_error_of_a_single_try_is_given_as_it_is(void **state)
{
    (void)state;
    struct vow_retrying once = {.size = sizeof once, .tries = 1};
    struct source source = {.failures = 1, .status = FLAKY};
    assert_gives_text(vow_retry(fetch, vow_text("name"), &source, &once),
                      "error(1000: name: try 1)");
}

static bool is_flaky(vow_value error, unsigned tries, void *context)
{
    struct source *source = context;
    if (tries == 2)
        source->status = BROKEN;
    return vow_error_is(error, FLAKY);
}

static void an_error_that_is_not_worth_it_ends_it(void **state)
{
    (void)state;
    struct vow_retrying choosily = {.size = sizeof choosily, .worth = is_flaky};
    struct source source = {.failures = 100, .status = FLAKY};
    assert_gives_text(vow_retry(fetch, vow_text("name"), &source, &choosily),
                      "error(1001: name: try 3)");
}

static void a_cancellation_is_not_worth_it(void **state)
{
    (void)state;
    struct source source = {.failures = 100, .status = VOW_CANCELED};
    assert_raises(vow_retry(fetch, vow_text("name"), &source, NULL), VOW_CANCELED);
    assert_int_equal(source.tries, 1);
}

static const struct vow_retrying slowly = {
    .size = sizeof slowly, .pause = VOW_S(1000), .longest = VOW_S(5000)};

static void a_cancel_ends_the_pause(void **state)
{
    (void)state;
    struct source source = {.failures = 100, .status = FLAKY};
    vow_promise *retry = vow_retry(fetch, vow_text("name"), &source, &slowly);
    while (vow_wait(retry, vow_after(VOW_US(100)), NULL) == VOW_TIMED_OUT && source.tries == 0) {
    }
    vow_cancel(retry);
    vow_value error = vow_await(retry, VOW_FOREVER);
    assert_int_equal(vow_error_status(error), VOW_CANCELED);
    vow_release(error);
    assert_int_equal(source.tries, 1);
}

static vow_value wait_forever(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_promise_retain(context));
}

static void cancel_a_try(const struct vow_retrying *retrying)
{
    struct promises made = promises_new(1);
    vow_promise *retry = vow_retry(wait_forever, vow_none(), made.promise[0], retrying);
    assert_int_equal(vow_wait(retry, vow_after(VOW_US(100)), NULL), VOW_TIMED_OUT);
    vow_cancel(retry);
    assert_raises(retry, VOW_CANCELED);
    vow_promise_release(made.promise[0]);
    vow_deferred_release(made.deferred[0]);
}

static void a_cancel_ends_the_try(void **state)
{
    (void)state;
    cancel_a_try(NULL);
}

static void a_deadline_over_all_tries_keeps_the_last_error(void **state)
{
    (void)state;
    struct source source = {.failures = 1000000, .status = FLAKY};
    vow_promise *retry = vow_retry(fetch, vow_text("name"), &source, &slowly);
    while (vow_wait(retry, vow_after(VOW_US(100)), NULL) == VOW_TIMED_OUT && source.tries == 0) {
    }
    vow_value error = vow_await(vow_timeout(retry, vow_after(VOW_MS(1))), VOW_FOREVER);
    assert_int_equal(vow_error_status(error), VOW_TIMED_OUT);
    vow_release(error);
}

static bool is_always_worth_it(vow_value error, unsigned tries, void *context)
{
    (void)error;
    (void)tries;
    (void)context;
    return true;
}

static void a_cancel_ends_it_though_each_error_is_worth_another_try(void **state)
{
    (void)state;
    struct vow_retrying stubbornly = {.size = sizeof stubbornly, .worth = is_always_worth_it};
    cancel_a_try(&stubbornly);
}

static void the_error_before_the_pause_is_the_cause_of_its_cancellation(void **state)
{
    (void)state;
    struct source source = {.failures = 100, .status = FLAKY};
    vow_promise *retry = vow_retry(fetch, vow_text("name"), &source, &slowly);
    vow_cancel(retry);
    vow_value error = vow_await(retry, VOW_FOREVER);
    assert_true(vow_error_is(error, FLAKY));
    assert_prints(error, "error(CANCELED: vow_retry: ended in the pause after try 1; caused by "
                         "1000: name: try 1)");
}

static void assert_refused(struct vow_retrying how, const char *reason)
{
    struct source source = {.failures = 0};
    vow_value error = vow_await(vow_retry(fetch, vow_text("released"), &source, &how), VOW_POLL);
    assert_non_null(strstr(vow_error_message(error), reason));
    assert_error(error, VOW_INVALID);
}

static void what_cannot_be_tried_is_named(void **state)
{
    (void)state;
    assert_gives_text(vow_retry(NULL, vow_text("released"), NULL, NULL),
                      "error(INVALID: vow_retry: fn is NULL)");
    assert_refused((struct vow_retrying){.tries = 1}, "size is not set");
    assert_refused((struct vow_retrying){.size = sizeof(struct vow_retrying), .pause = -1},
                   "pause is negative");
    assert_refused((struct vow_retrying){.size = sizeof(struct vow_retrying), .longest = -1},
                   "longest is negative");
    assert_refused((struct vow_retrying){.size = sizeof(struct vow_retrying), .jitter = 1.5},
                   "jitter is not 0 to 1");
    assert_refused((struct vow_retrying){.size = sizeof(struct vow_retrying), .growth = 0.5},
                   "growth is below 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(what_works_at_once_is_tried_once),
        everywhere(what_fails_is_tried_again),
        everywhere(promises_that_are_rejected_are_tried_again),
        everywhere(without_options_it_tries_without_end_or_pause),
        everywhere(it_gives_up_with_the_last_error_as_the_cause),
        everywhere(the_error_of_a_single_try_is_given_as_it_is),
        everywhere(an_error_that_is_not_worth_it_ends_it),
        everywhere(a_cancellation_is_not_worth_it),
        everywhere(a_cancel_ends_the_pause),
        everywhere(a_cancel_ends_the_try),
        everywhere(a_cancel_ends_it_though_each_error_is_worth_another_try),
        everywhere(a_deadline_over_all_tries_keeps_the_last_error),
        control_test(the_error_before_the_pause_is_the_cause_of_its_cancellation),
        control_test(what_cannot_be_tried_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
