/**
 * bench/vow/fork.c - P6 by vow: fib(32) by fork and join, without cut-off, two workers.
 *
 * Counted: from the moment when a job of the pool begins until it has the result: ms. Two ways: a
 * VOW_FORKABLE function, which the header inlines, and a `vow_fn`, with values in and out.
 */
#include <vow/fork.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/version.h>
#include <vow/wait.h>

#include "../harness.h"
#include "../sizes.h"

VOW_FORKABLE(int64_t, fib, int64_t, n)
{
    if (n < 2)
        return n;
    struct fib_forked first;
    fib_fork(&first, n - 1);
    int64_t second = fib(n - 2);
    return fib_join(&first) + second;
}

static vow_value fib_value(vow_value input, void *context)
{
    int64_t n = vow_as_integer(input);
    if (n < 2)
        return vow_integer(n);
    struct vow_forked first;
    vow_fork(&first, fib_value, vow_integer(n - 1), context);
    int64_t second = vow_as_integer(fib_value(vow_integer(n - 2), context));
    return vow_integer(vow_as_integer(vow_join(&first)) + second);
}

static vow_value root_inlined(vow_value input, void *context)
{
    int64_t started = bench_start();
    vow_value result = vow_integer(fib(vow_as_integer(input)));
    *(double *)context = bench_each(started, 1) / 1e6;
    return result;
}

static vow_value root_value(vow_value input, void *context)
{
    int64_t started = bench_start();
    vow_value result = fib_value(input, NULL);
    *(double *)context = bench_each(started, 1) / 1e6;
    return result;
}

static void run(vow_fn *root, int workers, double *ret_figures)
{
    static vow_pool *pools[BENCH_POOL_WORKERS + 1];
    if (pools[workers] == NULL)
        pools[workers] = vow_pool_new(workers, NULL);
    bench_require(pools[workers] != NULL, "vow_pool_new");
    vow_value result = vow_await(vow_submit(vow_pool_scheduler(pools[workers]), root,
                                            vow_integer(BENCH_FIBONACCI), ret_figures),
                                 VOW_FOREVER);
    bench_require(vow_as_integer(result) == BENCH_FIBONACCI_RESULT, "the right result");
}

static void measure_inlined(double *ret_figures)
{
    run(root_inlined, BENCH_POOL_WORKERS, ret_figures);
}

static void measure_value(double *ret_figures)
{
    run(root_value, BENCH_POOL_WORKERS, ret_figures);
}

static void measure_inlined_alone(double *ret_figures)
{
    run(root_inlined, 1, ret_figures);
}

static void measure_value_alone(double *ret_figures)
{
    run(root_value, 1, ret_figures);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P6", "vow, VOW_FORKABLE", "ms", {""}, measure_inlined},
        {"P6", "vow, vow_fn", "ms", {""}, measure_value},
        {"P6", "vow, VOW_FORKABLE, 1 worker", "ms", {""}, measure_inlined_alone},
        {"P6", "vow, vow_fn, 1 worker", "ms", {""}, measure_value_alone},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
