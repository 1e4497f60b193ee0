/*
 * test_clock.c - a virtual clock: what is timed happens when it is advanced, at its own moment, wherever it is at home.
 */
#include "control/clock_testing.h"

#include <vow/delay.h>
#include <vow/group.h>
#include <vow/line.h>
#include <vow/repeat.h>
#include <vow/retry.h>
#include <vow/submit.h>

/* Time ----------------------------------------------------------------------------------------------------------- */

static void time_stands_while_a_clock_is_installed(void **state)
{
    (void)state;
    int64_t before = vow_now();
    for (int i = 0; i < 1000; i++)
        assert_int_equal(vow_now(), before);
}

static void advancing_moves_it_by_just_as_much(void **state)
{
    (void)state;
    advance(VOW_S(3600));
    assert_int_equal(elapsed(), VOW_S(3600));
    advance(1);
    assert_int_equal(elapsed(), VOW_S(3600) + 1);
    assert_int_equal(vow_clock_elapsed(the_clock), VOW_S(3600) + 1);
}

static void pumping_moves_it_step_by_step(void **state)
{
    (void)state;
    static const int64_t steps[] = {VOW_MS(1), 0, VOW_S(1)};
    assert_int_equal(vow_clock_pump(the_clock, steps, 3), VOW_OK);
    assert_int_equal(elapsed(), VOW_S(1) + VOW_MS(1));
}

/* Delays and what follows them ------------------------------------------------------------------------------------- */

static void a_delay_ends_at_its_moment_and_not_before(void **state)
{
    (void)state;
    vow_promise *late = vow_then(vow_delay(VOW_S(30), vow_none()), note_when, NULL);
    advance(VOW_S(30) - 1);
    assert_no_moments();
    assert_int_equal(vow_state(late), VOW_PENDING);
    advance(1);
    assert_moments(VOW_S(30));
    vow_promise_release(late);
}

static void delays_end_in_the_order_of_their_moments(void **state)
{
    (void)state;
    static const int64_t times[] = {VOW_S(3), VOW_S(1), VOW_S(1) + 1, VOW_US(1), VOW_S(2)};
    for (size_t i = 0; i < 5; i++)
        vow_promise_release(vow_then(vow_delay(times[i], vow_none()), note_when, NULL));
    advance(VOW_S(10));
    assert_moments(VOW_US(1), VOW_S(1), VOW_S(1) + 1, VOW_S(2), VOW_S(3));
    assert_int_equal(elapsed(), VOW_S(10));
}

static vow_value delay_again(vow_value input, void *context)
{
    (void)context;
    note_moment();
    return vow_promise_value(vow_delay(VOW_S(1), input));
}

static void what_a_moment_starts_falls_due_within_the_same_advance(void **state)
{
    (void)state;
    vow_promise *promise = vow_delay(VOW_S(1), vow_none());
    for (int i = 0; i < 3; i++)
        promise = vow_then(promise, delay_again, NULL);
    promise = vow_then(promise, note_when, NULL);
    advance(VOW_S(4));
    assert_moments(VOW_S(1), VOW_S(2), VOW_S(3), VOW_S(4));
    vow_promise_release(promise);
}

static vow_value never(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_promise_retain(context));
}

static void a_timeout_cancels_at_its_moment(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *limited = vow_timeout(made.promise[0], vow_after(VOW_S(5)));
    limited = vow_finally(limited, note_when, NULL);
    advance(VOW_S(60));
    assert_moments(VOW_S(5));
    assert_raises(limited, VOW_TIMED_OUT);
    vow_deferred_release(made.deferred[0]);
}

static vow_value fail_now(vow_value input, void *context)
{
    (void)input;
    (void)context;
    note_moment();
    return vow_fail(VOW_USER, "no answer");
}

static void pauses_between_tries_grow_as_they_should(void **state)
{
    (void)state;
    struct vow_retrying patiently = {.size = sizeof patiently, .tries = 5, .pause = VOW_S(1)};
    vow_promise *retry = vow_retry(fail_now, vow_none(), NULL, &patiently);
    advance(VOW_S(14));
    assert_moments(0, VOW_S(1), VOW_S(3), VOW_S(7));
    assert_int_equal(vow_state(retry), VOW_PENDING);
    advance(VOW_S(1));
    assert_moments(VOW_S(15));
    assert_raises(retry, VOW_USER);
}

static vow_value count_down(vow_value input, void *context)
{
    (void)context;
    note_moment();
    int64_t left = vow_as_integer(input) - 1;
    return left == 0 ? vow_end() : vow_promise_value(vow_delay(VOW_S(100), vow_integer(left)));
}

static void a_loop_of_promises_goes_on_with_each_moment(void **state)
{
    (void)state;
    vow_promise *loop = vow_repeat(count_down, vow_integer(4), NULL);
    advance(VOW_S(300));
    assert_moments(0, VOW_S(100), VOW_S(200), VOW_S(300));
    assert_gives(loop, 1);
}

/* Lines ------------------------------------------------------------------------------------------------------------ */

static vow_value sleep_then_note(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_sleep(vow_as_integer(input));
    note_moment();
    return vow_integer(status);
}

static void sleeps_of_jobs_end_at_their_moments(void **state)
{
    (void)state;
    static const int64_t times[] = {VOW_S(7200), VOW_S(3600), 5, VOW_S(10800)};
    vow_promise *jobs[4];
    for (size_t i = 0; i < 4; i++)
        jobs[i] = vow_submit(vow_current_scheduler(), sleep_then_note, vow_integer(times[i]), NULL);
    advance(VOW_S(10800));
    assert_moments(5, VOW_S(3600), VOW_S(7200), VOW_S(10800));
    for (size_t i = 0; i < 4; i++)
        assert_gives(jobs[i], VOW_OK);
}

static vow_value wait_for_a_while(vow_value input, void *promise)
{
    (void)input;
    vow_status status = vow_wait(promise, vow_after(VOW_MS(250)), NULL);
    note_moment();
    return vow_integer(status);
}

static void a_wait_times_out_at_its_deadline(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *job =
        vow_submit(vow_current_scheduler(), wait_for_a_while, vow_none(), made.promise[0]);
    advance(VOW_MS(249));
    assert_no_moments();
    advance(VOW_MS(1));
    assert_moments(VOW_MS(250));
    assert_gives(job, VOW_TIMED_OUT);
    vow_promise_release(made.promise[0]);
    vow_deferred_release(made.deferred[0]);
}

static void a_group_cancels_its_members_at_its_deadline(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    struct vow_grouping grouping = {.size = sizeof grouping, .deadline = vow_after(VOW_S(9))};
    vow_group *group = vow_group_new(&grouping);
    assert_int_equal(vow_group_spawn(group, never, vow_none(), made.promise[0]), VOW_OK);
    vow_promise *ended = vow_finally(vow_group_close(group), note_when, NULL);
    advance(VOW_S(10));
    assert_moments(VOW_S(9));
    assert_raises(ended, VOW_TIMED_OUT);
    vow_group_free(group);
    vow_promise_release(made.promise[0]);
    vow_deferred_release(made.deferred[0]);
}

/* Running ahead ------------------------------------------------------------------------------------------------------ */

static void straight_code_sleeps_without_taking_time(void **state)
{
    (void)state;
    assert_int_equal(vow_clock_run_ahead(the_clock, true), VOW_OK);
    assert_int_equal(vow_sleep(VOW_S(86400)), VOW_OK);
    assert_int_equal(elapsed(), VOW_S(86400));
    assert_gives(vow_submit(vow_current_scheduler(), sleep_then_note, vow_integer(VOW_S(1)), NULL),
                 VOW_OK);
    assert_moments(VOW_S(86401));
}

static void a_wait_with_a_deadline_runs_ahead_to_what_it_waits_for(void **state)
{
    (void)state;
    assert_int_equal(vow_clock_run_ahead(the_clock, true), VOW_OK);
    vow_promise *late = vow_delay(VOW_S(5), vow_integer(7));
    vow_value value;
    assert_int_equal(vow_wait(late, vow_after(VOW_S(6)), &value), VOW_OK);
    assert_int_equal(elapsed(), VOW_S(5));
    vow_promise_release(late);
}

/* The end ------------------------------------------------------------------------------------------------------------ */

static void what_pends_when_time_goes_on_happens_in_real_time(void **state)
{
    (void)state;
    advance(VOW_S(1000));
    vow_promise *late = vow_delay(VOW_MS(2), vow_integer(3));
    free_clock();
    assert_gives(late, 3);
    assert_true(elapsed() >= VOW_S(1000) + VOW_MS(2));
}

static vow_value end_slowly(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_sleep(VOW_S(1000));
    vow_shield_begin();
    (void)vow_sleep(VOW_S(50));
    vow_shield_end();
    return status == VOW_CANCELED ? vow_fail(VOW_CANCELED, "in good order") : input;
}

static void a_timeout_that_was_canceled_before_its_deadline_stays_canceled(void **state)
{
    (void)state;
    vow_promise *job = vow_submit(vow_current_scheduler(), end_slowly, vow_none(), NULL);
    vow_promise *limited = vow_timeout(job, vow_after(VOW_S(10)));
    advance(VOW_S(5));
    vow_cancel(limited);
    advance(VOW_S(100));
    assert_raises(limited, VOW_CANCELED);
}

static vow_value give_other(vow_value error, void *other)
{
    (void)error;
    return vow_promise_value(vow_promise_retain(other));
}

/* A cancel is answered by waiting for something else: that is for the next one to end, be it the deadline or a cancel. */
static void what_a_canceled_promise_waits_for_then_is_canceled_at_the_deadline(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *twice = vow_catch(made.promise[0], give_other, made.promise[1]);
    vow_promise *limited = vow_timeout(twice, vow_after(VOW_S(10)));
    advance(VOW_S(5));
    vow_cancel(limited);
    advance(VOW_S(5));
    assert_raises(limited, VOW_CANCELED);
    vow_promise_release(made.promise[1]);
    for (int i = 0; i < 2; i++)
        vow_deferred_release(made.deferred[i]);
}

static void what_a_late_promise_waits_for_then_is_canceled_by_the_next_cancel(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *twice = vow_catch(made.promise[0], give_other, made.promise[1]);
    vow_promise *limited = vow_timeout(twice, vow_after(VOW_S(10)));
    advance(VOW_S(10));
    assert_int_equal(vow_state(limited), VOW_PENDING);
    vow_cancel(limited);
    assert_raises(limited, VOW_TIMED_OUT);
    vow_promise_release(made.promise[1]);
    for (int i = 0; i < 2; i++)
        vow_deferred_release(made.deferred[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        clock_test(time_stands_while_a_clock_is_installed),
        clock_tests(advancing_moves_it_by_just_as_much),
        clock_test(pumping_moves_it_step_by_step),
        clock_tests(a_delay_ends_at_its_moment_and_not_before),
        clock_tests(delays_end_in_the_order_of_their_moments),
        clock_tests(what_a_moment_starts_falls_due_within_the_same_advance),
        clock_tests(a_timeout_cancels_at_its_moment),
        clock_tests(pauses_between_tries_grow_as_they_should),
        clock_tests(a_loop_of_promises_goes_on_with_each_moment),
        clock_tests_of_lines(sleeps_of_jobs_end_at_their_moments),
        clock_tests(what_a_canceled_promise_waits_for_then_is_canceled_at_the_deadline),
        clock_tests(what_a_late_promise_waits_for_then_is_canceled_by_the_next_cancel),
        clock_tests_of_lines(a_timeout_that_was_canceled_before_its_deadline_stays_canceled),
        clock_tests_of_lines(a_wait_times_out_at_its_deadline),
        clock_tests(a_group_cancels_its_members_at_its_deadline),
        clock_tests(straight_code_sleeps_without_taking_time),
        clock_tests(a_wait_with_a_deadline_runs_ahead_to_what_it_waits_for),
        clock_tests(what_pends_when_time_goes_on_happens_in_real_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
