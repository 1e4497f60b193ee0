/*
 * test_timer_end.c - timers whose loop ends, and timers that are misused.
 */
#include "timer_testing.h"

/* The loop's end */

static void free_stops_timers_without_a_call(void **state)
{
    struct alarm_clock clocks[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        clock_init(&clocks[i]);
    clocks[0].also = stop_the_loop;
    start_at(&clocks[0], VOW_POLL);
    start_at(&clocks[1], VOW_POLL); /* due, and left by the stop */
    start_after(&clocks[2], VOW_S(3600));
    run_until_idle(the_loop);
    start_at(&clocks[3], VOW_POLL);
    free_the_loop();
    assert_int_equal(calls_in_all, 1);
    for (int i = 0; i < 4; i++) {
        assert_false(vow_timer_started(&clocks[i].timer));
        assert_false(vow_timer_stop(&clocks[i].timer));
    }
}

static void a_timer_may_go_from_a_freed_loop_to_another(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    for (int i = 0; i < 3; i++) {
        clock.loop = vow_loop_new(NULL);
        start_after(&clock, VOW_S(3600));
        if (i == 2) {
            start_at(&clock, VOW_POLL);
            run_until_idle(clock.loop);
        }
        vow_loop_free(clock.loop);
    }
    assert_int_equal(clock.calls, 1);
}

static struct alarm_clock *started_late;
static vow_status status_late;

static void never_run(struct vow_call *call)
{
    (void)call;
    fail();
}

static void start_late(struct vow_call *call)
{
    (void)call;
    status_late = vow_timer_start(started_late->loop, &started_late->timer, VOW_POLL);
}

static void a_start_while_the_loop_is_freed_is_refused(void **state)
{
    struct vow_call call = {NULL, never_run, start_late};
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    started_late = &clock;
    vow_scheduler_call(vow_loop_scheduler(the_loop), &call);
    free_the_loop();
    assert_int_equal(status_late, VOW_CLOSED);
    assert_sentence("loop is being freed");
    assert_false(vow_timer_started(&clock.timer));
}

/* Misuse */

static void nothing_is_refused_in_words(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    assert_int_equal(vow_timer_init(NULL, ring), VOW_INVALID);
    assert_int_equal(vow_timer_start(the_loop, NULL, VOW_POLL), VOW_INVALID);
    assert_sentence("vow_timer_start: timer is NULL");
    assert_int_equal(vow_timer_start(NULL, &clock.timer, VOW_POLL), VOW_INVALID);
    assert_sentence("vow_timer_start: loop is NULL");
    assert_int_equal(vow_timer_repeat(NULL, NULL, VOW_POLL, 1), VOW_INVALID);
    assert_int_equal(vow_timer_repeat(the_loop, &clock.timer, VOW_POLL, 0), VOW_INVALID);
    assert_sentence("period");
    assert_int_equal(vow_timer_repeat(the_loop, &clock.timer, VOW_POLL, -1), VOW_INVALID);
    assert_false(vow_timer_stop(NULL));
    assert_sentence("vow_timer_stop: timer is NULL");
    assert_false(vow_timer_started(NULL));
    assert_int_equal(vow_timer_skipped(NULL), 0);
}

static void a_timer_that_was_not_set_up_is_refused(void **state)
{
    struct vow_timer zero = {0};
    struct vow_timer without;
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    assert_int_equal(vow_timer_init(&without, NULL), VOW_INVALID);
    assert_sentence("function is NULL");
    struct vow_timer copy = clock.timer;
    struct vow_timer *wrong[] = {&zero, &without, &copy};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vow_timer_start(the_loop, wrong[i], VOW_POLL), VOW_INVALID);
        assert_sentence("was not set up");
        assert_false(vow_timer_stop(wrong[i]));
        assert_sentence("was not set up");
        assert_false(vow_timer_started(wrong[i]));
    }
}

static void a_timer_is_started_on_one_loop_at_a_time(void **state)
{
    vow_loop *other = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    start_after(&clock, VOW_MS(1));
    assert_int_equal(vow_timer_start(other, &clock.timer, VOW_POLL), VOW_INVALID);
    assert_sentence("another loop");
    run_until_idle(other);
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 1);
    vow_loop_free(other);
}

static void *misuse_from_afar(void *context)
{
    struct alarm_clock *clock = context;

    assert_int_equal(vow_timer_start(clock->loop, &clock->timer, VOW_POLL), VOW_INVALID);
    assert_sentence("another thread");
    assert_false(vow_timer_stop(&clock->timer));
    assert_sentence("not the thread");
    return NULL;
}

static void another_thread_is_refused(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock);
    start_after(&clock, VOW_MS(1));
    on_another_thread(misuse_from_afar, &clock);
    run_until_idle(the_loop);
    assert_int_equal(clock.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        timer_test(free_stops_timers_without_a_call),
        timer_test(a_timer_may_go_from_a_freed_loop_to_another),
        timer_test(a_start_while_the_loop_is_freed_is_refused),
        timer_test(nothing_is_refused_in_words),
        timer_test(a_timer_that_was_not_set_up_is_refused),
        timer_test(a_timer_is_started_on_one_loop_at_a_time),
        timer_test(another_thread_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
