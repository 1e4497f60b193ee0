/*
 * channels.c - scenarios of channels beside promises, of channels that fail or are closed under those who wait, and of ends
 * that come and go: what was written is read, or given back.
 */
#include "cancel_sweep.h"

enum { ITEMS = 3 };

/* What has been written, and read, in the scenario. */
static _Atomic int written, read_here;

static void open_channel(size_t capacity, vow_writer **ret_writer, vow_reader **ret_reader)
{
    atomic_store(&written, 0);
    atomic_store(&read_here, 0);
    require(vow_channel_new(capacity, NULL, ret_writer, ret_reader) == VOW_OK);
}

static vow_status write_token(vow_writer *writer)
{
    vow_value item = token();
    vow_status status = vow_write(writer, item, VOW_FOREVER);
    if (status == VOW_OK)
        atomic_fetch_add(&written, 1);
    else
        vow_release(item);
    return status;
}

static vow_status read_token(vow_reader *reader)
{
    vow_value item;
    vow_status status = vow_read(reader, VOW_FOREVER, &item);
    if (status != VOW_OK)
        return status;
    atomic_fetch_add(&read_here, 1);
    vow_release(item);
    return status;
}

/* The context is a writer, which is given back. */
static vow_value write_slowly(vow_value input, void *writer)
{
    for (int i = 0; i < ITEMS && write_token(writer) == VOW_OK; i++)
        (void)vow_sleep(MOMENT);
    vow_writer_release(writer);
    return input;
}

/* The context is a reader, which is given back. */
static vow_value read_to_the_end(vow_value input, void *reader)
{
    while (read_token(reader) == VOW_OK)
        continue;
    vow_reader_release(reader);
    return input;
}

/* Selects --------------------------------------------------------------------------------------------------------- */

static void take(const vow_case *chosen)
{
    if (chosen->status == VOW_OK)
        vow_release(chosen->value);
}

/* Until the promise has settled. */
static vow_status select_until(vow_reader *reader, vow_promise *stop)
{
    vow_case cases[] = {vow_case_read(reader), vow_case_promise(stop)};
    vow_status status = VOW_OK;
    for (size_t chosen = 0; status == VOW_OK && chosen == 0;) {
        status = vow_select(cases, 2, VOW_FOREVER, &chosen);
        if (status == VOW_OK)
            take(&cases[chosen]);
        if (cases[0].status == VOW_CLOSED)
            cases[0].reader = NULL; /* never happens again */
    }
    return status;
}

static void selects_a_promise(void)
{
    vow_writer *writer;
    vow_reader *reader;
    open_channel(1, &writer, &reader);
    vow_promise *writing = child(write_slowly, writer);
    vow_promise *stop = vow_delay(2 * MOMENT, token());
    require_ok_or_canceled(select_until(reader, stop));
    vow_reader_release(reader);
    join(stop);
    join(writing);
}

/* All of them, one after the other; each is taken once. */
static vow_status select_each(vow_promise *const promises[2])
{
    vow_case cases[] = {vow_case_promise(promises[0]), vow_case_promise(promises[1])};
    vow_status status = VOW_OK;
    for (int i = 0; i < 2 && status == VOW_OK; i++) {
        size_t chosen = 0;
        status = vow_select(cases, 2, VOW_FOREVER, &chosen);
        if (status == VOW_OK) {
            take(&cases[chosen]);
            cases[chosen].promise = NULL;
        }
    }
    return status;
}

static void selects_among_promises(void)
{
    vow_promise *promises[] = {child(give_input_later, NULL), a_moment()};
    require_ok_or_canceled(select_each(promises));
    join(promises[0]);
    join(promises[1]);
}

/* One that was canceled has settled, too. */
static vow_value cancel_later(vow_value input, void *promise)
{
    (void)vow_sleep(MOMENT);
    vow_cancel(promise);
    return input;
}

static void selects_a_promise_that_is_canceled(void)
{
    vow_promise *never = NULL;
    vow_deferred *deferred = vow_deferred_new(&never);
    vow_promise *cancels = child(cancel_later, never);
    vow_case promise_case = vow_case_promise(never);
    size_t chosen = 0;
    vow_status status = vow_select(&promise_case, 1, VOW_FOREVER, &chosen);
    require_ok_or_canceled(status);
    if (status == VOW_OK) {
        require(vow_error_status(promise_case.value) == VOW_CANCELED);
        vow_release(promise_case.value);
    }
    join(cancels);
    vow_promise_release(never);
    vow_deferred_release(deferred);
}

/* Ends ------------------------------------------------------------------------------------------------------------ */

static vow_value write_and_fail(vow_value input, void *writer)
{
    for (int i = 0; i < 2; i++) {
        (void)write_token(writer);
        (void)vow_sleep(MOMENT);
    }
    vow_status status = vow_writer_fail(writer, vow_fail(VOW_USER, "as was to be expected"));
    require(status == VOW_OK || status == VOW_CLOSED); /* closed: nobody reads any more */
    vow_writer_release(writer);
    return input;
}

static void reads_until_a_writer_fails(void)
{
    vow_writer *writer;
    vow_reader *reader;
    open_channel(2, &writer, &reader);
    vow_promise *writing = child(write_and_fail, writer);
    vow_status status = VOW_OK;
    while (status == VOW_OK)
        status = read_token(reader);
    require(status == VOW_USER || (status == VOW_CANCELED && vow_canceled()));
    if (status == VOW_USER)
        require(atomic_load(&read_here) == 2 &&
                vow_error_status(vow_reader_error(reader)) == VOW_USER);
    vow_reader_release(reader);
    join(writing);
}

static void reads_by_promises_until_a_writer_fails(void)
{
    vow_writer *writer;
    vow_reader *reader;
    open_channel(2, &writer, &reader);
    vow_promise *writing = child(write_and_fail, writer);
    for (vow_status status = VOW_OK; status == VOW_OK;) {
        vow_promise *reading = vow_read_promise(reader);
        if (vow_wait(reading, VOW_FOREVER, NULL) != VOW_OK)
            vow_cancel(reading);
        vow_shield_begin();
        vow_value item = vow_await(reading, VOW_FOREVER);
        vow_shield_end();
        status = vow_canceled() ? VOW_CANCELED : vow_error_status(item);
        require(status == VOW_OK || status == VOW_USER || status == VOW_CANCELED);
        vow_release(item);
    }
    vow_reader_release(reader);
    join(writing);
}

/* What it holds when it is closed is read all the same. */
static vow_value read_and_close(vow_value input, void *reader)
{
    (void)read_token(reader);
    (void)vow_sleep(MOMENT);
    require(vow_reader_close(reader) == VOW_OK);
    return read_to_the_end(input, reader);
}

static void write_until_it_is_closed(size_t capacity)
{
    vow_writer *writer;
    vow_reader *reader;
    open_channel(capacity, &writer, &reader);
    vow_promise *reading = child(read_and_close, reader);
    vow_status status = VOW_OK;
    while (status == VOW_OK)
        status = write_token(writer);
    require(status == VOW_CLOSED || (status == VOW_CANCELED && vow_canceled()));
    vow_writer_release(writer);
    join(reading);
    require(atomic_load(&read_here) == atomic_load(&written));
}

static void writes_until_a_reader_closes(void)
{
    write_until_it_is_closed(1);
}

static void writes_at_a_rendezvous_until_a_reader_closes(void)
{
    write_until_it_is_closed(0);
}

/* Taken: whether it was written; it is canceled where the wait for it is. */
static bool was_written(vow_promise *writing)
{
    if (vow_wait(writing, VOW_FOREVER, NULL) != VOW_OK)
        vow_cancel(writing);
    vow_shield_begin();
    vow_value value = vow_await(writing, VOW_FOREVER);
    vow_shield_end();
    vow_status status = vow_error_status(value);
    require(status == VOW_OK || status == VOW_CLOSED || (status == VOW_CANCELED && vow_canceled()));
    vow_release(value);
    return status == VOW_OK;
}

static void writes_by_promises_until_a_reader_closes(void)
{
    vow_writer *writer;
    vow_reader *reader;
    vow_promise *writing[4];
    open_channel(1, &writer, &reader);
    for (int i = 0; i < 4; i++)
        writing[i] = vow_write_promise(writer, token());
    vow_promise *reading = child(read_and_close, reader);
    for (int i = 0; i < 4; i++)
        atomic_fetch_add(&written, was_written(writing[i]));
    vow_writer_release(writer);
    join(reading);
    require(atomic_load(&read_here) == atomic_load(&written));
}

/* Crowds ---------------------------------------------------------------------------------------------------------- */

/* So many items that one line writes alone, and the channel has found another way in for it (flow/channel.h). */
enum { FULL = 34 };

static void fill_channel(vow_writer *writer)
{
    for (int i = 0; i < FULL; i++)
        require(write_token(writer) == VOW_OK);
}

static void join_all(vow_promise *const *promises, size_t count)
{
    for (size_t i = 0; i < count; i++)
        join(promises[i]);
    require(atomic_load(&read_here) == atomic_load(&written));
}

/* The others come by ends that are made when the channel has been used. */
static void reads_in_a_crowd(void)
{
    vow_writer *writer;
    vow_reader *reader;
    vow_promise *others[3];
    open_channel(FULL, &writer, &reader);
    fill_channel(writer);
    others[0] = child(write_slowly, vow_writer_another(writer));
    others[1] = child(read_to_the_end, vow_reader_another(reader));
    (void)vow_sleep(MOMENT);
    others[2] = child(write_slowly, writer);
    vow_release(read_to_the_end(vow_none(), reader));
    join_all(others, 3);
}

/* There are several ends of each kind from the beginning. */
static void writes_in_a_crowd(void)
{
    vow_writer *writer;
    vow_reader *reader;
    vow_promise *others[3];
    open_channel(FULL, &writer, &reader);
    vow_writer *other_writer = vow_writer_another(writer);
    vow_reader *other_reader = vow_reader_another(reader);
    fill_channel(writer);
    others[0] = child(write_slowly, other_writer);
    (void)vow_sleep(MOMENT);
    others[1] = child(read_to_the_end, other_reader);
    others[2] = child(read_to_the_end, reader);
    vow_release(write_slowly(vow_none(), writer));
    join_all(others, 3);
}

const struct scenario scenarios_of_channels[] = {
    {"selects a promise", selects_a_promise, true},
    {"selects among promises", selects_among_promises, false},
    {"selects a promise that is canceled", selects_a_promise_that_is_canceled, false},
    {"reads until a writer fails", reads_until_a_writer_fails, false},
    {"reads by promises until a writer fails", reads_by_promises_until_a_writer_fails, false},
    {"writes until a reader closes", writes_until_a_reader_closes, true},
    {"writes by promises until a reader closes", writes_by_promises_until_a_reader_closes, false},
    {"writes at a rendezvous until a reader closes", writes_at_a_rendezvous_until_a_reader_closes,
     true},
    {"reads in a crowd", reads_in_a_crowd, true},
    {"writes in a crowd", writes_in_a_crowd, true},
    {NULL, NULL, false},
};
