/*
 * test_callbacks.c - links that replace the promise's own value, as Twisted's do.
 */
#include "control_testing.h"

static void each_result_replaces_the_value(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *same = vow_add_callback(promise, add_context, number_as_context(1));
    assert_ptr_equal(same, promise);
    promise = vow_add_callback(promise, add_context, number_as_context(10));
    fire(deferred, vow_integer(100));
    assert_fulfilled(promise, 111);
    vow_promise_release(promise);
}

static void callbacks_run_in_the_order_in_which_they_were_added(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 1; i <= 5; i++)
        promise = vow_add_callback(promise, note_context, number_as_context(i));
    fire(deferred, vow_none());
    assert_logged(1, 2, 3, 4, 5);
    vow_promise_release(promise);
}

static void a_callback_added_after_firing_runs_at_once_on_the_present_value(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    promise = vow_add_callback(promise, add_context, number_as_context(1));
    promise = vow_add_callback(promise, note_input, NULL);
    assert_logged(2);
    vow_promise_release(promise);
}

static vow_value add_another_inside(vow_value input, void *context)
{
    note(1);
    (void)vow_add_callback(context, note_context, number_as_context(3));
    note(2);
    return input;
}

static void a_callback_added_inside_a_callback_runs_after_it_at_the_end(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, add_another_inside, promise);
    promise = vow_add_callback(promise, note_context, number_as_context(22));
    fire(deferred, vow_none());
    assert_logged(1, 2, 22, 3);
    vow_promise_release(promise);
}

static void inside_the_last_callback_too(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_none());
    promise = vow_add_callback(promise, add_another_inside, promise);
    assert_logged(1, 2, 3);
    vow_promise_release(promise);
}

static void errors_skip_callbacks_and_values_skip_errbacks(void **state)
{
    (void)state;
    vow_promise *promise = vow_failed(vow_fail(VOW_USER, "no"));
    promise = vow_add_callback(promise, note_context, number_as_context(1));
    promise = vow_add_errback(promise, give_context, number_as_context(7));
    promise = vow_add_errback(promise, note_context, number_as_context(2));
    promise = vow_add_callback(promise, note_input, NULL);
    assert_logged(7);
    vow_promise_release(promise);
}

static void both_takes_value_and_error(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    promise = vow_add_both(promise, note_input, NULL);
    promise = vow_add_callback(promise, raise_context, number_as_context(VOW_USER));
    promise = vow_add_both(promise, note_input, NULL);
    assert_logged(1, -VOW_USER);
    assert_rejected(promise, VOW_USER);
    vow_promise_release(promise);
}

static void a_pair_runs_only_one_of_the_two(void **state)
{
    (void)state;
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = raise_context,
                             .rejected = note_input,
                             .context = number_as_context(VOW_USER)};
    vow_promise *promise = vow_add_callbacks(vow_succeeded(vow_integer(1)), &handlers);
    assert_nothing_logged();
    assert_rejected(promise, VOW_USER);
    vow_promise_release(promise);
}

static void callbacks_after_a_returned_promise_wait_for_it(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *promise = vow_succeeded(vow_integer(1));
    promise = vow_add_callback(promise, give_promise, inner);
    promise = vow_add_callback(promise, note_input, NULL);
    assert_pending(promise);
    assert_nothing_logged();
    fire(deferred, vow_integer(5));
    assert_logged(5);
    assert_fulfilled(promise, 5);
    vow_promise_release(promise);
    vow_promise_release(inner);
}

static void callbacks_of_the_returned_promise_run_first(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    inner = vow_add_callback(inner, add_context, number_as_context(10));
    vow_promise *promise = vow_add_callback(vow_succeeded(vow_none()), give_promise, inner);
    promise = vow_add_callback(promise, note_input, NULL);
    fire(deferred, vow_integer(5));
    assert_logged(15);
    vow_promise_release(promise);
    vow_promise_release(inner);
}

static void several_returned_promises_are_waited_for_in_turn(void **state)
{
    (void)state;
    vow_promise *inner[3];
    vow_deferred *deferred[3];
    vow_promise *promise = vow_succeeded(vow_none());
    for (int i = 0; i < 3; i++) {
        deferred[i] = vow_deferred_new(&inner[i]);
        promise = vow_add_callback(promise, give_promise, inner[i]);
        promise = vow_add_callback(promise, note_input, NULL);
    }
    fire(deferred[2], vow_integer(3));
    assert_nothing_logged();
    fire(deferred[0], vow_integer(1));
    assert_logged(1);
    fire(deferred[1], vow_integer(2));
    assert_logged(1, 2, 3);
    for (int i = 0; i < 3; i++)
        vow_promise_release(inner[i]);
    vow_promise_release(promise);
}

static void a_value_that_is_replaced_is_released(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(probe_new());
    promise = vow_add_callback(promise, note_context, NULL);
    assert_int_equal(probe_drops, 0);
    promise = vow_add_callback(promise, give_context, NULL);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(promise);
}

static vow_value retain_input(vow_value input, void *context)
{
    (void)context;
    return vow_retain(input);
}

static void input_may_be_returned_borrowed_or_retained(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(probe_new());
    promise = vow_add_callback(promise, note_context, NULL);
    promise = vow_add_callback(promise, retain_input, NULL);
    assert_int_equal(probe_drops, 0);
    vow_promise_release(promise);
    assert_int_equal(probe_drops, 1);
}

static void a_thread_of_then_sees_the_value_at_its_place(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *before = vow_then(vow_promise_retain(promise), NULL, NULL);
    promise = vow_add_callback(promise, add_context, number_as_context(1));
    vow_promise *after = vow_then(vow_promise_retain(promise), NULL, NULL);
    fire(deferred, vow_integer(10));
    assert_fulfilled(before, 10);
    assert_fulfilled(after, 11);
    assert_fulfilled(promise, 11);
    vow_promise_release(before);
    vow_promise_release(after);
    vow_promise_release(promise);
}

static vow_value fire_inside(vow_value input, void *context)
{
    note(1);
    assert_ok(vow_resolve(context, vow_none()));
    note(3);
    return input;
}

static void firing_inside_a_callback_runs_nested_on_immediate(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, note_context, number_as_context(2));
    vow_promise *outer = vow_add_callback(vow_succeeded(vow_none()), fire_inside, deferred);
    assert_logged(1, 2, 3);
    vow_promise_release(outer);
    vow_promise_release(promise);
    vow_deferred_release(deferred);
}

static void contexts_are_dropped_once_each(void **state)
{
    (void)state;
    vow_handlers handlers = {.size = sizeof handlers, .fulfilled = note_input, .drop = count_drop};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callbacks(promise, &handlers);
    promise = vow_add_callback(promise, raise_context, number_as_context(VOW_USER));
    promise = vow_add_callbacks(promise, &handlers);
    fire(deferred, vow_integer(1));
    assert_logged(1);
    assert_int_equal(drops, 2);
    assert_rejected(promise, VOW_USER);
    vow_promise_release(promise);
}

static void links_behind_a_pause_for_good_are_dropped_with_the_promise(void **state)
{
    (void)state;
    vow_handlers handlers = {.size = sizeof handlers, .fulfilled = note_input, .drop = count_drop};
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_pause(promise));
    promise = vow_add_callbacks(promise, &handlers);
    promise = vow_add_callback(promise, note_input, NULL);
    vow_promise_release(promise);
    assert_nothing_logged();
    assert_int_equal(drops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(each_result_replaces_the_value),
        control_test(callbacks_run_in_the_order_in_which_they_were_added),
        control_test(a_callback_added_after_firing_runs_at_once_on_the_present_value),
        control_test(a_callback_added_inside_a_callback_runs_after_it_at_the_end),
        control_test(inside_the_last_callback_too),
        control_test(errors_skip_callbacks_and_values_skip_errbacks),
        control_test(both_takes_value_and_error),
        control_test(a_pair_runs_only_one_of_the_two),
        control_test(callbacks_after_a_returned_promise_wait_for_it),
        control_test(callbacks_of_the_returned_promise_run_first),
        control_test(several_returned_promises_are_waited_for_in_turn),
        control_test(a_value_that_is_replaced_is_released),
        control_test(input_may_be_returned_borrowed_or_retained),
        control_test(a_thread_of_then_sees_the_value_at_its_place),
        control_test(firing_inside_a_callback_runs_nested_on_immediate),
        control_test(contexts_are_dropped_once_each),
        control_test(links_behind_a_pause_for_good_are_dropped_with_the_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
