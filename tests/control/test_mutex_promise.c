/*
 * test_mutex_promise.c - the mutex as a promise, and functions that run with the mutex held.
 */
#include "control/lock_testing.h"

#include <vow/mutex.h>

/* Promises --------------------------------------------------------------------------------------------------------- */

static void a_promise_gives_a_pointer_to_the_mutex(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_value value = vow_await(vow_mutex_lock_promise(&mutex), VOW_POLL);
    assert_ptr_equal(vow_as_pointer(value), &mutex);
    assert_ok(vow_mutex_unlock(vow_as_pointer(value)));
}

static void a_canceled_promise_gives_its_place_up(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise *second = vow_mutex_lock_promise(&mutex);
    vow_promise *third = vow_mutex_lock_promise(&mutex);
    vow_cancel(second);
    assert_rejected(second, VOW_CANCELED);
    assert_int_equal(waiting_for(&mutex), 1);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_int_equal(vow_state(third), VOW_FULFILLED);
    vow_promise_release(second);
    vow_promise_release(third);
}

static void canceling_what_was_derived_gives_the_place_up(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise *derived = vow_then(vow_mutex_lock_promise(&mutex), note_input, NULL);
    vow_cancel(derived);
    assert_rejected(derived, VOW_CANCELED);
    assert_int_equal(waiting_for(&mutex), 0);
    assert_nothing_logged();
    vow_promise_release(derived);
}

static void canceling_what_was_fulfilled_leaves_the_mutex_with_its_holder(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *promise = vow_mutex_lock_promise(&mutex);
    vow_cancel(promise);
    assert_int_equal(vow_state(promise), VOW_FULFILLED);
    assert_false(vow_mutex_try_lock(&mutex));
    assert_ok(vow_mutex_unlock(&mutex));
    vow_promise_release(promise);
}

static void a_promise_that_nobody_hears_gives_its_place_up(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(vow_mutex_lock_promise(&mutex));
    vow_promise *third = vow_mutex_lock_promise(&mutex);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_int_equal(vow_state(third), VOW_FULFILLED);
    assert_int_equal(unhandled, 0);
    vow_promise_release(third);
}

static vow_value unlock_input(vow_value mutex, void *context)
{
    note((int64_t)(intptr_t)context);
    assert_ok(vow_mutex_unlock(vow_as_pointer(mutex)));
    return vow_none();
}

static void a_released_promise_with_a_callback_has_its_turn(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    for (int i = 1; i <= 3; i++)
        vow_promise_release(
            vow_then(vow_mutex_lock_promise(&mutex), unlock_input, number_as_context(i)));
    assert_ok(vow_mutex_unlock(&mutex));
    assert_logged(1, 2, 3);
    assert_true(vow_mutex_try_lock(&mutex));
}

static void a_hundred_thousand_promises_that_unlock_each_other_take_constant_stack(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    for (int i = 0; i < 100000; i++)
        vow_promise_release(vow_then(vow_mutex_lock_promise(&mutex), unlock_input, NULL));
    assert_ok(vow_mutex_unlock(&mutex));
    assert_int_equal(the_log.count, 100000);
    assert_true(vow_mutex_try_lock(&mutex));
}

/* Running with the mutex held -------------------------------------------------------------------------------------- */

static vow_value note_and_hold(vow_value input, void *context)
{
    note((int64_t)(intptr_t)context);
    return input;
}

static void functions_run_one_after_the_other_with_the_mutex_held(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise *first = vow_mutex_run(&mutex, note_and_hold, number_as_context(1));
    vow_promise *second = vow_mutex_run(&mutex, give_context, number_as_context(2));
    assert_nothing_logged();
    assert_ok(vow_mutex_unlock(&mutex));
    assert_logged(1);
    assert_int_equal(vow_state(first), VOW_FULFILLED);
    assert_fulfilled(second, 2);
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(first);
    vow_promise_release(second);
}

static void the_mutex_is_held_until_what_the_function_gave_has_settled(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *promise = vow_mutex_run(&mutex, give_promise, inner);
    assert_pending(promise);
    assert_false(vow_mutex_try_lock(&mutex));
    fire(deferred, vow_integer(5));
    assert_fulfilled(promise, 5);
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(inner);
    vow_promise_release(promise);
}

static void an_error_of_the_function_unlocks(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *promise = vow_mutex_run(&mutex, raise_context, number_as_context(VOW_USER));
    assert_rejected(promise, VOW_USER);
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(promise);
}

static void a_run_that_is_canceled_before_its_turn_never_runs(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise *promise = vow_mutex_run(&mutex, note_and_hold, NULL);
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_nothing_logged();
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(promise);
}

static void a_run_that_is_canceled_later_cancels_its_work_and_unlocks(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *promise = vow_mutex_run(&mutex, give_promise, inner);
    vow_promise_release(inner);
    vow_cancel(promise);
    assert_true(vow_deferred_fired(deferred));
    assert_rejected(promise, VOW_CANCELED);
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(promise);
    vow_deferred_release(deferred);
}

static void canceled_between_its_turn_and_its_function_it_still_unlocks(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_set_scheduler(
        scheduler); /* promises are at home there: their functions run when it is told to */
    vow_promise *promise = vow_mutex_run(&mutex, note_and_hold, NULL);
    vow_set_scheduler(NULL);
    assert_false(vow_mutex_try_lock(&mutex));
    vow_cancel(promise);
    (void)manual_run(scheduler, manual);
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(promise);
    (void)manual_run(scheduler, manual);
    vow_scheduler_release(scheduler);
    vow_scheduler_release(
        scheduler); /* the former default keeps a reference for good: see vow_set_scheduler */
}

static void a_cancel_of_a_run_reaches_its_work_whoever_else_holds_that(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *promise = vow_mutex_run(&mutex, give_promise, inner);
    vow_cancel(promise);
    assert_rejected(inner, VOW_CANCELED);
    assert_rejected(promise, VOW_CANCELED);
    assert_true(vow_mutex_try_lock(&mutex));
    vow_deferred_release(deferred);
    vow_promise_release(inner);
    vow_promise_release(promise);
}

static void *run_with_mutex(void *mutex)
{
    return vow_mutex_run(mutex, note_and_hold, NULL);
}

static void a_run_whose_home_has_ended_gives_its_turn_up(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    void *promise;
    assert_true(vow_mutex_try_lock(&mutex));
    pthread_t thread = start_thread(run_with_mutex, &mutex);
    assert_int_equal(pthread_join(thread, &promise), 0);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_true(vow_mutex_try_lock(&mutex));
    assert_nothing_logged();
    assert_rejected((vow_promise *)promise, VOW_CANCELED);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_promise_gives_a_pointer_to_the_mutex),
        control_test(a_canceled_promise_gives_its_place_up),
        control_test(canceling_what_was_derived_gives_the_place_up),
        control_test(canceling_what_was_fulfilled_leaves_the_mutex_with_its_holder),
        control_test(a_promise_that_nobody_hears_gives_its_place_up),
        control_test(a_released_promise_with_a_callback_has_its_turn),
        control_test(a_hundred_thousand_promises_that_unlock_each_other_take_constant_stack),
        control_test(functions_run_one_after_the_other_with_the_mutex_held),
        control_test(the_mutex_is_held_until_what_the_function_gave_has_settled),
        control_test(an_error_of_the_function_unlocks),
        control_test(a_run_that_is_canceled_before_its_turn_never_runs),
        control_test(a_run_that_is_canceled_later_cancels_its_work_and_unlocks),
        control_test(a_cancel_of_a_run_reaches_its_work_whoever_else_holds_that),
        control_test(canceled_between_its_turn_and_its_function_it_still_unlocks),
        control_test(a_run_whose_home_has_ended_gives_its_turn_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
