/*
 * channel_read.c - reading: what is there at once, or with the others who wait (channel.h).
 */
#include "execution/detour.h"
#include "flow/channel_here.h"
#include "flow/channel_ring.h"
#include "flow/pipeline.h"

#include <vow/error.h>
#include <vow/list.h>

/* Waiting --------------------------------------------------------------------------------------------------------- */

/* Inside, left on return: stands in the queue for what is missing, and waits. */
static vow_status read_waiting(struct channel *channel, vow_value *items, size_t count,
                               vow_deadline deadline, size_t *ret_done, bool locked,
                               const char *function)
{
    struct channel_place place;
    struct waiter waiter;
    vow_status status = vow_wait_begin(&waiter, function, channel);
    if (vow_likely(status == VOW_OK)) {
        vow_place_init(&place, &waiter, count, *ret_done);
        place.items = items;
        place.source = NULL;
        vow_place_append(&channel->readers_waiting, &place);
    }
    vow_channel_leave(channel, locked);
    if (vow_unlikely(status != VOW_OK))
        return *ret_done != 0 ? VOW_OK : status;
    vow_channel_want(channel, 0);
    enum outcome outcome = vow_place_stay(channel, &channel->readers_waiting, &place, deadline);
    *ret_done = place.done;
    if (vow_likely(place.done != 0))
        return VOW_OK;
    return outcome == WAITER_CLOSED ? vow_channel_closed_status(channel, true, function)
                                    : vow_wait_failed(&waiter, outcome);
}

/* `*ret_done` have been read when it begins, and more when it ends. */
static vow_status read_inside(struct channel *channel, vow_value *items, size_t count,
                              vow_deadline deadline, size_t *ret_done, const char *function)
{
    struct place_queue told;
    bool locked, closed;
    for (;;) {
        told.first = NULL;
        locked = vow_channel_enter(channel);
        channel->read_here = true;
        if (channel->capacity != 0 || channel->writers_waiting.first != NULL)
            *ret_done += vow_channel_take(channel, items + *ret_done, count - *ret_done, &told);
        closed = vow_channel_is_closed(channel);
        if (*ret_done == count || closed || deadline.at <= 0 || channel->serial)
            break;
        if (told.first == NULL)
            return read_waiting(channel, items, count, deadline, ret_done, locked, function);
        vow_channel_leave_and_tell(channel, locked, &told); /* those may write meanwhile */
    }
    vow_channel_leave_and_tell(channel, locked, &told);
    if (vow_likely(*ret_done != 0))
        return VOW_OK;
    return closed ? vow_channel_closed_status(channel, true, function)
                  : vow_channel_refuse_to_wait(channel, deadline, "empty", function);
}

/* By the ring, as long as that is quick. True: there is no more before the deadline, which has passed. */
static bool read_ring(struct channel *channel, vow_value *items, size_t count,
                      vow_deadline deadline, size_t *ret_done)
{
    enum ring_wait wait = RING_AGAIN;
    for (unsigned step = 0; wait == RING_AGAIN; step++) {
        size_t before = *ret_done;
        if (!vow_ring_read(channel, items + before, count - before, ret_done))
            return false;
        if (*ret_done == count)
            return true;
        if (*ret_done != before)
            step = 0;
        wait = vow_ring_back_off(channel, step, deadline);
    }
    return wait == RING_TIMED_OUT;
}

/* By the way in that is the cheapest now. */
static inline vow_status read_by_mode(struct channel *channel, vow_value *items, size_t count,
                                      vow_deadline deadline, size_t *ret_done, const char *function)
{
    if (vow_mode_is_ring(vow_channel_mode(channel)) &&
        read_ring(channel, items, count, deadline, ret_done))
        return *ret_done != 0 ? VOW_OK
                              : vow_channel_refuse_to_wait(channel, deadline, "empty", function);
    return read_inside(channel, items, count, deadline, ret_done, function);
}

/* Reading --------------------------------------------------------------------------------------------------------- */

static VOW_COLD vow_status refuse(const char *function, const char *reason)
{
    return vow_fail_status(VOW_INVALID, "%s: %s", function, reason);
}

/* Others are at work on what comes next: that may be sooner than a sleep and a wake-up would be. */
static void look_out(struct channel *channel, vow_deadline deadline)
{
    unsigned step = 0;
    /* relaxed: a hint */
    while (vow_channel_count(channel) == 0 && !vow_channel_is_closed(channel) &&
           atomic_load_explicit(&channel->feed->busy, memory_order_relaxed) &&
           vow_channel_back_off(step, deadline) == RING_AGAIN)
        step++;
}

/* Where a task fills the channel. Who will not wait asks once; who wants all keeps the task ahead. */
static vow_status read_fed(struct channel *channel, vow_value *items, size_t count,
                           vow_deadline deadline, size_t *ret_done, const char *function)
{
    size_t held = vow_channel_count(channel);
    if (deadline.at <= 0 && held < count)
        vow_channel_want(channel, count);
    look_out(channel, deadline);
    vow_status status = read_inside(channel, items, count, deadline, ret_done, function);
    if (*ret_done != 0)
        vow_channel_was_read(channel);
    return status;
}

/* More than lies there has to come first. */
static bool is_short(const struct channel *channel, size_t count)
{
    return vow_channel_count(channel) < count && !vow_channel_is_closed(channel);
}

/* A ring: who reads is at work on what would come. What came before that may have come since the reader was found short: it is
   seen behind the pipeline's lock, and nobody else adds anything then. */
static VOW_COLD bool waits_for_itself(vow_reader *reader, size_t count)
{
    vow_task *task = vow_task_of(reader);
    struct pipeline *pipeline = task != NULL ? vow_task_pipeline(task) : NULL;
    return pipeline != NULL && vow_pipeline_waits_for_caller(pipeline) &&
           is_short(reader->end.channel, count);
}

static VOW_COLD vow_status refuse_ring(const char *function)
{
    return vow_fail_status(
        VOW_DEADLOCK, "%s: reader gives what the task that reads it has to give first", function);
}

/* Without the hook before. */
static inline vow_status read_items(vow_reader *reader, vow_value *items, size_t count,
                                    vow_deadline deadline, size_t *ret_done, const char *function)
{
    struct channel *channel = reader->end.channel;
    vow_status status;
    vow_detour(deadline);
    if (vow_unlikely(!vow_end_use(&reader->end)))
        return refuse(function, "another line uses the reader");
    bool ring = vow_unlikely(channel->feed != NULL && vow_locals.job != NULL) && deadline.at > 0 &&
                is_short(channel, count) && waits_for_itself(reader, count);
    if (vow_unlikely(ring))
        deadline = VOW_POLL; /* what lies there is all that it gets */
    if (vow_unlikely(ring) && vow_channel_count(channel) == 0)
        status = refuse_ring(function);
    else if (vow_unlikely(channel->feed != NULL))
        status = read_fed(channel, items, count, deadline, ret_done, function);
    else
        status = read_by_mode(channel, items, count, deadline, ret_done, function);
    vow_end_leave(&reader->end);
    if (vow_unlikely(reader->after.call != NULL) && *ret_done != 0)
        reader->after.call(reader, items, *ret_done, reader->after.context);
    return status;
}

static __attribute__((noinline)) vow_status read_one(vow_reader *reader, vow_deadline deadline,
                                                     vow_value *ret_item)
{
    size_t done = 0;
    vow_reader_before(reader, 1);
    return read_items(reader, ret_item, 1, deadline, &done, "vow_read");
}

static __attribute__((noinline)) vow_status read_one_of_ring(vow_reader *reader,
                                                             vow_deadline deadline,
                                                             vow_value *ret_item)
{
    if (vow_likely(vow_ring_read_one(reader->end.channel, ret_item)))
        return VOW_OK;
    return read_one(reader, deadline, ret_item);
}

/* Inside, left on return. */
static __attribute__((noinline)) vow_status read_here(vow_reader *reader, vow_deadline deadline,
                                                      vow_value *ret_item)
{
    struct channel *channel = reader->end.channel;
    struct channel_place *place = vow_place_take_here(&channel->writers_waiting);
    if (place != NULL) {
        vow_value item = *place->source;
        *ret_item = item;
        vow_channel_leave_here(vow_here.thread);
        return vow_place_end_here(place->waiter, item, ret_item);
    }
    if (vow_place_may_stay_here(channel, &channel->writers_waiting, deadline))
        return vow_place_stay_here(&reader->end, ret_item, vow_none());
    vow_channel_leave_here(vow_here.thread);
    return read_one(reader, deadline, ret_item);
}

vow_status vow_read(vow_reader *reader, vow_deadline deadline, vow_value *ret_item)
{
    if (vow_unlikely(reader == NULL || ret_item == NULL))
        return refuse("vow_read", reader == NULL ? "reader is NULL" : "ret_item is NULL");
    if (reader->before.call == NULL && reader->after.call == NULL &&
        !vow_end_is_used(&reader->end)) {
        uintptr_t mode = vow_channel_mode(reader->end.channel);
        if (vow_mode_is_ring(mode))
            return read_one_of_ring(reader, deadline, ret_item);
        if (vow_channel_enter_here(reader->end.channel, mode))
            return read_here(reader, deadline, ret_item);
    }
    return read_one(reader, deadline, ret_item);
}

vow_status vow_read_many(vow_reader *reader, vow_value *items, size_t count, vow_deadline deadline,
                         size_t *ret_count)
{
    static const char function[] = "vow_read_many";
    if (vow_unlikely(ret_count == NULL))
        return refuse(function, "ret_count is NULL");
    *ret_count = 0;
    if (vow_unlikely(reader == NULL || (items == NULL && count != 0)))
        return refuse(function, reader == NULL ? "reader is NULL" : "items is NULL");
    if (vow_unlikely(count == 0))
        return VOW_OK;
    vow_reader_before(reader, count);
    return read_items(reader, items, count, deadline, ret_count, function);
}

vow_value vow_read_next(vow_reader *reader)
{
    static const char function[] = "vow_read_next";
    vow_value item;
    size_t done = 0;
    if (vow_unlikely(reader == NULL))
        return vow_fail(VOW_INVALID, "%s: reader is NULL", function);
    vow_reader_before(reader, 1);
    vow_status status = read_items(reader, &item, 1, VOW_FOREVER, &done, function);
    if (vow_likely(status == VOW_OK))
        return item;
    vow_value error = vow_reader_error(reader);
    if (vow_is_error(error) && vow_error_status(error) == status)
        return vow_retain(error);
    return status == VOW_CLOSED ? vow_end() : vow_error_from_last(__FILE__, __LINE__, status);
}

vow_status vow_read_some(vow_reader *reader, vow_value *items, size_t count, vow_deadline deadline,
                         size_t *ret_count, const char *function)
{
    const struct channel *channel = reader->end.channel;
    size_t more = 0;
    *ret_count = 0;
    vow_status status = read_items(reader, items, 1, deadline, ret_count, function);
    size_t held = vow_channel_count(channel);
    if (channel->feed != NULL && held < count - 1)
        count = held + 1; /* what does not lie there a task would be asked for */
    if (status == VOW_OK && count > 1 && held != 0 &&
        read_items(reader, items + 1, count - 1, VOW_POLL, &more, function) == VOW_OK)
        *ret_count += more;
    return status;
}

/* All ------------------------------------------------------------------------------------------------------------- */

enum { BATCH = 64 };

static bool append_all(vow_value list, vow_value *items, size_t count)
{
    bool appended = true;
    for (size_t i = 0; i < count; i++)
        appended = vow_list_append(list, items[i]) == VOW_OK && appended;
    return appended;
}

/* What reading all gives where the last read gave `status`. */
static vow_value all_or_error(vow_reader *reader, vow_value list, vow_status status)
{
    vow_value error = vow_reader_error(reader);
    bool by_error = vow_is_error(error);
    if (vow_list_count(list) != 0 || (status == VOW_CLOSED && !by_error))
        return list;
    vow_release(list);
    if (by_error && vow_error_status(error) == status)
        return vow_retain(error);
    return vow_error_from_last(__FILE__, __LINE__, status);
}

vow_value vow_read_all(vow_reader *reader, vow_deadline deadline)
{
    static const char function[] = "vow_read_all";
    vow_value items[BATCH];
    vow_status status;
    if (vow_unlikely(reader == NULL))
        return vow_fail(VOW_INVALID, "%s: reader is NULL", function);
    vow_value list = vow_list_new(BATCH);
    if (vow_is_error(list))
        return list;
    vow_reader_before(reader, SIZE_MAX);
    bool appended = true;
    vow_channel_read_all_begin(reader->end.channel);
    do {
        size_t done = 0;
        status = vow_read_some(reader, items, BATCH, deadline, &done, function);
        appended = append_all(list, items, done);
    } while (status == VOW_OK && appended);
    vow_channel_read_all_end(reader->end.channel);
    if (!appended) {
        vow_release(list);
        return vow_fail(VOW_NO_MEMORY, "%s: out of memory", function);
    }
    return all_or_error(reader, list, status);
}
