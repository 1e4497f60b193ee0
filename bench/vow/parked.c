/**
 * bench/vow/parked.c - P14 by vow.
 *
 * Counted: the growth of resident memory by 100,000 jobs of a pool of one worker that wait for one promise: each, its
 * stack and its own promise included.
 *
 * A program of its own: each round is a child process, and vow is used in none but those.
 */
#include <stdlib.h>
#include <vow/deferred.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/version.h>
#include <vow/wait.h>

#include "../harness.h"
#include "../memory.h"
#include "../sizes.h"

static long parked; /* the worker's */

static vow_value wait_for(vow_value input, void *promise)
{
    parked++;
    bench_require(vow_wait(promise, VOW_FOREVER, NULL) == VOW_OK, "vow_wait");
    parked--;
    return input;
}

static vow_value count_parked(vow_value input, void *context)
{
    (void)input;
    bench_keep_pointer(context);
    return vow_integer(parked);
}

static vow_value await(vow_promise *promise)
{
    return vow_await(promise, VOW_FOREVER);
}

static double bytes_of_a_parked_line(void)
{
    long count = bench_count(BENCH_PARKED);
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_pool *pool = vow_pool_new(1, NULL);
    bench_require(deferred != NULL && pool != NULL, "vow_deferred_new, vow_pool_new");
    vow_scheduler *worker = vow_pool_scheduler(pool);
    vow_promise **jobs = bench_memory_touched((size_t)count, sizeof(vow_promise *));
    await(vow_submit(worker, count_parked, vow_none(), NULL));
    long before = bench_resident_bytes();
    for (long i = 0; i < count; i++)
        jobs[i] = vow_submit(worker, wait_for, vow_none(), promise);
    while (vow_as_integer(await(vow_submit(worker, count_parked, vow_none(), NULL))) < count)
        continue;
    double each = (double)(bench_resident_bytes() - before) / (double)count;
    vow_fire(deferred, vow_none());
    for (long i = 0; i < count; i++)
        await(jobs[i]);
    free(jobs);
    vow_promise_release(promise);
    vow_pool_free(pool);
    return each;
}

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_in_child(bytes_of_a_parked_line);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P14", "vow, jobs of a pool", "bytes", {""}, measure_bytes},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
