/*
 * fork_testing.h - what the tests of fork and join share: a sum that forks, and jobs that run in pools of a size.
 */
#ifndef VOW_TESTS_EXECUTION_FORK_TESTING_H
#define VOW_TESTS_EXECUTION_FORK_TESTING_H

#include "pool_testing.h"

#include <vow/error.h>
#include <vow/fork.h>
#include <vow/submit.h>
#include <vow/wait.h>

VOW_FORKABLE(long, sum, int, from, int, to)
{
    if (to - from <= 1)
        return from < to ? from : 0;
    int middle = from + (to - from) / 2;
    struct sum_forked lower;
    sum_fork(&lower, from, middle);
    long upper = sum(middle, to);
    return sum_join(&lower) + upper;
}

/* A job that runs `fn` in a pool of `workers`. */
static inline vow_value in_pool(int workers, vow_fn *fn, vow_value input, void *context)
{
    vow_pool *pool = vow_pool_new(workers, NULL);
    assert_non_null(pool);
    vow_value result =
        vow_await(vow_submit(vow_pool_scheduler(pool), fn, input, context), VOW_FOREVER);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    return result;
}

#endif
