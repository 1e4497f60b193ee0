/*
 * test_channel_wait.c - channels: waiting for items and for room, with deadlines and cancels, in every kind of line.
 */
#include "flow/channel_testing.h"

static void check_reader_waits(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct reading reading;
    channel_new(4, &writer, &reader);
    start_reading(&reading, reader, 1, VOW_FOREVER, how);
    until_reading(reader, 1);
    assert_ok(vow_write(writer, vow_integer(42), VOW_POLL));
    assert_int_equal(vow_reader_size(reader), 0);
    line_end(&reading.line);
    assert_ok(reading.line.status);
    assert_int_equal(vow_as_integer(reading.items[0]), 42);
    release_ends(writer, reader);
}

static void a_reader_waits_for_an_item(void **state)
{
    (void)state;
    with_every_line(check_reader_waits);
}

static void check_writer_waits(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct writing writing;
    channel_new(2, &writer, &reader);
    start_writing(&writing, writer, 0, 5, VOW_FOREVER, how);
    until_writing(writer, 1);
    assert_int_equal(vow_reader_size(reader), 2);
    for (int i = 0; i < 5; i++)
        assert_reads(reader, i);
    line_end(&writing.line);
    assert_ok(writing.line.status);
    assert_int_equal(writing.count, 5);
    release_ends(writer, reader);
}

static void a_writer_waits_for_room(void **state)
{
    (void)state;
    with_every_line(check_writer_waits);
}

static void check_count_until_deadline(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct reading reading;
    channel_new(8, &writer, &reader);
    write_numbers(writer, 0, 3);
    start_reading(&reading, reader, 5, vow_after(VOW_MS(5)), how);
    line_end(&reading.line);
    assert_ok(reading.line.status);
    assert_int_equal(reading.count, 3);
    start_reading(&reading, reader, 5, vow_after(VOW_MS(5)), how);
    line_end(&reading.line);
    assert_int_equal(reading.line.status, VOW_TIMED_OUT);
    assert_int_equal(reading.count, 0);
    assert_int_equal(waiting_at(&reader->end, true), 0);
    write_numbers(writer, 3, 1);
    assert_reads(reader, 3);
    release_ends(writer, reader);
}

static void a_deadline_gives_what_has_come(void **state)
{
    (void)state;
    with_every_line(check_count_until_deadline);
}

static void check_write_until_deadline(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct writing writing;
    channel_new(2, &writer, &reader);
    start_writing(&writing, writer, 0, 5, vow_after(VOW_MS(5)), how);
    line_end(&writing.line);
    assert_int_equal(writing.line.status, VOW_TIMED_OUT);
    assert_int_equal(writing.count, 2);
    assert_int_equal(waiting_at(&writer->end, false), 0);
    for (int i = 0; i < 2; i++)
        assert_reads(reader, i);
    assert_read_fails(reader, VOW_TIMED_OUT);
    release_ends(writer, reader);
}

static void a_writer_that_runs_out_of_time_knows_what_it_has_written(void **state)
{
    (void)state;
    with_every_line(check_write_until_deadline);
}

static void check_order_of_readers(enum how how)
{
    vow_writer *writer;
    vow_reader *readers[4];
    struct reading reading[4];
    channel_new(4, &writer, &readers[0]);
    for (int i = 1; i < 4; i++)
        readers[i] = vow_reader_another(readers[0]);
    for (int i = 0; i < 4; i++) {
        start_reading(&reading[i], readers[i], 1, VOW_FOREVER, how);
        until_reading(readers[0], i + 1);
    }
    write_numbers(writer, 0, 4);
    for (int i = 0; i < 4; i++) {
        line_end(&reading[i].line);
        assert_int_equal(vow_as_integer(reading[i].items[0]), i);
        vow_reader_release(readers[i]);
    }
    vow_writer_release(writer);
}

static void those_who_wait_are_served_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    with_every_line(check_order_of_readers);
}

static vow_value read_forever(vow_value input, void *context)
{
    vow_value item;
    (void)input;
    vow_status status = vow_read(context, VOW_FOREVER, &item);
    return vow_integer(status);
}

static void a_canceled_job_leaves_the_queue_and_takes_nothing(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_pool *pool = vow_pool_new(1, NULL);
    channel_new(1, &writer, &reader);
    vow_promise *job = vow_submit(vow_pool_scheduler(pool), read_forever, vow_none(), reader);
    until_reading(reader, 1);
    vow_cancel(job);
    assert_int_equal(vow_as_integer(vow_await(job, VOW_FOREVER)), VOW_CANCELED);
    assert_int_equal(waiting_at(&reader->end, true), 0);
    write_numbers(writer, 1, 1);
    assert_reads(reader, 1);
    assert_ok(vow_pool_free(pool));
    release_ends(writer, reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_reader_waits_for_an_item),
        control_test(a_writer_waits_for_room),
        control_test(a_deadline_gives_what_has_come),
        control_test(a_writer_that_runs_out_of_time_knows_what_it_has_written),
        control_test(those_who_wait_are_served_in_the_order_in_which_they_came),
        control_test(a_canceled_job_leaves_the_queue_and_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
