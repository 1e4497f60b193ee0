/**
 * bench/vow/trip.c - P7, P8 by vow's loop and pool.
 *
 * Counted: P7, from the loop's thread submit a trivial job to a pool of one worker; its callback
 * runs on the loop and submits the next one: the time of each of 100,000 round trips. Then the same
 * with two workers, of which one is too many. P8, with two workers and 10,000 under way: million
 * per second.
 *
 * Each trip is a promise by `vow_submit` with a callback by `vow_add_callback`, as a sole owner
 * may.
 */
#include <stdlib.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/version.h>

#include "../harness.h"
#include "../memory.h"
#include "../placement.h"
#include "../sizes.h"
#include "../statistics.h"

static struct {
    vow_loop *loop;
    vow_pool *pool;
    vow_scheduler *workers;
    long started;
    long finished;
    long total;
    double *times; /* NULL where single trips are not timed */
    int64_t last;
} trips;

static vow_value trip_ended(vow_value input, void *context);

static vow_value run_trip(vow_value input, void *context)
{
    bench_keep_pointer(context);
    return input;
}

static void start_trip(void)
{
    vow_promise *trip = vow_submit(trips.workers, run_trip, vow_integer(trips.started++), NULL);
    vow_promise_release(vow_add_callback(trip, trip_ended, NULL));
}

static void note_time(void)
{
    int64_t now = bench_now();
    trips.times[trips.finished] = (double)(now - trips.last) / 1000;
    trips.last = now;
}

static vow_value trip_ended(vow_value input, void *context)
{
    bench_keep_pointer(context);
    if (trips.times != NULL)
        note_time();
    if (++trips.finished == trips.total)
        vow_loop_stop(trips.loop);
    if (trips.started < trips.total)
        start_trip();
    return input;
}

static void worker_started(int worker, void *context)
{
    bench_keep(worker);
    bench_keep_pointer(context);
    bench_place_serving();
}

static void prepare(long total, int workers, double *times)
{
    struct vow_pool_options options = {.size = sizeof options, .started = worker_started};
    trips.loop = vow_loop_new(NULL);
    trips.pool = vow_pool_new(workers, &options);
    bench_require(trips.loop != NULL && trips.pool != NULL, "vow_loop_new, vow_pool_new");
    bench_place_asking(); /* now: a loop made on a thread of one processor would not spin */
    trips.workers = vow_pool_scheduler(trips.pool);
    trips.started = trips.finished = 0;
    trips.total = total;
    trips.times = times;
}

static double run_trips(long total, long in_flight, int workers, double *times)
{
    prepare(total, workers, times);
    int64_t started = trips.last = bench_start();
    for (long trip = 0; trip < in_flight && trip < total; trip++)
        start_trip();
    bench_require(vow_loop_run(trips.loop) == VOW_OK, "vow_loop_run");
    double each = bench_each(started, total);
    bench_require(trips.finished == total, "all round trips have ended");
    vow_pool_free(trips.pool);
    vow_loop_free(trips.loop);
    bench_unpin();
    return each;
}

static void measure_latency(int workers, double *ret_figures)
{
    long count = bench_count(BENCH_ROUND_TRIPS);
    double *times = bench_memory_touched((size_t)count, sizeof *times);
    run_trips(count, 1, workers, times);
    bench_percentiles(times, (size_t)count, ret_figures);
    free(times);
}

static void measure_one_worker(double *ret_figures)
{
    measure_latency(1, ret_figures);
}

static void measure_two_workers(double *ret_figures)
{
    measure_latency(BENCH_POOL_WORKERS, ret_figures);
}

static void measure_throughput(double *ret_figures)
{
    long total = bench_count(BENCH_ROUND_TRIPS_TOTAL);
    ret_figures[0] = 1000 / run_trips(total, BENCH_IN_FLIGHT, BENCH_POOL_WORKERS, NULL);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P7", "vow", "us", {"p50", "p99"}, measure_one_worker},
        {"P7", "vow, pool of 2", "us", {"p50", "p99"}, measure_two_workers},
        {"P8", "vow", "M/s", {""}, measure_throughput},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
