/*
 * thousand_jobs.c - a thousand jobs that wait for each other, on two workers.
 *
 * Each job waits until its left neighbour has given it a number, adds one, and gives it to the right. First all of them
 * meet at a barrier, which nobody passes before the last has come: so all thousand are in the middle of a wait at the
 * same time. A wait parks the job with its stack, and its worker goes on with the next; threads that block would need
 * a thousand of them here. A job that was refused would leave all others waiting: they are a group, in which an error
 * cancels the rest.
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
    vow_value given;
    vow_status status = vow_barrier_wait(&all_are_here, VOW_FOREVER, &last);
    if (status == VOW_OK)
        status = vow_wait(gifts[i], VOW_FOREVER, &given);
    if (status != VOW_OK)
        return vow_fail(status, "job %" PRId64 ": %s", i, vow_last_error());
    vow_resolve(givers[i + 1], vow_integer(vow_as_integer(given) + 1));
    return vow_none();
}

static bool make_gifts(void)
{
    for (int i = 0; i <= JOBS; i++)
        if ((givers[i] = vow_deferred_new(&gifts[i])) == NULL)
            return false;
    return true;
}

static void release_gifts(void)
{
    for (int i = 0; i <= JOBS; i++) {
        vow_promise_release(gifts[i]);
        vow_deferred_release(givers[i]);
    }
}

/* Where one was refused, none of the others goes on. */
static bool begin_all(vow_group *jobs)
{
    for (int i = 0; i < JOBS; i++)
        if (vow_group_spawn(jobs, pass_on, vow_integer(i), NULL) != VOW_OK) {
            vow_group_cancel(jobs);
            return false;
        }
    return true;
}

/* The last gift, or an error: then no job is left that waits. */
static vow_value run(vow_group *jobs)
{
    bool all = begin_all(jobs);
    vow_resolve(givers[0], vow_integer(0));
    vow_value end = vow_await(vow_group_close(jobs), VOW_FOREVER);
    if (vow_is_error(end))
        return end;
    if (!all) /* perhaps none had begun */
        return vow_fail(VOW_NO_MEMORY, "not all jobs could begin");
    return vow_await(vow_promise_retain(gifts[JOBS]), VOW_FOREVER);
}

int main(void)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_group *jobs = vow_group_new(&(struct vow_grouping){.size = sizeof(struct vow_grouping),
                                                           .scheduler = vow_pool_scheduler(pool)});
    vow_value sum = vow_none();
    if (pool != NULL && jobs != NULL && make_gifts())
        sum = run(jobs);
    if (vow_is_integer(sum))
        printf("handed on by %" PRId64 " jobs on %d workers\n", vow_as_integer(sum),
               vow_pool_size(pool));
    else
        fprintf(stderr, "%s\n", vow_is_error(sum) ? vow_error_message(sum) : vow_last_error());
    bool well = vow_is_integer(sum);
    vow_release(sum);
    vow_group_free(jobs);
    release_gifts();
    vow_pool_free(pool);
    return well ? 0 : 1;
}
