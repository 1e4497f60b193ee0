/*
 * test_wheel.c - the timing wheel on a clock of its own: when timers expire, in what order, and what may be done meanwhile.
 */
#include "wheel_testing.h"

/* One timer, or none */

static void an_empty_wheel_has_nothing_to_do(void **state)
{
    (void)state;
    begin_at(START);
    assert_true(vow_wheel_next(&wheel) == INT64_MAX);
    assert_int_equal(advance(START), 0);
    assert_int_equal(advance(INT64_MAX), 0);
    assert_true(vow_wheel_next(&wheel) == INT64_MAX);
}

static void a_timer_expires_at_its_moment_and_not_before(void **state)
{
    (void)state;
    for (int bits = 0; bits < 62; bits++) {
        for (int64_t more = -1; more <= 1; more++) {
            int64_t at = (INT64_C(1) << bits) + more + 1;
            struct probe probe = for_moment(at);
            begin_at(0);
            start(&probe);
            assert_true(vow_wheel_next(&wheel) <= rounded_up(at));
            assert_int_equal(advance(at - 1), 0);
            assert_int_equal(advance(rounded_up(at)), 1);
            assert_int_equal(probe.fires, 1);
            assert_int_equal(wheel.count, 0);
            assert_true(vow_wheel_next(&wheel) == INT64_MAX);
        }
    }
}

static void the_next_moment_of_a_single_timer_is_exact_to_a_tick(void **state)
{
    (void)state;
    for (int bits = 0; bits < 62; bits++) {
        struct probe probe = for_moment((INT64_C(1) << bits) + 12345678);
        begin_at(12345);
        start(&probe);
        assert_true(vow_wheel_next(&wheel) == rounded_up(probe.again_at));
    }
}

static void a_moment_that_has_passed_comes_due_with_the_next_advance(void **state)
{
    int64_t moments[] = {INT64_MIN, -1, 0, START - TICK, START};
    (void)state;
    for (unsigned i = 0; i < sizeof moments / sizeof *moments; i++) {
        struct probe probe = for_moment(moments[i]);
        begin_at(START);
        start(&probe);
        assert_true(vow_wheel_next(&wheel) <= START);
        assert_int_equal(advance(START), 1);
        assert_int_equal(wheel.count, 0);
    }
}

static void never_is_not_started(void **state)
{
    struct probe probe = for_moment(INT64_MAX);
    (void)state;
    begin_at(START);
    start(&probe);
    assert_int_equal(wheel.count, 0);
    assert_true(vow_wheel_next(&wheel) == INT64_MAX);
    assert_int_equal(advance(INT64_MAX), 0);
    assert_false(vow_wheel_stop(&wheel, &probe.timer));
}

static void the_end_of_time_is_waited_for_and_not_reached(void **state)
{
    struct probe last = for_moment(INT64_MAX - 1);
    struct probe reached = for_moment(INT64_MAX - TICK);
    (void)state;
    begin_at(START);
    start(&last);
    assert_true(vow_wheel_next(&wheel) == INT64_MAX);
    start(&reached);
    assert_int_equal(advance(INT64_MAX - TICK - 1), 0);
    assert_int_equal(advance(INT64_MAX), 1);
    assert_int_equal(reached.fires, 1);
    assert_true(vow_wheel_stop(&wheel, &last.timer));
}

static void a_stopped_timer_does_not_expire(void **state)
{
    struct probe probe = for_moment(START + VOW_S(1));
    (void)state;
    begin_at(START);
    start(&probe);
    assert_true(vow_wheel_stop(&wheel, &probe.timer));
    assert_false(vow_wheel_stop(&wheel, &probe.timer));
    assert_true(vow_wheel_next(&wheel) == INT64_MAX);
    assert_int_equal(advance(START + VOW_S(2)), 0);
}

static void a_stopped_timer_can_be_started_again(void **state)
{
    struct probe probe = for_moment(START + VOW_S(1));
    (void)state;
    begin_at(START);
    for (int i = 0; i < 3; i++) {
        start(&probe);
        assert_true(vow_wheel_stop(&wheel, &probe.timer));
    }
    start(&probe);
    assert_int_equal(advance(rounded_up(START + VOW_S(1))), 1);
    assert_false(vow_wheel_stop(&wheel, &probe.timer));
}

static void a_clock_that_stands_still_or_goes_back_expires_nothing(void **state)
{
    struct probe probe = for_moment(START + 10 * TICK);
    (void)state;
    begin_at(START);
    start(&probe);
    assert_int_equal(advance(START + 9 * TICK), 0);
    assert_int_equal(advance(START + 9 * TICK), 0);
    assert_int_equal(advance(START), 0);
    assert_int_equal(advance(-1), 0);
    assert_int_equal(advance(START + 10 * TICK), 1);
}

static void any_finds_all_that_are_started(void **state)
{
    struct probe probes[] = {for_moment(0), for_moment(START + VOW_S(1)),
                             for_moment(INT64_MAX - 1)};
    (void)state;
    begin_at(START);
    for (int i = 0; i < 3; i++)
        start(&probes[i]);
    for (int i = 0; i < 3; i++)
        assert_true(vow_wheel_stop(&wheel, vow_wheel_any(&wheel)));
    assert_null(vow_wheel_any(&wheel));
    assert_int_equal(wheel.count, 0);
}

/* Order */

static void earlier_ticks_expire_first_after_a_long_sleep_too(void **state)
{
    struct probe probes[40];
    (void)state;
    begin_at(START + 12345 * TICK);
    for (int i = 0; i < 40; i++) {
        probes[i] = for_moment(now + (INT64_C(1) << (45 - i)));
        start(&probes[i]);
    }
    assert_int_equal(advance(START * 4), 40);
    /* those from 2^14 ns on are in ticks of their own; the others come in one, in the order of their starts */
    for (int i = 0; i + 1 < 31; i++)
        assert_true(probes[i].order > probes[i + 1].order);
}

/* Some start from afar and come down level by level, some come in later from near. */
static void timers_of_one_moment_expire_in_the_order_of_their_starts(void **state)
{
    int64_t at = START + VOW_S(100);
    struct probe probes[30];
    (void)state;
    begin_at(START);
    for (int i = 0; i < 30; i++) {
        probes[i] = for_moment(at);
        start(&probes[i]);
        assert_int_equal(advance(at - VOW_S(100) / (i + 1)), 0);
    }
    assert_int_equal(advance(at + TICK), 30);
    for (unsigned i = 0; i < 30; i++)
        assert_int_equal(probes[i].order, i);
}

static void late_ones_expire_first_in_the_order_of_their_starts(void **state)
{
    struct probe probes[] = {for_moment(START + TICK), for_moment(START), for_moment(0),
                             for_moment(START)};
    (void)state;
    begin_at(START);
    for (unsigned i = 0; i < 4; i++)
        start(&probes[i]);
    assert_int_equal(advance(START + TICK), 4);
    assert_int_equal(probes[0].order, 3);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(probes[i].order, i - 1);
}

/* In the middle of an advance */

static void start_again(struct probe *probe)
{
    start(probe);
}

static void a_timer_that_starts_itself_for_the_past_comes_due_once_per_advance(void **state)
{
    struct probe probe = for_moment(START);
    (void)state;
    probe.also = start_again;
    begin_at(START);
    start(&probe);
    for (int i = 0; i < 5; i++)
        assert_int_equal(advance(START + VOW_S(i)), 1);
    assert_true(vow_wheel_stop(&wheel, &probe.timer));
}

static void start_in_a_second(struct probe *probe)
{
    probe->again_at += VOW_S(1);
    start(probe);
}

static void what_expires_starts_others_for_later_only(void **state)
{
    struct probe probe = for_moment(START + VOW_S(1));
    (void)state;
    probe.also = start_in_a_second;
    begin_at(START);
    start(&probe);
    assert_int_equal(advance(START + VOW_S(10)), 1); /* what has passed again waits for the next */
    assert_int_equal(advance(START + VOW_S(10)), 1);
    probe.again_at = START + VOW_S(10);
    assert_int_equal(advance(START + VOW_S(10)), 1);
    assert_int_equal(advance(START + VOW_S(11) - 1), 0);
    assert_int_equal(advance(rounded_up(START + VOW_S(11))), 1);
    assert_true(vow_wheel_stop(&wheel, &probe.timer));
}

static struct probe *others[3];

static void stop_others(struct probe *probe)
{
    (void)probe;
    for (int i = 0; i < 3; i++)
        assert_true(vow_wheel_stop(&wheel, &others[i]->timer));
}

static void what_expires_may_stop_those_that_are_due_with_it(void **state)
{
    struct probe first = for_moment(START + TICK), same = first,
                 later = for_moment(START + VOW_S(1));
    struct probe far = for_moment(START + VOW_S(1000));
    (void)state;
    first.also = stop_others;
    others[0] = &same;
    others[1] = &later;
    others[2] = &far;
    begin_at(START);
    start(&first);
    start(&same);
    start(&later);
    start(&far);
    assert_int_equal(advance(START + VOW_S(2)), 1);
    assert_int_equal(wheel.count, 0);
    assert_true(vow_wheel_next(&wheel) == INT64_MAX);
}

static void what_is_late_may_stop_what_is_late(void **state)
{
    struct probe probes[] = {for_moment(0), for_moment(0), for_moment(0), for_moment(0)};
    (void)state;
    begin_at(START);
    for (int i = 0; i < 4; i++)
        start(&probes[i]);
    for (int i = 0; i < 3; i++)
        others[i] = &probes[i + 1];
    probes[0].also = stop_others;
    assert_int_equal(advance(START), 1);
    assert_int_equal(advance(START), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_wheel_has_nothing_to_do),
        cmocka_unit_test(a_timer_expires_at_its_moment_and_not_before),
        cmocka_unit_test(the_next_moment_of_a_single_timer_is_exact_to_a_tick),
        cmocka_unit_test(a_moment_that_has_passed_comes_due_with_the_next_advance),
        cmocka_unit_test(never_is_not_started),
        cmocka_unit_test(the_end_of_time_is_waited_for_and_not_reached),
        cmocka_unit_test(a_stopped_timer_does_not_expire),
        cmocka_unit_test(a_stopped_timer_can_be_started_again),
        cmocka_unit_test(a_clock_that_stands_still_or_goes_back_expires_nothing),
        cmocka_unit_test(any_finds_all_that_are_started),
        cmocka_unit_test(earlier_ticks_expire_first_after_a_long_sleep_too),
        cmocka_unit_test(timers_of_one_moment_expire_in_the_order_of_their_starts),
        cmocka_unit_test(late_ones_expire_first_in_the_order_of_their_starts),
        cmocka_unit_test(a_timer_that_starts_itself_for_the_past_comes_due_once_per_advance),
        cmocka_unit_test(what_expires_starts_others_for_later_only),
        cmocka_unit_test(what_expires_may_stop_those_that_are_due_with_it),
        cmocka_unit_test(what_is_late_may_stop_what_is_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
