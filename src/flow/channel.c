/*
 * channel.c - channels and their ends: made, counted, closed, asked.
 */
#include "flow/channel.h"

#include "base/barrier.h"
#include "base/ledger.h"
#include "base/object.h"
#include "execution/detour.h"
#include <vow/error.h>
#include <vow/memory.h>

enum { PATIENCE_FIRST = 32 };

/* Making ---------------------------------------------------------------------------------------------------------- */

static void destroy_reader(struct counted *object);
static void destroy_writer(struct counted *object);

static const struct counted_class reader_class = {.name = "reader", .destroy = destroy_reader};
COUNTED_KNOWN(reader_class)
static const struct counted_class writer_class = {.name = "writer", .destroy = destroy_writer};
COUNTED_KNOWN(writer_class)

static VOW_COLD vow_status no_memory(const char *function)
{
    return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
}

/* Not an end of the channel yet. */
static vow_reader *reader_make(struct channel *channel)
{
    vow_reader *reader = vow_object_new(sizeof(*reader));
    if (reader == NULL)
        return NULL;
    *reader = (vow_reader){.end = {.channel = channel}};
    vow_counted_init(&reader->end.counted, &reader_class, 1, 0);
    return reader;
}

vow_value vow_channel_note_write(vow_value item, void *channel)
{
    vow_ledger_note(channel, "written");
    return item;
}

static vow_write_hook no_hook(struct channel *channel)
{
    if (vow_unlikely(vow_ledger_kept))
        return (vow_write_hook){vow_channel_note_write, channel};
    return (vow_write_hook){NULL, NULL};
}

static vow_writer *writer_make(struct channel *channel)
{
    vow_writer *writer = vow_object_new(sizeof(*writer));
    if (writer == NULL)
        return NULL;
    *writer = (vow_writer){.end = {.channel = channel}, .hook = no_hook(channel)};
    vow_counted_init(&writer->end.counted, &writer_class, 1, 0);
    return writer;
}

static size_t size_of(const struct channel *channel);

static size_t items_of(const void *channel)
{
    return size_of(channel);
}

static struct channel *channel_make(size_t capacity, bool serial)
{
    struct channel *channel = vow_object_new(sizeof(*channel));
    if (channel == NULL)
        return NULL;
    *channel = (struct channel){.mode = serial ? CHANNEL_SERIAL : CHANNEL_LOCKED,
                                .capacity = capacity,
                                .cheap = vow_barrier_available() && !vow_slow,
                                .serial = serial,
                                .patience = PATIENCE_FIRST,
                                .readers = 1,
                                .writers = 1};
    vow_ledger_name_holder(channel, "channel", items_of);
    return channel;
}

static void channel_free(struct channel *channel)
{
    size_t head = vow_channel_head(channel), tail = vow_channel_tail(channel);
    for (; head != tail; head++)
        vow_value_drop(channel->items[head & channel->mask]);
    vow_value_drop(channel->error);
    vow_deallocate(channel->items);
    vow_object_delete(channel, sizeof(*channel));
}

static vow_status check_new(size_t capacity, const vow_channel_options *options,
                            vow_writer **ret_writer, vow_reader **ret_reader)
{
    if (ret_writer == NULL || ret_reader == NULL)
        return vow_fail_status(VOW_INVALID, "vow_channel_new: %s is NULL",
                               ret_writer == NULL ? "ret_writer" : "ret_reader");
    if (options != NULL && options->size != sizeof(*options))
        return vow_fail_literal(VOW_INVALID, "vow_channel_new: options->size is not "
                                             "sizeof(vow_channel_options)");
    if (options != NULL && options->serial && capacity == 0)
        return vow_fail_literal(VOW_INVALID, "vow_channel_new: capacity is 0, and nobody could "
                                             "meet at a serial channel");
    return VOW_OK;
}

vow_status vow_channel_new(size_t capacity, const vow_channel_options *options,
                           vow_writer **ret_writer, vow_reader **ret_reader)
{
    vow_status status = check_new(capacity, options, ret_writer, ret_reader);
    if (status != VOW_OK)
        return status;
    struct channel *channel = channel_make(capacity, options != NULL && options->serial);
    vow_reader *reader = channel != NULL ? reader_make(channel) : NULL;
    vow_writer *writer = reader != NULL ? writer_make(channel) : NULL;
    if (writer == NULL) {
        if (reader != NULL)
            vow_object_delete(reader, sizeof(*reader));
        if (channel != NULL)
            channel_free(channel);
        return no_memory("vow_channel_new");
    }
    *ret_writer = writer;
    *ret_reader = reader;
    return VOW_OK;
}

/* Ends ------------------------------------------------------------------------------------------------------------ */

/* Takes all that is in the ring, to be dropped outside. */
static void empty(struct channel *channel, vow_value **ret_items, size_t *ret_head,
                  size_t *ret_tail, size_t *ret_mask)
{
    *ret_items = channel->items;
    *ret_head = vow_channel_head(channel);
    *ret_tail = vow_channel_tail(channel);
    *ret_mask = channel->mask;
    channel->items = NULL;
    channel->mask = 0;
    /* relaxed: inside */
    atomic_store_explicit(&channel->head, *ret_tail, memory_order_relaxed);
}

static void drop_items(vow_value *items, size_t head, size_t tail, size_t mask)
{
    for (; items != NULL && head != tail; head++)
        vow_value_drop(items[head & mask]);
    vow_deallocate(items);
}

/* An end of `*count` has gone. */
static void leave_channel(struct channel *channel, size_t *count)
{
    struct place_queue told = {NULL, NULL};
    vow_value *items = NULL;
    size_t head = 0, tail = 0, mask = 0;
    bool locked = vow_channel_enter(channel);
    if (--*count == 0)
        (void)vow_channel_shut(channel, &told);
    if (channel->readers == 0)
        empty(channel, &items, &head, &tail, &mask);
    bool last = channel->readers == 0 && channel->writers == 0;
    struct channel_feed *feed =
        channel->readers == 0 && count == &channel->readers ? channel->feed : NULL;
    vow_channel_leave_and_tell(channel, locked, &told);
    drop_items(items, head, tail, mask);
    if (last)
        channel_free(channel);
    if (vow_unlikely(feed != NULL))
        feed->left(feed);
}

static void destroy_reader(struct counted *object)
{
    vow_reader *reader = vow_container_of(object, vow_reader, end.counted);
    struct channel *channel = reader->end.channel;
    vow_object_delete(reader, sizeof(*reader));
    leave_channel(channel, &channel->readers);
}

static void destroy_writer(struct counted *object)
{
    vow_writer *writer = vow_container_of(object, vow_writer, end.counted);
    struct channel *channel = writer->end.channel;
    vow_object_delete(writer, sizeof(*writer));
    leave_channel(channel, &channel->writers);
}

static void count_another(struct channel *channel, size_t *count)
{
    bool locked = vow_channel_enter(channel);
    ++*count;
    vow_channel_leave(channel, locked);
}

vow_writer *vow_writer_retain(vow_writer *writer)
{
    if (writer != NULL)
        vow_counted_retain(&writer->end.counted);
    return writer;
}

void vow_writer_release(vow_writer *writer)
{
    if (writer != NULL)
        vow_counted_release(&writer->end.counted);
}

vow_writer *vow_writer_another(vow_writer *writer)
{
    if (writer == NULL) {
        (void)vow_fail_literal(VOW_INVALID, "vow_writer_another: writer is NULL");
        return NULL;
    }
    vow_writer *another = writer_make(writer->end.channel);
    if (another == NULL)
        (void)no_memory("vow_writer_another");
    else
        count_another(another->end.channel, &another->end.channel->writers);
    return another;
}

vow_reader *vow_reader_retain(vow_reader *reader)
{
    if (reader != NULL)
        vow_counted_retain(&reader->end.counted);
    return reader;
}

void vow_reader_release(vow_reader *reader)
{
    if (reader != NULL)
        vow_counted_release(&reader->end.counted);
}

vow_reader *vow_reader_another(vow_reader *reader)
{
    if (reader == NULL) {
        (void)vow_fail_literal(VOW_INVALID, "vow_reader_another: reader is NULL");
        return NULL;
    }
    vow_reader *another = reader_make(reader->end.channel);
    if (another == NULL)
        (void)no_memory("vow_reader_another");
    else
        count_another(another->end.channel, &another->end.channel->readers);
    return another;
}

/* Closing --------------------------------------------------------------------------------------------------------- */

/* Takes `error` if it closes the channel. */
static bool close_with(struct channel *channel, vow_value error)
{
    struct place_queue told = {NULL, NULL};
    bool locked = vow_channel_enter(channel);
    if (!vow_channel_is_closed(channel))
        channel->error = vow_value_take(error);
    bool first = vow_channel_shut(channel, &told);
    vow_channel_leave_and_tell(channel, locked, &told);
    return first;
}

vow_status vow_writer_close(vow_writer *writer)
{
    if (writer == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_writer_close: writer is NULL");
    (void)close_with(writer->end.channel, vow_none());
    return VOW_OK;
}

vow_status vow_reader_close(vow_reader *reader)
{
    if (reader == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_reader_close: reader is NULL");
    (void)close_with(reader->end.channel, vow_none());
    return VOW_OK;
}

vow_status vow_writer_fail(vow_writer *writer, vow_value error)
{
    vow_status status = VOW_OK;
    if (writer == NULL)
        status = vow_fail_literal(VOW_INVALID, "vow_writer_fail: writer is NULL");
    else if (!vow_is_error(error))
        vow_value_refuse("vow_writer_fail", error, "an error"), status = VOW_INVALID;
    else if (!close_with(writer->end.channel, error))
        status = vow_fail_literal(VOW_CLOSED, "vow_writer_fail: the channel was closed before");
    if (status != VOW_OK)
        vow_release(error);
    return status;
}

/* The error is written once, before `closed`, and stays. */
static vow_value error_of(const struct channel *channel)
{
    /* C1 acquire: pairs with C2 (channel_pass.c), or finds nothing */
    if (!atomic_load_explicit(&channel->closed, memory_order_acquire))
        return vow_none();
    return vow_borrow(channel->error);
}

VOW_COLD vow_status vow_channel_closed_status(const struct channel *channel, bool reading,
                                              const char *function)
{
    vow_value error = reading ? error_of(channel) : vow_none();
    if (!vow_is_error(error))
        return vow_fail_status(VOW_CLOSED, "%s: the channel is closed", function);
    return vow_fail_status(vow_error_status(error), "%s", vow_error_message(error));
}

VOW_COLD vow_value vow_channel_closed_error(const struct channel *channel, bool reading,
                                            const char *function)
{
    vow_value error = reading ? error_of(channel) : vow_none();
    if (!vow_is_error(error))
        return vow_fail(VOW_CLOSED, "%s: the channel is closed", function);
    return vow_retain(error);
}

/* Asking ---------------------------------------------------------------------------------------------------------- */

/* The two indices are read one after the other: never more than the capacity is said, nor less than nothing. */
static size_t size_of(const struct channel *channel)
{
    size_t head = vow_channel_head(channel), tail = vow_channel_tail(channel);
    size_t size = (ptrdiff_t)(tail - head) > 0 ? tail - head : 0;
    return size < channel->capacity ? size : channel->capacity;
}

size_t vow_writer_size(const vow_writer *writer)
{
    return writer != NULL ? size_of(writer->end.channel) : 0;
}

size_t vow_reader_size(const vow_reader *reader)
{
    return reader != NULL ? size_of(reader->end.channel) : 0;
}

size_t vow_writer_capacity(const vow_writer *writer)
{
    return writer != NULL ? writer->end.channel->capacity : 0;
}

size_t vow_reader_capacity(const vow_reader *reader)
{
    return reader != NULL ? reader->end.channel->capacity : 0;
}

bool vow_writer_is_closed(const vow_writer *writer)
{
    return writer == NULL || vow_channel_is_closed(writer->end.channel);
}

bool vow_reader_is_closed(const vow_reader *reader)
{
    return reader == NULL || vow_channel_is_closed(reader->end.channel);
}

vow_value vow_reader_error(const vow_reader *reader)
{
    return reader != NULL ? error_of(reader->end.channel) : vow_none();
}

/* Hooks ----------------------------------------------------------------------------------------------------------- */

vow_read_begin_hook vow_reader_set_begin(vow_reader *reader, vow_read_begin_hook hook)
{
    vow_read_begin_hook former = {NULL, NULL};
    if (reader != NULL) {
        former = reader->before;
        reader->before = hook;
    }
    return former;
}

vow_read_end_hook vow_reader_set_end(vow_reader *reader, vow_read_end_hook hook)
{
    vow_read_end_hook former = {NULL, NULL};
    if (reader != NULL) {
        former = reader->after;
        reader->after = hook;
    }
    return former;
}

vow_write_hook vow_writer_set_hook(vow_writer *writer, vow_write_hook hook)
{
    vow_write_hook former = {NULL, NULL};
    if (writer != NULL) {
        if (writer->hook.call != vow_channel_note_write)
            former = writer->hook;
        writer->hook = hook.call != NULL ? hook : no_hook(writer->end.channel);
    }
    return former;
}
