/*
 * channel_here.h - the way in between lines of one thread, an item at a time (channel.h, the mode `thread`).
 *
 *      who waits on the other side    what vow_read and vow_write do
 *      ---------------------------    -----------------------------------------------------------------------
 *      a line, for one more item      pass the item and wake it: the queue was entered once, by one of the two
 *      nobody, at a rendezvous        stand in the queue and park (vow_place_stay_here, in channel_pass.c)
 *      others                         leave, and go the ordinary way
 *
 * No atomic operation is needed for any of it: inside is one at a time, and a wait that nobody but its own thread can
 * end is decided by a plain store (vow_waiter_claim_here).
 */
#ifndef VOW_FLOW_CHANNEL_HERE_H
#define VOW_FLOW_CHANNEL_HERE_H

#include "flow/channel.h"
#include "wait/switch.h"

#include <string.h>

/* Whether the mode, `mode`, is the calling thread's, at a rendezvous; then it is inside. Where there is room for items nobody
   waits in the way that is meant here (vow_place_may_stay_here). */
static inline bool vow_channel_enter_here(struct channel *channel, uintptr_t mode)
{
    struct thread *self = vow_here.thread;
    if (mode != (uintptr_t)self || mode == CHANNEL_LOCKED || channel->capacity != 0)
        return false;
    vow_check(!vow_thread_is_inside(self));
    /* relaxed: as in vow_channel_enter */
    atomic_store_explicit(&self->inside, channel, memory_order_relaxed);
    vow_compiler_fence();
    if (vow_likely(vow_channel_mode(channel) == mode))
        return true;
    /* M6 release: as in vow_channel_enter */
    atomic_store_explicit(&self->inside, NULL, memory_order_release);
    return false;
}

/* Inside: takes out the first place if it is a line's that came by here; its wait is decided, and it is to be woken outside.
   NULL: there is none, or another one, or it has given up. */
static inline struct channel_place *vow_place_take_here(struct place_queue *queue)
{
    struct channel_place *place = queue->first;
    if (place == NULL || place->here != vow_here.thread || !vow_waiter_claim_here(place->waiter))
        return NULL;
    queue->first = place->next;
    if (place->next != NULL)
        place->next->previous = NULL;
    place->queued = false;
    place->done = 1;
    return place;
}

/* The same for who is to be woken otherwise, and for items that have to be retained. */
vow_status vow_place_end_slowly(struct waiter *waiter, vow_value *item);

/* Outside: `item`, of which `*kept` is a copy, has passed. It is kept, and the line that waited for it is woken. That line
   does not run before this one stops, so both ends of the item's way are still there. */
static inline vow_status vow_place_end_here(struct waiter *waiter, vow_value item, vow_value *kept)
{
    bool borrowed = vow_kind_is_counted(vow_kind_of(item)) && !vow_is_owned(item);
    if (vow_unlikely(borrowed || waiter->line == NULL))
        return vow_place_end_slowly(waiter, kept);
    vow_waiter_wake_here(waiter);
    return VOW_OK;
}

/* Inside: whether vow_place_stay_here may follow for who found nobody in `others`. What it does not know how to say is
   left to the ordinary way: a deadline, a close, a cancel, a place that cannot wait. */
static inline bool vow_place_may_stay_here(const struct channel *channel,
                                           const struct place_queue *others, vow_deadline deadline)
{
    return others->first == NULL && channel->capacity == 0 && deadline.at == INT64_MAX &&
           !vow_channel_is_closed(channel) && vow_wait_is_plain(vow_here.thread);
}

/* For vow_place_stay_here. */
switch_body vow_place_stay_around;

/* Inside, left on return: a line waits until one item has come to `items`, or, if that is NULL, until `item` has gone. To be
   called last of all. */
static inline vow_status vow_place_stay_here(struct channel_end *end, vow_value *items,
                                             vow_value item)
{
    struct switch_words words;
    _Static_assert(sizeof words == sizeof item, "a value is handed over in two words");
    memcpy(&words, &item, sizeof words);
    return vow_switch_around((uintptr_t)end, (uintptr_t)items, words.first, words.second,
                             vow_place_stay_around);
}

#endif
