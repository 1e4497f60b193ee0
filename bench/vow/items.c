/**
 * bench/vow/items.c - many items in a channel of vow's: what each costs, and what memory it takes.
 *
 * Counted: integers written into a channel that has room for all, then read, one at a time, by one thread: each. The growth
 * of resident memory by a million of them, the channel's making included.
 */
#include <vow/channel.h>
#include <vow/version.h>

#include "../item_jobs.h"

static struct {
    vow_writer *writer;
    vow_reader *reader;
} items;

static void begin(long count)
{
    bench_require(vow_channel_new((size_t)count, NULL, &items.writer, &items.reader) == VOW_OK,
                  "vow_channel_new");
}

static void fill(long count)
{
    for (long index = 0; index < count; index++)
        bench_require(vow_write(items.writer, vow_integer(index), VOW_FOREVER) == VOW_OK,
                      "vow_write");
}

static void drain(long count)
{
    vow_value item;
    for (long index = 0; index < count; index++)
        bench_require(vow_read(items.reader, VOW_FOREVER, &item) == VOW_OK &&
                          vow_as_integer(item) == index,
                      "vow_read");
}

static void end(void)
{
    vow_writer_release(items.writer);
    vow_reader_release(items.reader);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        BENCH_ITEM_JOB_BYTES("vow channel"),
        BENCH_ITEM_JOB_MANY("vow channel"),
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
