/*
 * test_time.c - durations, deadlines, the clock; and the version and the processors, which need no file of
 * their own.
 */
#include "testing.h"

#include <vow/time.h>
#include <vow/version.h>

#include "base/threads.h"

static void durations_take_whole_numbers_and_fractions(void **state)
{
    (void)state;
    assert_int_equal(VOW_NS(5), 5);
    assert_int_equal(VOW_US(5), 5000);
    assert_int_equal(VOW_MS(200), 200000000);
    assert_int_equal(VOW_S(0.5), 500000000);
}

static void the_clock_never_goes_back(void **state)
{
    int64_t last = vow_now();
    (void)state;
    for (int i = 0; i < 10000; i++) {
        int64_t now = vow_now();
        assert_true(now >= last);
        last = now;
    }
}

static void after_is_that_long_from_now(void **state)
{
    int64_t before = vow_now();
    vow_deadline deadline = vow_after(VOW_S(10));
    (void)state;
    assert_true(deadline.at >= before + VOW_S(10));
    assert_true(deadline.at <= vow_now() + VOW_S(10));
}

static void after_too_long_a_time_is_forever(void **state)
{
    (void)state;
    assert_true(vow_after(INT64_MAX).at == VOW_FOREVER.at);
    assert_true(vow_after(INT64_MAX - 1).at == VOW_FOREVER.at);
}

static void after_a_negative_time_has_passed(void **state)
{
    (void)state;
    assert_true(vow_after(-1).at < vow_now());
    assert_true(vow_after(INT64_MIN).at == VOW_POLL.at);
}

static void sooner_is_the_earlier(void **state)
{
    (void)state;
    assert_int_equal(vow_sooner(vow_at(1), vow_at(2)).at, 1);
    assert_int_equal(vow_sooner(VOW_FOREVER, VOW_POLL).at, 0);
}

static void the_library_runs_in_the_version_of_its_headers(void **state)
{
    (void)state;
    assert_string_equal(vow_version(), VOW_VERSION_TEXT);
}

static void there_is_a_processor(void **state)
{
    (void)state;
    assert_true(vow_processors() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_take_whole_numbers_and_fractions),
        cmocka_unit_test(the_clock_never_goes_back),
        cmocka_unit_test(after_is_that_long_from_now),
        cmocka_unit_test(after_too_long_a_time_is_forever),
        cmocka_unit_test(after_a_negative_time_has_passed),
        cmocka_unit_test(sooner_is_the_earlier),
        cmocka_unit_test(the_library_runs_in_the_version_of_its_headers),
        cmocka_unit_test(there_is_a_processor),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
