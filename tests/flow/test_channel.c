/*
 * test_channel.c - channels: order, capacity, waiting, deadlines, closing, ends.
 */
#include "flow/channel_testing.h"

#include <vow/coroutine.h>
#include <vow/loop.h>

/* Order and capacity --------------------------------------------------------------------------------------------- */

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

/* Ownership ------------------------------------------------------------------------------------------------------- */

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

/* Waiting --------------------------------------------------------------------------------------------------------- */

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

static void check_rendezvous(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct writing writing;
    struct reading reading;
    channel_new(0, &writer, &reader);
    assert_int_equal(vow_write(writer, vow_integer(1), VOW_POLL), VOW_TIMED_OUT);
    assert_read_fails(reader, VOW_TIMED_OUT);
    start_writing(&writing, writer, 0, 3, VOW_FOREVER, how);
    until_writing(writer, 1);
    assert_int_equal(vow_reader_size(reader), 0);
    for (int i = 0; i < 3; i++)
        assert_reads(reader, i);
    line_end(&writing.line);
    assert_ok(writing.line.status);
    start_reading(&reading, reader, 2, VOW_FOREVER, how);
    until_reading(reader, 1);
    write_numbers(writer, 10, 2);
    line_end(&reading.line);
    assert_int_equal(reading.count, 2);
    assert_int_equal(vow_as_integer(reading.items[1]), 11);
    release_ends(writer, reader);
}

static void at_a_rendezvous_an_item_passes_directly(void **state)
{
    (void)state;
    with_every_line(check_rendezvous);
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

static vow_value echo_body(vow_value input, void *context)
{
    vow_value item = vow_none();
    (void)input;
    require(vow_read(context, VOW_FOREVER, &item) == VOW_OK);
    return vow_yield(item);
}

static void a_coroutine_may_wait_at_a_channel(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    struct writing writing;
    channel_new(0, &writer, &reader);
    start_writing(&writing, writer, 5, 1, VOW_FOREVER, AS_THREAD);
    vow_coroutine *coroutine = vow_coroutine_new(echo_body, reader);
    assert_int_equal(vow_as_integer(vow_send(coroutine, vow_none())), 5);
    line_end(&writing.line);
    vow_coroutine_release(coroutine);
    release_ends(writer, reader);
}

static vow_value write_five(vow_value input, void *context)
{
    vow_writer *writer = context;
    (void)input;
    for (int i = 0; i < 5; i++)
        require(vow_write(writer, vow_integer(i), VOW_FOREVER) == VOW_OK);
    vow_writer_release(writer);
    return vow_none();
}

static vow_value add_all(vow_value input, void *context)
{
    int64_t sum = 0;
    vow_value item;
    (void)input;
    while (!vow_is_end(item = vow_read_next(context)))
        sum += vow_as_integer(item);
    return vow_integer(sum);
}

static void calls_of_one_loop_meet_at_a_channel(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_loop *loop = vow_loop_new(NULL);
    channel_new(0, &writer, &reader);
    vow_promise *sum = vow_submit(vow_loop_scheduler(loop), add_all, vow_none(), reader);
    vow_release(vow_await(vow_submit(vow_loop_scheduler(loop), write_five, vow_none(), writer),
                          VOW_FOREVER));
    assert_int_equal(vow_as_integer(vow_await(sum, VOW_FOREVER)), 10);
    vow_reader_release(reader);
    assert_ok(vow_loop_free(loop));
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

/* Closing --------------------------------------------------------------------------------------------------------- */

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

/* All, and one by one --------------------------------------------------------------------------------------------- */

static void check_read_all(enum how how)
{
    vow_writer *writer;
    vow_reader *reader;
    struct writing writing;
    channel_new(2, &writer, &reader);
    start_writing(&writing, writer, 0, 10, VOW_FOREVER, how);
    until_writing(writer, 1);
    vow_value list = vow_read_all(reader, vow_after(VOW_MS(20)));
    line_end(&writing.line);
    assert_int_equal(vow_list_count(list), 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(vow_as_integer(vow_list_at(list, i)), i);
    vow_release(list);
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

/* Serial ---------------------------------------------------------------------------------------------------------- */

static void a_serial_channel_never_waits(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value items[4];
    size_t count;
    vow_channel_options options = {.size = sizeof options, .serial = true};
    assert_ok(vow_channel_new(2, &options, &writer, &reader));
    assert_int_equal(vow_read(reader, VOW_FOREVER, items), VOW_DEADLOCK);
    assert_sentence("vow_read: the serial channel is empty");
    assert_int_equal(vow_read(reader, VOW_POLL, items), VOW_TIMED_OUT);
    write_numbers(writer, 0, 2);
    assert_int_equal(vow_write(writer, vow_integer(2), VOW_FOREVER), VOW_DEADLOCK);
    assert_sentence("vow_write: the serial channel is full");
    assert_ok(vow_read_many(reader, items, 4, VOW_FOREVER, &count));
    assert_int_equal(count, 2);
    vow_promise *promise = vow_read_promise(reader);
    assert_rejected(promise, VOW_DEADLOCK);
    vow_promise_release(promise);
    vow_writer_release(writer);
    assert_read_fails(reader, VOW_CLOSED);
    vow_reader_release(reader);
    assert_int_equal(vow_channel_new(0, &options, &writer, &reader), VOW_INVALID);
}

/* Hooks ----------------------------------------------------------------------------------------------------------- */

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

/* Bad input ------------------------------------------------------------------------------------------------------- */

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

/* Ways in --------------------------------------------------------------------------------------------------------- */

static void *write_thousands(void *context)
{
    for (int i = 0; i < 20000; i++)
        require(vow_write(context, vow_integer(i), VOW_FOREVER) == VOW_OK);
    vow_writer_release(context);
    return NULL;
}

static void nothing_changes_when_the_way_in_does(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(64, &writer, &reader);
    for (int i = 0; i < 300; i++) { /* one thread */
        write_numbers(writer, i, 1);
        assert_reads(reader, i);
    }
    pthread_t thread = start_thread(write_thousands, writer); /* two */
    vow_value item;
    for (int64_t next = 0; vow_read(reader, VOW_FOREVER, &item) == VOW_OK; next++) {
        assert_int_equal(vow_as_integer(item), next);
        if (next % 1000 == 0) { /* a further end, for a moment */
            vow_reader *another = vow_reader_another(reader);
            assert_true(vow_reader_size(another) <= 64);
            vow_reader_release(another);
        }
        note(1);
    }
    join_thread(thread);
    assert_int_equal(the_log.count, 20000);
    vow_reader_release(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(items_are_read_in_the_order_in_which_they_were_written),
        control_test(a_bounded_channel_keeps_as_many_as_its_capacity),
        control_test(an_unbounded_channel_takes_everything),
        control_test(a_channel_grows_around_the_end_of_its_ring),
        control_test(batches_are_written_and_read_whole),
        control_test(items_are_taken_only_when_they_have_been_written),
        control_test(the_last_reader_gives_up_what_is_left),
        control_test(a_promise_is_an_item_like_any_other),
        control_test(a_reader_waits_for_an_item),
        control_test(a_writer_waits_for_room),
        control_test(a_counted_read_waits_for_its_count_even_beyond_the_capacity),
        control_test(a_deadline_gives_what_has_come),
        control_test(a_writer_that_runs_out_of_time_knows_what_it_has_written),
        control_test(at_a_rendezvous_an_item_passes_directly),
        control_test(those_who_wait_are_served_in_the_order_in_which_they_came),
        control_test(a_coroutine_may_wait_at_a_channel),
        control_test(calls_of_one_loop_meet_at_a_channel),
        control_test(a_canceled_job_leaves_the_queue_and_takes_nothing),
        control_test(a_close_wakes_all_who_read),
        control_test(a_close_wakes_all_who_write),
        control_test(what_was_written_can_be_read_after_the_close),
        control_test(only_the_last_writer_closes),
        control_test(only_the_last_reader_closes),
        control_test(an_error_comes_after_the_good_items),
        control_test(reading_all_gives_a_list),
        control_test(a_loop_ends_with_the_channel),
        control_test(a_serial_channel_never_waits),
        control_test(hooks_see_what_is_read),
        control_test(the_hook_before_may_write_what_is_then_read),
        control_test(a_writers_hook_changes_items),
        control_test(what_a_hook_made_is_released_when_it_cannot_be_written),
        control_test(nothing_is_refused),
        control_test(an_end_serves_one_line_at_a_time),
        control_test(nothing_changes_when_the_way_in_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
