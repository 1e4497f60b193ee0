/**
 * bench/vow/pool.c - P5 by vow's pool.
 *
 * Counted: hand 1,000,000 empty jobs from one outside thread to two workers, until all have run:
 * each. Three ways: by `vow_scheduler_call` with nodes that the caller owns (allocated before the
 * clock starts, as libuv's requests are); by `vow_schedule`; by `vow_submit`, each with its
 * promise, released at once.
 */
#include <stdlib.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/version.h>

#include "../harness.h"
#include "../memory.h"
#include "../sizes.h"

static vow_value run_empty(vow_value input, void *context)
{
    bench_keep_pointer(context);
    return input;
}

static void run_empty_call(struct vow_call *call)
{
    bench_keep_pointer(call);
}

static vow_pool *pool_of_two(void)
{
    vow_pool *pool = vow_pool_new(BENCH_POOL_WORKERS, NULL);
    bench_require(pool != NULL, "vow_pool_new");
    return pool;
}

/** Waits until all jobs have run; the ns for each since `started`. */
static double drain(vow_pool *pool, int64_t started, long count)
{
    bench_require(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER) == VOW_OK, "vow_pool_close");
    double each = bench_each(started, count);
    struct vow_pool_statistics stats = {.size = sizeof stats};
    bench_require(vow_pool_stats(pool, &stats) == VOW_OK, "vow_pool_stats");
    bench_require(stats.completed >= (uint64_t)count, "all jobs have run");
    vow_pool_free(pool);
    return each;
}

static void measure_calls(double *ret_figures)
{
    long count = bench_count(BENCH_JOBS);
    struct vow_call *calls = bench_memory_touched((size_t)count, sizeof *calls);
    vow_pool *pool = pool_of_two();
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    int64_t started = bench_start();
    for (long job = 0; job < count; job++) {
        calls[job].run = run_empty_call;
        calls[job].dropped = run_empty_call;
        vow_scheduler_call(scheduler, &calls[job]);
    }
    ret_figures[0] = drain(pool, started, count);
    free(calls);
}

static void measure_bare_jobs(double *ret_figures)
{
    long count = bench_count(BENCH_JOBS);
    vow_pool *pool = pool_of_two();
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    int64_t started = bench_start();
    for (long job = 0; job < count; job++)
        bench_require(vow_schedule(scheduler, run_empty, vow_none(), NULL) == VOW_OK,
                      "vow_schedule");
    ret_figures[0] = drain(pool, started, count);
}

static void measure_promised_jobs(double *ret_figures)
{
    long count = bench_count(BENCH_JOBS);
    vow_pool *pool = pool_of_two();
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    int64_t started = bench_start();
    for (long job = 0; job < count; job++)
        vow_promise_release(vow_submit(scheduler, run_empty, vow_none(), NULL));
    ret_figures[0] = drain(pool, started, count);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P5", "vow, caller's nodes", "ns", {""}, measure_calls},
        {"P5", "vow, vow_schedule", "ns", {""}, measure_bare_jobs},
        {"P5", "vow, with a promise", "ns", {""}, measure_promised_jobs},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
