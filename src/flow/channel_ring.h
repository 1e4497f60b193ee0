/*
 * channel_ring.h - the way in for one writer and one reader: no lock, no fence (channel.h, mode RING).
 *
 * Each side moves its own index, and keeps what it knew last of the other's, so that the line of the other side is only
 * read when the ring seems full or empty.
 */
#ifndef VOW_FLOW_CHANNEL_RING_H
#define VOW_FLOW_CHANNEL_RING_H

#include "flow/channel.h"

static inline bool vow_ring_begin(const struct channel *channel, _Atomic bool *side)
{
    if (vow_channel_mode(channel) != CHANNEL_RING)
        return false;
    /* relaxed: ordered before the look at the mode by the barrier of who changes that */
    atomic_store_explicit(side, true, memory_order_relaxed);
    vow_compiler_fence();
    if (vow_likely(vow_channel_mode(channel) == CHANNEL_RING))
        return true;
    /* relaxed: nothing was done */
    atomic_store_explicit(side, false, memory_order_relaxed);
    return false;
}

/* The writer's side: writes what there is room for, at most `count`; gives how many. Takes those. 0 in another mode. */
static inline size_t vow_ring_write(struct channel *channel, const vow_value *items, size_t count)
{
    if (!vow_ring_begin(channel, &channel->writing))
        return 0;
    size_t tail = vow_channel_tail(channel);
    size_t room = channel->limit - (tail - channel->known_head);
    if (room < count) {
        /* R1 acquire: pairs with R2: the slots are free */
        channel->known_head = atomic_load_explicit(&channel->head, memory_order_acquire);
        room = channel->limit - (tail - channel->known_head);
        if (room < count)
            count = room;
    }
    vow_value *slots = channel->items;
    size_t mask = channel->mask;
    for (size_t i = 0; i < count; i++)
        slots[(tail + i) & mask] = vow_value_take(items[i]);
    /* R3 release: pairs with R4: the items are there */
    atomic_store_explicit(&channel->tail, tail + count, memory_order_release);
    /* M5 release: pairs with M4 */
    atomic_store_explicit(&channel->writing, false, memory_order_release);
    return count;
}

/* The reader's side: reads what is there, at most `count`; gives how many. 0 in another mode. */
static inline size_t vow_ring_read(struct channel *channel, vow_value *items, size_t count)
{
    if (!vow_ring_begin(channel, &channel->reading))
        return 0;
    size_t head = vow_channel_head(channel);
    size_t held = channel->known_tail - head;
    if (held < count) {
        /* R4 acquire: pairs with R3 */
        channel->known_tail = atomic_load_explicit(&channel->tail, memory_order_acquire);
        held = channel->known_tail - head;
        if (held < count)
            count = held;
    }
    const vow_value *slots = channel->items;
    size_t mask = channel->mask;
    for (size_t i = 0; i < count; i++)
        items[i] = slots[(head + i) & mask];
    /* R2 release: pairs with R1: the slots have been read */
    atomic_store_explicit(&channel->head, head + count, memory_order_release);
    /* M6 release: pairs with M4 */
    atomic_store_explicit(&channel->reading, false, memory_order_release);
    return count;
}

/* One step of a wait for the other side, `step` counted from 0: false when it is time to wait properly. A step is long
   enough for the other side to get ahead by some items, which then come with one transfer of a line. */
bool vow_ring_back_off(const struct channel *channel, unsigned step);

#endif
