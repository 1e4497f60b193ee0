/**
 * bench/vow/combine.c - all, by vow.
 *
 * Counted: all, 1,000 pending promises gathered by `vow_all`, then fired with integers, the list
 * looked at and released, the promises' making included: each promise. The same canceled instead of
 * fired.
 *
 * All at home on immediate.
 */
#include <vow/combine.h>
#include <vow/deferred.h>
#include <vow/list.h>
#include <vow/version.h>

#include "../harness.h"
#include "../sizes.h"

static vow_deferred *deferreds[BENCH_GATHERED];
static vow_promise *promises[BENCH_GATHERED];

static vow_promise *gather_pending(void)
{
    for (int index = 0; index < BENCH_GATHERED; index++) {
        deferreds[index] = vow_deferred_new(&promises[index]);
        bench_require(deferreds[index] != NULL, "memory for a promise");
    }
    return vow_all(promises, BENCH_GATHERED);
}

static void fire_all(vow_promise *all)
{
    vow_value list = vow_none();
    for (int index = 0; index < BENCH_GATHERED; index++)
        vow_fire(deferreds[index], vow_integer(index));
    bench_require(vow_peek(all, &list) && vow_list_count(list) == BENCH_GATHERED, "a full list");
    vow_release(list);
    vow_promise_release(all);
}

static void cancel_all(vow_promise *all)
{
    vow_cancel(all);
    bench_require(vow_state(all) == VOW_REJECTED, "an end");
    for (int index = 0; index < BENCH_GATHERED; index++)
        vow_deferred_release(deferreds[index]);
    vow_promise_release(all);
}

static double cost_of_gathering(void (*end)(vow_promise *))
{
    long times = bench_count(BENCH_GATHERINGS);
    int64_t started = bench_start();
    for (long time = 0; time < times; time++)
        end(gather_pending());
    return bench_each(started, times) / BENCH_GATHERED;
}

static void measure_all(double *ret_figures)
{
    ret_figures[0] = cost_of_gathering(fire_all);
}

static void measure_cancel(double *ret_figures)
{
    ret_figures[0] = cost_of_gathering(cancel_all);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"all", "vow", "ns", {""}, measure_all},
        {"all", "vow, canceled", "ns", {""}, measure_cancel},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
