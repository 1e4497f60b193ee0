/*
 * test_later.c - functions that a loop runs after a time, and signals, as promises.
 */
#include "control_testing.h"

#include <signal.h>
#include <vow/loop.h>

static vow_value note_and_stop(vow_value input, void *context)
{
    note(vow_as_integer(input));
    if (context != NULL)
        vow_loop_stop(context);
    return input;
}

static void calls_come_in_the_order_of_their_times(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise[3];
    promise[0] = vow_call_later(loop, VOW_MS(30), note_and_stop, vow_integer(3), NULL);
    promise[1] = vow_call_later(loop, VOW_MS(2), note_and_stop, vow_integer(1), NULL);
    promise[2] = vow_call_later(loop, VOW_MS(15), note_and_stop, vow_integer(2), NULL);
    assert_ok(vow_loop_run_until_idle(loop));
    assert_logged(1, 2, 3);
    assert_fulfilled(promise[0], 3);
    for (int i = 0; i < 3; i++)
        vow_promise_release(promise[i]);
    assert_ok(vow_loop_free(loop));
}

static void never_before_its_time(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    int64_t start = vow_now();
    assert_int_equal(
        vow_as_integer(vow_await(
            vow_call_later(loop, VOW_MS(5), note_and_stop, vow_integer(1), NULL), VOW_FOREVER)),
        1);
    assert_true(vow_now() - start >= VOW_MS(5));
    assert_ok(vow_loop_free(loop));
}

static void no_time_at_all_is_later_all_the_same(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_call_later(loop, 0, note_and_stop, vow_integer(1), NULL);
    assert_nothing_logged();
    assert_ok(vow_wait(promise, VOW_FOREVER, NULL));
    assert_logged(1);
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
}

static void a_canceled_call_never_comes(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_call_later(loop, VOW_S(3600), note_and_stop, probe_new(), NULL);
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    assert_ok(vow_loop_run_until_idle(loop));
    assert_nothing_logged();
    assert_int_equal(probe_drops, 1);
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
}

static void cancel_it(void *promise)
{
    vow_cancel(promise);
}

static const struct vow_type canceling = {.name = "canceling", .drop = cancel_it};

static void a_call_canceled_on_its_loop_ends_at_once(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    long live = vow_live_objects();
    vow_promise *promise = vow_call_later(loop, VOW_S(3600), note_and_stop, probe_new(), NULL);
    vow_cancel(promise);
    assert_int_equal(probe_drops, 1);
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
    assert_int_equal(vow_live_objects(), live);
    assert_ok(vow_loop_free(loop));
}

static void what_a_call_takes_may_cancel_another_when_it_goes(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *last = vow_call_later(loop, VOW_S(3600), note_and_stop, probe_new(), NULL);
    vow_promise *first =
        vow_call_later(loop, VOW_S(3600), note_and_stop, vow_box_adopt(&canceling, last), NULL);
    vow_cancel(first);
    assert_rejected(first, VOW_CANCELED);
    assert_rejected(last, VOW_CANCELED);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(first);
    vow_promise_release(last);
    assert_ok(vow_loop_free(loop));
}

static void *cancel_there(void *context)
{
    vow_cancel(context);
    return NULL;
}

static void another_thread_may_cancel_it(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_call_later(loop, VOW_S(3600), note_and_stop, probe_new(), NULL);
    on_another_thread(cancel_there, promise);
    assert_ok(vow_loop_run_until_idle(loop));
    assert_rejected(promise, VOW_CANCELED);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
}

static void canceling_after_it_came_does_nothing(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_call_later(loop, 0, note_and_stop, vow_integer(1), NULL);
    assert_ok(vow_wait(promise, VOW_FOREVER, NULL));
    vow_cancel(promise);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
}

static void freeing_the_loop_rejects_it(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_call_later(loop, VOW_S(3600), note_and_stop, probe_new(), NULL);
    assert_ok(vow_loop_free(loop));
    assert_rejected(promise, VOW_CANCELED);
    assert_int_equal(probe_drops, 1);
    assert_nothing_logged();
    vow_promise_release(promise);
}

static void *call_from_there(void *context)
{
    vow_promise_release(vow_call_later(context, VOW_MS(1), note_and_stop, vow_integer(4), context));
    return NULL;
}

static void another_thread_may_ask_for_it(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    pthread_t thread = start_thread(call_from_there, loop);
    assert_ok(vow_loop_run(loop));
    assert_logged(4);
    join_thread(thread);
    assert_ok(vow_loop_free(loop));
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise[3];
    promise[0] = vow_call_later(loop, -1, note_and_stop, probe_new(), NULL);
    assert_sentence("vow_call_later: nanoseconds is negative");
    promise[1] = vow_call_later(loop, 0, NULL, probe_new(), NULL);
    assert_sentence("vow_call_later: fn is NULL");
    promise[2] = vow_call_later(NULL, 0, note_and_stop, probe_new(), NULL);
    assert_sentence("vow_call_later: loop is NULL");
    assert_int_equal(probe_drops, 3);
    for (int i = 0; i < 3; i++) {
        assert_rejected(promise[i], VOW_INVALID);
        vow_promise_release(promise[i]);
    }
    assert_ok(vow_loop_free(loop));
}

static void a_signal_is_a_promise_of_its_number(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_signal(loop, SIGUSR1);
    assert_pending(promise);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(vow_as_integer(vow_await(promise, VOW_FOREVER)), SIGUSR1);
    assert_ok(vow_loop_free(loop));
}

static void a_canceled_signal_is_not_listened_for(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_signal(loop, SIGUSR1);
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    assert_ok(vow_loop_run_until_idle(loop));
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
}

static void signals_that_cannot_be_had_are_refused(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *never = vow_signal(loop, SIGKILL);
    vow_promise *nowhere = vow_signal(NULL, SIGUSR1);
    assert_sentence("vow_signal: loop is NULL");
    assert_rejected(nowhere, VOW_INVALID);
    assert_int_equal(vow_state(never), VOW_REJECTED);
    vow_value value;
    assert_true(vow_peek(never, &value));
    assert_non_null(strstr(vow_error_message(value), "vow_signal"));
    vow_release(value);
    vow_promise_release(never);
    vow_promise_release(nowhere);
    assert_ok(vow_loop_free(loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(calls_come_in_the_order_of_their_times),
        control_test(never_before_its_time),
        control_test(no_time_at_all_is_later_all_the_same),
        control_test(a_canceled_call_never_comes),
        control_test(a_call_canceled_on_its_loop_ends_at_once),
        control_test(what_a_call_takes_may_cancel_another_when_it_goes),
        control_test(another_thread_may_cancel_it),
        control_test(canceling_after_it_came_does_nothing),
        control_test(freeing_the_loop_rejects_it),
        control_test(another_thread_may_ask_for_it),
        control_test(what_makes_no_sense_is_refused),
        control_test(a_signal_is_a_promise_of_its_number),
        control_test(a_canceled_signal_is_not_listened_for),
        control_test(signals_that_cannot_be_had_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
