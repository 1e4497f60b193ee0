/*
 * test_channel.c - channels: order, capacity, ownership, ends.
 */
#include "flow/channel_testing.h"

static void items_are_read_in_the_order_in_which_they_were_written(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(100, &writer, &reader);
    write_numbers(writer, 0, 50);
    assert_int_equal(vow_reader_size(reader), 50);
    for (int i = 0; i < 50; i++)
        assert_reads(reader, i);
    release_ends(writer, reader);
}

static void a_bounded_channel_keeps_as_many_as_its_capacity(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(3, &writer, &reader);
    assert_int_equal(vow_writer_capacity(writer), 3);
    assert_int_equal(vow_reader_capacity(reader), 3);
    write_numbers(writer, 0, 3);
    assert_int_equal(vow_write(writer, vow_integer(3), VOW_POLL), VOW_TIMED_OUT);
    assert_sentence("vow_write: the deadline passed first");
    assert_int_equal(vow_writer_size(writer), 3);
    assert_reads(reader, 0);
    assert_ok(vow_write(writer, vow_integer(3), VOW_POLL));
    for (int i = 1; i < 4; i++)
        assert_reads(reader, i);
    assert_read_fails(reader, VOW_TIMED_OUT);
    assert_sentence("vow_read: the deadline passed first");
    release_ends(writer, reader);
}

static void an_unbounded_channel_takes_everything(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(VOW_UNBOUNDED, &writer, &reader);
    assert_int_equal(vow_reader_capacity(reader), VOW_UNBOUNDED);
    write_numbers(writer, 0, 10000);
    assert_int_equal(vow_reader_size(reader), 10000);
    for (int i = 0; i < 10000; i++)
        assert_reads(reader, i);
    release_ends(writer, reader);
}

static void a_channel_grows_around_the_end_of_its_ring(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(VOW_UNBOUNDED, &writer, &reader);
    int64_t written = 0, was_read = 0;
    for (int round = 1; round < 60; round++) {
        write_numbers(writer, written, round);
        written += round;
        for (int i = 0; i < round / 2; i++)
            assert_reads(reader, was_read++);
    }
    while (was_read < written)
        assert_reads(reader, was_read++);
    release_ends(writer, reader);
}

static void items_are_taken_only_when_they_have_been_written(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(1, &writer, &reader);
    vow_value probe = probe_new();
    assert_ok(vow_write(writer, vow_borrow(probe), VOW_POLL)); /* a new reference */
    assert_int_equal(vow_write(writer, probe, VOW_POLL), VOW_TIMED_OUT);
    vow_value item;
    assert_ok(vow_read(reader, VOW_POLL, &item));
    assert_true(vow_is_owned(item));
    vow_release(item);
    assert_int_equal(probe_drops, 0);
    assert_ok(vow_write(writer, probe, VOW_POLL));
    vow_writer_release(writer);
    assert_int_equal(probe_drops, 0);
    vow_reader_release(reader);
    assert_int_equal(probe_drops, 1);
}

static void the_last_reader_gives_up_what_is_left(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(10, &writer, &reader);
    for (int i = 0; i < 3; i++)
        assert_ok(vow_write(writer, probe_new(), VOW_POLL));
    vow_reader_release(reader);
    assert_int_equal(probe_drops, 3);
    assert_true(vow_writer_is_closed(writer));
    assert_int_equal(vow_write(writer, vow_integer(1), VOW_FOREVER), VOW_CLOSED);
    assert_sentence("vow_write: the channel is closed");
    vow_writer_release(writer);
}

static void a_promise_is_an_item_like_any_other(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_promise *promise;
    channel_new(1, &writer, &reader);
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_write(writer, vow_promise_value(promise), VOW_POLL));
    vow_value item;
    assert_ok(vow_read(reader, VOW_POLL, &item));
    assert_true(vow_is_promise(item));
    assert_pending(vow_as_promise(item));
    fire(deferred, vow_integer(7));
    assert_fulfilled(vow_as_promise(item), 7);
    vow_release(item);
    release_ends(writer, reader);
}

static void a_loop_ends_with_the_channel(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(8, &writer, &reader);
    write_numbers(writer, 0, 5);
    vow_writer_release(writer);
    vow_value item;
    while (!vow_is_end(item = vow_read_next(reader)))
        note(vow_as_integer(item));
    assert_logged(0, 1, 2, 3, 4);
    vow_reader_release(reader);
}

static void nothing_is_refused(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value item;
    size_t count = 7;
    assert_int_equal(vow_channel_new(1, NULL, NULL, &reader), VOW_INVALID);
    assert_int_equal(vow_channel_new(1, NULL, &writer, NULL), VOW_INVALID);
    vow_channel_options options = {.size = 1};
    assert_int_equal(vow_channel_new(1, &options, &writer, &reader), VOW_INVALID);
    assert_int_equal(vow_write(NULL, vow_integer(1), VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_write: writer is NULL");
    assert_int_equal(vow_read(NULL, VOW_FOREVER, &item), VOW_INVALID);
    assert_int_equal(vow_read_many(NULL, &item, 1, VOW_FOREVER, &count), VOW_INVALID);
    assert_int_equal(count, 0);
    assert_int_equal(vow_write_many(NULL, &item, 1, VOW_FOREVER, &count), VOW_INVALID);
    assert_error(vow_read_all(NULL, VOW_FOREVER), VOW_INVALID);
    assert_error(vow_read_next(NULL), VOW_INVALID);
    assert_int_equal(vow_writer_close(NULL), VOW_INVALID);
    assert_int_equal(vow_reader_close(NULL), VOW_INVALID);
    assert_int_equal(vow_writer_fail(NULL, vow_fail(VOW_USER, "x")), VOW_INVALID);
    assert_null(vow_writer_another(NULL));
    assert_null(vow_reader_another(NULL));
    assert_int_equal(vow_writer_size(NULL) + vow_reader_size(NULL), 0);
    assert_int_equal(vow_writer_capacity(NULL) + vow_reader_capacity(NULL), 0);
    assert_true(vow_writer_is_closed(NULL));
    assert_true(vow_reader_is_closed(NULL));
    assert_true(vow_is_none(vow_reader_error(NULL)));
    vow_writer_release(vow_writer_retain(NULL));
    vow_reader_release(vow_reader_retain(NULL));
    vow_promise *promise = vow_read_promise(NULL);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
    promise = vow_write_promise(NULL, vow_text("released"));
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static void check_two_lines(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct reading reading;
    channel_new(4, &writer, &reader);
    start_reading(&reading, reader, 1, VOW_FOREVER, how);
    until_reading(reader, 1);
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_INVALID);
    assert_sentence("vow_read: another line uses the reader");
    write_numbers(writer, 0, 1);
    line_end(&reading.line);
    assert_ok(reading.line.status);
    release_ends(writer, reader);
}

static void an_end_serves_one_line_at_a_time(void **state)
{
    (void)state;
    with_every_line(check_two_lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(items_are_read_in_the_order_in_which_they_were_written),
        control_test(a_bounded_channel_keeps_as_many_as_its_capacity),
        control_test(an_unbounded_channel_takes_everything),
        control_test(a_channel_grows_around_the_end_of_its_ring),
        control_test(items_are_taken_only_when_they_have_been_written),
        control_test(the_last_reader_gives_up_what_is_left),
        control_test(a_promise_is_an_item_like_any_other),
        control_test(a_loop_ends_with_the_channel),
        control_test(nothing_is_refused),
        control_test(an_end_serves_one_line_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
