/**
 * bench/peers/libuv_pool.c - P5, P7, P8 by libuv's work queue.
 *
 * Counted: P5, queue 1,000,000 empty jobs from one outside thread (the loop's, as libuv asks) to
 * two workers, until all have run and their completion callbacks too: each. P7, queue a trivial job
 * to one worker; its completion runs on the loop and queues the next one: the time of each of
 * 100,000 round trips. P8, the same with two workers and 10,000 under way: million per second.
 *
 * The idiom: uv_queue_work with requests that the caller owns; they are allocated before the clock
 * starts. libuv's pool is one for the whole process and takes its size from the environment before
 * its first use: a call of this program should name one job.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "../harness.h"
#include "../memory.h"
#include "../placement.h"
#include "../sizes.h"
#include "../statistics.h"

static struct {
    uv_loop_t loop;
    long started;
    long finished;
    long total;
    double *times; /* NULL where single trips are not timed */
    int64_t last;
} trips;

static void set_workers(const char *workers)
{
    setenv("UV_THREADPOOL_SIZE", workers, 0);
}

static void run_empty(uv_work_t *request)
{
    bench_keep_pointer(request);
}

static void after_empty(uv_work_t *request, int status)
{
    bench_keep_pointer(request);
    bench_keep(status);
}

static void measure_jobs(double *ret_figures)
{
    long count = bench_count(BENCH_JOBS);
    uv_work_t *requests = bench_memory_touched((size_t)count, sizeof *requests);
    set_workers("2");
    bench_require(uv_loop_init(&trips.loop) == 0, "uv_loop_init");
    int64_t started = bench_start();
    for (long job = 0; job < count; job++)
        uv_queue_work(&trips.loop, &requests[job], run_empty, after_empty);
    uv_run(&trips.loop, UV_RUN_DEFAULT);
    ret_figures[0] = bench_each(started, count);
    bench_require(uv_loop_close(&trips.loop) == 0, "uv_loop_close");
    free(requests);
}

static void run_trip(uv_work_t *request)
{
    static _Thread_local int placed;
    if (!placed)
        bench_place_serving();
    placed = 1;
    bench_keep_pointer(request);
}

static void note_time(void)
{
    int64_t now = bench_now();
    trips.times[trips.finished] = (double)(now - trips.last) / 1000;
    trips.last = now;
}

static void trip_ended(uv_work_t *request, int status)
{
    bench_keep(status);
    if (trips.times != NULL)
        note_time();
    trips.finished++;
    if (trips.started++ < trips.total)
        uv_queue_work(&trips.loop, request, run_trip, trip_ended);
}

static double run_trips(long total, long in_flight, double *times)
{
    uv_work_t *requests = bench_memory_touched((size_t)in_flight, sizeof *requests);
    bench_place_asking();
    bench_require(uv_loop_init(&trips.loop) == 0, "uv_loop_init");
    trips.total = total;
    trips.times = times;
    trips.started = in_flight;
    trips.finished = 0;
    int64_t started = trips.last = bench_start();
    for (long trip = 0; trip < in_flight; trip++)
        uv_queue_work(&trips.loop, &requests[trip], run_trip, trip_ended);
    uv_run(&trips.loop, UV_RUN_DEFAULT);
    double each = bench_each(started, total);
    bench_require(trips.finished == total, "all round trips ended");
    bench_require(uv_loop_close(&trips.loop) == 0, "uv_loop_close");
    free(requests);
    return each;
}

static void measure_latency(double *ret_figures)
{
    long count = bench_count(BENCH_ROUND_TRIPS);
    double *times = bench_memory_touched((size_t)count, sizeof *times);
    set_workers("1");
    run_trips(count, 1, times);
    bench_percentiles(times, (size_t)count, ret_figures);
    free(times);
}

static void measure_throughput(double *ret_figures)
{
    long total = bench_count(BENCH_ROUND_TRIPS_TOTAL);
    set_workers("2");
    ret_figures[0] =
        1000 / run_trips(total, total < BENCH_IN_FLIGHT ? total : BENCH_IN_FLIGHT, NULL);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P5", "libuv uv_queue_work", "ns", {""}, measure_jobs},
        {"P7", "libuv uv_queue_work", "us", {"p50", "p99"}, measure_latency},
        {"P8", "libuv uv_queue_work", "M/s", {""}, measure_throughput},
    };
    return bench_main(argc, argv, uv_version_string(), jobs, sizeof jobs / sizeof *jobs);
}
