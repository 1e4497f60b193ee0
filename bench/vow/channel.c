/**
 * bench/vow/channel.c - P15, P16, P17 by vow's channels.
 *
 * Counted: P15, two jobs of one worker send an integer to and fro through two channels of capacity 0: a round trip.
 * P16, integers through a channel of capacity 1,024, from one thread that writes to one that reads, one at a time and in
 * batches of 64: an item. P17, the same from two to two.
 */
#include <vow/channel.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/version.h>
#include <vow/wait.h>

#include "../stream.h"

/* P15 --------------------------------------------------------------------------------------------------------- */

struct table {
    vow_writer *to, *fro;
    vow_reader *from_to, *from_fro;
    long count;
};

static vow_value serve(vow_value input, void *context)
{
    struct table *table = context;
    for (long i = 0; i < table->count; i++)
        if (vow_write(table->to, vow_integer(i), VOW_FOREVER) != VOW_OK ||
            vow_read(table->from_fro, VOW_FOREVER, &input) != VOW_OK || vow_as_integer(input) != i)
            bench_fail("a ball was lost");
    return vow_none();
}

static vow_value answer(vow_value input, void *context)
{
    struct table *table = context;
    for (long i = 0; i < table->count; i++)
        if (vow_read(table->from_to, VOW_FOREVER, &input) != VOW_OK ||
            vow_write(table->fro, input, VOW_FOREVER) != VOW_OK)
            bench_fail("a ball was lost");
    return vow_none();
}

static void measure_rendezvous(double *ret_figures)
{
    struct table table = {.count = bench_count(BENCH_RENDEZVOUS)};
    vow_pool *pool = vow_pool_new(1, NULL);
    bench_require(vow_channel_new(0, NULL, &table.to, &table.from_to) == VOW_OK, "a channel");
    bench_require(vow_channel_new(0, NULL, &table.fro, &table.from_fro) == VOW_OK, "a channel");
    int64_t started = bench_start();
    vow_promise *one = vow_submit(vow_pool_scheduler(pool), serve, vow_none(), &table);
    vow_promise *other = vow_submit(vow_pool_scheduler(pool), answer, vow_none(), &table);
    vow_release(vow_await(one, VOW_FOREVER));
    vow_release(vow_await(other, VOW_FOREVER));
    ret_figures[0] = bench_each(started, table.count);
    vow_writer_release(table.to);
    vow_writer_release(table.fro);
    vow_reader_release(table.from_to);
    vow_reader_release(table.from_fro);
    vow_pool_free(pool);
}

/* P16, P17 ------------------------------------------------------------------------------------------------------ */

struct ends {
    vow_writer *writers[2];
    vow_reader *readers[2];
};

static void write_items(void *channel, int writer, const int64_t *items, int count)
{
    struct ends *ends = channel;
    vow_value values[BENCH_BATCH];
    if (count == 1) {
        if (vow_write(ends->writers[writer], vow_integer(items[0]), VOW_FOREVER) != VOW_OK)
            bench_fail("an item was not written");
        return;
    }
    for (int i = 0; i < count; i++)
        values[i] = vow_integer(items[i]);
    if (vow_write_many(ends->writers[writer], values, (size_t)count, VOW_FOREVER, NULL) != VOW_OK)
        bench_fail("items were not written");
}

static int read_items(void *channel, int reader, int64_t *items, int count)
{
    struct ends *ends = channel;
    vow_value values[BENCH_BATCH];
    size_t was_read;
    if (count == 1) {
        if (vow_read(ends->readers[reader], VOW_FOREVER, values) != VOW_OK)
            return 0;
        items[0] = vow_as_integer(values[0]);
        return 1;
    }
    if (vow_read_many(ends->readers[reader], values, (size_t)count, VOW_FOREVER, &was_read) !=
        VOW_OK)
        return 0;
    for (size_t i = 0; i < was_read; i++)
        items[i] = vow_as_integer(values[i]);
    return (int)was_read;
}

static void finish(void *channel, int writer)
{
    struct ends *ends = channel;
    vow_writer_release(ends->writers[writer]);
}

static double stream(int lines, int batch)
{
    struct ends ends;
    struct bench_stream stream = {.channel = &ends,
                                  .writers = lines,
                                  .readers = lines,
                                  .batch = batch,
                                  .write = write_items,
                                  .read = read_items,
                                  .finish = finish};
    bench_require(vow_channel_new(BENCH_CAPACITY, NULL, &ends.writers[0], &ends.readers[0]) ==
                      VOW_OK,
                  "a channel");
    if (lines == 2) {
        ends.writers[1] = vow_writer_another(ends.writers[0]);
        ends.readers[1] = vow_reader_another(ends.readers[0]);
    }
    double figure = bench_stream_run(&stream);
    for (int i = 0; i < lines; i++)
        vow_reader_release(ends.readers[i]);
    return figure;
}

static void measure_one(double *ret_figures)
{
    ret_figures[0] = stream(1, 1);
}

static void measure_one_in_batches(double *ret_figures)
{
    ret_figures[0] = stream(1, BENCH_BATCH);
}

static void measure_two(double *ret_figures)
{
    ret_figures[0] = stream(2, 1);
}

static void measure_two_in_batches(double *ret_figures)
{
    ret_figures[0] = stream(2, BENCH_BATCH);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P15", "vow channels", "ns", {""}, measure_rendezvous},
        {"P16", "vow channel", "ns", {""}, measure_one},
        {"P16", "vow channel, batches of 64", "ns", {""}, measure_one_in_batches},
        {"P17", "vow channel", "ns", {""}, measure_two},
        {"P17", "vow channel, batches of 64", "ns", {""}, measure_two_in_batches},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
