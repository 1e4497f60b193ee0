/*
 * pool_of_one_testing.h - tests of parking that have a pool of one worker, unless they make others.
 */
#ifndef VOW_TESTS_CONTROL_POOL_OF_ONE_TESTING_H
#define VOW_TESTS_CONTROL_POOL_OF_ONE_TESTING_H

#include "park_testing.h"

static vow_pool *pool; /* the test's; what frees it sets it to NULL */
static vow_scheduler *scheduler;

static inline int begin_with_pool(void **state)
{
    int status = begin_park(state);
    pool = pool_of(1);
    scheduler = vow_pool_scheduler(pool);
    return status;
}

static inline void free_the_pool(void)
{
    vow_pool *ending = pool;
    pool = NULL;
    free_pool(ending);
}

static inline int end_with_pool(void **state)
{
    if (pool != NULL)
        free_the_pool();
    return end_control(state);
}

#define pool_of_one_test(function)                                                                 \
    cmocka_unit_test_setup_teardown(function, begin_with_pool, end_with_pool)

#endif
