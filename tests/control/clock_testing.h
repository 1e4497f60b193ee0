/*
 * clock_testing.h - tests under a virtual clock, at each place: when what happened, as the clock showed it.
 */
#ifndef VOW_TESTS_CONTROL_CLOCK_TESTING_H
#define VOW_TESTS_CONTROL_CLOCK_TESTING_H

#include "control/place_testing.h"

#include <vow/clock.h>

static vow_clock *the_clock;
static int64_t clock_began;

/* How far the clock has come. */
static inline int64_t elapsed(void)
{
    return vow_now() - clock_began;
}

static unused_here void install_clock(void)
{
    the_clock = vow_clock_new();
    assert_non_null(the_clock);
    assert_int_equal(vow_clock_install(the_clock), VOW_OK);
    clock_began = vow_now();
}

static unused_here void free_clock(void)
{
    vow_clock *clock = the_clock;
    the_clock = NULL;
    assert_int_equal(vow_clock_free(clock), VOW_OK);
}

static unused_here int begin_clock(void **state)
{
    int status = begin_place(state);
    if (status == 0)
        install_clock();
    return status;
}

static unused_here int end_clock(void **state)
{
    if (the_clock != NULL)
        free_clock();
    return end_place(state);
}

#define clock_test_at(function, where, place)                                                      \
    {                                                                                              \
#function " (" where ")", function, begin_clock, end_clock, &(place)                       \
    }

/* Where a job that waits is put aside; on immediate it would hold up the test. */
#define clock_tests_of_lines(function)                                                             \
    clock_test_at(function, "loop", place_loop),                                                   \
        clock_test_at(function, "pool of 0", place_pool_0),                                        \
        clock_test_at(function, "pool of 1", place_pool_1),                                        \
        clock_test_at(function, "pool of 2", place_pool_2)

#define clock_tests(function)                                                                      \
    clock_test_at(function, "immediate", place_immediate), clock_tests_of_lines(function)

#define clock_test(function) clock_test_at(function, "immediate", place_immediate)

#define advance(time) assert_int_equal(vow_clock_advance(the_clock, (time)), VOW_OK)

/* Moments at which something happened, from any thread. */
static struct {
    pthread_mutex_t lock;
    int count;
    int64_t at[LOG_SIZE];
} moments = {.lock = PTHREAD_MUTEX_INITIALIZER};

static unused_here void note_moment(void)
{
    pthread_mutex_lock(&moments.lock);
    if (moments.count < LOG_SIZE)
        moments.at[moments.count] = elapsed();
    moments.count++;
    pthread_mutex_unlock(&moments.lock);
}

/* Notes when it is called, and passes its input on. */
static unused_here vow_value note_when(vow_value input, void *context)
{
    (void)context;
    note_moment();
    return input;
}

/* What has been noted, which is then forgotten. */
#define assert_moments(...)                                                                        \
    do {                                                                                           \
        const int64_t wanted_[] = {__VA_ARGS__};                                                   \
        assert_int_equal(moments.count, sizeof wanted_ / sizeof wanted_[0]);                       \
        for (int i_ = 0; i_ < moments.count; i_++)                                                 \
            assert_int_equal(moments.at[i_], wanted_[i_]);                                         \
        moments.count = 0;                                                                         \
    } while (0)

#define assert_no_moments() assert_int_equal(moments.count, 0)

#endif
