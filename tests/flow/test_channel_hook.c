/*
 * test_channel_hook.c - channels: hooks of readers and writers.
 */
#include "flow/channel_testing.h"

static void note_count(vow_reader *reader, size_t count, void *context)
{
    (void)reader;
    note((int64_t)(intptr_t)context + (int64_t)count);
}

static void double_items(vow_reader *reader, vow_value *items, size_t count, void *context)
{
    (void)reader;
    (void)context;
    for (size_t i = 0; i < count; i++)
        items[i] = vow_integer(2 * vow_as_integer(items[i]));
}

static void hooks_see_what_is_read(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value items[4];
    size_t count;
    channel_new(8, &writer, &reader);
    vow_read_begin_hook begin = {note_count, number_as_context(100)};
    vow_read_end_hook end = {double_items, NULL};
    assert_null(vow_reader_set_begin(reader, begin).call);
    assert_null(vow_reader_set_end(reader, end).call);
    write_numbers(writer, 1, 3);
    assert_ok(vow_read_many(reader, items, 2, VOW_POLL, &count));
    assert_int_equal(vow_as_integer(items[1]), 4);
    vow_promise *promise = vow_read_promise(reader);
    assert_fulfilled(promise, 6);
    vow_promise_release(promise);
    assert_logged(102, 101);
    assert_true(vow_reader_set_begin(reader, (vow_read_begin_hook){NULL, NULL}).context ==
                begin.context);
    assert_true(vow_reader_set_end(reader, (vow_read_end_hook){NULL, NULL}).call == double_items);
    release_ends(writer, reader);
}

static void write_what_is_wanted(vow_reader *reader, size_t count, void *context)
{
    (void)reader;
    for (size_t i = 0; i < count; i++)
        require(vow_write(context, vow_integer((int64_t)i), VOW_POLL) == VOW_OK);
}

static void the_hook_before_may_write_what_is_then_read(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value items[4];
    size_t count;
    vow_channel_options options = {.size = sizeof options, .serial = true};
    assert_ok(vow_channel_new(VOW_UNBOUNDED, &options, &writer, &reader));
    (void)vow_reader_set_begin(reader, (vow_read_begin_hook){write_what_is_wanted, writer});
    assert_ok(vow_read_many(reader, items, 4, VOW_FOREVER, &count));
    assert_int_equal(count, 4);
    release_ends(writer, reader);
}

static void a_writers_hook_changes_items(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value items[2] = {vow_integer(1), vow_integer(2)};
    size_t count;
    channel_new(4, &writer, &reader);
    assert_null(
        vow_writer_set_hook(writer, (vow_write_hook){add_context, number_as_context(10)}).call);
    assert_ok(vow_write(writer, vow_integer(0), VOW_POLL));
    assert_ok(vow_write_many(writer, items, 2, VOW_POLL, &count));
    vow_promise *promise = vow_write_promise(writer, vow_integer(3));
    vow_promise_release(promise);
    for (int i = 0; i < 4; i++)
        assert_reads(reader, 10 + i);
    assert_true(vow_writer_set_hook(writer, (vow_write_hook){NULL, NULL}).call == add_context);
    release_ends(writer, reader);
}

static vow_value make_probe(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return probe_new();
}

static vow_value same_again(vow_value input, void *context)
{
    (void)context;
    return input;
}

static void what_a_hook_made_is_released_when_it_cannot_be_written(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(1, &writer, &reader);
    (void)vow_writer_set_hook(writer, (vow_write_hook){make_probe, NULL});
    vow_value text = vow_text("kept");
    assert_ok(vow_write(writer, vow_borrow(text), VOW_POLL));
    assert_int_equal(vow_write(writer, text, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(probe_drops, 1);
    vow_value item;
    assert_ok(vow_read(reader, VOW_POLL, &item));
    vow_release(item);
    assert_int_equal(probe_drops, 2);
    (void)vow_writer_set_hook(writer, (vow_write_hook){same_again, NULL});
    assert_ok(vow_write(writer, text, VOW_POLL));
    release_ends(writer, reader);
}

static vow_value write_by_the_same(vow_value input, void *writer)
{
    note(vow_write(writer, vow_integer(1), VOW_POLL));
    return input;
}

static void a_writers_hook_cannot_write_by_that_writer(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    (void)vow_writer_set_hook(writer, (vow_write_hook){write_by_the_same, writer});
    assert_ok(vow_write(writer, vow_integer(7), VOW_POLL));
    assert_logged(VOW_INVALID);
    assert_reads(reader, 7);
    assert_read_fails(reader, VOW_TIMED_OUT);
    release_ends(writer, reader);
}

static void read_by_another(vow_reader *reader, vow_value *items, size_t count, void *another)
{
    vow_value item;
    (void)reader;
    (void)items;
    (void)count;
    require(vow_read(another, VOW_POLL, &item) == VOW_OK);
    note(vow_as_integer(item));
}

static void a_readers_hook_may_read_by_another_reader(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    vow_reader *another = vow_reader_another(reader);
    (void)vow_reader_set_end(reader, (vow_read_end_hook){read_by_another, another});
    write_numbers(writer, 1, 2);
    assert_reads(reader, 1);
    assert_logged(2);
    vow_reader_release(another);
    release_ends(writer, reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(hooks_see_what_is_read),
        control_test(the_hook_before_may_write_what_is_then_read),
        control_test(a_writers_hook_changes_items),
        control_test(what_a_hook_made_is_released_when_it_cannot_be_written),
        control_test(a_writers_hook_cannot_write_by_that_writer),
        control_test(a_readers_hook_may_read_by_another_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
