/*
 * test_then.c - links that give a new promise: what passes through, what is raised, and that contexts are dropped once.
 */
#include "control_testing.h"

static void the_function_gets_the_value_and_gives_the_next(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, add_context, number_as_context(1));
    promise = vow_then(promise, add_context, number_as_context(10));
    assert_pending(promise);
    fire(deferred, vow_integer(100));
    assert_fulfilled(promise, 111);
    vow_promise_release(promise);
}

static void on_immediate_it_runs_before_then_returns(void **state)
{
    (void)state;
    vow_promise *promise = vow_then(vow_succeeded(vow_integer(1)), note_input, NULL);
    assert_logged(1);
    vow_promise_release(promise);
}

static void without_a_function_value_and_error_pass_through(void **state)
{
    (void)state;
    vow_promise *good = vow_then(vow_succeeded(vow_integer(1)), NULL, NULL);
    vow_promise *bad = vow_catch(vow_failed(vow_fail(VOW_USER, "no")), NULL, NULL);
    assert_fulfilled(good, 1);
    assert_rejected(bad, VOW_USER);
    vow_promise_release(good);
    vow_promise_release(bad);
}

static void an_error_passes_then_and_a_value_passes_catch(void **state)
{
    (void)state;
    vow_promise *bad = vow_then(vow_failed(vow_fail(VOW_USER, "no")), note_input, NULL);
    vow_promise *good = vow_catch(vow_succeeded(vow_integer(1)), note_input, NULL);
    assert_nothing_logged();
    assert_rejected(bad, VOW_USER);
    assert_fulfilled(good, 1);
    vow_promise_release(bad);
    vow_promise_release(good);
}

static void raising_rejects_the_next(void **state)
{
    (void)state;
    vow_promise *promise =
        vow_then(vow_succeeded(vow_integer(1)), raise_context, number_as_context(VOW_USER));
    assert_rejected(promise, VOW_USER);
    vow_promise_release(promise);
}

static void catching_recovers(void **state)
{
    (void)state;
    vow_promise *promise =
        vow_catch(vow_failed(vow_fail(VOW_USER, "no")), give_context, number_as_context(5));
    promise = vow_then(promise, add_context, number_as_context(1));
    assert_fulfilled(promise, 6);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 0);
}

static void a_returned_promise_is_waited_for(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *promise = vow_then(vow_succeeded(vow_integer(1)), give_promise, inner);
    assert_pending(promise);
    fire(deferred, vow_integer(8));
    assert_fulfilled(promise, 8);
    vow_promise_release(promise);
    vow_promise_release(inner);
}

static void several_thens_on_one_promise_run_in_order_on_the_same_value(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *first = vow_then(vow_promise_retain(promise), note_context, number_as_context(1));
    vow_promise *second =
        vow_then(vow_promise_retain(promise), raise_context, number_as_context(VOW_USER));
    vow_promise *third = vow_then(promise, note_input, NULL);
    fire(deferred, vow_integer(4));
    assert_logged(1, 4);
    assert_fulfilled(first, 4);
    assert_rejected(second, VOW_USER);
    assert_fulfilled(third, 4);
    vow_promise_release(first);
    vow_promise_release(second);
    vow_promise_release(third);
}

/* Finally -------------------------------------------------------------------------------------------------- */

static void finally_keeps_the_value_and_the_error(void **state)
{
    (void)state;
    vow_promise *good =
        vow_finally(vow_succeeded(vow_integer(1)), give_context, number_as_context(9));
    vow_promise *bad =
        vow_finally(vow_failed(vow_fail(VOW_USER, "no")), give_context, number_as_context(9));
    assert_fulfilled(good, 1);
    assert_rejected(bad, VOW_USER);
    vow_promise_release(good);
    vow_promise_release(bad);
}

static void finally_gets_value_or_error(void **state)
{
    (void)state;
    vow_promise *good = vow_finally(vow_succeeded(vow_integer(1)), note_input, NULL);
    vow_promise *bad = vow_finally(vow_failed(vow_fail(VOW_USER, "no")), note_input, NULL);
    assert_logged(1, -VOW_USER);
    assert_fulfilled(good, 1);
    assert_rejected(bad, VOW_USER);
    vow_promise_release(good);
    vow_promise_release(bad);
}

static void an_error_from_finally_replaces_the_result(void **state)
{
    (void)state;
    vow_promise *good =
        vow_finally(vow_succeeded(probe_new()), raise_context, number_as_context(VOW_USER));
    vow_promise *bad = vow_finally(vow_failed(vow_fail(VOW_USER + 1, "no")), raise_context,
                                   number_as_context(VOW_USER));
    assert_rejected(good, VOW_USER);
    assert_rejected(bad, VOW_USER);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(good);
    vow_promise_release(bad);
}

static void a_promise_from_finally_is_waited_for_and_its_value_ignored(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *good = vow_finally(vow_succeeded(vow_integer(1)), give_promise, inner);
    vow_promise *bad = vow_finally(vow_failed(vow_fail(VOW_USER, "no")), give_promise, inner);
    assert_pending(good);
    assert_pending(bad);
    fire(deferred, vow_integer(2));
    assert_fulfilled(good, 1);
    assert_rejected(bad, VOW_USER);
    vow_promise_release(good);
    vow_promise_release(bad);
    vow_promise_release(inner);
}

static void a_promise_from_finally_that_rejects_replaces_the_result(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *promise = vow_finally(vow_succeeded(probe_new()), give_promise, inner);
    fire(deferred, vow_fail(VOW_USER, "no"));
    assert_rejected(promise, VOW_USER);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(promise);
    vow_promise_release(inner);
}

static vow_value give_probe(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return probe_new();
}

static void what_finally_gives_is_released(void **state)
{
    (void)state;
    vow_promise *promise = vow_finally(vow_succeeded(vow_integer(1)), give_probe, NULL);
    assert_int_equal(probe_drops, 1);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
}

/* Handlers -------------------------------------------------------------------------------------------------- */

static vow_handlers counting(vow_fn *fulfilled, vow_fn *rejected)
{
    return (vow_handlers){.size = sizeof(vow_handlers),
                          .fulfilled = fulfilled,
                          .rejected = rejected,
                          .drop = count_drop};
}

static void both_handlers_see_what_is_theirs(void **state)
{
    (void)state;
    vow_handlers handlers = counting(note_input, note_input);
    vow_promise *good = vow_then_with(vow_succeeded(vow_integer(1)), &handlers);
    vow_promise *bad = vow_then_with(vow_failed(vow_fail(VOW_USER, "no")), &handlers);
    assert_logged(1, -VOW_USER);
    assert_int_equal(drops, 2);
    assert_fulfilled(good, 1);
    assert_rejected(bad, VOW_USER);
    vow_promise_release(good);
    vow_promise_release(bad);
}

static void the_context_is_dropped_once_after_the_function(void **state)
{
    (void)state;
    vow_handlers handlers = counting(note_input, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then_with(promise, &handlers);
    assert_int_equal(drops, 0);
    fire(deferred, vow_integer(1));
    assert_int_equal(drops, 1);
    vow_promise_release(promise);
    assert_int_equal(drops, 1);
}

static void the_context_is_dropped_once_when_passed_by(void **state)
{
    (void)state;
    vow_handlers handlers = counting(note_input, NULL);
    vow_promise *promise = vow_then_with(vow_failed(vow_fail(VOW_USER, "no")), &handlers);
    assert_int_equal(drops, 1);
    assert_rejected(promise, VOW_USER);
    vow_promise_release(promise);
}

static void the_context_is_dropped_once_when_canceled(void **state)
{
    (void)state;
    vow_handlers handlers = counting(note_input, note_input);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then_with(vow_promise_retain(promise), &handlers);
    vow_cancel(derived);
    assert_int_equal(drops, 1);
    assert_rejected(derived, VOW_CANCELED);
    fire(deferred, vow_integer(1));
    assert_int_equal(drops, 1);
    assert_nothing_logged();
    vow_promise_release(derived);
    vow_promise_release(promise);
}

static void the_context_is_dropped_once_when_abandoned(void **state)
{
    (void)state;
    vow_handlers handlers = counting(NULL, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then_with(promise, &handlers);
    vow_deferred_release(deferred);
    assert_int_equal(drops, 1);
    assert_rejected(promise, VOW_ABANDONED);
    vow_promise_release(promise);
}

static void the_context_is_dropped_though_nobody_holds_the_promise(void **state)
{
    (void)state;
    vow_handlers handlers = counting(note_input, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise_release(vow_then_with(promise, &handlers));
    assert_int_equal(drops, 0);
    fire(deferred, vow_integer(1));
    assert_logged(1);
    assert_int_equal(drops, 1);
}

static void the_context_of_refused_handlers_is_dropped(void **state)
{
    (void)state;
    vow_handlers handlers = counting(NULL, NULL);
    vow_promise *promise = vow_then_with(NULL, &handlers);
    assert_int_equal(drops, 1);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static void a_scheduler_that_is_named_runs_the_function_and_is_home(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_handlers handlers = counting(note_input, NULL);
    handlers.scheduler = scheduler;
    vow_promise *promise = vow_then_with(vow_succeeded(vow_integer(1)), &handlers);
    promise = vow_add_callback(promise, note_context, number_as_context(2));
    assert_nothing_logged();
    (void)manual_run(scheduler, manual);
    assert_logged(1, 2);
    assert_int_equal(drops, 1);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void links_after_one_that_is_elsewhere_wait_for_it(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_handlers handlers = counting(add_context, NULL);
    handlers.context = number_as_context(1);
    handlers.scheduler = scheduler;
    vow_promise *promise = vow_add_callbacks(vow_succeeded(vow_integer(1)), &handlers);
    promise = vow_add_callback(promise, note_input, NULL);
    assert_nothing_logged();
    (void)manual_run(scheduler, manual);
    (void)vow_run_pending();
    assert_logged(2);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void *make_derived(void *context)
{
    return vow_then(context, note_input, NULL);
}

static void another_thread_may_add_and_the_function_runs_at_home(void **state)
{
    (void)state;
    vow_promise *promise;
    void *derived;
    vow_deferred *deferred = vow_deferred_new(&promise);
    pthread_t thread = start_thread(make_derived, promise);
    assert_int_equal(pthread_join(thread, &derived), 0);
    fire(deferred, vow_integer(1));
    assert_logged(1);
    assert_fulfilled((vow_promise *)derived, 1);
    vow_promise_release(derived);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(the_function_gets_the_value_and_gives_the_next),
        control_test(on_immediate_it_runs_before_then_returns),
        control_test(without_a_function_value_and_error_pass_through),
        control_test(an_error_passes_then_and_a_value_passes_catch),
        control_test(raising_rejects_the_next),
        control_test(catching_recovers),
        control_test(a_returned_promise_is_waited_for),
        control_test(several_thens_on_one_promise_run_in_order_on_the_same_value),
        control_test(finally_keeps_the_value_and_the_error),
        control_test(finally_gets_value_or_error),
        control_test(an_error_from_finally_replaces_the_result),
        control_test(a_promise_from_finally_is_waited_for_and_its_value_ignored),
        control_test(a_promise_from_finally_that_rejects_replaces_the_result),
        control_test(what_finally_gives_is_released),
        control_test(both_handlers_see_what_is_theirs),
        control_test(the_context_is_dropped_once_after_the_function),
        control_test(the_context_is_dropped_once_when_passed_by),
        control_test(the_context_is_dropped_once_when_canceled),
        control_test(the_context_is_dropped_once_when_abandoned),
        control_test(the_context_is_dropped_though_nobody_holds_the_promise),
        control_test(the_context_of_refused_handlers_is_dropped),
        control_test(a_scheduler_that_is_named_runs_the_function_and_is_home),
        control_test(links_after_one_that_is_elsewhere_wait_for_it),
        control_test(another_thread_may_add_and_the_function_runs_at_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
