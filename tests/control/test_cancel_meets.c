/*
 * test_cancel_meets.c - a cancel that meets a firing: it reaches what a producer or a job gives at that moment; what the
 * canceller gives is the answer, and stays.
 */
#include "control_testing.h"

#include <vow/loop.h>

/* A promise with a producer, and another one that it is fired with. */
struct meeting {
    vow_deferred *deferred;
    vow_promise *promise;
    vow_deferred *inner_deferred;
    vow_promise *inner;
};

static void begin_meeting(struct meeting *meeting)
{
    meeting->deferred = vow_deferred_new(&meeting->promise);
    meeting->inner_deferred = vow_deferred_new(&meeting->inner);
}

static void end_meeting(struct meeting *meeting)
{
    vow_deferred_release(meeting->deferred);
    vow_deferred_release(meeting->inner_deferred);
    vow_promise_release(meeting->inner);
    vow_promise_release(meeting->promise);
}

static void *fire_with_inner(void *context)
{
    const struct meeting *meeting = context;
    vow_value inner = vow_promise_value(vow_promise_retain(meeting->inner));
    require(vow_resolve(meeting->deferred, inner) == VOW_OK);
    return NULL;
}

static void check_that_inner_was_reached(const struct meeting *meeting)
{
    assert_rejected(meeting->inner, VOW_CANCELED);
    assert_rejected(meeting->promise, VOW_CANCELED);
}

/* Deferreds ------------------------------------------------------------------------------------------------------ */

static void fire_noted(void *context)
{
    note(1);
    (void)fire_with_inner(context);
}

static void it_is_answered_by_a_promise_that_the_canceller_gives(void **state)
{
    (void)state;
    struct meeting meeting;
    begin_meeting(&meeting);
    assert_ok(vow_set_canceller(meeting.deferred, fire_noted, &meeting, count_drop));
    vow_cancel(meeting.promise);
    assert_logged(1);
    assert_int_equal(drops, 1);
    assert_pending(meeting.inner);
    vow_cancel(meeting.promise);
    assert_logged(1);
    check_that_inner_was_reached(&meeting);
    end_meeting(&meeting);
}

static void cancel_outer(void *context)
{
    const struct meeting *meeting = context;
    vow_cancel(meeting->promise);
}

/* The canceller has been taken by who fires, and there is no edge yet. */
static void it_reaches_what_is_being_fired_with(void **state)
{
    (void)state;
    struct meeting meeting;
    begin_meeting(&meeting);
    assert_ok(vow_set_canceller(meeting.deferred, count_drop, &meeting, cancel_outer));
    (void)fire_with_inner(&meeting);
    assert_int_equal(drops, 0);
    check_that_inner_was_reached(&meeting);
    end_meeting(&meeting);
}

static void fire_with_error(void *context)
{
    const struct meeting *meeting = context;
    assert_ok(vow_reject(meeting->deferred, vow_fail(VOW_TIMED_OUT, "too late")));
}

static void it_is_answered_by_an_error_and_leaves_what_recovers_from_that(void **state)
{
    (void)state;
    struct meeting meeting;
    begin_meeting(&meeting);
    assert_ok(vow_set_canceller(meeting.deferred, fire_with_error, &meeting, NULL));
    meeting.promise = vow_add_errback(meeting.promise, give_promise, meeting.inner);
    vow_cancel(meeting.promise);
    assert_pending(meeting.inner);
    assert_pending(meeting.promise);
    assert_ok(vow_resolve(meeting.inner_deferred, vow_integer(3)));
    assert_fulfilled(meeting.promise, 3);
    end_meeting(&meeting);
}

/* Timers --------------------------------------------------------------------------------------------------------- */

struct late {
    vow_loop *loop;
    vow_promise *inner;
};

static vow_value stop_and_give_inner(vow_value input, void *context)
{
    const struct late *late = context;
    vow_loop_stop(late->loop);
    return give_promise(input, late->inner);
}

static void run_loop(void *loop)
{
    assert_ok(vow_loop_run(loop));
}

/* The loop's own canceller, on another thread, leaves it as much time. */
static void it_reaches_what_a_call_gives_that_ends_meanwhile(void **state)
{
    (void)state;
    struct late late = {.loop = vow_loop_new(NULL)};
    vow_deferred *deferred = vow_deferred_new(&late.inner);
    vow_promise *call = vow_call_later(late.loop, 0, stop_and_give_inner, vow_none(), &late);
    assert_ok(vow_set_canceller((vow_deferred *)call, run_loop, late.loop, NULL));
    vow_cancel(call);
    assert_rejected(late.inner, VOW_CANCELED);
    assert_rejected(call, VOW_CANCELED);
    vow_promise_release(call);
    vow_promise_release(late.inner);
    vow_deferred_release(deferred);
    assert_ok(vow_loop_free(late.loop));
}

static void a_call_that_it_takes_away_leaves_what_recovers_from_that(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *call = vow_call_later(loop, VOW_S(3600), note_input, vow_none(), NULL);
    call = vow_add_errback(call, give_promise, inner);
    vow_cancel(call);
    assert_nothing_logged();
    assert_pending(inner);
    assert_pending(call);
    assert_ok(vow_resolve(deferred, vow_integer(3)));
    assert_ok(vow_wait(call, VOW_FOREVER, NULL));
    assert_fulfilled(call, 3);
    vow_promise_release(call);
    assert_ok(vow_loop_free(loop));
    vow_deferred_release(deferred);
    vow_promise_release(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(it_is_answered_by_a_promise_that_the_canceller_gives),
        control_test(it_reaches_what_is_being_fired_with),
        control_test(it_is_answered_by_an_error_and_leaves_what_recovers_from_that),
        control_test(it_reaches_what_a_call_gives_that_ends_meanwhile),
        control_test(a_call_that_it_takes_away_leaves_what_recovers_from_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
