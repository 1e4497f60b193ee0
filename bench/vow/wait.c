/**
 * bench/vow/wait.c - P12, P15, nested, sleep by vow: lines that wait.
 *
 * Counted: P12, two jobs on one worker let each other go first by `vow_reschedule`, 1,000,000 times each: two turns.
 * P15, two jobs on one worker hand the turn to each other by two semaphores, each parking until it comes: a round trip.
 * nested, a job submits a job and awaits it, and so on 10,000 deep, on one worker: each wait; without a deadline, so
 * that the job that is awaited may run inside the wait, and with one, so that each parks. sleep, how much later than
 * asked `vow_sleep` of a millisecond returns: in a job, in a call of a loop, in a plain thread.
 */
#include <stdlib.h>
#include <vow/error.h>
#include <vow/line.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/semaphore.h>
#include <vow/submit.h>
#include <vow/version.h>
#include <vow/wait.h>

#include "../harness.h"
#include "../memory.h"
#include "../sizes.h"
#include "../statistics.h"

static vow_pool *pool_of(int workers)
{
    vow_pool *pool = vow_pool_new(workers, NULL);
    bench_require(pool != NULL, "vow_pool_new");
    return pool;
}

static vow_promise *submit(vow_pool *pool, vow_fn *fn, vow_value input, void *context)
{
    return vow_submit(vow_pool_scheduler(pool), fn, input, context);
}

static void await_end(vow_promise *promise)
{
    bench_require(!vow_is_error(vow_await(promise, VOW_FOREVER)), "the job has ended well");
}

/* Two jobs on one worker, from the first's begin to the second's end: nanoseconds for each of `count` turns. */
static double time_of_two(vow_fn *first, vow_fn *second, long count)
{
    vow_pool *pool = pool_of(1);
    int64_t started = bench_start();
    vow_promise *one = submit(pool, first, vow_integer(count), NULL);
    vow_promise *other = submit(pool, second, vow_integer(count), NULL);
    await_end(one);
    await_end(other);
    double each = bench_each(started, count);
    vow_pool_free(pool);
    return each;
}

static vow_value yield_often(vow_value count, void *context)
{
    bench_keep_pointer(context);
    for (int64_t i = vow_as_integer(count); i > 0; i--)
        if (vow_reschedule() != VOW_OK)
            return vow_fail(VOW_USER, "a turn failed");
    return vow_none();
}

static void measure_yields(double *ret_figures)
{
    ret_figures[0] = time_of_two(yield_often, yield_often, bench_count(BENCH_YIELDS));
}

/* Whose turn it is. */
static vow_semaphore ping = VOW_SEMAPHORE_INIT(0);
static vow_semaphore pong = VOW_SEMAPHORE_INIT(0);

static vow_value serve(vow_value count, void *context)
{
    bench_keep_pointer(context);
    for (int64_t i = vow_as_integer(count); i > 0; i--) {
        vow_semaphore_release(&ping, 1);
        if (vow_semaphore_acquire(&pong, 1, VOW_FOREVER) != VOW_OK)
            return vow_fail(VOW_USER, "a turn failed");
    }
    return vow_none();
}

static vow_value answer(vow_value count, void *context)
{
    bench_keep_pointer(context);
    for (int64_t i = vow_as_integer(count); i > 0; i--) {
        if (vow_semaphore_acquire(&ping, 1, VOW_FOREVER) != VOW_OK)
            return vow_fail(VOW_USER, "a turn failed");
        vow_semaphore_release(&pong, 1);
    }
    return vow_none();
}

static void measure_ping_pong(double *ret_figures)
{
    ret_figures[0] = time_of_two(answer, serve, bench_count(BENCH_PING_PONGS));
}

/* What `down` goes down with. */
struct nest {
    vow_scheduler *workers;
    vow_deadline deadline;
};

static vow_value down(vow_value depth, void *context)
{
    const struct nest *nest = context;
    int64_t left = vow_as_integer(depth);
    if (left == 0)
        return vow_integer(0);
    vow_promise *next = vow_submit(nest->workers, down, vow_integer(left - 1), context);
    vow_value result = vow_await(next, nest->deadline);
    return vow_is_error(result) ? result : vow_integer(vow_as_integer(result) + 1);
}

static double time_of_nested(vow_deadline deadline)
{
    vow_pool *pool = pool_of(1);
    struct nest nest = {vow_pool_scheduler(pool), deadline};
    long deep = bench_count(BENCH_NESTED);
    double each = 0;
    for (int turn = 0; turn < 2; turn++) { /* the second on stacks that are there already */
        int64_t started = bench_start();
        vow_value depth = vow_await(submit(pool, down, vow_integer(deep), &nest), VOW_FOREVER);
        each = bench_each(started, deep);
        bench_require(vow_as_integer(depth) == deep, "all waits have ended");
    }
    vow_pool_free(pool);
    return each;
}

static void measure_nested(double *ret_figures)
{
    ret_figures[0] = time_of_nested(VOW_FOREVER);
}

static void measure_nested_parked(double *ret_figures)
{
    ret_figures[0] = time_of_nested(vow_after(VOW_S(1000)));
}

/* Sleeps `BENCH_SLEEPS` times: by how many microseconds each was late. */
static vow_value sleep_often(vow_value input, void *times)
{
    long count = bench_count(BENCH_SLEEPS);
    for (long i = 0; i < count; i++) {
        int64_t started = bench_now();
        if (vow_sleep(VOW_MS(1)) != VOW_OK)
            return vow_fail(VOW_USER, "a sleep failed");
        ((double *)times)[i] = (double)(bench_now() - started - VOW_MS(1)) / 1000;
    }
    return input;
}

static double *times_begin(void)
{
    return bench_memory_touched((size_t)bench_count(BENCH_SLEEPS), sizeof(double));
}

static void times_end(double *times, double *ret_figures)
{
    bench_percentiles(times, (size_t)bench_count(BENCH_SLEEPS), ret_figures);
    free(times);
}

static void measure_sleep_in_job(double *ret_figures)
{
    double *times = times_begin();
    vow_pool *pool = pool_of(1);
    await_end(submit(pool, sleep_often, vow_none(), times));
    vow_pool_free(pool);
    times_end(times, ret_figures);
}

static void measure_sleep_in_loop(double *ret_figures)
{
    double *times = times_begin();
    vow_loop *loop = vow_loop_new(NULL);
    bench_require(loop != NULL, "vow_loop_new");
    await_end(vow_submit(vow_loop_scheduler(loop), sleep_often, vow_none(), times));
    vow_loop_free(loop);
    times_end(times, ret_figures);
}

static void measure_sleep_in_thread(double *ret_figures)
{
    double *times = times_begin();
    bench_require(!vow_is_error(sleep_often(vow_none(), times)), "vow_sleep");
    times_end(times, ret_figures);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P12", "vow", "ns", {""}, measure_yields},
        {"P15", "vow, two semaphores", "ns", {""}, measure_ping_pong},
        {"nested", "vow", "ns", {""}, measure_nested},
        {"nested", "vow, each with a deadline", "ns", {""}, measure_nested_parked},
        {"sleep", "vow, in a job", "us", {"p50", "p99"}, measure_sleep_in_job},
        {"sleep", "vow, in a loop's call", "us", {"p50", "p99"}, measure_sleep_in_loop},
        {"sleep", "vow, in a thread", "us", {"p50", "p99"}, measure_sleep_in_thread},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
