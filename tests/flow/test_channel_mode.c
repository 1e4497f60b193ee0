/*
 * test_channel_mode.c - channels: the ways in, chosen or found at run time, change nothing else.
 */
#include "flow/channel_testing.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_serial_channel_never_waits),
        control_test(nothing_changes_when_the_way_in_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
