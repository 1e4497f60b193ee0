/*
 * test_channel_rendezvous.c - channels without capacity: who writes and who reads meet.
 */
#include "flow/channel_testing.h"

#include <vow/coroutine.h>
#include <vow/loop.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(at_a_rendezvous_an_item_passes_directly),
        control_test(a_coroutine_may_wait_at_a_channel),
        control_test(calls_of_one_loop_meet_at_a_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
