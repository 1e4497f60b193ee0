/*
 * test_chain.c - a look at a value that passes (vow_tap), and deferreds that fire as a promise does (vow_chain).
 */
#include "control/place_testing.h"

#include <vow/submit.h>

enum { BAD = VOW_USER };

/* Tap ---------------------------------------------------------------------------------------------------------------- */

static void tap_passes_the_value_on_whatever_its_function_gives(void **state)
{
    (void)state;
    vow_promise *tapped =
        vow_tap(vow_succeeded(vow_integer(3)), give_context, number_as_context(8));
    assert_gives(tapped, 3);
}

static void tap_does_not_see_errors(void **state)
{
    (void)state;
    assert_raises(vow_tap(vow_failed(vow_fail(BAD, "bad")), note_input, NULL), BAD);
    assert_nothing_logged();
}

static void an_error_in_tap_replaces_the_value(void **state)
{
    (void)state;
    assert_raises(vow_tap(vow_succeeded(vow_text("value")), raise_context, number_as_context(BAD)),
                  BAD);
}

static void tap_waits_for_a_promise(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *tapped = vow_tap(vow_succeeded(vow_text("value")), give_promise, made.promise[0]);
    assert_pending(tapped);
    fire_number(&made, 0, 1);
    assert_gives_text(tapped, "\"value\"");
    vow_promise_release(made.promise[0]);
}

/* Chain -------------------------------------------------------------------------------------------------------------- */

static void a_chained_deferred_fires_as_the_promise_does(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    assert_ok(vow_chain(made.promise[0], made.deferred[1]));
    assert_pending(made.promise[1]);
    fire_number(&made, 0, 7);
    assert_gives(made.promise[1], 7);
}

static void the_error_of_a_chained_promise_is_the_deferred_s(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    assert_ok(vow_chain(made.promise[0], made.deferred[1]));
    fire_error(&made, 0, BAD);
    assert_raises(made.promise[1], BAD);
    assert_int_equal(unhandled, 0);
}

static void a_cancel_reaches_the_promise_that_it_is_chained_to(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    assert_ok(vow_chain(made.promise[0], made.deferred[1]));
    vow_cancel(made.promise[1]);
    assert_raises(made.promise[1], VOW_CANCELED);
    assert_true(vow_deferred_fired(made.deferred[0]));
    vow_deferred_release(made.deferred[0]);
}

static void a_deferred_that_has_fired_is_not_chained(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    assert_ok(vow_resolve(made.deferred[0], vow_integer(1)));
    assert_int_equal(vow_chain(vow_succeeded(vow_text("late")), made.deferred[0]),
                     VOW_ALREADY_FIRED);
    assert_gives(made.promise[0], 1);
}

static void what_cannot_be_chained_is_named(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    assert_int_equal(vow_chain(vow_succeeded(vow_text("released")), NULL), VOW_INVALID);
    assert_sentence("vow_chain: deferred is NULL");
    assert_int_equal(vow_chain(NULL, made.deferred[0]), VOW_INVALID);
    assert_sentence("vow_chain: promise is NULL");
    assert_raises(made.promise[0], VOW_ABANDONED);
}

static void a_deferred_is_not_chained_to_its_own_promise(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *own = vow_promise_retain(made.promise[0]);
    assert_int_equal(vow_chain(own, made.deferred[0]), VOW_INVALID);
    assert_raises(made.promise[0], VOW_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(tap_passes_the_value_on_whatever_its_function_gives),
        everywhere(tap_does_not_see_errors),
        everywhere(an_error_in_tap_replaces_the_value),
        everywhere(tap_waits_for_a_promise),
        everywhere(a_chained_deferred_fires_as_the_promise_does),
        everywhere(the_error_of_a_chained_promise_is_the_deferred_s),
        everywhere(a_cancel_reaches_the_promise_that_it_is_chained_to),
        everywhere(a_deferred_that_has_fired_is_not_chained),
        everywhere(what_cannot_be_chained_is_named),
        everywhere(a_deferred_is_not_chained_to_its_own_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
