/**
 * bench/peers/plain_promise.c - P1, P2, P4 by a list of callbacks in plain C, with malloc.
 *
 * Counted: P1, create a promise, add one callback, fire it with an integer, release both ends:
 * each. P2, the same with 10 callbacks, less the cost with 1: each further callback. P4, the growth
 * of resident memory by 1,000,000 pending promises of one callback: each.
 *
 * The idiom: intrusive lists would need no second allocation, but no caller could add a callback at
 * will.
 */
#include "../crowd.h"
#include "../harness.h"
#include "../memory.h"
#include "../sizes.h"
#include "plain_list.h"

#include <stdlib.h>

struct pending {
    struct plain_promise *promise;
};

static int64_t add_one(int64_t value, void *context)
{
    bench_keep_pointer(context);
    return value + 1;
}

static struct plain_promise *pending_promise(int callbacks)
{
    struct plain_promise *promise = plain_promise_new();
    bench_require(promise != NULL, "memory for a promise");
    for (int index = 0; index < callbacks; index++)
        plain_promise_add(promise, add_one, NULL);
    return promise;
}

static void release_both_ends(struct plain_promise *promise)
{
    plain_promise_release(promise);
    plain_promise_release(promise);
}

static double cost_of_a_life(long lives, int callbacks)
{
    int64_t started = bench_start();
    for (long life = 0; life < lives; life++) {
        struct plain_promise *promise = pending_promise(callbacks);
        plain_promise_fire(promise, life);
        release_both_ends(promise);
    }
    return bench_each(started, lives);
}

static void measure_promise(double *ret_figures)
{
    ret_figures[0] = cost_of_a_life(bench_count(BENCH_PROMISES), 1);
}

static void measure_link(double *ret_figures)
{
    double with_one = cost_of_a_life(bench_count(BENCH_CHAINS), 1);
    double with_all = cost_of_a_life(bench_count(BENCH_CHAINS), BENCH_LINKS);
    ret_figures[0] = (with_all - with_one) / (BENCH_LINKS - 1);
}

static struct pending *pending;

static void begin(long count)
{
    pending = bench_memory_touched((size_t)count, sizeof *pending);
}

static void fill(long count)
{
    for (long index = 0; index < count; index++)
        pending[index].promise = pending_promise(1);
}

static void drain(long count)
{
    for (long index = 0; index < count; index++) {
        plain_promise_fire(pending[index].promise, index);
        release_both_ends(pending[index].promise);
    }
}

static void end(void)
{
    free(pending);
}

static const struct bench_crowd crowd = {
    .begin = begin, .fill = fill, .drain = drain, .end = end, .bookkeeping = sizeof *pending};

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_crowd_bytes(&crowd, bench_count(BENCH_PENDING));
}

static void measure_many(double *ret_figures)
{
    bench_crowd_costs(&crowd, ret_figures);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P1", "plain C list with malloc", "ns", {""}, measure_promise},
        {"P2", "plain C list with malloc", "ns", {""}, measure_link},
        {"P4", "plain C list with malloc", "bytes", {""}, measure_bytes},
        {"many-promises", "plain C list with malloc", "ns", BENCH_CROWD_METRICS, measure_many},
    };
    return bench_main(argc, argv, BENCH_COMPILER, jobs, sizeof jobs / sizeof *jobs);
}
