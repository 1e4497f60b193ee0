/*
 * streams.c - scenarios of channels, selects, pipelines and generators: no item is lost, none comes twice.
 */
#include "cancel_sweep.h"

enum { ITEMS = 4 };

static bool write_token(vow_writer *writer)
{
    vow_value item = token();
    if (vow_write(writer, item, VOW_FOREVER) == VOW_OK)
        return true;
    vow_release(item); /* what was not written is its caller's still */
    return false;
}

/* The context is a writer, which is given back. */
static vow_value write_tokens(vow_value input, void *context)
{
    for (int i = 0; i < ITEMS && write_token(context); i++)
        continue;
    vow_writer_release(context);
    return input;
}

/* So that who reads many has some of them when it is canceled. */
static vow_value write_tokens_slowly(vow_value input, void *context)
{
    for (int i = 0; i < ITEMS && write_token(context); i++)
        (void)vow_sleep(MOMENT);
    vow_writer_release(context);
    return input;
}

static void read_to_the_end(vow_reader *reader)
{
    vow_value item;
    while (vow_read(reader, VOW_FOREVER, &item) == VOW_OK)
        vow_release(item);
    vow_reader_release(reader);
}

static void pass_tokens(size_t capacity, vow_fn *writes)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(capacity, NULL, &writer, &reader) == VOW_OK);
    vow_promise *writing = child(writes, writer);
    read_to_the_end(reader);
    join(writing);
}

static void reads_a_channel(void)
{
    pass_tokens(2, write_tokens);
}

static void reads_at_a_rendezvous(void)
{
    pass_tokens(0, write_tokens);
}

static vow_value read_tokens(vow_value input, void *context)
{
    vow_value items[3];
    size_t count = 0;
    while (vow_read_many(context, items, 3, VOW_FOREVER, &count) == VOW_OK)
        while (count != 0)
            vow_release(items[--count]);
    vow_reader_release(context);
    return input;
}

static void reads_many_at_a_time(void)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(2, NULL, &writer, &reader) == VOW_OK);
    vow_promise *writing = child(write_tokens_slowly, writer);
    vow_release(read_tokens(vow_none(), reader));
    join(writing);
}

/* A channel with one who reads and one who writes. */
struct passage {
    vow_writer *writer;
    vow_reader *reader;
    size_t read, written;
};

static vow_value read_one_by_one(vow_value input, void *context)
{
    struct passage *passage = context;
    vow_value item = vow_read_next(passage->reader);
    while (!vow_is_end(item) && !vow_is_error(item)) {
        passage->read++;
        vow_release(item);
        item = vow_read_next(passage->reader);
    }
    require(vow_is_end(item) || vow_canceled());
    vow_release(item);
    vow_reader_release(passage->reader);
    return input;
}

static vow_value write_many_tokens(vow_value input, void *context)
{
    struct passage *passage = context;
    vow_value items[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        items[i] = token();
    vow_status status =
        vow_write_many(passage->writer, items, ITEMS, VOW_FOREVER, &passage->written);
    require((status == VOW_OK) == (passage->written == ITEMS));
    for (size_t i = passage->written; i < ITEMS; i++)
        vow_release(items[i]);
    vow_writer_release(passage->writer);
    return input;
}

/* One as a child, the other one in the body. */
static void pass_many(size_t capacity, vow_fn *in_child, vow_fn *in_body, bool *ret_all)
{
    struct passage passage = {.read = 0};
    require(vow_channel_new(capacity, NULL, &passage.writer, &passage.reader) == VOW_OK);
    vow_promise *other = child(in_child, &passage);
    vow_release(in_body(vow_none(), &passage));
    join(other);
    *ret_all = passage.read == passage.written;
}

static void writes_many_at_a_time(void)
{
    bool all = false;
    pass_many(1, read_one_by_one, write_many_tokens, &all);
    require(all); /* what was written is read, and nothing else, wherever it was canceled */
}

static void reads_one_after_the_other(void)
{
    bool all = false;
    pass_many(0, write_many_tokens, read_one_by_one, &all);
    require(all || vow_canceled()); /* a writer may have gone on where nobody reads any more */
}

static void writes_a_channel(void)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(1, NULL, &writer, &reader) == VOW_OK);
    vow_promise *reading = child(read_tokens, reader);
    vow_release(write_tokens(vow_none(), writer));
    join(reading);
}

static void reads_and_writes_by_promises(void)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(0, NULL, &writer, &reader) == VOW_OK);
    for (int i = 0; i < 2; i++) {
        vow_promise *reading = vow_read_promise(reader);
        (void)vow_sleep(MOMENT);
        vow_promise *writing = vow_write_promise(writer, token());
        if (vow_wait(reading, VOW_FOREVER, NULL) == VOW_CANCELED)
            vow_cancel(writing);
        join(writing);
        join(reading);
    }
    vow_reader_release(reader);
    vow_writer_release(writer);
}

static void selects(void)
{
    vow_writer *writers[2];
    vow_reader *readers[2];
    vow_promise *writing[2];
    for (int i = 0; i < 2; i++) {
        require(vow_channel_new(1, NULL, &writers[i], &readers[i]) == VOW_OK);
        writing[i] = child(write_tokens, writers[i]);
    }
    vow_status status = VOW_OK;
    for (int i = 0; i < ITEMS && status == VOW_OK; i++) {
        vow_case cases[] = {{.reader = readers[0]}, {.reader = readers[1]}};
        size_t chosen = 0;
        status = vow_select(cases, 2, VOW_FOREVER, &chosen);
        require_ok_or_canceled(status);
        if (status == VOW_OK && cases[chosen].status == VOW_OK)
            vow_release(cases[chosen].value);
    }
    for (int i = 0; i < 2; i++) {
        vow_reader_release(readers[i]);
        join(writing[i]);
    }
}

static void selects_a_write(void)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(0, NULL, &writer, &reader) == VOW_OK);
    vow_promise *reading = child(read_tokens, reader);
    vow_case write = {.writer = writer, .value = token()};
    size_t chosen = 0;
    vow_status status = vow_select(&write, 1, VOW_FOREVER, &chosen);
    require_ok_or_canceled(status);
    if (status != VOW_OK || write.status != VOW_OK)
        vow_release(write.value);
    vow_writer_release(writer);
    join(reading);
}

/* Tasks: on the pool of the place, or on the default one. */

static vow_value make_token(vow_value input, void *context)
{
    (void)input;
    (void)context;
    (void)vow_reschedule();
    return token();
}

static vow_task *a_task(void)
{
    vow_task_options options = {.size = sizeof options, .max_chunk = 2, .drop = drop_token};
    return vow_task_new("tokens", vow_source_range(0, ITEMS, 1), make_token, token_context(),
                        &options);
}

static vow_value pass_slowly(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(MOMENT);
    return input;
}

static vow_reader *a_pipeline(vow_fn *last)
{
    vow_task_options options = {.size = sizeof options, .max_chunk = 2, .drop = drop_token};
    vow_reader *first = vow_pool_add_task(sweep_pool, a_task());
    return vow_pool_add_task(sweep_pool, vow_task_new("last", vow_source_reader(first), last,
                                                      token_context(), &options));
}

static void reads_a_pipeline(void)
{
    read_to_the_end(a_pipeline(pass_slowly));
}

static void reads_all_of_a_pipeline(void)
{
    vow_reader *reader = a_pipeline(pass_slowly);
    vow_release(vow_read_all(reader, VOW_FOREVER));
    vow_reader_release(reader);
}

/* In turns: neither is full while the other one is read. Takes the readers. Gives how many items came. */
static int read_in_turns(vow_reader *const readers[2])
{
    int items = 0, before = -1;
    while (items != before) {
        before = items;
        for (int i = 0; i < 2; i++) {
            vow_value item = vow_none();
            items += vow_read(readers[i], VOW_FOREVER, &item) == VOW_OK;
            vow_release(item);
        }
    }
    vow_reader_release(readers[0]);
    vow_reader_release(readers[1]);
    return items;
}

static void reads_a_task_that_broadcasts(void)
{
    vow_reader *readers[2];
    require(vow_pool_add_broadcast(sweep_pool, a_task(), 2, NULL, readers) == VOW_OK);
    require(read_in_turns(readers) == 2 * ITEMS || vow_canceled());
}

/* The one, the other one, the one … */
static vow_value choose_output(vow_value item, void *context)
{
    static _Atomic int chosen;
    (void)item;
    (void)context;
    return vow_integer(atomic_fetch_add(&chosen, 1) % 2);
}

static void reads_the_parts_of_a_task(void)
{
    vow_reader *readers[2];
    require(vow_pool_add_partition(sweep_pool, a_task(), 2, NULL, choose_output, NULL, readers) ==
            VOW_OK);
    require(read_in_turns(readers) == ITEMS || vow_canceled());
}

static vow_value see_item(vow_value item, void *context)
{
    (void)context;
    (void)vow_sleep(MOMENT);
    return vow_is_error(item) ? item : vow_none();
}

static void reads_each_of_a_pipeline(void)
{
    vow_reader *reader = a_pipeline(make_token);
    vow_release(vow_read_each(reader, see_item, NULL, VOW_FOREVER));
    vow_reader_release(reader);
}

static vow_value give_tokens(vow_value input, void *context)
{
    (void)input;
    (void)context;
    for (int i = 0; i < ITEMS; i++) {
        vow_release(vow_yield(token()));
        (void)vow_sleep(MOMENT);
    }
    return vow_none();
}

static vow_value take_tokens(vow_value input, void *context)
{
    (void)input;
    (void)context;
    vow_value item = vow_yield(vow_none());
    while (!vow_is_error(item) && !vow_is_end(item)) {
        (void)vow_sleep(MOMENT);
        vow_release(item);
        item = vow_yield(vow_none());
    }
    return item;
}

static void buffers(void)
{
    vow_coroutine *generator = vow_coroutine_new(give_tokens, NULL);
    vow_coroutine *consumer = vow_coroutine_new(take_tokens, NULL);
    vow_release(vow_next(consumer));
    vow_coroutine *buffer = vow_buffer(consumer, vow_current_scheduler(), 1);
    vow_release(vow_inject(generator, buffer));
    vow_coroutine_release(buffer);
    vow_coroutine_release(consumer);
    vow_coroutine_release(generator);
}

const struct scenario scenarios_of_streams[] = {
    {"reads a channel", reads_a_channel, true},
    {"reads at a rendezvous", reads_at_a_rendezvous, true},
    {"reads many at a time", reads_many_at_a_time, true},
    {"writes many at a time", writes_many_at_a_time, true},
    {"reads one after the other", reads_one_after_the_other, true},
    {"writes a channel", writes_a_channel, true},
    {"reads and writes by promises", reads_and_writes_by_promises, false},
    {"selects", selects, true},
    {"selects a write", selects_a_write, true},
    {"reads a pipeline", reads_a_pipeline, false},
    {"reads all of a pipeline", reads_all_of_a_pipeline, false},
    {"reads each of a pipeline", reads_each_of_a_pipeline, false},
    {"reads a task that broadcasts", reads_a_task_that_broadcasts, false},
    {"reads the parts of a task", reads_the_parts_of_a_task, false},
    {"buffers", buffers, true},
    {NULL, NULL, false},
};
