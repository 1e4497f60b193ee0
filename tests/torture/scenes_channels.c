/*
 * scenes_channels.c - channels of all kinds, both faces, hooks, selecting.
 */
#include "torture/scene.h"

static vow_value failed(vow_status status)
{
    return vow_fail(status, "%s", vow_last_error());
}

#define CHANNEL(capacity, options)                                                                 \
    vow_writer *made_writer;                                                                       \
    vow_reader *made_reader;                                                                       \
    need_ok(vow_channel_new(capacity, options, &made_writer, &made_reader));                       \
    vow_auto_writer writer = made_writer;                                                          \
    vow_auto_reader reader = made_reader

static void bounded(void)
{
    CHANNEL(4, NULL);
    for (int i = 0; i < 4; i++)
        need_ok(vow_write(writer, vow_integer(i), VOW_POLL));
    sure(vow_write(writer, vow_integer(4), VOW_POLL) == VOW_TIMED_OUT);
    sure(vow_writer_size(writer) == 4 && vow_reader_size(reader) == 4);
    sure(vow_writer_capacity(writer) == 4 && vow_reader_capacity(reader) == 4);
    sure(vow_writer_close(writer) == VOW_OK && vow_writer_is_closed(writer));
    sure(vow_reader_is_closed(reader));
    vow_auto_value list = vow_read_all(reader, VOW_FOREVER);
    need_value(list);
    sure(vow_list_count(list) == 4 && vow_as_integer(vow_list_at(list, 3)) == 3);
}

/* Many items, so that it grows; nothing that was written is lost. */
static void unbounded(void)
{
    enum { COUNT = 300 };
    CHANNEL(VOW_UNBOUNDED, NULL);
    vow_value items[COUNT];
    size_t one_by_one = 0, at_once = 0, read = 0;
    for (int i = 0; i < COUNT; i++)
        items[i] = vow_integer(i);
    vow_status status = VOW_OK;
    while (one_by_one < COUNT / 2 && status == VOW_OK)
        one_by_one += (status = vow_write(writer, items[one_by_one], VOW_FOREVER)) == VOW_OK;
    vow_status many =
        vow_write_many(writer, items + one_by_one, COUNT - one_by_one, VOW_FOREVER, &at_once);
    sure(many != VOW_OK || one_by_one + at_once == COUNT);
    sure(vow_writer_close(writer) == VOW_OK);
    vow_status reading = vow_read_many(reader, items, COUNT, VOW_FOREVER, &read);
    sure(read == one_by_one + at_once && (reading == VOW_OK || read == 0));
    for (size_t i = 0; i < read; i++)
        sure(vow_as_integer(items[i]) == (int64_t)i);
    need_ok(status);
    need_ok(many);
}

static void serial(void)
{
    static const vow_channel_options options = {.size = sizeof options, .serial = true};
    CHANNEL(VOW_UNBOUNDED, &options);
    for (int i = 0; i < 100; i++)
        need_ok(vow_write(writer, vow_integer(i), VOW_FOREVER));
    vow_value item;
    for (int i = 0; i < 100; i++) {
        need_ok(vow_read(reader, VOW_FOREVER, &item));
        sure(vow_as_integer(item) == i);
    }
    sure(vow_read(reader, VOW_FOREVER, &item) == VOW_DEADLOCK);
}

/* Writes texts, and closes the channel, whatever happens. */
static vow_value write_ten(vow_value input, void *writer)
{
    vow_status status = VOW_OK;
    for (int i = 0; i < 10 && status == VOW_OK; i++) {
        vow_value item = vow_text_format("%d", i);
        status = vow_write(writer, item, VOW_FOREVER);
        if (status != VOW_OK)
            vow_release(item);
    }
    vow_value failure = status == VOW_OK ? input : failed(status);
    (void)vow_writer_close(writer);
    return failure;
}

static vow_value read_to_the_end(vow_value input, void *reader)
{
    int count = 0;
    vow_value item;
    (void)input;
    while (!vow_is_end(item = vow_read_next(reader)) && !vow_is_error(item)) {
        count++;
        vow_release(item);
    }
    (void)vow_reader_close(reader); /* who writes is not left */
    return vow_is_error(item) ? item : vow_integer(count);
}

/* Both sides wait, on two workers. Who is refused closes. */
static void between_jobs(size_t capacity)
{
    CHANNEL(capacity, NULL);
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_scheduler *there = vow_pool_scheduler(pool);
    vow_promise *writes = vow_submit(there, write_ten, vow_integer(10), writer);
    vow_promise *reads = vow_submit(there, read_to_the_end, vow_none(), reader);
    if (vow_state(writes) == VOW_REJECTED || vow_state(reads) == VOW_REJECTED)
        sure(vow_writer_close(writer) == VOW_OK);
    vow_auto_value written = scene_join(writes);
    vow_auto_value read = vow_await(reads, VOW_FOREVER);
    need_value(read);
    if (vow_error_is(written, VOW_CLOSED))
        return; /* because of the other one */
    need_value(written);
    sure(vow_as_integer(read) == 10);
}

static void between_jobs_with_room(void)
{
    between_jobs(3);
}

static void between_jobs_without_room(void)
{
    between_jobs(0);
}

/* What came of some reads. */
struct harvest {
    size_t count;
    int64_t last, sum;
    int refused; /* reads that were not made, and so leave an item where it is */
};

static void reap(struct harvest *harvest, vow_promise *read)
{
    vow_auto_value item = scene_join(read);
    if (vow_is_integer(item)) {
        sure(vow_as_integer(item) > harvest->last);
        harvest->count++;
        harvest->last = vow_as_integer(item);
        harvest->sum += harvest->last;
    } else if (!vow_error_is(item, VOW_CLOSED)) {
        harvest->refused += scene_refuses(SCENE_HERE, item);
    }
}

/* Each item whose promise was fulfilled is read once, in order, or still there. */
static void by_promises(void)
{
    struct harvest harvest = {0};
    CHANNEL(1, NULL);
    vow_promise *first = vow_write_promise(writer, vow_integer(1));
    vow_promise *second = vow_write_promise(writer, vow_integer(2));
    vow_promise *reads[3];
    for (int i = 0; i < 3; i++)
        reads[i] = vow_read_promise(reader);
    sure(vow_writer_close(writer) == VOW_OK);
    vow_auto_value one = scene_join(first);
    vow_auto_value two = scene_join(second);
    for (int i = 0; i < 3; i++)
        reap(&harvest, reads[i]);
    size_t left = vow_reader_size(reader);
    sure(harvest.count + left == (size_t)!vow_is_error(one) + (size_t)!vow_is_error(two));
    sure(left == 0 || harvest.refused != 0);
    need_value(one);
    if (harvest.refused != 0 && vow_error_is(two, VOW_CLOSED))
        return; /* for want of a read nothing made room for it */
    need_value(two);
    sure(harvest.sum == 3 || harvest.refused != 0);
}

static void more_ends(void)
{
    CHANNEL(2, NULL);
    vow_auto_writer other_writer = vow_writer_another(writer);
    need(other_writer);
    vow_auto_reader other_reader = vow_reader_another(reader);
    need(other_reader);
    vow_writer_release(vow_writer_retain(other_writer));
    vow_reader_release(vow_reader_retain(other_reader));
    need_ok(vow_write(other_writer, vow_integer(1), VOW_FOREVER));
    vow_value item;
    need_ok(vow_read(other_reader, VOW_FOREVER, &item));
    sure(vow_as_integer(item) == 1);
    vow_status status = vow_writer_fail(writer, vow_fail(VOW_USER, "broken"));
    if (status == VOW_OK) {
        sure(vow_read(reader, VOW_FOREVER, &item) != VOW_OK);
        sure(vow_is_error(vow_reader_error(reader)));
    }
    need_ok(status);
}

static void begin_hook(vow_reader *reader, size_t count, void *calls)
{
    (void)reader;
    (void)count;
    ++*(int *)calls;
}

static void end_hook(vow_reader *reader, vow_value *items, size_t count, void *context)
{
    (void)reader;
    (void)context;
    for (size_t i = 0; i < count; i++)
        items[i] = vow_integer(vow_as_integer(items[i]) * 10);
}

static vow_value write_hook(vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(item) + 1);
}

static void hooks(void)
{
    int calls = 0;
    CHANNEL(2, NULL);
    sure(vow_writer_set_hook(writer, (vow_write_hook){write_hook, NULL}).call == NULL);
    sure(vow_reader_set_begin(reader, (vow_read_begin_hook){begin_hook, &calls}).call == NULL);
    sure(vow_reader_set_end(reader, (vow_read_end_hook){end_hook, NULL}).call == NULL);
    need_ok(vow_write(writer, vow_integer(1), VOW_FOREVER));
    vow_value item;
    need_ok(vow_read(reader, VOW_FOREVER, &item));
    sure(vow_as_integer(item) == 20 && calls == 1);
    need_ok(vow_write(writer, vow_integer(2), VOW_FOREVER));
    need_integer(vow_read_promise(reader), 30);
}

struct selection {
    vow_reader *reader;
    vow_promise *never;
};

static vow_value select_ten(vow_value input, void *context)
{
    struct selection *selection = context;
    int count = 0;
    vow_status status = VOW_OK;
    (void)input;
    while (status == VOW_OK) {
        size_t index;
        vow_case cases[] = {vow_case_read(selection->reader), vow_case_promise(selection->never)};
        status = vow_select(cases, 2, VOW_FOREVER, &index);
        if (status == VOW_OK && cases[index].status == VOW_CLOSED)
            return vow_integer(count);
        if (status == VOW_OK)
            status = cases[index].status;
        count += status == VOW_OK;
        if (status == VOW_OK)
            vow_release(cases[index].value);
    }
    vow_value failure = failed(status);
    (void)vow_reader_close(selection->reader);
    return failure;
}

/* A job selects among what another one writes, and a promise that never comes. */
static void selecting(void)
{
    CHANNEL(1, NULL);
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_promise *never;
    vow_auto_deferred deferred = vow_deferred_new(&never);
    need(deferred);
    vow_auto_promise kept = never;
    vow_scheduler *there = vow_pool_scheduler(pool);
    struct selection selection = {reader, kept};
    vow_promise *selects = vow_submit(there, select_ten, vow_none(), &selection);
    vow_promise *writes = vow_submit(there, write_ten, vow_integer(1), writer);
    if (vow_state(writes) == VOW_REJECTED || vow_state(selects) == VOW_REJECTED)
        sure(vow_writer_close(writer) == VOW_OK);
    vow_auto_value selected = scene_join(selects);
    vow_auto_value written = scene_join(writes);
    need_value(selected);
    if (vow_error_is(written, VOW_CLOSED))
        return;
    need_value(written);
    sure(vow_as_integer(selected) == 10);
}

static void selecting_to_write(void)
{
    size_t index;
    CHANNEL(1, NULL);
    vow_case cases[] = {vow_case_write(writer, vow_integer(4))};
    need_ok(vow_select(cases, 1, VOW_FOREVER, &index));
    need_ok(cases[0].status);
    vow_value item;
    need_ok(vow_read(reader, VOW_FOREVER, &item));
    sure(vow_as_integer(item) == 4);
}

/* So many cases that they take memory. What was not selected stays. */
static void selecting_among_many(void)
{
    enum { MANY = 10 };
    vow_case cases[MANY];
    size_t index;
    CHANNEL(1, NULL);
    vow_promise *never;
    vow_auto_deferred deferred = vow_deferred_new(&never);
    need(deferred);
    vow_auto_promise kept = never;
    need_ok(vow_write(writer, vow_integer(7), VOW_FOREVER));
    for (int i = 0; i < MANY; i++)
        cases[i] = i == 4 ? vow_case_read(reader) : vow_case_promise(kept);
    vow_status status = vow_select(cases, MANY, VOW_FOREVER, &index);
    sure(vow_reader_size(reader) == (status != VOW_OK));
    need_ok(status);
    sure(index == 4 && cases[4].status == VOW_OK && vow_as_integer(cases[4].value) == 7);
}

const struct scene scenes_of_channels[] = {
    SCENE(bounded),
    SCENE(unbounded),
    SCENE(serial),
    SCENE(between_jobs_with_room),
    SCENE(between_jobs_without_room),
    SCENE(by_promises),
    SCENE(more_ends),
    SCENE(hooks),
    SCENE(selecting),
    SCENE(selecting_to_write),
    SCENE(selecting_among_many),
    {0},
};
