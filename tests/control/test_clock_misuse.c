/*
 * test_clock_misuse.c - what a virtual clock refuses, and that time goes on as before then.
 */
#include "control/clock_testing.h"

#include <sched.h>

#include <vow/delay.h>
#include <vow/line.h>
#include <vow/submit.h>
#include <vow/timer.h>

static void a_second_clock_is_refused(void **state)
{
    (void)state;
    vow_clock *second = vow_clock_new();
    assert_int_equal(vow_clock_install(second), VOW_INVALID);
    assert_sentence("vow_clock_install: a clock is installed already");
    assert_int_equal(vow_clock_install(the_clock), VOW_INVALID);
    assert_int_equal(vow_clock_free(second), VOW_OK);
    advance(VOW_S(1));
}

static void a_negative_advance_is_refused(void **state)
{
    (void)state;
    static const int64_t steps[] = {1, -1};
    assert_int_equal(vow_clock_advance(the_clock, -1), VOW_INVALID);
    assert_sentence("vow_clock_advance: nanoseconds is negative");
    assert_int_equal(vow_clock_pump(the_clock, steps, 2), VOW_INVALID);
    assert_sentence("vow_clock_pump: steps[1] is negative");
    assert_int_equal(vow_clock_pump(the_clock, NULL, 1), VOW_INVALID);
    assert_sentence("vow_clock_pump: steps is NULL");
    assert_int_equal(elapsed(), 0);
}

static void an_advance_beyond_all_deadlines_is_refused(void **state)
{
    (void)state;
    static const int64_t steps[] = {1, INT64_MAX};
    assert_int_equal(vow_clock_advance(the_clock, INT64_MAX), VOW_LIMIT);
    assert_sentence("vow_clock_advance: nanoseconds is too long: time would come to 146 years");
    assert_int_equal(elapsed(), 0);
    assert_int_equal(vow_clock_pump(the_clock, steps, 2), VOW_LIMIT);
    assert_int_equal(elapsed(), 1);
}

static void time_goes_on_after_a_hundred_years(void **state)
{
    (void)state;
    advance(VOW_S(INT64_C(3155760000)));
    assert_int_equal(vow_clock_uninstall(the_clock), VOW_OK);
    assert_int_equal(vow_sleep(VOW_MS(1)), VOW_OK);
    assert_true(vow_now() >= clock_began + VOW_S(INT64_C(3155760000)) + VOW_MS(1));
}

static vow_value misuse_inside(vow_value input, void *context)
{
    (void)context;
    note(vow_clock_advance(the_clock, 1));
    note(vow_clock_uninstall(the_clock));
    note(vow_clock_free(the_clock));
    return input;
}

static void advancing_inside_of_what_it_brings_about_is_refused(void **state)
{
    (void)state;
    vow_promise *late = vow_then(vow_delay(VOW_S(1), vow_integer(1)), misuse_inside, NULL);
    advance(VOW_S(2));
    assert_logged(VOW_INVALID, VOW_INVALID, VOW_INVALID);
    assert_int_equal(elapsed(), VOW_S(2));
    assert_gives(late, 1);
}

static vow_value advance_inside(vow_value input, void *context)
{
    (void)context;
    note(vow_clock_advance(the_clock, 1));
    note(vow_clock_install(the_clock));
    return input;
}

static void advancing_inside_of_a_callback_is_refused(void **state)
{
    (void)state;
    vow_promise_release(vow_then(vow_succeeded(vow_none()), advance_inside, NULL));
    assert_logged(VOW_INVALID, VOW_INVALID);
    assert_int_equal(elapsed(), 0);
}

static void a_clock_that_is_not_installed_cannot_be_advanced(void **state)
{
    (void)state;
    assert_int_equal(vow_clock_uninstall(the_clock), VOW_OK);
    assert_int_equal(vow_clock_advance(the_clock, 1), VOW_INVALID);
    assert_sentence("vow_clock_advance: clock is not installed");
    assert_int_equal(vow_clock_uninstall(the_clock), VOW_INVALID);
    assert_int_equal(vow_clock_run_ahead(the_clock, true), VOW_INVALID);
    assert_sentence("vow_clock_run_ahead: clock is not installed");
}

static void no_clock_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_clock_install(NULL), VOW_INVALID);
    assert_int_equal(vow_clock_advance(NULL, 1), VOW_INVALID);
    assert_int_equal(vow_clock_pump(NULL, NULL, 0), VOW_INVALID);
    assert_int_equal(vow_clock_run_ahead(NULL, true), VOW_INVALID);
    assert_int_equal(vow_clock_uninstall(NULL), VOW_INVALID);
    assert_int_equal(vow_clock_elapsed(NULL), 0);
    assert_int_equal(vow_clock_free(NULL), VOW_OK);
}

static void a_clock_keeps_how_far_it_had_come(void **state)
{
    (void)state;
    advance(VOW_S(7));
    assert_int_equal(vow_clock_uninstall(the_clock), VOW_OK);
    assert_int_equal(vow_clock_elapsed(the_clock), VOW_S(7));
}

static void a_clock_can_be_installed_again(void **state)
{
    (void)state;
    advance(VOW_S(7));
    assert_int_equal(vow_clock_uninstall(the_clock), VOW_OK);
    assert_int_equal(vow_clock_install(the_clock), VOW_OK);
    assert_int_equal(vow_clock_elapsed(the_clock), 0);
    advance(VOW_S(8));
    assert_int_equal(vow_clock_elapsed(the_clock), VOW_S(8));
}

static _Atomic bool looks_on;

/* Gives how often somebody who never saw it moved saw something else. */
static void *look_on(void *context)
{
    intptr_t wrong = 0;
    (void)context;
    while (atomic_load(&looks_on)) {
        wrong += vow_clock_elapsed(the_clock) != 0;
        (void)sched_yield();
    }
    return number_as_context(wrong);
}

static void how_far_it_has_come_can_be_asked_for_while_it_is_installed(void **state)
{
    (void)state;
    void *wrong = NULL;
    atomic_store(&looks_on, true);
    pthread_t thread = start_thread(look_on, NULL);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(vow_clock_uninstall(the_clock), VOW_OK);
        assert_int_equal(vow_clock_install(the_clock), VOW_OK);
    }
    atomic_store(&looks_on, false);
    assert_int_equal(pthread_join(thread, &wrong), 0);
    assert_null(wrong);
}

/* Installed too late ------------------------------------------------------------------------------------------------- */

static void is_refused_while_something_pends(void)
{
    vow_clock *clock = vow_clock_new();
    int64_t before = vow_now();
    assert_int_equal(vow_clock_install(clock), VOW_INVALID);
    assert_sentence("vow_clock_install: something waits for a moment of real time already");
    while (vow_now() == before)
        continue;
    assert_int_equal(vow_clock_free(clock), VOW_OK);
}

static void a_clock_is_refused_while_a_delay_pends(void **state)
{
    (void)state;
    vow_promise *late = vow_delay(VOW_S(100), vow_integer(1));
    is_refused_while_something_pends();
    vow_cancel(late);
    assert_raises(late, VOW_CANCELED);
}

static vow_value sleep_long(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_sleep(vow_as_integer(input)));
}

static void a_clock_is_refused_while_a_job_sleeps(void **state)
{
    (void)state;
    vow_promise *job =
        vow_submit(vow_current_scheduler(), sleep_long, vow_integer(VOW_S(100)), NULL);
    is_refused_while_something_pends();
    vow_cancel(job);
    assert_gives(job, VOW_CANCELED);
}

static void ignore(struct vow_timer *timer)
{
    (void)timer;
}

static void a_clock_is_refused_while_a_timer_is_started(void **state)
{
    (void)state;
    struct vow_timer timer;
    vow_loop *loop = vow_loop_new(NULL);
    assert_int_equal(vow_timer_init(&timer, ignore), VOW_OK);
    assert_int_equal(vow_timer_start(loop, &timer, vow_after(VOW_S(9))), VOW_OK);
    is_refused_while_something_pends();
    assert_true(vow_timer_stop(&timer));
    assert_int_equal(vow_loop_free(loop), VOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        clock_test(a_second_clock_is_refused),
        clock_test(a_negative_advance_is_refused),
        clock_test(an_advance_beyond_all_deadlines_is_refused),
        clock_test(time_goes_on_after_a_hundred_years),
        clock_tests(advancing_inside_of_what_it_brings_about_is_refused),
        clock_test(advancing_inside_of_a_callback_is_refused),
        clock_test(a_clock_that_is_not_installed_cannot_be_advanced),
        clock_test(no_clock_is_refused),
        clock_test(a_clock_keeps_how_far_it_had_come),
        clock_test(a_clock_can_be_installed_again),
        clock_test(how_far_it_has_come_can_be_asked_for_while_it_is_installed),
        everywhere(a_clock_is_refused_while_a_delay_pends),
        test_at(a_clock_is_refused_while_a_job_sleeps, "loop", place_loop),
        test_at(a_clock_is_refused_while_a_job_sleeps, "pool of 0", place_pool_0),
        test_at(a_clock_is_refused_while_a_job_sleeps, "pool of 1", place_pool_1),
        test_at(a_clock_is_refused_while_a_timer_is_started, "immediate", place_immediate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
