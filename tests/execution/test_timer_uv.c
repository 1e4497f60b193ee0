/*
 * test_timer_uv.c - timers of loops over a user's uv_loop_t: libuv's loop runs exactly while one is started.
 */
#include "loop_uv_testing.h"
#include "timer_testing.h"

static int begin_over_libuv(void **state)
{
    if (begin_laid(state) != 0)
        return -1;
    the_loop = ((struct laid *)*state)->loop;
    calls_in_all = 0;
    return 0;
}

#define over_libuv_test(function)                                                                  \
    cmocka_unit_test_setup_teardown(function, begin_over_libuv, end_laid)

static void over_libuv_it_runs_exactly_while_a_timer_is_started(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clocks[2];
    clock_init(&clocks[0]);
    clock_init(&clocks[1]);
    assert_false(uv_loop_alive(&laid->uv));
    start_after(&clocks[0], VOW_S(3600));
    assert_true(uv_loop_alive(&laid->uv));
    start_after(&clocks[1], VOW_MS(1));
    assert_true(vow_timer_stop(&clocks[0].timer));
    assert_true(uv_loop_alive(&laid->uv));
    run_uv(laid);
    assert_int_equal(clocks[1].calls, 1);
    assert_false(uv_loop_alive(&laid->uv));
}

static void over_libuv_it_runs_until_the_last_of_several_timers(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clocks[5];
    for (int i = 0; i < 5; i++) {
        clock_init(&clocks[i]);
        start_after(&clocks[i], VOW_MS(1) * (5 - i));
    }
    run_uv(laid);
    assert_int_equal(calls_in_all, 5);
}

static void over_libuv_it_runs_while_a_timer_starts_itself(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clock;
    clock_init(&clock);
    clock.also = start_again;
    start_after(&clock, 0);
    run_uv(laid);
    assert_int_equal(clock.calls, 5);
    assert_false(uv_loop_alive(&laid->uv));
}

static void over_libuv_a_timer_may_be_repeated_and_stopped(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clock;
    clock_init(&clock);
    clock.also = stop_at_the_fifth;
    clock.due = vow_after(VOW_MS(1)).at;
    assert_int_equal(vow_timer_repeat(the_loop, &clock.timer, vow_at(clock.due), VOW_MS(1)),
                     VOW_OK);
    run_uv(laid);
    assert_int_equal(clock.calls, 5);
}

static void start_from_libuv(uv_timer_t *handle)
{
    start_after(handle->data, VOW_MS(1));
    uv_close((uv_handle_t *)handle, NULL);
}

static void over_libuv_a_callback_of_libuvs_may_start_one(void **state)
{
    struct laid *laid = *state;
    uv_timer_t handle;
    struct alarm_clock clock;
    clock_init(&clock);
    uv_timer_init(&laid->uv, &handle);
    handle.data = &clock;
    uv_timer_start(&handle, start_from_libuv, 1, 0);
    run_uv(laid);
    assert_int_equal(clock.calls, 1);
}

static void over_libuv_free_stops_timers(void **state)
{
    struct laid *laid = *state;
    struct alarm_clock clocks[2];
    clock_init(&clocks[0]);
    clock_init(&clocks[1]);
    start_after(&clocks[0], 0);
    start_after(&clocks[1], VOW_S(3600));
    free_loop(laid);
    run_uv(laid);
    assert_int_equal(calls_in_all, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        over_libuv_test(over_libuv_it_runs_exactly_while_a_timer_is_started),
        over_libuv_test(over_libuv_it_runs_until_the_last_of_several_timers),
        over_libuv_test(over_libuv_it_runs_while_a_timer_starts_itself),
        over_libuv_test(over_libuv_a_timer_may_be_repeated_and_stopped),
        over_libuv_test(over_libuv_a_callback_of_libuvs_may_start_one),
        over_libuv_test(over_libuv_free_stops_timers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
