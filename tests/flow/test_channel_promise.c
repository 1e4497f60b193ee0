/*
 * test_channel_promise.c - reading and writing by promise.
 */
#include "flow/channel_testing.h"

static void a_read_promise_is_fulfilled_with_what_is_there(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    write_numbers(writer, 1, 1);
    vow_promise *promise = vow_read_promise(reader);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
    release_ends(writer, reader);
}

static void read_promises_are_fulfilled_in_their_order(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_promise *promises[3];
    channel_new(4, &writer, &reader);
    for (int i = 0; i < 3; i++)
        promises[i] = vow_read_promise(reader);
    write_numbers(writer, 0, 2);
    assert_fulfilled(promises[0], 0);
    assert_fulfilled(promises[1], 1);
    assert_pending(promises[2]);
    write_numbers(writer, 2, 1);
    assert_fulfilled(promises[2], 2);
    for (int i = 0; i < 3; i++)
        vow_promise_release(promises[i]);
    release_ends(writer, reader);
}

static void a_write_promise_is_fulfilled_when_there_is_room(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(1, &writer, &reader);
    vow_promise *first = vow_write_promise(writer, vow_integer(0));
    vow_promise *second = vow_write_promise(writer, vow_integer(1));
    assert_int_equal(vow_state(first), VOW_FULFILLED);
    assert_pending(second);
    assert_reads(reader, 0);
    assert_int_equal(vow_state(second), VOW_FULFILLED);
    assert_reads(reader, 1);
    vow_promise_release(first);
    vow_promise_release(second);
    release_ends(writer, reader);
}

static void a_canceled_read_gives_up_its_place_and_no_item(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(1, &writer, &reader);
    vow_promise *first = vow_read_promise(reader);
    vow_promise *second = vow_read_promise(reader);
    vow_cancel(first);
    assert_rejected(first, VOW_CANCELED);
    write_numbers(writer, 7, 1);
    assert_fulfilled(second, 7);
    vow_promise_release(first);
    vow_promise_release(second);
    release_ends(writer, reader);
}

static void a_canceled_write_releases_its_item(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(0, &writer, &reader);
    vow_promise *promise = vow_write_promise(writer, probe_new());
    assert_int_equal(probe_drops, 0);
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
    assert_int_equal(probe_drops, 1);
    assert_read_fails(reader, VOW_TIMED_OUT);
    release_ends(writer, reader);
}

static void a_read_that_nobody_hears_takes_nothing(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(1, &writer, &reader);
    vow_promise_release(vow_read_promise(reader));
    write_numbers(writer, 3, 1);
    assert_reads(reader, 3);
    release_ends(writer, reader);
}

static void a_write_that_nobody_hears_is_written(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(0, &writer, &reader);
    vow_promise_release(vow_write_promise(writer, vow_integer(3)));
    vow_writer_release(writer); /* the promise keeps its end */
    assert_false(vow_reader_is_closed(reader));
    assert_reads(reader, 3);
    assert_read_fails(reader, VOW_CLOSED);
    vow_reader_release(reader);
}

static void a_close_rejects_promises(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(1, &writer, &reader);
    vow_promise *reading = vow_read_promise(reader);
    assert_ok(vow_writer_fail(writer, vow_fail(VOW_USER + 1, "gone")));
    assert_rejected(reading, VOW_USER + 1);
    vow_promise *writing = vow_write_promise(writer, probe_new());
    assert_rejected(writing, VOW_CLOSED);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(reading);
    vow_promise_release(writing);
    reading = vow_read_promise(reader);
    assert_rejected(reading, VOW_USER + 1);
    vow_promise_release(reading);
    release_ends(writer, reader);
}

static void counted_items_pass_through_promises(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(0, &writer, &reader);
    vow_promise *reading = vow_read_promise(reader);
    vow_promise *writing = vow_write_promise(writer, probe_new());
    assert_int_equal(vow_state(writing), VOW_FULFILLED);
    assert_int_equal(vow_state(reading), VOW_FULFILLED);
    vow_promise_release(writing);
    assert_int_equal(probe_drops, 0);
    vow_promise_release(reading);
    assert_int_equal(probe_drops, 1);
    release_ends(writer, reader);
}

static vow_value wait_for_the_other(vow_value input, void *context)
{
    vow_value value = vow_none();
    assert_ok(vow_wait(context, VOW_FOREVER, &value));
    note(vow_as_integer(input));
    note(vow_as_integer(value));
    return input;
}

static void what_one_promise_runs_may_wait_for_the_next_one(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    vow_promise *first = vow_read_promise(reader);
    vow_promise *second = vow_read_promise(reader);
    vow_add_callback(first, wait_for_the_other, second);
    vow_value items[2] = {vow_integer(1), vow_integer(2)};
    assert_ok(vow_write_many(writer, items, 2, VOW_POLL, NULL));
    assert_logged(1, 2);
    vow_promise_release(first);
    vow_promise_release(second);
    release_ends(writer, reader);
}

static void lines_and_promises_stand_in_one_queue(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    struct reading reading;
    channel_new(4, &writer, &reader);
    vow_promise *first = vow_read_promise(reader);
    start_reading(&reading, reader, 1, VOW_FOREVER, AS_THREAD);
    until_reading(reader, 2);
    vow_promise *last = vow_read_promise(reader);
    write_numbers(writer, 0, 3);
    line_end(&reading.line);
    assert_fulfilled(first, 0);
    assert_int_equal(vow_as_integer(reading.items[0]), 1);
    assert_fulfilled(last, 2);
    vow_promise_release(first);
    vow_promise_release(last);
    release_ends(writer, reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_read_promise_is_fulfilled_with_what_is_there),
        control_test(read_promises_are_fulfilled_in_their_order),
        control_test(a_write_promise_is_fulfilled_when_there_is_room),
        control_test(a_canceled_read_gives_up_its_place_and_no_item),
        control_test(a_canceled_write_releases_its_item),
        control_test(a_read_that_nobody_hears_takes_nothing),
        control_test(a_write_that_nobody_hears_is_written),
        control_test(a_close_rejects_promises),
        control_test(counted_items_pass_through_promises),
        control_test(what_one_promise_runs_may_wait_for_the_next_one),
        control_test(lines_and_promises_stand_in_one_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
