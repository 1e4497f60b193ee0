/**
 * bench/peers/glib_pool.c - P5, P7, P8 by GLib's GThreadPool and main context.
 *
 * Counted: P5, push 1,000,000 empty jobs from one outside thread to two workers, until all have
 * run: each. P7, push a trivial job to a pool of one worker; its callback runs on the main loop and
 * pushes the next one: the time of each of 100,000 round trips. P8, the same with two workers and
 * 10,000 under way: million per second.
 *
 * The idiom: exclusive pools, whose threads stay; results return by g_main_context_invoke, as the
 * documentation of GMainContext advises.
 */
#include <glib.h>

#include "../harness.h"
#include "../memory.h"
#include "../placement.h"
#include "../sizes.h"
#include "../statistics.h"

static struct {
    GThreadPool *pool;
    GMainLoop *loop;
    long started;
    long finished;
    long total;
    double *times; /* NULL where single trips are not timed */
    int64_t last;
} trips;

static void run_empty(gpointer data, gpointer context)
{
    bench_keep_pointer(data);
    bench_keep_pointer(context);
}

static void measure_jobs(double *ret_figures)
{
    long count = bench_count(BENCH_JOBS);
    GThreadPool *pool = g_thread_pool_new(run_empty, NULL, BENCH_POOL_WORKERS, TRUE, NULL);
    int64_t started = bench_start();
    for (long job = 0; job < count; job++)
        g_thread_pool_push(pool, &trips, NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    ret_figures[0] = bench_each(started, count);
}

static void start_trip(void)
{
    trips.started++;
    g_thread_pool_push(trips.pool, &trips, NULL);
}

static void note_time(void)
{
    int64_t now = bench_now();
    trips.times[trips.finished] = (double)(now - trips.last) / 1000;
    trips.last = now;
}

static gboolean trip_ended(gpointer data)
{
    bench_keep_pointer(data);
    if (trips.times != NULL)
        note_time();
    if (++trips.finished == trips.total)
        g_main_loop_quit(trips.loop);
    if (trips.started < trips.total)
        start_trip();
    return G_SOURCE_REMOVE;
}

static void run_trip(gpointer data, gpointer context)
{
    static _Thread_local gboolean placed;
    if (!placed)
        bench_place_serving();
    placed = TRUE;
    bench_keep_pointer(data);
    g_main_context_invoke(context, trip_ended, data);
}

static double run_trips(long total, long in_flight, int workers, double *times)
{
    bench_place_asking();
    /* Owned before the first trip: a worker would run the callback of a context without owner. */
    bench_require(g_main_context_acquire(NULL), "g_main_context_acquire");
    trips.pool = g_thread_pool_new(run_trip, g_main_context_default(), workers, TRUE, NULL);
    trips.loop = g_main_loop_new(NULL, FALSE);
    trips.total = total;
    trips.times = times;
    trips.started = trips.finished = 0;
    int64_t started = trips.last = bench_start();
    for (long trip = 0; trip < in_flight && trip < total; trip++)
        start_trip();
    g_main_loop_run(trips.loop);
    double each = bench_each(started, total);
    g_main_loop_unref(trips.loop);
    g_main_context_release(NULL);
    g_thread_pool_free(trips.pool, FALSE, TRUE);
    return each;
}

static void measure_latency(double *ret_figures)
{
    long count = bench_count(BENCH_ROUND_TRIPS);
    double *times = bench_memory_touched((size_t)count, sizeof *times);
    run_trips(count, 1, 1, times);
    bench_percentiles(times, (size_t)count, ret_figures);
    free(times);
}

static void measure_throughput(double *ret_figures)
{
    long total = bench_count(BENCH_ROUND_TRIPS_TOTAL);
    ret_figures[0] = 1000 / run_trips(total, BENCH_IN_FLIGHT, BENCH_POOL_WORKERS, NULL);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P5", "GLib GThreadPool", "ns", {""}, measure_jobs},
        {"P7", "GLib GThreadPool", "us", {"p50", "p99"}, measure_latency},
        {"P8", "GLib GThreadPool", "M/s", {""}, measure_throughput},
    };
    g_autofree char *version =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    return bench_main(argc, argv, version, jobs, G_N_ELEMENTS(jobs));
}
