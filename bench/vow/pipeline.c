/**
 * bench/vow/pipeline.c - P18 by vow's tasks.
 *
 * Counted: 1,000,000 integers, squared, doubled and summed up, in order, with default settings: an item, once for each size
 * of the pool. Then a thousand items that take 10 µs each in one stage, and the size of the chunks against the time.
 */
#include <vow/pool.h>
#include <vow/task.h>
#include <vow/version.h>

#include "../harness.h"
#include "../sizes.h"

static vow_value square(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * vow_as_integer(input));
}

static vow_value twice(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * 2);
}

static vow_value add(vow_value input, void *context)
{
    int64_t *sum = context;
    *sum += vow_as_integer(input);
    return vow_none();
}

/* Items through both stages into a sum, by so many workers: nanoseconds an item. */
static double run(int workers, vow_fn *first, size_t chunk, long count)
{
    vow_pool *pool = vow_pool_new(workers, NULL);
    vow_task_options options = {.size = sizeof(options), .max_chunk = chunk};
    int64_t sum = 0, wanted = 0;
    for (int64_t i = 0; i < count; i++)
        wanted += first == square ? 2 * i * i : 2 * i;
    int64_t started = bench_start();
    vow_reader *squares = vow_pool_add_task(
        pool, vow_task_new("first", vow_source_range(0, count, 1), first, NULL, &options));
    vow_reader *doubles = vow_pool_add_task(
        pool, vow_task_new("double", vow_source_reader(squares), twice, NULL, &options));
    vow_value end = vow_read_each(doubles, add, &sum, VOW_FOREVER);
    double figure = bench_each(started, count);
    bench_require(vow_is_none(end) && sum == wanted, "every item, once");
    vow_reader_release(doubles);
    vow_pool_free(pool);
    return figure;
}

static void measure_0(double *ret_figures)
{
    ret_figures[0] = run(0, square, 0, bench_count(BENCH_PIPELINE));
}

static void measure_1(double *ret_figures)
{
    ret_figures[0] = run(1, square, 0, bench_count(BENCH_PIPELINE));
}

static void measure_2(double *ret_figures)
{
    ret_figures[0] = run(2, square, 0, bench_count(BENCH_PIPELINE));
}

/* A stage that works for 10 µs -------------------------------------------------------------------------------------- */

static vow_value work(vow_value input, void *context)
{
    int64_t until = bench_now() + BENCH_SLOW_STAGE;
    (void)context;
    while (bench_now() < until)
        continue;
    return input;
}

static void measure_slow_0(double *ret_figures)
{
    ret_figures[0] = run(0, work, 0, bench_count(BENCH_SLOW_ITEMS));
}

static void measure_slow_2(double *ret_figures)
{
    ret_figures[0] = run(2, work, 0, bench_count(BENCH_SLOW_ITEMS));
}

/* Chunks of a given size -------------------------------------------------------------------------------------------- */

#define SWEEP(size)                                                                                \
    static void measure_chunk_##size(double *ret_figures)                                          \
    {                                                                                              \
        ret_figures[0] = run(2, square, size, bench_count(BENCH_PIPELINE) / 4);                    \
    }

SWEEP(1)
SWEEP(4)
SWEEP(16)
SWEEP(64)
SWEEP(256)
SWEEP(1024)
SWEEP(4096)
SWEEP(16384)

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P18", "vow tasks, no workers", "ns", {""}, measure_0},
        {"P18", "vow tasks, 1 worker", "ns", {""}, measure_1},
        {"P18", "vow tasks, 2 workers", "ns", {""}, measure_2},
        {"slow", "vow tasks, no workers", "ns", {""}, measure_slow_0},
        {"slow", "vow tasks, 2 workers", "ns", {""}, measure_slow_2},
        {"chunk", "vow tasks, chunks of 1", "ns", {""}, measure_chunk_1},
        {"chunk", "vow tasks, chunks of 4", "ns", {""}, measure_chunk_4},
        {"chunk", "vow tasks, chunks of 16", "ns", {""}, measure_chunk_16},
        {"chunk", "vow tasks, chunks of 64", "ns", {""}, measure_chunk_64},
        {"chunk", "vow tasks, chunks of 256", "ns", {""}, measure_chunk_256},
        {"chunk", "vow tasks, chunks of 1024", "ns", {""}, measure_chunk_1024},
        {"chunk", "vow tasks, chunks of 4096", "ns", {""}, measure_chunk_4096},
        {"chunk", "vow tasks, chunks of 16384", "ns", {""}, measure_chunk_16384},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
