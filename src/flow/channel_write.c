/*
 * channel_write.c - writing: what there is room for at once, or with the others who wait (channel.h).
 */
#include "execution/detour.h"
#include "flow/channel_here.h"
#include "flow/channel_ring.h"

/* Waiting --------------------------------------------------------------------------------------------------------- */

/* Inside, left on return: stands in the queue for what is left, and waits. */
static vow_status write_waiting(struct channel *channel, const vow_value *items, size_t count,
                                vow_deadline deadline, size_t *ret_done, bool locked,
                                const char *function)
{
    struct channel_place place;
    struct waiter waiter;
    vow_status status = vow_wait_begin(&waiter, function, channel);
    if (vow_likely(status == VOW_OK)) {
        vow_place_init(&place, &waiter, count, *ret_done);
        place.items = NULL;
        place.source = items;
        vow_place_append(&channel->writers_waiting, &place);
    }
    vow_channel_leave(channel, locked);
    if (vow_unlikely(status != VOW_OK))
        return status;
    enum outcome outcome = vow_place_stay(channel, &channel->writers_waiting, &place, deadline);
    *ret_done = place.done;
    if (vow_likely(place.done == count))
        return VOW_OK;
    return outcome == WAITER_CLOSED ? vow_channel_closed_status(channel, false, function)
                                    : vow_wait_failed(&waiter, outcome);
}

/* Not all has been written, and it is no use to wait: why. */
static VOW_COLD vow_status refuse(const struct channel *channel, bool closed, bool no_memory,
                                  vow_deadline deadline, const char *function)
{
    if (closed)
        return vow_channel_closed_status(channel, false, function);
    if (no_memory)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    return vow_channel_refuse_to_wait(channel, deadline, "full", function);
}

/* `*ret_done` have been written when it begins, and more when it ends. */
static vow_status write_inside(struct channel *channel, const vow_value *items, size_t count,
                               vow_deadline deadline, size_t *ret_done, const char *function)
{
    struct place_queue told;
    bool locked, closed, no_memory;
    for (;;) {
        told.first = NULL;
        locked = vow_channel_enter(channel);
        channel->written_here = true;
        closed = vow_channel_is_closed(channel);
        if (vow_likely(!closed) &&
            (channel->capacity != 0 || channel->readers_waiting.first != NULL))
            *ret_done += vow_channel_put(channel, items + *ret_done, count - *ret_done, &told);
        no_memory = *ret_done < count && !closed && vow_channel_needs_memory(channel);
        if (*ret_done == count || closed || no_memory || deadline.at <= 0 || channel->serial)
            break;
        if (told.first == NULL)
            return write_waiting(channel, items, count, deadline, ret_done, locked, function);
        vow_channel_leave_and_tell(channel, locked, &told); /* those may read meanwhile */
    }
    vow_channel_leave_and_tell(channel, locked, &told);
    if (vow_likely(*ret_done == count))
        return VOW_OK;
    return refuse(channel, closed, no_memory, deadline, function);
}

/* By the ring, as long as that is quick. True: there is no more room before the deadline, which has passed. */
static bool write_ring(struct channel *channel, const vow_value *items, size_t count,
                       vow_deadline deadline, size_t *ret_done)
{
    enum ring_wait wait = RING_AGAIN;
    for (unsigned step = 0; wait == RING_AGAIN; step++) {
        size_t before = *ret_done;
        if (!vow_ring_write(channel, items + before, count - before, ret_done))
            return false;
        if (*ret_done == count)
            return true;
        if (vow_channel_limit(channel) <
            channel->capacity) /* it can grow; a hint, looked at again inside */
            return false;
        if (*ret_done != before)
            step = 0;
        wait = vow_ring_back_off(channel, step, deadline);
    }
    return wait == RING_TIMED_OUT;
}

/* Writing --------------------------------------------------------------------------------------------------------- */

/* By the way in that is the cheapest now. */
static inline vow_status write_items(struct channel *channel, const vow_value *items, size_t count,
                                     vow_deadline deadline, size_t *ret_done, const char *function)
{
    if (vow_mode_is_ring(vow_channel_mode(channel)) &&
        write_ring(channel, items, count, deadline, ret_done))
        return *ret_done == count ? VOW_OK
                                  : vow_channel_refuse_to_wait(channel, deadline, "full", function);
    return write_inside(channel, items, count, deadline, ret_done, function);
}

static bool is_same(vow_value first, vow_value second)
{
    return vow_kind_of(first) == vow_kind_of(second) && first.as.integer == second.as.integer;
}

/* One item, in the shape that the hook gives it. */
static vow_status write_hooked(vow_writer *writer, vow_value item, vow_deadline deadline,
                               const char *function)
{
    size_t done = 0;
    vow_value given = writer->hook.call(vow_borrow(item), writer->hook.context);
    bool same = is_same(given, item);
    if (same && !vow_is_owned(given))
        return write_items(writer->end.channel, &item, 1, deadline, &done, function);
    vow_value kept = vow_value_take(given);
    vow_status status = write_items(writer->end.channel, &kept, 1, deadline, &done, function);
    vow_value_drop(status == VOW_OK ? item : kept);
    return status;
}

static vow_status write_many_hooked(vow_writer *writer, const vow_value *items, size_t count,
                                    vow_deadline deadline, size_t *ret_done, const char *function)
{
    vow_status status = VOW_OK;
    if (writer->hook.call == vow_channel_note_write) { /* all at once, as without a hook */
        (void)vow_channel_note_write(vow_none(), writer->end.channel);
        return write_items(writer->end.channel, items, count, deadline, ret_done, function);
    }
    while (status == VOW_OK && *ret_done < count) {
        status = write_hooked(writer, items[*ret_done], deadline, function);
        if (status == VOW_OK)
            ++*ret_done;
    }
    return status;
}

static VOW_COLD vow_status invalid(const char *function, const char *reason)
{
    return vow_fail_status(VOW_INVALID, "%s: %s", function, reason);
}

static inline vow_status write_by(vow_writer *writer, const vow_value *items, size_t count,
                                  vow_deadline deadline, size_t *ret_done, const char *function)
{
    vow_status status;
    vow_detour(deadline);
    if (vow_unlikely(!vow_end_use(&writer->end)))
        return invalid(function, "another line uses the writer");
    if (vow_likely(writer->hook.call == NULL))
        status = write_items(writer->end.channel, items, count, deadline, ret_done, function);
    else
        status = write_many_hooked(writer, items, count, deadline, ret_done, function);
    vow_end_leave(&writer->end);
    return status;
}

static __attribute__((noinline)) vow_status write_one(vow_writer *writer, vow_value item,
                                                      vow_deadline deadline)
{
    size_t done = 0;
    return write_by(writer, &item, 1, deadline, &done, "vow_write");
}

static __attribute__((noinline)) vow_status write_one_to_ring(vow_writer *writer, vow_value item,
                                                              vow_deadline deadline)
{
    if (vow_likely(vow_ring_write_one(writer->end.channel, item)))
        return VOW_OK;
    return write_one(writer, item, deadline);
}

/* Inside, left on return. */
static __attribute__((noinline)) vow_status write_here(vow_writer *writer, vow_value item,
                                                       vow_deadline deadline)
{
    struct channel *channel = writer->end.channel;
    struct channel_place *place = vow_place_take_here(&channel->readers_waiting);
    if (place != NULL) {
        *place->items = item;
        vow_channel_leave_here(vow_here.thread);
        return vow_place_end_here(place->waiter, item, place->items);
    }
    if (vow_place_may_stay_here(channel, &channel->readers_waiting, deadline))
        return vow_place_stay_here(&writer->end, NULL, item);
    vow_channel_leave_here(vow_here.thread);
    return write_one(writer, item, deadline);
}

vow_status vow_write(vow_writer *writer, vow_value item, vow_deadline deadline)
{
    if (vow_unlikely(writer == NULL))
        return invalid("vow_write", "writer is NULL");
    if (writer->hook.call == NULL && !vow_end_is_used(&writer->end)) {
        uintptr_t mode = vow_channel_mode(writer->end.channel);
        if (vow_mode_is_ring(mode))
            return write_one_to_ring(writer, item, deadline);
        if (vow_channel_enter_here(writer->end.channel, mode))
            return write_here(writer, item, deadline);
    }
    return write_one(writer, item, deadline);
}

vow_status vow_write_many(vow_writer *writer, const vow_value *items, size_t count,
                          vow_deadline deadline, size_t *ret_written)
{
    static const char function[] = "vow_write_many";
    size_t done = 0;
    vow_status status = VOW_OK;
    if (vow_unlikely(writer == NULL || (items == NULL && count != 0)))
        status = invalid(function, writer == NULL ? "writer is NULL" : "items is NULL");
    else if (count != 0)
        status = write_by(writer, items, count, deadline, &done, function);
    if (ret_written != NULL)
        *ret_written = done;
    return status;
}
