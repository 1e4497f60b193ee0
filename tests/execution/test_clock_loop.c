/*
 * test_clock_loop.c - a virtual clock and loops: timers, other threads' loops, loops over users' uv_loop_t.
 */
#include "loop_uv_testing.h"
#include "timer_testing.h"

#include <pthread.h>
#include <vow/clock.h>
#include <vow/line.h>
#include <vow/wait.h>

static vow_clock *the_clock;
static int64_t began;

static void install(void)
{
    the_clock = vow_clock_new();
    assert_non_null(the_clock);
    assert_int_equal(vow_clock_install(the_clock), VOW_OK);
    began = vow_now();
}

static void uninstall(void)
{
    assert_int_equal(vow_clock_free(the_clock), VOW_OK);
    the_clock = NULL;
}

static void advance(int64_t nanoseconds)
{
    assert_int_equal(vow_clock_advance(the_clock, nanoseconds), VOW_OK);
}

/* Timers ----------------------------------------------------------------------------------------------------------- */

static void is_exact(struct alarm_clock *clock)
{
    assert_int_equal(vow_now(), clock->due);
}

static void timers_are_called_at_their_own_moments_in_their_order(void **state)
{
    (void)state;
    enum { COUNT = 6 };
    /* some are within one tick of the wheel, in the wrong order */
    static const int64_t times[COUNT] = {VOW_US(3), VOW_US(1),    VOW_US(2),
                                         VOW_S(3),  VOW_S(3) - 1, 0};
    static const int places[COUNT] = {4, 2, 3, 6, 5, 1};
    struct alarm_clock clocks[COUNT];
    install();
    for (int i = 0; i < COUNT; i++) {
        clock_init(&clocks[i]);
        clocks[i].also = is_exact;
        start_after(&clocks[i], times[i]);
    }
    advance(VOW_S(3));
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(clocks[i].place, places[i]);
    uninstall();
}

static void timers_of_one_moment_are_called_in_the_order_of_their_starts(void **state)
{
    (void)state;
    enum { COUNT = 20 };
    struct alarm_clock clocks[COUNT];
    install();
    for (int i = 0; i < COUNT; i++) {
        clock_init(&clocks[i]);
        start_after(&clocks[i], VOW_S(1));
    }
    advance(VOW_S(1));
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(clocks[i].place, i + 1);
    uninstall();
}

static void note_beat(struct alarm_clock *clock)
{
    assert_int_equal(vow_now() - began, clock->calls * VOW_S(10));
    assert_int_equal(clock->skipped, 0);
}

static void a_beat_comes_at_each_of_its_moments(void **state)
{
    (void)state;
    struct alarm_clock beat;
    install();
    clock_init(&beat);
    beat.also = note_beat;
    assert_int_equal(vow_timer_repeat(the_loop, &beat.timer, vow_after(VOW_S(10)), VOW_S(10)),
                     VOW_OK);
    advance(VOW_S(3605));
    assert_int_equal(beat.calls, 360);
    assert_true(vow_timer_stop(&beat.timer));
    uninstall();
}

static void start_anew(struct alarm_clock *clock)
{
    if (clock->calls < 4)
        start_after(clock, VOW_S(1));
}

static void a_timer_started_in_its_call_is_called_within_the_same_advance(void **state)
{
    (void)state;
    struct alarm_clock clock;
    install();
    clock_init(&clock);
    clock.also = start_anew;
    start_after(&clock, VOW_S(1));
    advance(VOW_S(3));
    assert_int_equal(clock.calls, 3);
    advance(VOW_S(100));
    assert_int_equal(clock.calls, 4);
    uninstall();
}

static void a_stopped_timer_is_not_called(void **state)
{
    (void)state;
    struct alarm_clock clock;
    install();
    clock_init(&clock);
    start_after(&clock, VOW_S(1));
    advance(VOW_S(1) - 1);
    assert_true(vow_timer_stop(&clock.timer));
    advance(VOW_S(100));
    assert_int_equal(clock.calls, 0);
    uninstall();
}

static void a_timer_that_pends_at_the_end_is_called_in_real_time(void **state)
{
    (void)state;
    struct alarm_clock clock;
    install();
    clock_init(&clock);
    advance(VOW_S(500));
    start_after(&clock, VOW_MS(1));
    uninstall();
    assert_int_equal(vow_loop_run_until_idle(the_loop), VOW_OK);
    assert_int_equal(clock.calls, 1);
}

static void a_loop_that_runs_while_time_runs_ahead_is_called_at_once(void **state)
{
    (void)state;
    struct alarm_clock clock;
    install();
    assert_int_equal(vow_clock_run_ahead(the_clock, true), VOW_OK);
    clock_init(&clock);
    clock.also = is_exact;
    start_after(&clock, VOW_S(86400));
    assert_int_equal(vow_loop_run_until_idle(the_loop), VOW_OK);
    assert_int_equal(clock.calls, 1);
    uninstall();
}

/* Other threads ---------------------------------------------------------------------------------------------------- */

struct other {
    pthread_t thread;
    _Atomic int ready;
    int64_t called_at;
};

static vow_value note_call(vow_value input, void *context)
{
    struct other *other = context;
    other->called_at = vow_now() - began;
    return input;
}

/* The promise is made, and waited for, on the other thread; `ready` counts. */
static void *run_other_loop(void *context)
{
    struct other *other = context;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *late = vow_call_later(loop, VOW_S(60), note_call, vow_none(), other);
    atomic_store(&other->ready, 1);
    (void)vow_wait(late, VOW_FOREVER, NULL);
    vow_promise_release(late);
    vow_loop_free(loop);
    return NULL;
}

static void *sleep_elsewhere(void *context)
{
    struct other *other = context;
    atomic_store(&other->ready, 1);
    (void)vow_sleep_until(vow_at(began + VOW_S(60)));
    other->called_at = vow_now() - began;
    return NULL;
}

/* It does not matter when it comes to its wait: whoever is late for a moment finds that it has passed. */
static void with_other(void *(*function)(void *), struct other *other)
{
    *other = (struct other){.ready = 0};
    assert_int_equal(pthread_create(&other->thread, NULL, function, other), 0);
    while (atomic_load(&other->ready) == 0)
        (void)sched_yield();
}

static void another_threads_loop_is_driven(void **state)
{
    (void)state;
    struct other other;
    install();
    with_other(run_other_loop, &other);
    advance(VOW_S(60));
    assert_int_equal(pthread_join(other.thread, NULL), 0);
    assert_int_equal(other.called_at, VOW_S(60));
    uninstall();
}

static void another_thread_that_sleeps_is_woken(void **state)
{
    (void)state;
    struct other other;
    install();
    with_other(sleep_elsewhere, &other);
    advance(VOW_S(60));
    assert_int_equal(pthread_join(other.thread, NULL), 0);
    assert_int_equal(other.called_at, VOW_S(60));
    uninstall();
}

/* Over a user's uv_loop_t ------------------------------------------------------------------------------------------ */

static void a_loop_over_a_users_is_driven(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clock;
    install();
    the_loop = laid->loop;
    clock_init(&clock);
    clock.also = is_exact;
    start_after(&clock, VOW_S(60));
    advance(VOW_S(60));
    assert_int_equal(clock.calls, 1);
    the_loop = NULL;
    uninstall();
}

static void a_users_uv_run_goes_on_when_time_runs_ahead(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clock;
    install();
    assert_int_equal(vow_clock_run_ahead(the_clock, true), VOW_OK);
    the_loop = laid->loop;
    clock_init(&clock);
    clock.also = is_exact;
    start_after(&clock, VOW_S(60));
    run_uv(laid);
    assert_int_equal(clock.calls, 1);
    the_loop = NULL;
    uninstall();
}

static void a_users_uv_run_takes_real_time_again_when_the_clock_is_gone(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clock;
    install();
    the_loop = laid->loop;
    clock_init(&clock);
    start_after(&clock, VOW_MS(1));
    uninstall();
    run_uv(laid);
    assert_int_equal(clock.calls, 1);
    the_loop = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        timer_test(timers_are_called_at_their_own_moments_in_their_order),
        timer_test(timers_of_one_moment_are_called_in_the_order_of_their_starts),
        timer_test(a_beat_comes_at_each_of_its_moments),
        timer_test(a_timer_started_in_its_call_is_called_within_the_same_advance),
        timer_test(a_stopped_timer_is_not_called),
        timer_test(a_timer_that_pends_at_the_end_is_called_in_real_time),
        timer_test(a_loop_that_runs_while_time_runs_ahead_is_called_at_once),
        timer_test(another_threads_loop_is_driven),
        timer_test(another_thread_that_sleeps_is_woken),
        laid_test(a_loop_over_a_users_is_driven),
        laid_test(a_users_uv_run_goes_on_when_time_runs_ahead),
        laid_test(a_users_uv_run_takes_real_time_again_when_the_clock_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
