/**
 * bench/peers/tbb_pipeline.cpp - P18 by oneTBB's parallel_pipeline: squared, doubled and summed up, in order.
 *
 * Counted: an item, with one function call for each item and stage, two threads, of which the caller is one, and tokens as
 * its documentation advises. The slow stage works for 10 µs.
 */
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/version.h>

#include "../harness.h"
#include "../sizes.h"

static int64_t square(int64_t item)
{
    return item * item;
}

static int64_t work(int64_t item)
{
    int64_t until = bench_now() + BENCH_SLOW_STAGE;
    while (bench_now() < until)
        continue;
    return item;
}

static double run(int64_t (*first)(int64_t), long count)
{
    tbb::global_control threads(tbb::global_control::max_allowed_parallelism, BENCH_POOL_WORKERS);
    int64_t next = 0, sum = 0, wanted = 0;
    for (int64_t i = 0; i < count; i++)
        wanted += first == square ? 2 * i * i : 2 * i;
    int64_t started = bench_start();
    tbb::parallel_pipeline(
        4 * BENCH_POOL_WORKERS,
        tbb::make_filter<void, int64_t>(tbb::filter_mode::serial_in_order,
                                        [&](tbb::flow_control &control) -> int64_t {
                                            if (next == count)
                                                control.stop();
                                            return next++;
                                        }) &
            tbb::make_filter<int64_t, int64_t>(tbb::filter_mode::parallel, first) &
            tbb::make_filter<int64_t, int64_t>(tbb::filter_mode::parallel,
                                               [](int64_t item) { return item * 2; }) &
            tbb::make_filter<int64_t, void>(tbb::filter_mode::serial_in_order,
                                            [&](int64_t item) { sum += item; }));
    double figure = bench_each(started, count);
    bench_require(sum == wanted, "every item, once");
    return figure;
}

static void measure(double *ret_figures)
{
    ret_figures[0] = run(square, bench_count(BENCH_PIPELINE));
}

static void measure_slow(double *ret_figures)
{
    ret_figures[0] = run(work, bench_count(BENCH_SLOW_ITEMS));
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P18", "oneTBB parallel_pipeline", "ns", {"", nullptr}, measure},
        {"slow", "oneTBB parallel_pipeline", "ns", {"", nullptr}, measure_slow},
    };
    return bench_main(argc, argv, TBB_runtime_version(), jobs, sizeof jobs / sizeof *jobs);
}
