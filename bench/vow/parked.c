/**
 * bench/vow/parked.c - P14 and many waiting lines by vow: what memory each takes, and what it costs.
 *
 * Counted: jobs submitted to a pool of one worker, each of which waits for one and the same promise, which is then fired;
 * until all have ended: each. P14, the growth of resident memory by 100,000 of them: each, its stack and its own promise
 * included.
 *
 * A program of its own: P14 is measured in a child process, and vow is used in none but that.
 */
#include <vow/deferred.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/version.h>
#include <vow/wait.h>

#include <stdlib.h>

#include "../crowd.h"
#include "../harness.h"
#include "../memory.h"
#include "../sizes.h"

static struct {
    vow_pool *pool;
    vow_deferred *deferred;
    vow_promise *promise;
    vow_promise **jobs;
} lines;

static vow_value wait_for(vow_value input, void *promise)
{
    bench_require(vow_wait(promise, VOW_FOREVER, NULL) == VOW_OK, "vow_wait");
    return input;
}

static vow_value give_back(vow_value input, void *context)
{
    bench_keep_pointer(context);
    return input;
}

static void begin(long count)
{
    lines.deferred = vow_deferred_new(&lines.promise);
    lines.pool = vow_pool_new(1, NULL);
    bench_require(lines.deferred != NULL && lines.pool != NULL, "vow_deferred_new, vow_pool_new");
    lines.jobs = bench_memory_touched((size_t)count, sizeof(vow_promise *));
}

/** The one worker takes what is submitted in turn: once the last job has run, the others wait. */
static void fill(long count)
{
    vow_scheduler *worker = vow_pool_scheduler(lines.pool);
    for (long i = 0; i < count; i++)
        lines.jobs[i] = vow_submit(worker, wait_for, vow_none(), lines.promise);
    vow_release(vow_await(vow_submit(worker, give_back, vow_none(), NULL), VOW_FOREVER));
}

static void drain(long count)
{
    vow_fire(lines.deferred, vow_none());
    for (long i = 0; i < count; i++)
        vow_release(vow_await(lines.jobs[i], VOW_FOREVER));
}

static void end(void)
{
    free(lines.jobs);
    vow_promise_release(lines.promise);
    vow_pool_free(lines.pool);
}

static const struct bench_crowd crowd = {
    .begin = begin,
    .fill = fill,
    .drain = drain,
    .end = end,
    .bookkeeping = sizeof(vow_promise *),
    .bytes_at_most = 4608,
};

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_crowd_bytes(&crowd, bench_count(BENCH_PARKED));
}

static void measure_many(double *ret_figures)
{
    bench_crowd_costs(&crowd, ret_figures);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P14", "vow, jobs of a pool", "bytes", {""}, measure_bytes},
        {"many-lines", "vow, jobs of a pool", "ns", BENCH_CROWD_METRICS, measure_many},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
