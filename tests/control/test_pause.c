/*
 * test_pause.c - pausing: a count that stops a promise before its next link.
 */
#include "control_testing.h"

#include "control/promise.h"

static void a_paused_promise_stores_what_it_is_fired_with(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, note_input, NULL);
    assert_ok(vow_pause(promise));
    fire(deferred, vow_integer(1));
    assert_nothing_logged();
    assert_pending(promise);
    assert_ok(vow_unpause(promise));
    assert_logged(1);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
}

static void pauses_are_counted(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_pause(promise));
    assert_ok(vow_pause(promise));
    promise = vow_add_callback(promise, note_input, NULL);
    assert_ok(vow_unpause(promise));
    assert_nothing_logged();
    assert_ok(vow_unpause(promise));
    assert_logged(1);
    vow_promise_release(promise);
}

static void an_unbalanced_unpause_is_refused_and_harmless(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_int_equal(vow_unpause(promise), VOW_INVALID);
    assert_sentence("vow_unpause: promise is not paused");
    assert_ok(vow_pause(promise));
    promise = vow_add_callback(promise, note_input, NULL);
    assert_nothing_logged();
    assert_ok(vow_unpause(promise));
    assert_logged(1);
    vow_promise_release(promise);
}

static void there_is_a_limit_and_it_is_said(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_none());
    for (int i = 0; i < 65535; i++)
        assert_ok(vow_pause(promise));
    assert_int_equal(vow_pause(promise), VOW_LIMIT);
    assert_sentence("vow_pause");
    for (int i = 0; i < 65535; i++)
        assert_ok(vow_unpause(promise));
    assert_int_equal(vow_state(promise), VOW_FULFILLED);
    vow_promise_release(promise);
}

static void the_promise_of_a_lack_of_memory_is_not_paused_for_everybody(void **state)
{
    (void)state;
    assert_int_equal(vow_pause(&vow_promise_no_memory), VOW_NO_MEMORY);
    assert_sentence("vow_pause: promise was made without memory");
    assert_int_equal(vow_promise_no_memory.pauses, 0);
}

static vow_value pause_inside(vow_value input, void *context)
{
    note(1);
    assert_ok(vow_pause(context));
    return input;
}

static void pausing_inside_a_callback_stops_before_the_next(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, pause_inside, promise);
    promise = vow_add_callback(promise, note_context, number_as_context(2));
    fire(deferred, vow_none());
    assert_logged(1);
    assert_ok(vow_unpause(promise));
    assert_logged(1, 2);
    vow_promise_release(promise);
}

static vow_value pause_and_unpause(vow_value input, void *context)
{
    assert_ok(vow_pause(context));
    assert_ok(vow_unpause(context));
    note(1);
    return input;
}

static void unpausing_inside_a_callback_does_not_run_the_next_inside_it(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, pause_and_unpause, promise);
    promise = vow_add_callback(promise, note_context, number_as_context(2));
    fire(deferred, vow_none());
    assert_logged(1, 2);
    vow_promise_release(promise);
}

static void derived_promises_wait_for_the_unpause(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_pause(promise));
    vow_promise *derived = vow_then(vow_promise_retain(promise), add_context, number_as_context(1));
    assert_pending(derived);
    assert_ok(vow_unpause(promise));
    assert_fulfilled(derived, 2);
    vow_promise_release(derived);
    vow_promise_release(promise);
}

static void a_paused_promise_may_be_waited_for_by_another(void **state)
{
    (void)state;
    vow_promise *inner = vow_succeeded(vow_integer(3));
    assert_ok(vow_pause(inner));
    vow_promise *outer = vow_add_callback(vow_succeeded(vow_none()), give_promise, inner);
    assert_pending(outer);
    assert_ok(vow_unpause(inner));
    assert_fulfilled(outer, 3);
    vow_promise_release(outer);
    vow_promise_release(inner);
}

static void pausing_while_waiting_for_a_promise_holds_its_value_back(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *outer = vow_add_callback(vow_succeeded(vow_none()), give_promise, inner);
    outer = vow_add_callback(outer, note_input, NULL);
    assert_ok(vow_pause(outer));
    fire(deferred, vow_integer(4));
    assert_nothing_logged();
    assert_ok(vow_unpause(outer));
    assert_logged(4);
    vow_promise_release(outer);
    vow_promise_release(inner);
}

static void a_paused_promise_that_is_fired_elsewhere_keeps_the_value(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, note_input, NULL);
    assert_ok(vow_pause(promise));
    assert_ok(fire_elsewhere(deferred, vow_integer(6)));
    (void)vow_run_pending();
    assert_nothing_logged();
    assert_ok(vow_unpause(promise));
    (void)vow_run_pending();
    assert_logged(6);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void *unpause_there(void *context)
{
    require(vow_unpause(context) == VOW_OK);
    return NULL;
}

static void unpausing_elsewhere_runs_links_at_home(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_pause(promise));
    promise = vow_add_callback(promise, note_input, NULL);
    on_another_thread(unpause_there, promise);
    assert_nothing_logged();
    assert_int_equal(vow_run_pending(), 1);
    assert_logged(1);
    vow_promise_release(promise);
}

static vow_value release_promise(vow_value input, void *context)
{
    vow_promise_release(context);
    return input;
}

static void a_callback_may_release_the_promise_that_is_unpaused(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_pause(promise));
    promise = vow_add_callback(promise, release_promise, promise);
    promise = vow_add_callback(promise, note_input, NULL);
    assert_ok(vow_unpause(promise));
    assert_logged(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_paused_promise_stores_what_it_is_fired_with),
        control_test(pauses_are_counted),
        control_test(an_unbalanced_unpause_is_refused_and_harmless),
        control_test(there_is_a_limit_and_it_is_said),
        control_test(the_promise_of_a_lack_of_memory_is_not_paused_for_everybody),
        control_test(pausing_inside_a_callback_stops_before_the_next),
        control_test(unpausing_inside_a_callback_does_not_run_the_next_inside_it),
        control_test(derived_promises_wait_for_the_unpause),
        control_test(a_paused_promise_may_be_waited_for_by_another),
        control_test(pausing_while_waiting_for_a_promise_holds_its_value_back),
        control_test(a_paused_promise_that_is_fired_elsewhere_keeps_the_value),
        control_test(unpausing_elsewhere_runs_links_at_home),
        control_test(a_callback_may_release_the_promise_that_is_unpaused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
