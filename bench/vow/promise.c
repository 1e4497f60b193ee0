/**
 * bench/vow/promise.c - P1, P2, P3, P4 and many promises by vow.
 *
 * Counted: P1, create a deferred and its promise, add one callback, fire it with an integer,
 * release both ends: each. P2, the same with 10 callbacks in one promise, each given the former's
 * result, less the cost with 1: each further callback. P3, a chain of 10 `vow_then`, each giving a
 * new promise, from creation to release: each link. P4, the growth of resident memory by 1,000,000
 * pending promises of one callback: each. Many, the same made, fired and released while so many are pending.
 *
 * All at home on immediate, through the public interface, atomics and all.
 */
#include <stdlib.h>
#include <vow/deferred.h>
#include <vow/promise.h>
#include <vow/version.h>

#include "../crowd.h"
#include "../harness.h"
#include "../memory.h"
#include "../sizes.h"

struct pending {
    vow_deferred *deferred;
    vow_promise *promise;
};

static vow_value add_one(vow_value value, void *context)
{
    bench_keep_pointer(context);
    return vow_integer(vow_as_integer(value) + 1);
}

static vow_deferred *pending_deferred(vow_promise **ret_promise)
{
    vow_deferred *deferred = vow_deferred_new(ret_promise);
    bench_require(deferred != NULL, "memory for a promise");
    return deferred;
}

static void fire_and_release(vow_deferred *deferred, vow_promise *promise, int64_t value)
{
    vow_fire(deferred, vow_integer(value)); /* and gives the deferred back */
    vow_promise_release(promise);
}

static double cost_of_a_life(long lives, int callbacks)
{
    int64_t started = bench_start();
    for (long life = 0; life < lives; life++) {
        vow_promise *promise = NULL;
        vow_deferred *deferred = pending_deferred(&promise);
        for (int index = 0; index < callbacks; index++)
            promise = vow_add_callback(promise, add_one, NULL);
        fire_and_release(deferred, promise, life);
    }
    return bench_each(started, lives);
}

static double cost_of_a_chain(long chains, int links)
{
    int64_t started = bench_start();
    for (long chain = 0; chain < chains; chain++) {
        vow_promise *promise = NULL;
        vow_deferred *deferred = pending_deferred(&promise);
        for (int index = 0; index < links; index++)
            promise = vow_then(promise, add_one, NULL);
        fire_and_release(deferred, promise, chain);
    }
    return bench_each(started, chains);
}

static void measure_promise(double *ret_figures)
{
    ret_figures[0] = cost_of_a_life(bench_count(BENCH_PROMISES), 1);
}

static void measure_callback(double *ret_figures)
{
    double with_one = cost_of_a_life(bench_count(BENCH_CHAINS), 1);
    double with_all = cost_of_a_life(bench_count(BENCH_CHAINS), BENCH_LINKS);
    ret_figures[0] = (with_all - with_one) / (BENCH_LINKS - 1);
}

static void measure_link(double *ret_figures)
{
    ret_figures[0] = cost_of_a_chain(bench_count(BENCH_CHAINS), BENCH_LINKS) / BENCH_LINKS;
}

static struct pending *pending;

static void begin_promises(long count)
{
    pending = bench_memory_touched((size_t)count, sizeof *pending);
}

static void fill_promises(long count)
{
    for (long index = 0; index < count; index++) {
        pending[index].deferred = pending_deferred(&pending[index].promise);
        pending[index].promise = vow_add_callback(pending[index].promise, add_one, NULL);
    }
}

static void drain_promises(long count)
{
    for (long index = 0; index < count; index++)
        fire_and_release(pending[index].deferred, pending[index].promise, index);
}

static void end_promises(void)
{
    free(pending);
}

static const struct bench_crowd promises = {
    .begin = begin_promises,
    .fill = fill_promises,
    .drain = drain_promises,
    .end = end_promises,
    .bookkeeping = sizeof(struct pending),
};

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_crowd_bytes(&promises, bench_count(BENCH_PENDING));
}

static void measure_many(double *ret_figures)
{
    bench_crowd_costs(&promises, ret_figures);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P1", "vow", "ns", {""}, measure_promise},
        {"P2", "vow", "ns", {""}, measure_callback},
        {"P3", "vow", "ns", {""}, measure_link},
        {"P4", "vow", "bytes", {""}, measure_bytes},
        {"many-promises", "vow", "ns", BENCH_CROWD_METRICS, measure_many},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
