/*
 * test_timer.c - timers in memory of their user's: when they are called, and what may be done in their functions.
 */
#include "timer_testing.h"

/* Once */

static void a_timer_is_called_once_and_never_early(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    for (int i = 0; i < 20; i++) {
        start_after(&clock, VOW_US(310) * i);
        assert_true(vow_timer_started(&clock.timer));
        assert_int_equal(clock.calls, i);
        run_until_idle(the_loop);
        assert_int_equal(clock.calls, i + 1);
        assert_false(vow_timer_started(&clock.timer));
    }
}

static void a_moment_that_has_passed_is_called_later_all_the_same(void **state)
{
    const int64_t moments[] = {INT64_MIN, -1, 0, 1};
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    for (int i = 0; i < 4; i++) {
        start_at(&clock, vow_at(moments[i]));
        assert_int_equal(clock.calls, i);
        run_until_idle(the_loop);
        assert_int_equal(clock.calls, i + 1);
    }
}

static void a_stopped_timer_is_not_called(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    start_after(&clock, 0);
    assert_true(vow_timer_stop(&clock.timer));
    assert_false(vow_timer_stop(&clock.timer));
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 0);
}

static void stopping_a_timer_that_was_called_says_so(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    assert_false(vow_timer_stop(&clock.timer));
    start_after(&clock, 0);
    run_until_idle(the_loop);
    assert_false(vow_timer_stop(&clock.timer));
}

static void starting_a_started_timer_moves_it(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    start_after(&clock, VOW_S(3600));
    start_after(&clock, VOW_MS(1));
    run_until_idle(the_loop); /* the hour is not waited for */
    assert_int_equal(clock.calls, 1);
}

static void a_timer_for_ever_is_a_stopped_one(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    start_after(&clock, 0);
    start_at(&clock, VOW_FOREVER);
    assert_false(vow_timer_started(&clock.timer));
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 0);
}

static void timers_are_called_in_the_order_of_their_moments_and_starts(void **state)
{
    const int after[] = {9, 3, 3, 6, 0, 3};
    const int places[] = {6, 2, 3, 5, 1, 4};
    struct alarm_clock clocks[6];
    int64_t start = vow_now();
    (void)state;
    for (int i = 0; i < 6; i++) {
        clock_init(&clocks[i]);
        start_at(&clocks[i], vow_at(start + VOW_MS(after[i])));
    }
    run_until_idle(the_loop);
    for (int i = 0; i < 6; i++)
        if (after[i] > 0) /* the others had perhaps passed when they were started */
            assert_int_equal(clocks[i].place, places[i]);
}

static void run_once_waits_for_a_timer(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    start_after(&clock, VOW_MS(2));
    assert_int_equal(vow_loop_run_once(the_loop, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(vow_loop_run_once(the_loop, VOW_FOREVER), VOW_OK);
    assert_int_equal(clock.calls, 1);
}

static void queue_itself(struct step *step)
{
    struct alarm_clock *clock = step->context;
    if (clock->calls == 0)
        step_on(clock->loop, step);
}

static void a_timer_is_called_while_calls_keep_coming(void **state)
{
    struct alarm_clock clock;
    struct step step = step_new(NULL, 0, queue_itself, &clock);
    (void)state;
    clock_init(&clock);
    start_after(&clock, VOW_MS(1));
    step_on(the_loop, &step);
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 1);
}

#define CROWD 100000

static void a_hundred_thousand_timers_are_called_or_stopped(void **state)
{
    struct alarm_clock *clocks = malloc(CROWD * sizeof *clocks);
    (void)state;
    assert_non_null(clocks);
    for (int i = 0; i < CROWD; i++) {
        clock_init(&clocks[i]);
        start_after(&clocks[i], i % 4 == 3 ? VOW_S(i) : VOW_US(i % 5000));
    }
    for (int i = 3; i < CROWD; i += 4)
        assert_true(vow_timer_stop(&clocks[i].timer));
    run_until_idle(the_loop);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(clocks[i].calls, i % 4 != 3);
    free(clocks);
}

/* In the function */

static void stop_another(struct alarm_clock *clock)
{
    assert_true(vow_timer_stop(&((struct alarm_clock *)clock->context)->timer));
}

static void a_stop_wins_until_the_function_is_called(void **state)
{
    struct alarm_clock clocks[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        clock_init(&clocks[i]);
        start_at(&clocks[i], VOW_POLL); /* all come due at once */
    }
    clocks[0].also = stop_another;
    clocks[0].context = &clocks[3];
    clocks[1].also = stop_another;
    clocks[1].context = &clocks[2];
    run_until_idle(the_loop);
    assert_int_equal(calls_in_all, 2);
    assert_int_equal(clocks[2].calls + clocks[3].calls, 0);
}

static void move_another(struct alarm_clock *clock)
{
    start_after(clock->context, VOW_MS(1));
}

static void a_timer_that_is_due_can_be_moved(void **state)
{
    struct alarm_clock clocks[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        clock_init(&clocks[i]);
        start_at(&clocks[i], VOW_POLL);
    }
    clocks[0].also = move_another;
    clocks[0].context = &clocks[1];
    run_until_idle(the_loop);
    assert_int_equal(clocks[1].calls, 1);
}

static void a_timer_may_be_started_in_its_function(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    clock.also = start_again;
    start_after(&clock, 0);
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 5);
}

static void free_memory(struct alarm_clock *clock)
{
    free(clock);
}

static void a_timer_may_be_freed_in_its_function(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct alarm_clock *clock = malloc(sizeof *clock);
        assert_non_null(clock);
        clock_init(clock);
        clock->also = free_memory;
        start_after(clock, VOW_US(i));
    }
    run_until_idle(the_loop);
    assert_int_equal(calls_in_all, 3);
}

static void a_stop_of_the_loop_leaves_due_timers_for_the_next_run(void **state)
{
    struct alarm_clock clocks[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        clock_init(&clocks[i]);
        start_at(&clocks[i], VOW_POLL);
    }
    clocks[0].also = stop_the_loop;
    run_until_idle(the_loop);
    assert_int_equal(calls_in_all, 1);
    run_until_idle(the_loop);
    assert_int_equal(calls_in_all, 3);
}

/* Again and again */

static void a_repeating_timer_is_called_until_it_is_stopped(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    clock.also = stop_at_the_fifth;
    clock.due = vow_after(VOW_MS(1)).at;
    assert_int_equal(vow_timer_repeat(the_loop, &clock.timer, vow_at(clock.due), VOW_MS(1)),
                     VOW_OK);
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 5);
}

static void stop_itself(struct alarm_clock *clock)
{
    assert_true(vow_timer_stop(&clock->timer));
}

static void moments_that_have_passed_are_skipped_and_counted(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    clock.also = stop_itself;
    int64_t first = vow_now() - VOW_S(100) - VOW_S(50); /* 150, 50 s ago */
    assert_int_equal(vow_timer_repeat(the_loop, &clock.timer, vow_at(first), VOW_S(100)), VOW_OK);
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 1);
    assert_int_equal(clock.skipped, 1);
}

static void a_period_beyond_the_end_of_time_ends_the_repeating(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    assert_int_equal(vow_timer_repeat(the_loop, &clock.timer, vow_at(1), INT64_MAX), VOW_OK);
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        timer_test(a_timer_is_called_once_and_never_early),
        timer_test(a_moment_that_has_passed_is_called_later_all_the_same),
        timer_test(a_stopped_timer_is_not_called),
        timer_test(stopping_a_timer_that_was_called_says_so),
        timer_test(starting_a_started_timer_moves_it),
        timer_test(a_timer_for_ever_is_a_stopped_one),
        timer_test(timers_are_called_in_the_order_of_their_moments_and_starts),
        timer_test(run_once_waits_for_a_timer),
        timer_test(a_timer_is_called_while_calls_keep_coming),
        timer_test(a_hundred_thousand_timers_are_called_or_stopped),
        timer_test(a_stop_wins_until_the_function_is_called),
        timer_test(a_timer_that_is_due_can_be_moved),
        timer_test(a_timer_may_be_started_in_its_function),
        timer_test(a_timer_may_be_freed_in_its_function),
        timer_test(a_stop_of_the_loop_leaves_due_timers_for_the_next_run),
        timer_test(a_repeating_timer_is_called_until_it_is_stopped),
        timer_test(moments_that_have_passed_are_skipped_and_counted),
        timer_test(a_period_beyond_the_end_of_time_ends_the_repeating),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
