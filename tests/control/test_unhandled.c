/*
 * test_unhandled.c - errors that nobody looked at: reported once, by whoever lets go of them last.
 */
#include "control_testing.h"

static vow_promise *failure(void)
{
    return vow_failed(vow_fail(VOW_USER, "nobody looks"));
}

static void the_last_release_reports_it_once(void **state)
{
    (void)state;
    vow_promise *promise = failure();
    vow_promise_release(vow_promise_retain(promise));
    assert_int_equal(unhandled, 0);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 1);
    assert_int_equal(unhandled_status, VOW_USER);
}

static void peek_handles_it(void **state)
{
    (void)state;
    vow_promise *promise = failure();
    vow_value value;
    assert_true(vow_peek(promise, &value));
    vow_release(value);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 0);
}

static void asking_for_the_state_does_not(void **state)
{
    (void)state;
    vow_promise *promise = failure();
    assert_int_equal(vow_state(promise), VOW_REJECTED);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 1);
}

static void waiting_handles_it(void **state)
{
    (void)state;
    vow_promise *promise = failure();
    assert_ok(vow_wait(promise, VOW_POLL, NULL));
    vow_promise_release(promise);
    vow_release(vow_await(failure(), VOW_POLL));
    assert_int_equal(unhandled, 0);
}

static void *fire_failure(void *context)
{
    (void)vow_resolve(context, vow_fail(VOW_USER, "no"));
    vow_deferred_release(context);
    return NULL;
}

static void a_wait_that_was_there_before_handles_it(void **state)
{
    (void)state;
    vow_promise *promise;
    pthread_t thread = start_thread(fire_failure, vow_deferred_new(&promise));
    assert_ok(vow_wait(promise, VOW_FOREVER, NULL));
    join_thread(thread);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 0);
}

static void a_wait_that_timed_out_does_not(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_int_equal(vow_wait(promise, VOW_POLL, NULL), VOW_TIMED_OUT);
    fire(deferred, vow_fail(VOW_USER, "no"));
    vow_promise_release(promise);
    assert_int_equal(unhandled, 1);
}

static void a_catch_handles_it(void **state)
{
    (void)state;
    vow_promise_release(vow_catch(failure(), give_context, NULL));
    assert_int_equal(unhandled, 0);
}

static void an_errback_handles_it(void **state)
{
    (void)state;
    vow_promise_release(vow_add_errback(failure(), give_context, NULL));
    assert_int_equal(unhandled, 0);
}

static void passing_callbacks_and_thens_leaves_one_report(void **state)
{
    (void)state;
    vow_promise *promise = vow_add_callback(failure(), note_input, NULL);
    promise = vow_then(promise, note_input, NULL);
    promise = vow_then(promise, note_input, NULL);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 1);
    assert_nothing_logged();
}

static void each_branch_has_its_own_duty(void **state)
{
    (void)state;
    vow_promise *promise = failure();
    vow_promise *first = vow_then(vow_promise_retain(promise), NULL, NULL);
    vow_promise *second = vow_then(promise, NULL, NULL);
    assert_ok(vow_wait(first, VOW_POLL, NULL));
    vow_promise_release(first);
    vow_promise_release(second);
    assert_int_equal(unhandled, 1);
}

static void who_adopts_takes_the_duty_over(void **state)
{
    (void)state;
    vow_promise *outer;
    vow_deferred *deferred = vow_deferred_new(&outer);
    fire(deferred, vow_promise_value(failure()));
    assert_int_equal(unhandled, 0);
    vow_promise_release(outer);
    assert_int_equal(unhandled, 1);
}

static void who_adopts_before_it_fails_takes_it_over_too(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_promise *outer;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_deferred *out = vow_deferred_new(&outer);
    fire(out, vow_promise_value(inner));
    fire(in, vow_fail(VOW_USER, "no"));
    assert_int_equal(unhandled, 0);
    vow_promise_release(outer);
    assert_int_equal(unhandled, 1);
}

static void what_a_function_raises_is_reported(void **state)
{
    (void)state;
    vow_promise_release(
        vow_then(vow_succeeded(vow_none()), raise_context, number_as_context(VOW_USER)));
    assert_int_equal(unhandled, 1);
    vow_promise_release(
        vow_add_callback(vow_succeeded(vow_none()), raise_context, number_as_context(VOW_USER)));
    assert_int_equal(unhandled, 2);
}

static vow_value raise_again(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_value raise_retained(vow_value input, void *context)
{
    (void)context;
    return vow_retain(input);
}

static void an_error_that_is_raised_again_is_reported_however_it_is_returned(void **state)
{
    (void)state;
    vow_promise_release(vow_catch(failure(), raise_again, NULL));
    assert_int_equal(unhandled, 1);
    vow_promise_release(vow_catch(failure(), raise_retained, NULL));
    assert_int_equal(unhandled, 2);
    vow_promise_release(vow_add_errback(failure(), raise_retained, NULL));
    assert_int_equal(unhandled, 3);
    vow_promise_release(vow_add_errback(failure(), raise_again, NULL));
    assert_int_equal(unhandled, 4);
}

static void finally_hands_the_duty_on(void **state)
{
    (void)state;
    vow_promise *promise = vow_finally(failure(), note_context, NULL);
    assert_int_equal(unhandled, 0);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 1);
}

static void a_cancel_is_not_reported(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, NULL, NULL);
    vow_cancel(promise);
    vow_promise_release(promise);
    vow_deferred_release(deferred);
    assert_int_equal(unhandled, 0);
}

static void what_is_abandoned_is_reported(void **state)
{
    (void)state;
    vow_deferred_release(vow_deferred_new(NULL));
    assert_int_equal(unhandled, 1);
    assert_int_equal(unhandled_status, VOW_ABANDONED);
}

static void an_error_fired_after_the_promise_has_gone_is_reported(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise_release(promise);
    fire(deferred, vow_fail(VOW_USER, "no"));
    assert_int_equal(unhandled, 1);
}

static void an_error_behind_a_pause_is_reported(void **state)
{
    (void)state;
    vow_promise *promise = failure();
    assert_ok(vow_pause(promise));
    promise = vow_add_errback(promise, note_input, NULL);
    vow_promise_release(promise);
    assert_nothing_logged();
    assert_int_equal(unhandled, 1);
}

static void the_policy_can_be_to_ignore(void **state)
{
    (void)state;
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    vow_promise_release(failure());
    assert_int_equal(unhandled, 0);
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_REPORT));
    vow_promise_release(failure());
    assert_int_equal(unhandled, 1);
}

static void use_promises(enum vow_report_kind kind, vow_value subject, void *context)
{
    (void)kind;
    vow_value result = vow_await(vow_catch(vow_failed(subject), note_input, NULL), VOW_POLL);
    *(vow_status *)context = vow_error_status(result);
    vow_release(result);
}

static void the_hook_may_use_promises(void **state)
{
    (void)state;
    vow_status seen = VOW_OK;
    vow_set_report_hook(use_promises, &seen);
    vow_promise_release(failure());
    vow_set_report_hook(count_unhandled, NULL);
    assert_int_equal(seen, VOW_USER);
    assert_logged(-VOW_USER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(the_last_release_reports_it_once),
        control_test(peek_handles_it),
        control_test(asking_for_the_state_does_not),
        control_test(waiting_handles_it),
        control_test(a_wait_that_was_there_before_handles_it),
        control_test(a_wait_that_timed_out_does_not),
        control_test(a_catch_handles_it),
        control_test(an_errback_handles_it),
        control_test(passing_callbacks_and_thens_leaves_one_report),
        control_test(each_branch_has_its_own_duty),
        control_test(who_adopts_takes_the_duty_over),
        control_test(who_adopts_before_it_fails_takes_it_over_too),
        control_test(what_a_function_raises_is_reported),
        control_test(an_error_that_is_raised_again_is_reported_however_it_is_returned),
        control_test(finally_hands_the_duty_on),
        control_test(a_cancel_is_not_reported),
        control_test(what_is_abandoned_is_reported),
        control_test(an_error_fired_after_the_promise_has_gone_is_reported),
        control_test(an_error_behind_a_pause_is_reported),
        control_test(the_policy_can_be_to_ignore),
        control_test(the_hook_may_use_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
