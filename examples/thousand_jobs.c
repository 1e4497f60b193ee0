/*
 * thousand_jobs.c - a thousand jobs that wait for each other, on two workers.
 *
 * Each job waits until its left neighbour has given it a number, adds one, and gives it to the right. First all of them
 * meet at a barrier, which nobody passes before the last has come: so all thousand are in the middle of a wait at the
 * same time. A wait parks the job with its stack, and its worker goes on with the next; threads that block would need
 * a thousand of them here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

#define JOBS 1000

static vow_barrier all_are_here = VOW_BARRIER_INIT(JOBS);
static vow_deferred *givers[JOBS + 1];
static vow_promise *gifts[JOBS + 1];

static vow_value pass_on(vow_value number, void *context)
{
    (void)context;
    int64_t i = vow_as_integer(number);
    bool last;
    if (vow_barrier_wait(&all_are_here, VOW_FOREVER, &last) != VOW_OK)
        return vow_fail(VOW_USER, "job %" PRId64 ": %s", i, vow_last_error());
    vow_value given;
    if (vow_wait(gifts[i], VOW_FOREVER, &given) != VOW_OK)
        return vow_fail(VOW_USER, "job %" PRId64 ": %s", i, vow_last_error());
    vow_resolve(givers[i + 1], vow_integer(vow_as_integer(given) + 1));
    return vow_none();
}

int main(void)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_promise *jobs[JOBS];
    if (pool == NULL)
        return 1;
    for (int i = 0; i <= JOBS; i++)
        if ((givers[i] = vow_deferred_new(&gifts[i])) == NULL)
            return 1;
    for (int i = 0; i < JOBS; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), pass_on, vow_integer(i), NULL);

    vow_resolve(givers[0], vow_integer(0));
    if (vow_wait_all(jobs, JOBS, VOW_FOREVER) != VOW_OK)
        return 1;
    vow_value sum = vow_none();
    if (vow_wait(gifts[JOBS], VOW_FOREVER, &sum) != VOW_OK)
        return 1;
    printf("handed on by %" PRId64 " jobs on %d workers\n", vow_as_integer(sum),
           vow_pool_size(pool));

    for (int i = 0; i < JOBS; i++)
        vow_promise_release(jobs[i]);
    for (int i = 0; i <= JOBS; i++) {
        vow_deferred_release(givers[i]);
        vow_promise_release(gifts[i]);
    }
    return vow_pool_free(pool) == VOW_OK ? 0 : 1;
}
