/*
 * test_channel_no_memory.c - channels where the allocator gives nothing: a status or a rejected promise, the channel as it
 * was, and each item still with whom it was.
 *
 * Each is called with an allocator that fails at its first allocation, then at its second, … until it succeeds.
 */
#include "base/starving_testing.h"
#include "flow/channel_testing.h"

#include <vow/select.h>

enum { MANY = 100 }; /* allocations: more than anything here needs */

static void a_channel_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    vow_writer *writer = NULL;
    vow_reader *reader = NULL;
    vow_status status = VOW_NO_MEMORY;
    long before = vow_live_objects();
    for (int allocations = 0; allocations < MANY && status != VOW_OK; allocations++) {
        assert_null(writer);
        assert_null(reader);
        assert_int_equal(vow_live_objects(), before);
        until_failure = allocations;
        status = vow_channel_new(4, NULL, &writer, &reader);
        until_failure = -1;
        assert_true(status == VOW_OK || status == VOW_NO_MEMORY);
    }
    assert_ok(status);
    release_ends(writer, reader);
}

static void a_further_end_that_is_not_made_does_not_count(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    until_failure = 0;
    assert_null(vow_writer_another(writer));
    assert_null(vow_reader_another(reader));
    until_failure = -1;
    vow_writer_release(writer);
    assert_true(vow_reader_is_closed(reader));
    vow_reader_release(reader);
}

static void an_item_that_finds_no_memory_stays_with_its_writer(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value probe = probe_new();
    channel_new(4, &writer, &reader);
    until_failure = 0;
    assert_int_equal(vow_write(writer, probe, VOW_FOREVER), VOW_NO_MEMORY);
    until_failure = -1;
    assert_int_equal(vow_reader_size(reader), 0);
    assert_ok(vow_write(writer, probe, VOW_FOREVER));
    release_ends(writer, reader);
    assert_int_equal(probe_drops, 1);
}

static void a_batch_says_how_many_found_memory(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value items[50];
    size_t written, count;
    channel_new(VOW_UNBOUNDED, &writer, &reader);
    for (int i = 0; i < 50; i++)
        items[i] = vow_integer(i);
    until_failure = 1;
    assert_int_equal(vow_write_many(writer, items, 50, VOW_FOREVER, &written), VOW_NO_MEMORY);
    until_failure = -1;
    assert_in_range(written, 1, 49);
    assert_int_equal(vow_reader_size(reader), written);
    assert_ok(vow_write_many(writer, items + written, 50 - written, VOW_FOREVER, NULL));
    memset(items, 0, sizeof items);
    assert_ok(vow_read_many(reader, items, 50, VOW_POLL, &count));
    assert_int_equal(count, 50);
    for (int i = 0; i < 50; i++)
        assert_int_equal(vow_as_integer(items[i]), i);
    release_ends(writer, reader);
}

/* As a channel that has been used a while: in the mode that suits it then. */
static void a_channel_in_use_that_cannot_grow_keeps_its_order(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    int64_t written = 0, was_read = 0;
    vow_status status = VOW_OK;
    channel_new(VOW_UNBOUNDED, &writer, &reader);
    for (int i = 0; i < 2000; i++) {
        write_numbers(writer, written++, 1);
        assert_reads(reader, was_read++);
    }
    until_failure = 0;
    while (status == VOW_OK) {
        status = vow_write(writer, vow_integer(written), VOW_FOREVER);
        written += status == VOW_OK;
    }
    until_failure = -1;
    assert_int_equal(status, VOW_NO_MEMORY);
    write_numbers(writer, written, 20);
    written += 20;
    while (was_read < written)
        assert_reads(reader, was_read++);
    assert_read_fails(reader, VOW_TIMED_OUT);
    release_ends(writer, reader);
}

static void a_list_of_all_that_finds_no_memory_is_an_error(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    until_failure = 0;
    assert_error(vow_read_all(reader, VOW_POLL), VOW_NO_MEMORY);
    until_failure = -1;
    write_numbers(writer, 1, 1);
    assert_reads(reader, 1);
    release_ends(writer, reader);
}

/* `make` with 0, 1, 2 … allocations, until its promise is not rejected; nobody stands in a queue before. Gives that. */
static vow_promise *starve(vow_promise *(*make)(void *), void *object, struct channel_end *end)
{
    for (int allocations = 0; allocations < MANY; allocations++) {
        until_failure = allocations;
        vow_promise *promise = make(object);
        until_failure = -1;
        if (vow_state(promise) != VOW_REJECTED)
            return promise;
        assert_rejected(promise, VOW_NO_MEMORY);
        vow_promise_release(promise);
        assert_int_equal(waiting_at(end, true) + waiting_at(end, false), 0);
    }
    fail_msg("it never succeeds");
    return NULL;
}

static vow_promise *make_read(void *reader)
{
    return vow_read_promise(reader);
}

static vow_promise *make_write(void *writer)
{
    return vow_write_promise(writer, probe_new());
}

static vow_value *probe_of_test;

static vow_promise *make_write_kept(void *writer)
{
    return vow_write_promise(writer, vow_borrow(*probe_of_test));
}

static void a_read_promise_that_finds_no_memory_takes_no_item(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(4, &writer, &reader);
    write_numbers(writer, 1, 2);
    vow_promise *promise = starve(make_read, reader, &reader->end);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
    assert_reads(reader, 2);
    promise = starve(make_read, reader, &reader->end);
    assert_int_equal(waiting_at(&reader->end, true), 1);
    vow_promise_release(promise);
    release_ends(writer, reader);
}

static void a_write_promise_that_finds_no_memory_releases_its_item(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_value probe = probe_new();
    probe_of_test = &probe;
    channel_new(4, &writer, &reader);
    vow_promise *promise = starve(make_write_kept, writer, &writer->end);
    assert_int_equal(vow_state(promise), VOW_FULFILLED);
    vow_promise_release(promise);
    assert_int_equal(vow_reader_size(reader), 1);
    vow_release(probe);
    assert_int_equal(probe_drops, 0);
    release_ends(writer, reader);
    assert_int_equal(probe_drops, 1);
}

static void at_a_rendezvous_a_write_promise_stands_whole_or_not_at_all(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    channel_new(0, &writer, &reader);
    int before = probe_drops;
    vow_promise *promise = starve(make_write, writer, &writer->end);
    assert_int_equal(waiting_at(&writer->end, false), 1);
    int dropped = probe_drops - before;
    vow_value item;
    assert_ok(vow_read(reader, VOW_POLL, &item));
    assert_int_equal(vow_state(promise), VOW_FULFILLED);
    vow_promise_release(promise);
    vow_release(item);
    assert_int_equal(probe_drops, before + dropped + 1);
    release_ends(writer, reader);
}

static void a_select_without_memory_has_done_nothing(void **state)
{
    (void)state;
    enum { CASES = 20 };
    vow_writer *writer;
    vow_reader *reader;
    vow_case cases[CASES] = {{NULL, NULL, NULL, {0}, VOW_OK}};
    size_t index;
    channel_new(4, &writer, &reader);
    cases[7] = vow_case_write(writer, probe_new());
    until_failure = 0; /* for the cases; */
    assert_int_equal(vow_select(cases, CASES, VOW_FOREVER, &index), VOW_NO_MEMORY);
    until_failure = 1; /* for the ring */
    assert_int_equal(vow_select(cases, CASES, VOW_FOREVER, &index), VOW_NO_MEMORY);
    until_failure = -1;
    assert_int_equal(vow_reader_size(reader), 0);
    assert_ok(vow_select(cases, CASES, VOW_FOREVER, &index));
    assert_int_equal(index, 7);
    assert_int_equal(vow_reader_size(reader), 1);
    release_ends(writer, reader);
    assert_int_equal(probe_drops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_channel_is_made_whole_or_not_at_all),
        control_test(a_further_end_that_is_not_made_does_not_count),
        control_test(an_item_that_finds_no_memory_stays_with_its_writer),
        control_test(a_batch_says_how_many_found_memory),
        control_test(a_channel_in_use_that_cannot_grow_keeps_its_order),
        control_test(a_list_of_all_that_finds_no_memory_is_an_error),
        control_test(a_read_promise_that_finds_no_memory_takes_no_item),
        control_test(a_write_promise_that_finds_no_memory_releases_its_item),
        control_test(at_a_rendezvous_a_write_promise_stands_whole_or_not_at_all),
        control_test(a_select_without_memory_has_done_nothing),
    };
    (void)setenv("VOW_NO_CACHE", "1", 1);
    return cmocka_run_group_tests(tests, set_allocator, NULL);
}
