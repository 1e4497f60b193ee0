/*
 * cooperate_testing.h - for tests of cooperators: one for each test, at a place.
 */
#ifndef VOW_TESTS_COOPERATE_TESTING_H
#define VOW_TESTS_COOPERATE_TESTING_H

#include "control/place_testing.h"

#include <vow/cooperate.h>

static vow_cooperator *cooperator;

static int begin_cooperator(void **state)
{
    int status = begin_place(state);
    cooperator = vow_cooperator_new(NULL);
    return cooperator != NULL ? status : -1;
}

static int end_cooperator(void **state)
{
    vow_cooperator_free(cooperator);
    cooperator = NULL;
    return end_place(state);
}

#define cooperator_test_at(function, where, place)                                                 \
    {                                                                                              \
#function " (" where ")", function, begin_cooperator, end_cooperator, &(place)             \
    }

#define cooperator_tests(function)                                                                 \
    cooperator_test_at(function, "immediate", place_immediate),                                    \
        cooperator_test_at(function, "loop", place_loop),                                          \
        cooperator_test_at(function, "pool of 0", place_pool_0),                                   \
        cooperator_test_at(function, "pool of 1", place_pool_1),                                   \
        cooperator_test_at(function, "pool of 2", place_pool_2)

#define cooperator_test(function) cooperator_test_at(function, "loop", place_loop)

/* A step: the context is the number at which they end. */
static unused_here vow_value count_up(vow_value input, void *last)
{
    int64_t number = vow_as_integer(input);
    return number == (intptr_t)last ? vow_end() : vow_integer(number + 1);
}

static unused_here vow_value go_on_forever(vow_value input, void *context)
{
    (void)context;
    return input;
}

#endif
