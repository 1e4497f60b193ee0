/*
 * test_trend.c - what the soak calls a rise (everything/trend.h): series as it reads them, of bytes at rest after each round.
 */
#include "control/control_testing.h"

#include "everything/trend.h"

#include <math.h>

enum { MOST = 2000, KIB = 1024, TOLERATED = 64 * KIB };

static long figures[MOST];

/* Two MiB, with noise of so many bytes at most up or down, and so much more each time. */
static struct trend trend_with(size_t count, long noise, double each)
{
    uint32_t random = 12345;
    for (size_t i = 0; i < count; i++) {
        random = random * 1664525u + 1013904223u;
        figures[i] = 2048 * KIB + (long)(each * (double)i);
        figures[i] += noise == 0 ? 0 : (long)(random >> 8) % (2 * noise + 1) - noise;
    }
    return trend_of(figures, count);
}

static void figures_that_stay_do_not_rise(void **state)
{
    (void)state;
    assert_false(trend_rises(trend_with(88, 0, 0), 0));
    assert_false(trend_rises(trend_with(88, 50 * KIB, 0), TOLERATED));
    assert_false(trend_rises(trend_with(7, 50 * KIB, 0), TOLERATED));
}

static void figures_that_fall_do_not_rise(void **state)
{
    (void)state;
    assert_false(trend_rises(trend_with(88, 0, -KIB), 0));
}

static void a_kibibyte_in_each_of_an_hours_rounds_is_found(void **state)
{
    (void)state;
    assert_true(trend_rises(trend_with(88, 0, KIB), TOLERATED));
    assert_true(trend_rises(trend_with(88, 30 * KIB, KIB), TOLERATED));
}

static void a_rise_within_what_is_tolerated_passes(void **state)
{
    (void)state;
    assert_false(trend_rises(trend_with(88, 0, 0.5 * KIB), TOLERATED));
    assert_true(trend_rises(trend_with(88, 0, 0.5 * KIB), TOLERATED / 2));
}

static void a_single_step_or_peak_is_no_rise(void **state)
{
    (void)state;
    (void)trend_with(88, 2 * KIB, 0);
    figures[87] += 4096 * KIB;
    assert_false(trend_rises(trend_of(figures, 88), TOLERATED));
    for (size_t i = 80; i < 88; i++)
        figures[i] += 256 * KIB;
    assert_false(trend_rises(trend_of(figures, 88), TOLERATED));
}

static void few_figures_that_all_rise_are_enough(void **state)
{
    (void)state;
    assert_true(trend_rises(trend_with(5, 0, 100 * KIB), TOLERATED));
    assert_false(trend_rises(trend_with(2, 0, 100 * KIB), TOLERATED));
    assert_false(trend_rises(trend_of(figures, 0), 0));
}

static void many_figures_are_thinned_out(void **state)
{
    (void)state;
    struct trend trend = trend_with(MOST, 0, KIB);
    assert_true(fabs(trend.each - KIB) < 1);
    assert_true(fabs(trend.whole - (double)(MOST - 1) * KIB) < MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_that_stay_do_not_rise),
        cmocka_unit_test(figures_that_fall_do_not_rise),
        cmocka_unit_test(a_kibibyte_in_each_of_an_hours_rounds_is_found),
        cmocka_unit_test(a_rise_within_what_is_tolerated_passes),
        cmocka_unit_test(a_single_step_or_peak_is_no_rise),
        cmocka_unit_test(few_figures_that_all_rise_are_enough),
        cmocka_unit_test(many_figures_are_thinned_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
