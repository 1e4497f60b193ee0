/*
 * test_deferred.c - the producer's end: fires once, is abandoned when it goes unfired, is counted.
 */
#include "control_testing.h"

static void firing_settles_the_promise(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_pending(promise);
    assert_false(vow_deferred_fired(deferred));
    assert_ok(vow_resolve(deferred, vow_integer(42)));
    assert_true(vow_deferred_fired(deferred));
    assert_fulfilled(promise, 42);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void firing_with_an_error_rejects(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_reject(deferred, vow_fail(VOW_USER, "no")));
    assert_rejected(promise, VOW_USER);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void resolving_with_an_error_rejects_too(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_resolve(deferred, vow_fail(VOW_USER, "no")));
    assert_rejected(promise, VOW_USER);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_second_firing_is_refused_and_its_value_released(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    assert_int_equal(vow_resolve(deferred, probe_new()), VOW_ALREADY_FIRED);
    assert_sentence("vow_resolve");
    assert_int_equal(probe_drops, 1);
    assert_int_equal(vow_reject(deferred, vow_fail(VOW_USER, "late")), VOW_ALREADY_FIRED);
    assert_fulfilled(promise, 1);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_borrowed_value_is_shared_and_an_owned_one_taken(void **state)
{
    (void)state;
    vow_promise *first;
    vow_promise *second;
    vow_deferred *one = vow_deferred_new(&first);
    vow_deferred *two = vow_deferred_new(&second);
    vow_value probe = probe_new();
    assert_ok(vow_resolve(one, vow_borrow(probe)));
    assert_ok(vow_resolve(two, probe));
    vow_deferred_release(one);
    vow_promise_release(first);
    assert_int_equal(probe_drops, 0);
    vow_deferred_release(two);
    vow_promise_release(second);
    assert_int_equal(probe_drops, 1);
}

static void rejecting_with_what_is_no_error_is_invalid_and_rejects(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_int_equal(vow_reject(deferred, vow_integer(1)), VOW_INVALID);
    assert_sentence("vow_reject: error is integer");
    assert_rejected(promise, VOW_INVALID);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_deferred_released_unfired_abandons_its_promise(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred_release(vow_deferred_new(&promise));
    assert_rejected(promise, VOW_ABANDONED);
    vow_promise_release(promise);
}

static void only_the_last_of_several_deferreds_abandons(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_deferred *another = vow_deferred_retain(deferred);
    assert_ptr_equal(deferred, another);
    vow_deferred_release(deferred);
    assert_pending(promise);
    vow_deferred_release(another);
    assert_rejected(promise, VOW_ABANDONED);
    vow_promise_release(promise);
}

static void abandoning_runs_the_links(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_both(promise, note_input, NULL);
    vow_deferred_release(deferred);
    assert_logged(-VOW_ABANDONED);
    vow_promise_release(promise);
}

static void a_deferred_gives_its_promise_again(void **state)
{
    (void)state;
    vow_deferred *deferred = vow_deferred_new(NULL);
    vow_promise *promise = vow_deferred_promise(deferred);
    fire(deferred, vow_integer(7));
    assert_fulfilled(promise, 7);
    vow_promise_release(promise);
}

static void releasing_the_promise_first_is_fine(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise_release(promise);
    assert_ok(vow_resolve(deferred, probe_new()));
    assert_int_equal(probe_drops, 0);
    vow_deferred_release(deferred);
    assert_int_equal(probe_drops, 1);
}

static void releasing_nothing_does_nothing(void **state)
{
    (void)state;
    vow_deferred_release(NULL);
    vow_promise_release(NULL);
    assert_null(vow_deferred_retain(NULL));
    assert_null(vow_promise_retain(NULL));
}

static vow_value release_deferred(vow_value input, void *context)
{
    vow_deferred_release(context);
    return input;
}

static void a_callback_may_release_the_last_deferred(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, release_deferred, deferred);
    promise = vow_add_callback(promise, note_input, NULL);
    vow_promise_release(promise);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    assert_logged(1);
}

static void settled_promises_come_ready_made(void **state)
{
    (void)state;
    vow_promise *good = vow_succeeded(vow_integer(1));
    vow_promise *bad = vow_failed(vow_fail(VOW_USER, "no"));
    vow_promise *raised = vow_succeeded(vow_fail(VOW_USER, "no"));
    assert_fulfilled(good, 1);
    assert_rejected(bad, VOW_USER);
    assert_rejected(raised, VOW_USER);
    vow_promise_release(good);
    vow_promise_release(bad);
    vow_promise_release(raised);
}

static void succeeding_with_a_promise_follows_it(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *outer = vow_succeeded(vow_promise_value(inner));
    assert_pending(outer);
    fire(deferred, vow_integer(3));
    assert_fulfilled(outer, 3);
    vow_promise_release(outer);
}

static void failing_with_what_is_no_error_rejects_as_invalid(void **state)
{
    (void)state;
    vow_promise *promise = vow_failed(probe_new());
    assert_int_equal(probe_drops, 1);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static void an_attempt_gives_value_error_or_promise(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *value = vow_attempt(add_context, vow_integer(1), number_as_context(2));
    vow_promise *error = vow_attempt(raise_context, vow_none(), number_as_context(VOW_USER));
    vow_promise *later = vow_attempt(give_promise, vow_none(), inner);
    assert_fulfilled(value, 3);
    assert_rejected(error, VOW_USER);
    assert_pending(later);
    fire(deferred, vow_integer(9));
    assert_fulfilled(later, 9);
    vow_promise_release(value);
    vow_promise_release(error);
    vow_promise_release(later);
    vow_promise_release(inner);
}

static vow_value give_input(vow_value input, void *context)
{
    (void)context;
    return input;
}

static void an_attempt_takes_its_input(void **state)
{
    (void)state;
    vow_promise *promise = vow_attempt(give_input, probe_new(), NULL);
    assert_int_equal(probe_drops, 0);
    vow_promise_release(promise);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(vow_attempt(give_context, probe_new(), NULL));
    assert_int_equal(probe_drops, 2);
}

static void a_promise_goes_through_a_value(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    vow_value value = vow_promise_value(promise);
    assert_true(vow_is_promise(value));
    assert_ptr_equal(vow_as_promise(value), promise);
    vow_release(value);
    assert_null(vow_as_promise(vow_integer(1)));
    assert_sentence("vow_as_promise: value is integer");
    assert_error(vow_promise_value(NULL), VOW_INVALID);
}

static void peek_gives_each_caller_a_reference(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(probe_new());
    vow_value first;
    vow_value second;
    assert_true(vow_peek(promise, &first));
    assert_true(vow_peek(promise, &second));
    vow_promise_release(promise);
    vow_release(first);
    assert_int_equal(probe_drops, 0);
    vow_release(second);
    assert_int_equal(probe_drops, 1);
}

static void *fire_twice(void *context)
{
    require(vow_resolve(context, vow_integer(1)) == VOW_OK);
    require(vow_resolve(context, vow_integer(2)) == VOW_ALREADY_FIRED);
    vow_deferred_release(context);
    return NULL;
}

static void another_thread_may_fire_and_release(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    on_another_thread(fire_twice, deferred);
    assert_fulfilled(promise, 1);
    (void)vow_run_pending();
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(firing_settles_the_promise),
        control_test(firing_with_an_error_rejects),
        control_test(resolving_with_an_error_rejects_too),
        control_test(a_second_firing_is_refused_and_its_value_released),
        control_test(a_borrowed_value_is_shared_and_an_owned_one_taken),
        control_test(rejecting_with_what_is_no_error_is_invalid_and_rejects),
        control_test(a_deferred_released_unfired_abandons_its_promise),
        control_test(only_the_last_of_several_deferreds_abandons),
        control_test(abandoning_runs_the_links),
        control_test(a_deferred_gives_its_promise_again),
        control_test(releasing_the_promise_first_is_fine),
        control_test(releasing_nothing_does_nothing),
        control_test(a_callback_may_release_the_last_deferred),
        control_test(settled_promises_come_ready_made),
        control_test(succeeding_with_a_promise_follows_it),
        control_test(failing_with_what_is_no_error_rejects_as_invalid),
        control_test(an_attempt_gives_value_error_or_promise),
        control_test(an_attempt_takes_its_input),
        control_test(a_promise_goes_through_a_value),
        control_test(peek_gives_each_caller_a_reference),
        control_test(another_thread_may_fire_and_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
