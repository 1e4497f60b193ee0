/*
 * test_delay.c - promises and time: vow_delay, vow_timeout.
 */
#include "control/place_testing.h"

#include <vow/delay.h>
#include <vow/line.h>
#include <vow/submit.h>

enum { BAD = VOW_USER };

/* Delays ------------------------------------------------------------------------------------------------------------- */

static void a_delay_gives_its_value_and_not_before(void **state)
{
    (void)state;
    int64_t begin = vow_now();
    assert_gives_text(vow_delay(VOW_MS(2), vow_text("late")), "\"late\"");
    assert_true(vow_now() - begin >= VOW_MS(2));
}

static void a_delay_of_nothing_comes_soon(void **state)
{
    (void)state;
    assert_gives(vow_delay(0, vow_integer(1)), 1);
}

static void a_canceled_delay_is_rejected_at_once(void **state)
{
    (void)state;
    vow_promise *delay = vow_delay(VOW_S(1000), vow_text("released"));
    vow_cancel(delay);
    assert_rejected(delay, VOW_CANCELED);
    vow_promise_release(delay);
}

static void *cancel_promise(void *promise)
{
    vow_cancel(promise);
    return NULL;
}

static void a_delay_is_canceled_from_another_thread(void **state)
{
    (void)state;
    vow_promise *delay = vow_delay(VOW_S(1000), vow_none());
    on_another_thread(cancel_promise, delay);
    assert_raises(delay, VOW_CANCELED);
}

static void a_shorter_delay_after_a_longer_one_comes_first(void **state)
{
    (void)state;
    vow_promise *longer = vow_delay(VOW_S(1000), vow_none());
    assert_gives(vow_delay(VOW_MS(1), vow_integer(1)), 1);
    vow_cancel(longer);
    vow_promise_release(longer);
}

/* What rings may wait: for the next one. */
static vow_value wait_for_another(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_await(vow_delay(VOW_MS(1), vow_integer(5)), VOW_FOREVER);
}

static void what_follows_a_delay_may_wait_for_another(void **state)
{
    (void)state;
    assert_gives(vow_then(vow_delay(VOW_MS(1), vow_none()), wait_for_another, NULL), 5);
}

static void a_delay_of_a_promise_waits_for_it(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *delay = vow_delay(VOW_US(10), vow_promise_value(made.promise[0]));
    fire_number(&made, 0, 4);
    assert_gives(delay, 4);
}

static void a_thousand_delays_come(void **state)
{
    (void)state;
    vow_promise *delays[1000];
    for (int i = 0; i < 1000; i++)
        delays[i] = vow_delay(VOW_US((i * 7919) % 3000), vow_integer(i));
    for (int i = 0; i < 1000; i++)
        assert_gives(delays[i], i);
}

static void a_negative_delay_is_refused(void **state)
{
    (void)state;
    assert_gives_text(vow_delay(-1, vow_text("released")),
                      "error(INVALID: vow_delay: nanoseconds is negative)");
}

static void a_delay_ends_with_its_loop(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *delay = vow_delay(VOW_S(1000), vow_text("released"));
    (void)vow_loop_run_once(loop, VOW_POLL);
    assert_ok(vow_loop_free(loop));
    assert_rejected(delay, VOW_CANCELED);
    vow_promise_release(delay);
}

static void *delay_and_end(void *context)
{
    *(vow_promise **)context = vow_delay(VOW_S(1000), vow_text("released"));
    (void)vow_run_pending();
    return NULL;
}

static void a_delay_ends_with_its_thread(void **state)
{
    (void)state;
    vow_promise *delay = NULL;
    on_another_thread(delay_and_end, &delay);
    assert_rejected(delay, VOW_CANCELED);
    vow_promise_release(delay);
}

static void a_loop_is_idle_when_its_last_delay_is_canceled(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *delay = vow_delay(VOW_S(1000), vow_none());
    (void)vow_loop_run_once(loop, VOW_POLL);
    vow_cancel(delay);
    assert_ok(vow_loop_run_until_idle(loop));
    vow_promise_release(delay);
    assert_ok(vow_loop_free(loop));
}

/* Timeouts ----------------------------------------------------------------------------------------------------------- */

static void a_promise_in_time_gives_its_value(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *timed = vow_timeout(made.promise[0], vow_after(VOW_S(1000)));
    fire_number(&made, 0, 3);
    assert_gives(timed, 3);
}

static void a_promise_that_has_settled_is_in_time(void **state)
{
    (void)state;
    assert_gives(vow_timeout(vow_succeeded(vow_integer(3)), VOW_POLL), 3);
}

static void a_late_promise_is_canceled_and_times_out(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *timed = vow_timeout(made.promise[0], vow_after(VOW_MS(1)));
    assert_gives_text(timed, "error(TIMED_OUT: vow_timeout: the deadline passed first; caused by "
                             "CANCELED: vow_cancel: canceled)");
    assert_true(vow_deferred_fired(made.deferred[0]));
    vow_deferred_release(made.deferred[0]);
}

static void a_deadline_that_has_passed_cancels_at_once(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    assert_raises(vow_timeout(made.promise[0], VOW_POLL), VOW_TIMED_OUT);
    vow_deferred_release(made.deferred[0]);
}

static void forever_never_times_out(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *timed = vow_timeout(made.promise[0], VOW_FOREVER);
    fire_number(&made, 0, 3);
    assert_gives(timed, 3);
}

static void a_cancellation_from_elsewhere_stays_one(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *timed = vow_timeout(made.promise[0], vow_after(VOW_S(1000)));
    vow_cancel(timed);
    assert_raises(timed, VOW_CANCELED);
    vow_deferred_release(made.deferred[0]);
}

static void another_error_passes_as_it_is(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *timed = vow_timeout(made.promise[0], vow_after(VOW_S(1000)));
    fire_error(&made, 0, BAD);
    assert_raises(timed, BAD);
}

static void answer_cancel(void *deferred)
{
    (void)vow_resolve(deferred, vow_integer(6));
}

static void a_value_that_comes_all_the_same_is_kept(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    assert_ok(vow_set_canceller(made.deferred[0], answer_cancel, made.deferred[0], NULL));
    assert_gives(vow_timeout(made.promise[0], vow_after(VOW_MS(1))), 6);
    vow_deferred_release(made.deferred[0]);
}

/* What ends badly for being canceled: that is more than a cancellation. */
static void fail_for_being_canceled(void *deferred)
{
    vow_value cause = vow_fail(VOW_CANCELED, "told to end");
    (void)vow_reject(deferred, vow_fail_because(cause, BAD, "what was begun was not undone"));
}

static void a_failure_that_the_deadline_brought_about_passes_as_it_is(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    assert_ok(vow_set_canceller(made.deferred[0], fail_for_being_canceled, made.deferred[0], NULL));
    assert_raises(vow_timeout(made.promise[0], VOW_POLL), BAD);
    vow_deferred_release(made.deferred[0]);
}

static void a_promise_that_others_hold_is_let_go(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *kept = vow_promise_retain(made.promise[0]);
    assert_raises(vow_timeout(made.promise[0], vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    fire_number(&made, 0, 8);
    assert_gives(kept, 8);
}

/* Letting go --------------------------------------------------------------------------------------------------------- */

static void what_is_let_go_keeps_nothing(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    long objects = vow_live_objects();
    for (int i = 0; i < 3; i++) {
        vow_promise *kept = vow_promise_retain(made.promise[0]);
        assert_raises(vow_timeout(kept, vow_after(VOW_US(10))), VOW_TIMED_OUT);
        assert_objects(objects);
    }
    fire_number(&made, 0, 8);
    assert_gives(made.promise[0], 8);
}

static void also_where_the_result_is_canceled(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    long objects = vow_live_objects();
    vow_promise *kept = vow_promise_retain(made.promise[0]);
    vow_promise *timed = vow_timeout(kept, vow_after(VOW_S(1000)));
    vow_cancel(timed);
    assert_raises(timed, VOW_CANCELED);
    assert_objects(objects);
    fire_number(&made, 0, 8);
    assert_gives(made.promise[0], 8);
}

static void an_error_of_what_was_let_go_counts_as_looked_at(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *kept = vow_promise_retain(made.promise[0]);
    atomic_store(&unhandled, 0);
    (void)vow_set_report_hook(count_unhandled, NULL);
    assert_raises(vow_timeout(kept, VOW_POLL), VOW_TIMED_OUT);
    fire_error(&made, 0, BAD);
    vow_promise_release(made.promise[0]);
    (void)vow_set_report_hook(NULL, NULL);
    assert_int_equal(unhandled, 0);
}

/* Two timeouts of one promise that nobody else looks at. */
struct two {
    struct promises made;
    vow_promise *first, *second;
};

static void begin_two(struct two *two)
{
    two->first = vow_timeout(vow_promise_retain(two->made.promise[0]), vow_after(VOW_S(1000)));
    two->second = vow_timeout(two->made.promise[0], vow_after(VOW_S(1000)));
}

static void cancel_two(struct two *two)
{
    vow_cancel(two->first);
    assert_false(vow_deferred_fired(two->made.deferred[0]));
    vow_cancel(two->second);
}

static void end_two(struct two *two)
{
    assert_raises(two->first, VOW_CANCELED);
    assert_true(vow_deferred_fired(two->made.deferred[0]));
    vow_deferred_release(two->made.deferred[0]);
    assert_raises(two->second, VOW_CANCELED);
}

static void a_cancel_of_the_last_of_two_timeouts_reaches_the_promise(void **state)
{
    (void)state;
    struct two two = {.made = promises_new(1)};
    begin_two(&two);
    cancel_two(&two);
    end_two(&two);
}

static vow_value cancel_last(vow_value input, void *context)
{
    const struct two *two = context;
    vow_cancel(two->second);
    return input;
}

static void also_by_who_follows_the_first(void **state)
{
    (void)state;
    struct two two = {.made = promises_new(1)};
    begin_two(&two);
    two.first = vow_add_both(two.first, cancel_last, &two);
    vow_cancel(two.first);
    end_two(&two);
}

static vow_value cancel_two_in_listener(vow_value input, void *context)
{
    (void)input;
    cancel_two(context);
    return vow_none();
}

/* The links stay in the queue until all have heard: nobody counts them any more. */
static void also_by_who_hears_progress(void **state)
{
    (void)state;
    struct two two = {.made = promises_new(1)};
    vow_handlers listener = {
        .size = sizeof listener, .notified = cancel_two_in_listener, .context = &two};
    two.made.promise[0] = vow_add_callbacks(two.made.promise[0], &listener);
    begin_two(&two);
    assert_ok(vow_notify(two.made.deferred[0], vow_none()));
    (void)vow_wait(two.second, VOW_FOREVER, NULL);
    end_two(&two);
}

static vow_value cancel_first(vow_value input, void *context)
{
    const struct two *two = context;
    vow_cancel(two->first);
    return input;
}

/* Its link goes when its turn comes. */
static void a_result_may_be_canceled_while_links_run(void **state)
{
    (void)state;
    struct two two = {.made = promises_new(1)};
    two.made.promise[0] = vow_add_both(two.made.promise[0], cancel_first, &two);
    begin_two(&two);
    fire_number(&two.made, 0, 4);
    assert_gives(two.second, 4);
    assert_raises(two.first, VOW_CANCELED);
}

static void a_loop_is_idle_when_its_last_timeout_was_canceled(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *kept = vow_promise_retain(made.promise[0]);
    vow_promise *timed = vow_timeout(kept, vow_after(VOW_S(1000)));
    (void)vow_loop_run_once(loop, VOW_POLL);
    vow_cancel(timed);
    assert_ok(vow_loop_run_until_idle(loop));
    assert_rejected(timed, VOW_CANCELED);
    vow_promise_release(timed);
    assert_ok(vow_loop_free(loop));
    fire_number(&made, 0, 8);
    assert_gives(made.promise[0], 8);
}

/* -------------------------------------------------------------------------------------------------------------------- */

static vow_value sleep_long(vow_value input, void *context)
{
    (void)context;
    return vow_sleep(VOW_S(1000)) == VOW_CANCELED ? vow_fail(VOW_CANCELED, "woken") : input;
}

static void a_job_that_sleeps_too_long_times_out(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *job = vow_submit(vow_pool_scheduler(pool), sleep_long, vow_none(), NULL);
    assert_raises(vow_timeout(job, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_ok(vow_pool_free(pool));
}

static void the_inner_of_two_deadlines_counts(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *inner = vow_timeout(made.promise[0], vow_after(VOW_MS(1)));
    assert_raises(vow_timeout(inner, vow_after(VOW_S(1000))), VOW_TIMED_OUT);
    vow_deferred_release(made.deferred[0]);
}

static void nothing_cannot_time_out(void **state)
{
    (void)state;
    assert_gives_text(vow_timeout(NULL, VOW_POLL), "error(INVALID: vow_timeout: promise is NULL)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(a_delay_gives_its_value_and_not_before),
        everywhere(a_delay_of_nothing_comes_soon),
        everywhere(a_canceled_delay_is_rejected_at_once),
        everywhere(a_delay_is_canceled_from_another_thread),
        everywhere(a_shorter_delay_after_a_longer_one_comes_first),
        everywhere(what_follows_a_delay_may_wait_for_another),
        everywhere(a_delay_of_a_promise_waits_for_it),
        everywhere(a_thousand_delays_come),
        everywhere(a_negative_delay_is_refused),
        control_test(a_delay_ends_with_its_loop),
        control_test(a_delay_ends_with_its_thread),
        control_test(a_loop_is_idle_when_its_last_delay_is_canceled),
        everywhere(a_promise_in_time_gives_its_value),
        everywhere(a_promise_that_has_settled_is_in_time),
        everywhere(a_late_promise_is_canceled_and_times_out),
        everywhere(a_deadline_that_has_passed_cancels_at_once),
        everywhere(forever_never_times_out),
        everywhere(a_cancellation_from_elsewhere_stays_one),
        everywhere(another_error_passes_as_it_is),
        everywhere(a_value_that_comes_all_the_same_is_kept),
        everywhere(a_failure_that_the_deadline_brought_about_passes_as_it_is),
        everywhere(a_promise_that_others_hold_is_let_go),
        everywhere(what_is_let_go_keeps_nothing),
        everywhere(also_where_the_result_is_canceled),
        everywhere(an_error_of_what_was_let_go_counts_as_looked_at),
        everywhere(a_cancel_of_the_last_of_two_timeouts_reaches_the_promise),
        everywhere(also_by_who_follows_the_first),
        everywhere(also_by_who_hears_progress),
        everywhere(a_result_may_be_canceled_while_links_run),
        control_test(a_loop_is_idle_when_its_last_timeout_was_canceled),
        everywhere(a_job_that_sleeps_too_long_times_out),
        everywhere(the_inner_of_two_deadlines_counts),
        everywhere(nothing_cannot_time_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
