/*
 * test_deferred.c - the producer's end: fires once, is abandoned when it goes unfired, is counted.
 */
#include "control_testing.h"

#include "control/promise.h"

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

static void it_may_do_so_before_a_link_that_runs_elsewhere(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = note_input,
                             .drop = count_drop,
                             .scheduler = scheduler};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, release_deferred, deferred);
    promise = vow_add_callbacks(promise, &handlers);
    vow_promise_release(promise);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    (void)manual_run(scheduler, manual);
    assert_logged(1);
    assert_int_equal(drops, 1);
    vow_scheduler_release(scheduler);
}

struct parting {
    vow_deferred *deferred;
    vow_promise *inner;
};

static vow_value release_and_give_promise(vow_value input, void *context)
{
    struct parting *parting = context;
    vow_deferred_release(parting->deferred);
    return give_promise(input, parting->inner);
}

static void it_may_do_so_and_give_a_promise(void **state)
{
    (void)state;
    struct parting parting;
    vow_promise *promise;
    vow_deferred *inner = vow_deferred_new(&parting.inner);
    parting.deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, release_and_give_promise, &parting);
    promise = vow_add_callback(promise, note_input, NULL);
    vow_promise_release(promise);
    assert_ok(vow_resolve(parting.deferred, vow_integer(1)));
    fire(inner, vow_integer(2));
    assert_logged(2);
    vow_promise_release(parting.inner);
}

/* vow_fire --------------------------------------------------------------------------------------------------- */

static void firing_for_good_takes_the_deferred(void **state)
{
    (void)state;
    vow_promise *promise;
    assert_ok(vow_fire(vow_deferred_new(&promise), vow_integer(1)));
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
    assert_int_equal(vow_fire(vow_deferred_new(&promise), vow_fail(VOW_USER, "no")), VOW_OK);
    assert_rejected(promise, VOW_USER);
    vow_promise_release(promise);
}

static void firing_for_good_after_a_firing_is_refused(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_deferred *another = vow_deferred_retain(deferred);
    assert_ok(vow_fire(deferred, vow_integer(1)));
    assert_true(vow_deferred_fired(another));
    assert_int_equal(vow_fire(another, probe_new()), VOW_ALREADY_FIRED);
    assert_int_equal(probe_drops, 1);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
}

static void firing_for_good_after_a_cancel_is_swallowed(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_cancel(promise);
    assert_ok(vow_fire(deferred, probe_new()));
    assert_int_equal(probe_drops, 1);
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
}

static void firing_for_good_with_a_promise_follows_it(void **state)
{
    (void)state;
    vow_promise *promise;
    assert_ok(
        vow_fire(vow_deferred_new(&promise), vow_promise_value(vow_succeeded(vow_integer(2)))));
    assert_fulfilled(promise, 2);
    vow_promise_release(promise);
}

static vow_value try_again(vow_value input, void *context)
{
    note(vow_resolve(context, vow_integer(2)));
    return input;
}

/* A deferred that is being taken still lives: who uses it inside a callback is told off, and nothing else. */
static void firing_again_while_it_is_fired_for_good_is_refused(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, try_again, deferred);
    assert_ok(vow_fire(deferred, vow_integer(1)));
    assert_logged(VOW_ALREADY_FIRED);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
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

/* So many that they are set up from within. */
static void there_is_a_limit_and_it_is_said(void **state)
{
    (void)state;
    const uint64_t further = PROMISE_PRODUCERS_LIMIT - PROMISE_PRODUCER;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    atomic_fetch_add(&promise->counted.word, further);
    assert_null(vow_deferred_retain(deferred));
    assert_sentence("vow_deferred_retain: deferred is held 4,194,304 times");
    assert_int_equal(vow_notify(deferred, probe_new()), VOW_LIMIT);
    assert_sentence("vow_notify");
    assert_int_equal(probe_drops, 1);
    atomic_fetch_sub(&promise->counted.word, further);
    assert_ptr_equal(vow_deferred_retain(deferred), deferred);
    vow_deferred_release(deferred);
    fire(deferred, vow_integer(1));
    assert_fulfilled(promise, 1);
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
        control_test(there_is_a_limit_and_it_is_said),
        control_test(a_callback_may_release_the_last_deferred),
        control_test(it_may_do_so_before_a_link_that_runs_elsewhere),
        control_test(it_may_do_so_and_give_a_promise),
        control_test(firing_for_good_takes_the_deferred),
        control_test(firing_for_good_after_a_firing_is_refused),
        control_test(firing_for_good_after_a_cancel_is_swallowed),
        control_test(firing_for_good_with_a_promise_follows_it),
        control_test(firing_again_while_it_is_fired_for_good_is_refused),
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
