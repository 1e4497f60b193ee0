/*
 * channel_testing.h - what the tests of channels share: lines that read and write, and a look at who waits.
 */
#ifndef VOW_TESTS_FLOW_CHANNEL_TESTING_H
#define VOW_TESTS_FLOW_CHANNEL_TESTING_H

#include "control/lock_testing.h"
#include "flow/channel.h"

/* How many wait to read (or to write) at the channel of an end. */
static unused_here int waiting_at(struct channel_end *end, bool reading)
{
    struct channel *channel = end->channel;
    int count = 0;
    bool locked = vow_channel_enter(channel);
    struct channel_place *place =
        reading ? channel->readers_waiting.first : channel->writers_waiting.first;
    for (; place != NULL; place = place->next)
        count++;
    vow_channel_leave(channel, locked);
    return count;
}

static unused_here void until_reading(vow_reader *reader, int count)
{
    while (waiting_at(&reader->end, true) != count)
        (void)sched_yield();
}

static unused_here void until_writing(vow_writer *writer, int count)
{
    while (waiting_at(&writer->end, false) != count)
        (void)sched_yield();
}

/* A line that reads: `number` is how many, `object` the reader. */
struct reading {
    struct line_of_test line;
    vow_value items[16];
    size_t count;
};

static unused_here void read_by_line(struct line_of_test *line)
{
    struct reading *reading = (struct reading *)(void *)line;
    line->status = vow_read_many(line->object, reading->items, (size_t)line->number, line->deadline,
                                 &reading->count);
}

static unused_here void start_reading(struct reading *reading, vow_reader *reader, int count,
                                      vow_deadline deadline, enum how how)
{
    *reading = (struct reading){
        .line = {.work = read_by_line, .object = reader, .number = count, .deadline = deadline}};
    line_start(&reading->line, how);
}

/* A line that writes the numbers from `first` on. */
struct writing {
    struct line_of_test line;
    vow_value items[16];
    size_t count;
};

static unused_here void write_by_line(struct line_of_test *line)
{
    struct writing *writing = (struct writing *)(void *)line;
    line->status = vow_write_many(line->object, writing->items, (size_t)line->number,
                                  line->deadline, &writing->count);
}

static unused_here void start_writing(struct writing *writing, vow_writer *writer, int64_t first,
                                      int count, vow_deadline deadline, enum how how)
{
    *writing = (struct writing){
        .line = {.work = write_by_line, .object = writer, .number = count, .deadline = deadline}};
    for (int i = 0; i < count; i++)
        writing->items[i] = vow_integer(first + i);
    line_start(&writing->line, how);
}

static unused_here void write_numbers(vow_writer *writer, int64_t first, int count)
{
    for (int i = 0; i < count; i++)
        assert_ok(vow_write(writer, vow_integer(first + i), VOW_POLL));
}

#define assert_reads(reader, number)                                                               \
    do {                                                                                           \
        vow_value item_ = vow_none();                                                              \
        assert_ok(vow_read((reader), VOW_POLL, &item_));                                           \
        assert_int_equal(vow_as_integer(item_), (number));                                         \
    } while (0)

#define assert_read_fails(reader, wanted)                                                          \
    do {                                                                                           \
        vow_value item_ = vow_none();                                                              \
        assert_int_equal(vow_read((reader), VOW_POLL, &item_), (wanted));                          \
    } while (0)

static unused_here void channel_new(size_t capacity, vow_writer **ret_writer,
                                    vow_reader **ret_reader)
{
    assert_ok(vow_channel_new(capacity, NULL, ret_writer, ret_reader));
}

static unused_here void release_ends(vow_writer *writer, vow_reader *reader)
{
    vow_writer_release(writer);
    vow_reader_release(reader);
}

#endif
