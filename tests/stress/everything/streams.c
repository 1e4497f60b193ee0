/*
 * streams.c - channels that whoever comes writes to, reads from, closes and replaces; selections; small pipelines that are
 * left before they have ended. Each item is a context: it is dropped once.
 */
#include "everything.h"

enum { STREAMS = 6, ITEMS = 12 };

static struct stream {
    pthread_mutex_t mutex;
    vow_writer *writer; /* NULL: none yet, or no more */
    vow_reader *reader;
} streams[STREAMS];

static const struct vow_type item_type = {.name = "item", .drop = context_drop};

static vow_value item_new(void)
{
    vow_value item = vow_box_adopt(&item_type, context_new());
    must(!vow_is_error(item));
    return item;
}

/* Ends of its own, of one stream or of two; false: there is none. */
static bool take_ends(vow_writer **ret_writer, vow_reader **ret_reader)
{
    struct stream *stream = &streams[below(STREAMS)];
    (void)pthread_mutex_lock(&stream->mutex);
    bool there = stream->writer != NULL;
    if (there) {
        *ret_writer = vow_writer_another(stream->writer);
        *ret_reader = vow_reader_another(stream->reader);
    }
    (void)pthread_mutex_unlock(&stream->mutex);
    return there;
}

static bool is_usual(vow_status status)
{
    return status == VOW_OK || status == VOW_TIMED_OUT || status == VOW_CLOSED ||
           status == VOW_CANCELED || status == VOW_UNSUPPORTED || status == VOW_USER;
}

static void write_some(vow_writer *writer)
{
    for (unsigned i = below(ITEMS); i > 0; i--) {
        vow_value item = item_new();
        if (one_in(4)) {
            publish(vow_write_promise(writer, item));
            continue;
        }
        vow_status status = noted(vow_status, vow_write(writer, item, soon()));
        must(told_unless(is_usual(status), status));
        if (status != VOW_OK)
            vow_release(item);
    }
}

static void read_some(vow_reader *reader)
{
    vow_value items[ITEMS];
    size_t count = 0;
    if (one_in(4)) {
        publish(vow_read_promise(reader));
        return;
    }
    vow_status status =
        noted(vow_status, vow_read_many(reader, items, 1 + below(ITEMS), soon(), &count));
    must(told_unless(is_usual(status), status));
    for (size_t i = 0; i < count; i++)
        vow_release(items[i]);
}

static void select_one(vow_writer *writer, vow_reader *reader)
{
    size_t index;
    vow_value item = item_new();
    vow_promise *promise = some_promise();
    vow_case cases[] = {vow_case_write(writer, item), vow_case_read(reader),
                        vow_case_promise(promise)};
    vow_status status = noted(vow_status, vow_select(cases, 3, soon(), &index));
    must(told_unless(is_usual(status), status));
    bool chosen = status == VOW_OK && cases[index].status == VOW_OK;
    if (!chosen || index != 0)
        vow_release(item);
    if (chosen && index != 0)
        vow_release(cases[index].value);
    vow_promise_release(promise);
}

void act_stream(void)
{
    vow_writer *writer, *other_writer;
    vow_reader *reader, *other_reader;
    if (!take_ends(&writer, &reader))
        return;
    if (one_in(3)) {
        write_some(writer);
    } else if (one_in(2)) {
        read_some(reader);
    } else if (take_ends(&other_writer, &other_reader)) {
        select_one(writer, other_reader);
        vow_writer_release(other_writer);
        vow_reader_release(other_reader);
    }
    vow_writer_release(writer);
    vow_reader_release(reader);
}

static void end_stream(struct stream *former)
{
    if (former->writer == NULL)
        return;
    if (one_in(2))
        (void)vow_writer_fail(former->writer, vow_fail(VOW_USER, "no more"));
    else
        (void)vow_reader_close(former->reader);
    vow_writer_release(former->writer);
    vow_reader_release(former->reader);
}

void act_replace_stream(void)
{
    static const size_t capacities[] = {0, 1, 5, 64, VOW_UNBOUNDED};
    struct stream *stream = &streams[below(STREAMS)];
    vow_writer *writer = NULL;
    vow_reader *reader = NULL;
    if (!atomic_load(&everything_ends))
        must(vow_channel_new(capacities[below(5)], NULL, &writer, &reader) == VOW_OK);
    (void)pthread_mutex_lock(&stream->mutex);
    struct stream former = *stream;
    stream->writer = writer;
    stream->reader = reader;
    (void)pthread_mutex_unlock(&stream->mutex);
    end_stream(&former);
}

/* Pipelines ------------------------------------------------------------------------------------------------------- */

static vow_value give_item(vow_value none, void *context)
{
    (void)none;
    (void)context;
    return one_in(64) ? vow_end() : item_new();
}

static vow_value handle_item(vow_value item, void *context)
{
    (void)context;
    if (one_in(32))
        act_sleep();
    if (one_in(128))
        return vow_fail(VOW_USER, "an item fails");
    return one_in(16) ? vow_skip() : item;
}

void act_pipeline(void)
{
    vow_value item;
    vow_reader *reader = vow_pool_add_task(
        NULL, vow_task_new("give", vow_source_function(give_item, NULL), handle_item, NULL, NULL));
    if (one_in(2))
        reader = vow_pool_add_task(
            NULL, vow_task_new("hand on", vow_source_reader(reader), handle_item, NULL, NULL));
    must(reader != NULL);
    vow_status status = VOW_OK;
    for (unsigned i = below(2 * ITEMS); i > 0 && status == VOW_OK; i--) {
        status = noted(vow_status, vow_read(reader, soon(), &item));
        must(told_unless(is_usual(status), status));
        if (status == VOW_OK)
            vow_release(item);
    }
    vow_reader_release(reader);
}

/* The whole ------------------------------------------------------------------------------------------------------- */

static void init_streams(void)
{
    for (int i = 0; i < STREAMS; i++)
        (void)pthread_mutex_init(&streams[i].mutex, NULL);
}

void streams_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* they stay: whoever ends last looks at them */
    (void)pthread_once(&once, init_streams);
    for (int i = 0; i < 4 * STREAMS; i++)
        act_replace_stream();
}

void streams_end(void)
{
    for (int i = 0; i < STREAMS; i++) {
        (void)pthread_mutex_lock(&streams[i].mutex);
        struct stream former = streams[i];
        streams[i].writer = NULL;
        streams[i].reader = NULL;
        (void)pthread_mutex_unlock(&streams[i].mutex);
        end_stream(&former);
    }
}
