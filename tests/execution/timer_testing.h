/*
 * timer_testing.h - what the tests of timers share: timers that count their calls, and do something in them.
 */
#ifndef VOW_TESTS_EXECUTION_TIMER_TESTING_H
#define VOW_TESTS_EXECUTION_TIMER_TESTING_H

#include "loop_testing.h"

#include <vow/timer.h>

/* A timer that counts its calls, notes its place among them, and then does `also`. */
struct alarm_clock {
    struct vow_timer timer;
    vow_loop *loop;
    int64_t due;
    int calls;
    int place;
    uint64_t skipped;
    void (*also)(struct alarm_clock *clock);
    void *context;
};

/* The test's; what frees it sets it to NULL. */
static vow_loop *the_loop;

static int calls_in_all; /* of all clocks of a test */

static inline void ring(struct vow_timer *timer)
{
    struct alarm_clock *clock = vow_container_of(timer, struct alarm_clock, timer);

    assert_true(vow_now() >= clock->due);
    clock->calls++;
    clock->place = ++calls_in_all;
    clock->skipped = vow_timer_skipped(timer);
    if (clock->also != NULL)
        clock->also(clock);
}

static inline void clock_init(struct alarm_clock *clock)
{
    *clock = (struct alarm_clock){.loop = the_loop};
    assert_int_equal(vow_timer_init(&clock->timer, ring), VOW_OK);
}

static inline void start_at(struct alarm_clock *clock, vow_deadline deadline)
{
    clock->due = deadline.at;
    assert_int_equal(vow_timer_start(clock->loop, &clock->timer, deadline), VOW_OK);
}

static inline void start_after(struct alarm_clock *clock, int64_t nanoseconds)
{
    start_at(clock, vow_after(nanoseconds));
}

static inline void start_again(struct alarm_clock *clock)
{
    assert_false(vow_timer_started(&clock->timer));
    if (clock->calls < 5)
        start_at(clock, VOW_POLL);
}

static inline void stop_the_loop(struct alarm_clock *clock)
{
    vow_loop_stop(clock->loop);
}

static inline void stop_at_the_fifth(struct alarm_clock *clock)
{
    assert_true(vow_timer_started(&clock->timer));
    clock->due += VOW_MS(1) * (int64_t)(1 + clock->skipped);
    if (clock->calls == 5)
        assert_true(vow_timer_stop(&clock->timer));
}

static inline int begin_timers(void **state)
{
    if (begin_with_a_thread(state) != 0)
        return -1;
    calls_in_all = 0;
    the_loop = vow_loop_new(NULL);
    return the_loop != NULL ? 0 : -1;
}

static inline void free_the_loop(void)
{
    vow_loop *loop = the_loop;
    the_loop = NULL;
    assert_int_equal(vow_loop_free(loop), VOW_OK);
}

static inline int end_timers(void **state)
{
    if (the_loop != NULL)
        free_the_loop();
    return nothing_is_left(state);
}

#define timer_test(function) cmocka_unit_test_setup_teardown(function, begin_timers, end_timers)

#endif
