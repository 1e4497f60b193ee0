/*
 * test_channel_mode.c - channels: the ways in, chosen or found at run time, change nothing else.
 */
#include "flow/channel_testing.h"

#include <vow/line.h>
#include <vow/loop.h>

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

struct both_ends {
    vow_writer *writer;
    vow_reader *reader;
};

static void *write_all_and_read_all(void *context)
{
    enum { ITEMS = 500, TURNS = 3 };
    const struct both_ends *ends = context;
    vow_value item;
    for (int turn = 0; turn < TURNS; turn++) {
        for (int64_t i = 0; i < ITEMS; i++)
            require(vow_write(ends->writer, vow_integer(i), VOW_FOREVER) == VOW_OK);
        for (int64_t i = 0; i < ITEMS; i++)
            require(vow_read(ends->reader, VOW_FOREVER, &item) == VOW_OK &&
                    vow_as_integer(item) == i);
    }
    vow_writer_release(ends->writer);
    require(vow_read(ends->reader, VOW_FOREVER, &item) == VOW_CLOSED);
    vow_reader_release(ends->reader);
    return NULL;
}

static void a_thread_that_has_never_waited_gets_its_items_in_order(void **state)
{
    (void)state;
    struct both_ends ends;
    channel_new(500, &ends.writer, &ends.reader);
    join_thread(start_thread(write_all_and_read_all, &ends));
}

enum { ENDS = 3 };

static void several_ends_of_a_side_share_a_ring(void **state)
{
    (void)state;
    vow_writer *writers[ENDS];
    vow_reader *readers[2];
    pthread_t threads[ENDS];
    vow_value item;
    int64_t count = 0, sum = 0;
    channel_new(64, &writers[0], &readers[0]);
    readers[1] = vow_reader_another(readers[0]);
    for (int i = 1; i < ENDS; i++)
        writers[i] = vow_writer_another(writers[0]);
    for (int i = 0; i < ENDS; i++)
        threads[i] = start_thread(write_thousands, writers[i]);
    while (vow_read(readers[count % 2], VOW_FOREVER, &item) == VOW_OK) {
        sum += vow_as_integer(item);
        count++;
    }
    for (int i = 0; i < ENDS; i++)
        join_thread(threads[i]);
    assert_int_equal(count, ENDS * 20000);
    assert_int_equal(sum, ENDS * (20000 * (int64_t)19999 / 2));
    vow_reader_release(readers[0]);
    vow_reader_release(readers[1]);
}

static void *write_a_little_at_a_time(void *writer)
{
    for (int i = 1; vow_write(writer, vow_integer(i), VOW_FOREVER) == VOW_OK; i++)
        if (i % 8 == 0) /* on a loaded machine each takes a while */
            (void)sched_yield();
    vow_writer_release(writer);
    return NULL;
}

static void a_read_keeps_its_deadline_while_items_keep_coming(void **state)
{
    (void)state;
    enum { MORE_THAN_COME = 1 << 20 };
    vow_writer *writer;
    vow_reader *reader;
    size_t count;
    vow_value *items = malloc(MORE_THAN_COME * sizeof *items);
    assert_non_null(items);
    channel_new(64, &writer, &reader);
    pthread_t thread = start_thread(write_a_little_at_a_time, writer);
    for (int i = 0; i < 500; i++)
        assert_ok(vow_read(reader, VOW_FOREVER, items));
    vow_status status = vow_read_many(reader, items, MORE_THAN_COME, vow_after(VOW_MS(1)), &count);
    assert_true(status == VOW_OK || status == VOW_TIMED_OUT); /* none may have come in time */
    assert_true(count < MORE_THAN_COME);
    vow_reader_release(reader);
    join_thread(thread);
    free(items);
}

/* Two lines of one thread at a rendezvous: it is found out that no other thread comes. */
struct meeting {
    vow_loop *loop;
    vow_scheduler *home;
    vow_writer *writer;
    vow_reader *reader;
    vow_value item;
    vow_status status;
    char sentence[80];
};

static vow_value write_often(vow_value input, void *context)
{
    struct meeting *meeting = context;
    for (int i = 0; i < 1000; i++)
        require(vow_write(meeting->writer, vow_integer(i), VOW_FOREVER) == VOW_OK);
    return input;
}

static vow_value read_often(vow_value input, void *context)
{
    struct meeting *meeting = context;
    for (int i = 0; i < 1000; i++)
        require(vow_read(meeting->reader, VOW_FOREVER, &meeting->item) == VOW_OK);
    return input;
}

static vow_value read_once(vow_value input, void *context)
{
    struct meeting *meeting = context;
    meeting->status = vow_read(meeting->reader, VOW_FOREVER, &meeting->item);
    if (meeting->status != VOW_OK)
        snprintf(meeting->sentence, sizeof meeting->sentence, "%s", vow_last_error());
    return input;
}

static vow_value write_once(vow_value input, void *context)
{
    struct meeting *meeting = context;
    meeting->status = vow_write(meeting->writer, input, VOW_FOREVER);
    return vow_none();
}

static void await_end(vow_promise *promise)
{
    vow_release(vow_await(promise, VOW_FOREVER));
}

static vow_promise *begin(struct meeting *meeting, vow_fn *fn)
{
    return vow_spawn(meeting->home, fn, vow_none(), meeting);
}

static struct meeting meet_often(void)
{
    struct meeting meeting = {.loop = vow_loop_new(NULL)};
    assert_non_null(meeting.loop);
    meeting.home = vow_loop_scheduler(meeting.loop);
    channel_new(0, &meeting.writer, &meeting.reader);
    vow_promise *reading = begin(&meeting, read_often);
    await_end(begin(&meeting, write_often));
    await_end(reading);
    struct channel *channel = meeting.reader->end.channel;
    assert_int_equal(vow_channel_mode(channel),
                     channel->cheap ? (uintptr_t)vow_here.thread : CHANNEL_LOCKED);
    return meeting;
}

static void part(struct meeting *meeting)
{
    release_ends(meeting->writer, meeting->reader);
    vow_loop_free(meeting->loop);
}

static void between_lines_of_one_thread_an_item_is_kept_for_its_reader(void **state)
{
    (void)state;
    struct meeting meeting = meet_often();
    for (int reads_first = 0; reads_first < 2; reads_first++) {
        vow_value text = vow_text("an item"); /* borrowed by the write */
        vow_promise *reading = reads_first ? begin(&meeting, read_once) : NULL;
        vow_promise *writing = vow_spawn(meeting.home, write_once, vow_borrow(text), &meeting);
        await_end(reads_first ? writing : begin(&meeting, read_once));
        await_end(reads_first ? reading : writing);
        vow_release(text);
        assert_string_equal(vow_as_text(meeting.item), "an item");
        vow_release(meeting.item);
    }
    part(&meeting);
}

static void between_lines_of_one_thread_a_close_ends_a_wait(void **state)
{
    (void)state;
    struct meeting meeting = meet_often();
    vow_promise *reading = begin(&meeting, read_once);
    assert_int_equal(vow_wait(reading, vow_after(VOW_MS(1)), NULL), VOW_TIMED_OUT);
    assert_ok(vow_writer_close(meeting.writer));
    await_end(reading);
    assert_int_equal(meeting.status, VOW_CLOSED);
    assert_string_equal(meeting.sentence, "vow_read: the channel is closed");
    part(&meeting);
}

static void between_lines_of_one_thread_who_is_canceled_leaves_the_queue(void **state)
{
    (void)state;
    struct meeting meeting = meet_often();
    vow_promise *reading = begin(&meeting, read_once);
    assert_int_equal(vow_wait(reading, vow_after(VOW_MS(1)), NULL), VOW_TIMED_OUT);
    vow_cancel(reading);
    await_end(reading);
    assert_int_equal(meeting.status, VOW_CANCELED);
    assert_int_equal(waiting_at(&meeting.reader->end, true), 0);
    assert_int_equal(vow_write(meeting.writer, vow_integer(1), VOW_POLL), VOW_TIMED_OUT);
    part(&meeting);
}

static void *write_one(void *writer)
{
    require(vow_write(writer, vow_integer(7), VOW_FOREVER) == VOW_OK);
    return NULL;
}

static void who_waits_among_lines_of_one_thread_is_found_by_another_thread(void **state)
{
    (void)state;
    struct meeting meeting = meet_often();
    vow_promise *reading = begin(&meeting, read_once);
    assert_int_equal(vow_wait(reading, vow_after(VOW_MS(1)), NULL), VOW_TIMED_OUT);
    pthread_t thread = start_thread(write_one, meeting.writer);
    await_end(reading);
    join_thread(thread);
    assert_int_equal(vow_as_integer(meeting.item), 7);
    part(&meeting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_serial_channel_never_waits),
        control_test(nothing_changes_when_the_way_in_does),
        control_test(a_thread_that_has_never_waited_gets_its_items_in_order),
        control_test(several_ends_of_a_side_share_a_ring),
        control_test(a_read_keeps_its_deadline_while_items_keep_coming),
        control_test(between_lines_of_one_thread_an_item_is_kept_for_its_reader),
        control_test(between_lines_of_one_thread_a_close_ends_a_wait),
        control_test(between_lines_of_one_thread_who_is_canceled_leaves_the_queue),
        control_test(who_waits_among_lines_of_one_thread_is_found_by_another_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
