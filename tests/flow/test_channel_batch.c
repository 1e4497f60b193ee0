/*
 * test_channel_batch.c - channels: many items at once, counted and all.
 */
#include "flow/channel_testing.h"

static void batches_are_written_and_read_whole(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value items[8];
    size_t count;
    channel_new(5, &writer, &reader);
    for (int i = 0; i < 8; i++)
        items[i] = vow_integer(i);
    assert_int_equal(vow_write_many(writer, items, 8, VOW_POLL, &count), VOW_TIMED_OUT);
    assert_int_equal(count, 5);
    memset(items, 0, sizeof items);
    assert_ok(vow_read_many(reader, items, 8, VOW_POLL, &count));
    assert_int_equal(count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(vow_as_integer(items[i]), i);
    assert_int_equal(vow_read_many(reader, items, 8, VOW_POLL, &count), VOW_TIMED_OUT);
    assert_int_equal(count, 0);
    assert_ok(vow_write_many(writer, items, 0, VOW_POLL, &count));
    assert_ok(vow_read_many(reader, items, 0, VOW_POLL, &count));
    release_ends(writer, reader);
}

static void check_count(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct reading reading;
    channel_new(2, &writer, &reader);
    start_reading(&reading, reader, 5, VOW_FOREVER, how);
    until_reading(reader, 1);
    for (int i = 0; i < 4; i++)
        assert_ok(vow_write(writer, vow_integer(i), VOW_POLL));
    assert_int_equal(waiting_at(&reader->end, true), 1);
    assert_ok(vow_write(writer, vow_integer(4), VOW_POLL));
    line_end(&reading.line);
    assert_ok(reading.line.status);
    assert_int_equal(reading.count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(vow_as_integer(reading.items[i]), i);
    release_ends(writer, reader);
}

static void a_counted_read_waits_for_its_count_even_beyond_the_capacity(void **state)
{
    (void)state;
    with_every_line(check_count);
}

static void check_read_all(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct writing writing;
    channel_new(2, &writer, &reader);
    start_writing(&writing, writer, 0, 10, VOW_FOREVER, how);
    until_writing(writer, 1);
    vow_value list;
    for (int64_t next = 0; next < 10;) { /* who writes may be late */
        list = vow_read_all(reader, vow_after(VOW_MS(20)));
        for (size_t i = 0; vow_is_list(list) && i < vow_list_count(list); i++)
            assert_int_equal(vow_as_integer(vow_list_at(list, i)), next++);
        vow_release(list);
    }
    line_end(&writing.line);
    assert_error(vow_read_all(reader, VOW_POLL), VOW_TIMED_OUT);
    vow_writer_release(writer);
    list = vow_read_all(reader, VOW_FOREVER);
    assert_true(vow_is_list(list));
    assert_int_equal(vow_list_count(list), 0);
    vow_release(list);
    vow_reader_release(reader);
}

static void reading_all_gives_a_list(void **state)
{
    (void)state;
    with_every_line(check_read_all);
}

enum { LONG = 20000 };

static vow_value write_long_batch(vow_value input, void *writer)
{
    static vow_value items[LONG];
    for (int i = 0; i < LONG; i++)
        items[i] = vow_integer(i);
    require(vow_write_many(writer, items, LONG, VOW_FOREVER, NULL) == VOW_OK);
    vow_writer_release(writer);
    return input;
}

static void a_long_batch_that_is_read_one_by_one_needs_no_stack(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value item;
    int64_t next = 0;
    vow_pool *pool = vow_pool_new(1, NULL);
    channel_new(0, &writer, &reader);
    vow_promise *job = vow_submit(vow_pool_scheduler(pool), write_long_batch, vow_none(), writer);
    while (vow_read(reader, VOW_FOREVER, &item) == VOW_OK)
        assert_int_equal(vow_as_integer(item), next++);
    assert_int_equal(next, LONG);
    vow_release(vow_await(job, VOW_FOREVER));
    vow_reader_release(reader);
    assert_ok(vow_pool_free(pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(batches_are_written_and_read_whole),
        control_test(a_counted_read_waits_for_its_count_even_beyond_the_capacity),
        control_test(reading_all_gives_a_list),
        control_test(a_long_batch_that_is_read_one_by_one_needs_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
