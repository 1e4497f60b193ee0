/*
 * park_cancel_testing.h - what the tests of canceling parked jobs share: a pool of one, and a job that waits three times.
 */
#ifndef VOW_TESTS_CONTROL_PARK_CANCEL_TESTING_H
#define VOW_TESTS_CONTROL_PARK_CANCEL_TESTING_H

#include "pool_of_one_testing.h"

static inline vow_promise *submit_with_drop(vow_fn *fn, void *context)
{
    struct vow_job job = {.size = sizeof job, .fn = fn, .context = context, .drop = count_drop};
    return vow_submit_with(scheduler, &job);
}

/* Such a job, when it has come to its wait, or nearly. */
static inline vow_promise *submit_and_await(vow_fn *fn, void *context)
{
    vow_promise *job = submit_with_drop(fn, context);
    await_count(&arrived, 1);
    return job;
}

/* The sum of what three waits for a gate that stays shut gave, as base 100. */
static inline vow_value wait_three_times(vow_value input, void *context)
{
    int64_t sum = 0;
    (void)input;
    atomic_fetch_add(&arrived, 1);
    for (int i = 0; i < 3; i++)
        sum = sum * 100 + vow_wait(context, VOW_FOREVER, NULL);
    return vow_integer(vow_canceled() ? sum : -1);
}

enum { THREE_TIMES = VOW_CANCELED * 10101 };

#endif
