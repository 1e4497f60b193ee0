/*
 * test_channel_close.c - channels: who closes, whom it wakes, what is left.
 */
#include "flow/channel_testing.h"

static void check_close_wakes(enum how how)
{
    vow_writer *writer;
    vow_reader *reader, *other;
    struct reading some, none;
    channel_new(4, &writer, &reader);
    other = vow_reader_another(reader);
    start_reading(&some, reader, 5, VOW_FOREVER, how);
    until_reading(reader, 1);
    start_reading(&none, other, 1, VOW_FOREVER, how);
    until_reading(reader, 2);
    write_numbers(writer, 0, 2);
    vow_writer_release(writer);
    line_end(&some.line);
    line_end(&none.line);
    assert_ok(some.line.status);
    assert_int_equal(some.count, 2);
    assert_int_equal(none.line.status, VOW_CLOSED);
    vow_reader_release(reader);
    vow_reader_release(other);
}

static void a_close_wakes_all_who_read(void **state)
{
    (void)state;
    with_every_line(check_close_wakes);
}

static void check_close_wakes_writers(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct writing writing;
    channel_new(2, &writer, &reader);
    start_writing(&writing, writer, 0, 4, VOW_FOREVER, how);
    until_writing(writer, 1);
    assert_ok(vow_reader_close(reader));
    line_end(&writing.line);
    assert_int_equal(writing.line.status, VOW_CLOSED);
    assert_int_equal(writing.count, 2);
    for (int i = 0; i < 2; i++)
        assert_reads(reader, i);
    assert_read_fails(reader, VOW_CLOSED);
    release_ends(writer, reader);
}

static void a_close_wakes_all_who_write(void **state)
{
    (void)state;
    with_every_line(check_close_wakes_writers);
}

static void what_was_written_can_be_read_after_the_close(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    write_numbers(writer, 0, 3);
    assert_false(vow_reader_is_closed(reader));
    assert_ok(vow_writer_close(writer));
    assert_ok(vow_writer_close(writer));
    assert_true(vow_reader_is_closed(reader));
    assert_int_equal(vow_write(writer, vow_integer(1), VOW_POLL), VOW_CLOSED);
    for (int i = 0; i < 3; i++)
        assert_reads(reader, i);
    assert_read_fails(reader, VOW_CLOSED);
    assert_sentence("vow_read: the channel is closed");
    release_ends(writer, reader);
}

static void only_the_last_writer_closes(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    vow_writer *another = vow_writer_another(writer);
    vow_writer_release(vow_writer_retain(writer));
    vow_writer_release(writer);
    assert_false(vow_reader_is_closed(reader));
    write_numbers(another, 0, 1);
    vow_writer_release(another);
    assert_true(vow_reader_is_closed(reader));
    assert_reads(reader, 0);
    vow_reader_release(reader);
}

static void only_the_last_reader_closes(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    vow_reader *another = vow_reader_another(reader);
    vow_reader_release(reader);
    write_numbers(writer, 0, 1);
    assert_reads(another, 0);
    vow_reader_release(another);
    assert_int_equal(vow_write(writer, vow_integer(1), VOW_POLL), VOW_CLOSED);
    vow_writer_release(writer);
}

static void an_error_comes_after_the_good_items(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    write_numbers(writer, 0, 2);
    assert_true(vow_is_none(vow_reader_error(reader)));
    assert_ok(vow_writer_fail(writer, vow_fail(VOW_USER + 3, "the disk is full")));
    assert_int_equal(vow_writer_fail(writer, vow_fail(VOW_USER + 4, "again")), VOW_CLOSED);
    assert_int_equal(vow_writer_fail(writer, vow_integer(4)), VOW_INVALID);
    assert_reads(reader, 0);
    assert_reads(reader, 1);
    assert_read_fails(reader, VOW_USER + 3);
    assert_sentence("the disk is full");
    assert_int_equal(vow_error_status(vow_reader_error(reader)), VOW_USER + 3);
    assert_int_equal(vow_write(writer, vow_integer(0), VOW_POLL), VOW_CLOSED);
    assert_error(vow_read_next(reader), VOW_USER + 3);
    assert_error(vow_read_all(reader, VOW_POLL), VOW_USER + 3);
    release_ends(writer, reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_close_wakes_all_who_read),
        control_test(a_close_wakes_all_who_write),
        control_test(what_was_written_can_be_read_after_the_close),
        control_test(only_the_last_writer_closes),
        control_test(only_the_last_reader_closes),
        control_test(an_error_comes_after_the_good_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
