/*
 * channel_ring.h - the way in for two sides that do not wait: no fence, and no lock that they share (channel.h, modes RING
 * and SHARED).
 *
 * Each side moves its own index, and keeps what it knew last of the other's, so that the line of the other side is only
 * read when the ring seems full or empty. In SHARED the ends of a side take its lock first.
 */
#ifndef VOW_FLOW_CHANNEL_RING_H
#define VOW_FLOW_CHANNEL_RING_H

#include "flow/channel.h"

#include <string.h>

/* Goes to a side of the ring; gives the mode. CHANNEL_LOCKED: there is no ring now. */
static inline uintptr_t vow_ring_begin(struct channel *channel, struct ring_side *side)
{
    uintptr_t mode = vow_channel_mode(channel);
    if (!vow_mode_is_ring(mode))
        return CHANNEL_LOCKED;
    if (mode == CHANNEL_SHARED)
        vow_lock_take(&side->lock);
    /* relaxed: ordered before the look at the mode by the barrier of who changes that */
    atomic_store_explicit(vow_ring_mark(side, mode), true, memory_order_relaxed);
    vow_compiler_fence();
    if (vow_likely(vow_channel_mode(channel) == mode))
        return mode;
    /* M6 release: pairs with M4: nothing was done, but this stands for what the other ends of this side did before */
    atomic_store_explicit(vow_ring_mark(side, mode), false, memory_order_release);
    if (mode == CHANNEL_SHARED)
        vow_lock_give(&side->lock);
    return CHANNEL_LOCKED;
}

static inline void vow_ring_end(struct ring_side *side, uintptr_t mode)
{
    /* M5 release: pairs with M4 */
    atomic_store_explicit(vow_ring_mark(side, mode), false, memory_order_release);
    if (mode == CHANNEL_SHARED)
        vow_lock_give(&side->lock);
}

/* The writer's side: how many of `count` items there is room for. */
static inline size_t vow_ring_room(struct channel *channel, size_t tail, size_t count)
{
    size_t room = vow_channel_limit(channel) - (tail - channel->known_head);
    if (vow_likely(room >= count))
        return count;
    /* R1 acquire: pairs with R2: the slots are free */
    channel->known_head = atomic_load_explicit(&channel->head, memory_order_acquire);
    room = vow_channel_limit(channel) - (tail - channel->known_head);
    return room < count ? room : count;
}

/* The reader's side: how many of `count` items are there. */
static inline size_t vow_ring_held(struct channel *channel, size_t head, size_t count)
{
    size_t held = channel->known_tail - head;
    if (vow_likely(held >= count))
        return count;
    /* R4 acquire: pairs with R3 */
    channel->known_tail = atomic_load_explicit(&channel->tail, memory_order_acquire);
    held = channel->known_tail - head;
    return held < count ? held : count;
}

/* The lines of slots go from core to core: each side asks for those that it will come to, so that many are on their way at
   once; but for none that the other side is still at work on. */
enum { RING_AHEAD = 32 };

static inline void vow_ring_ask_to_write(const struct channel *channel, size_t tail)
{
    if (vow_channel_limit(channel) - (tail - channel->known_head) > RING_AHEAD)
        vow_ask_to_write(&channel->items[(tail + RING_AHEAD) & channel->mask]);
}

/* The reader's side: asks for as many items from `head` on, if they are known to be there; they come while the caller is at work
   on those before. No more than fit what a processor has under way. */
static inline void vow_ring_ask_to_read(const struct channel *channel, size_t head, size_t count)
{
    enum { EACH = VOW_CACHE_LINE / sizeof(vow_value), MOST = 16 * EACH };
    size_t held = channel->known_tail - head;
    size_t wanted = count < MOST ? count : MOST;
    size_t asked = held < wanted ? held : wanted;
    for (size_t i = 0; i < asked; i += EACH)
        vow_ask_to_read(&channel->items[(head + i) & channel->mask]);
}

/* Takes `count` items into slots that lie together: most are plain, or owned, and only have to be copied. */
static inline void vow_slots_take(vow_value *slots, const vow_value *items, size_t count)
{
    memcpy(slots, items, count * sizeof(*slots));
    for (size_t i = 0; i < count; i++)
        if (vow_unlikely(vow_kind_is_counted(vow_kind_of(items[i])) && !vow_is_owned(items[i])))
            slots[i] = vow_value_take(items[i]);
}

/* Takes `count` items into the slots from `tail` on, in at most two runs. */
static inline void vow_slots_put(vow_value *slots, size_t mask, size_t tail, const vow_value *items,
                                 size_t count)
{
    size_t at = tail & mask;
    size_t run = count <= mask + 1 - at ? count : mask + 1 - at;
    vow_slots_take(slots + at, items, run);
    if (run < count)
        vow_slots_take(slots, items + run, count - run);
}

/* The same for items that are owned, or plain words. */
static inline void vow_slots_move(vow_value *slots, size_t mask, size_t tail,
                                  const vow_value *items, size_t count)
{
    size_t at = tail & mask;
    size_t run = count <= mask + 1 - at ? count : mask + 1 - at;
    memcpy(slots + at, items, run * sizeof(*slots));
    if (run < count)
        memcpy(slots, items + run, (count - run) * sizeof(*slots));
}

static inline void vow_slots_get(const vow_value *slots, size_t mask, size_t head, vow_value *items,
                                 size_t count)
{
    size_t at = head & mask;
    size_t run = count <= mask + 1 - at ? count : mask + 1 - at;
    memcpy(items, slots + at, run * sizeof(*items));
    if (run < count)
        memcpy(items + run, slots, (count - run) * sizeof(*items));
}

/* Writes what there is room for, at most `count` items, and adds how many to `*done`. Takes those. False: no ring. */
static inline bool vow_ring_write(struct channel *channel, const vow_value *items, size_t count,
                                  size_t *done)
{
    uintptr_t mode = vow_ring_begin(channel, &channel->writing);
    if (mode == CHANNEL_LOCKED)
        return false;
    size_t tail = vow_channel_tail(channel);
    count = vow_ring_room(channel, tail, count);
    vow_slots_put(channel->items, channel->mask, tail, items, count);
    /* R3 release: pairs with R4: the items are there */
    atomic_store_explicit(&channel->tail, tail + count, memory_order_release);
    vow_ring_end(&channel->writing, mode);
    *done += count;
    return true;
}

/* The same for one item. False: it was not written. */
static inline bool vow_ring_write_one(struct channel *channel, vow_value item)
{
    uintptr_t mode = vow_ring_begin(channel, &channel->writing);
    if (mode == CHANNEL_LOCKED)
        return false;
    size_t tail = vow_channel_tail(channel);
    bool fits = vow_ring_room(channel, tail, 1) != 0;
    if (vow_likely(fits)) {
        vow_ring_ask_to_write(channel, tail);
        channel->items[tail & channel->mask] = vow_value_take(item);
        /* R3 release: as above */
        atomic_store_explicit(&channel->tail, tail + 1, memory_order_release);
    }
    vow_ring_end(&channel->writing, mode);
    return fits;
}

/* Reads what is there, at most `count` items, and adds how many to `*done`. False: no ring. */
static inline bool vow_ring_read(struct channel *channel, vow_value *items, size_t count,
                                 size_t *done)
{
    uintptr_t mode = vow_ring_begin(channel, &channel->reading);
    if (mode == CHANNEL_LOCKED)
        return false;
    size_t head = vow_channel_head(channel);
    count = vow_ring_held(channel, head, count);
    vow_ring_ask_to_read(channel, head + count, count);
    vow_slots_get(channel->items, channel->mask, head, items, count);
    /* R2 release: pairs with R1: the slots have been read */
    atomic_store_explicit(&channel->head, head + count, memory_order_release);
    vow_ring_end(&channel->reading, mode);
    *done += count;
    return true;
}

/* The same for one item. False: none was read. */
static inline bool vow_ring_read_one(struct channel *channel, vow_value *ret_item)
{
    uintptr_t mode = vow_ring_begin(channel, &channel->reading);
    if (mode == CHANNEL_LOCKED)
        return false;
    size_t head = vow_channel_head(channel);
    bool holds = vow_ring_held(channel, head, 1) != 0;
    if (vow_likely(holds)) {
        *ret_item = channel->items[head & channel->mask];
        /* R2 release: as above */
        atomic_store_explicit(&channel->head, head + 1, memory_order_release);
    }
    vow_ring_end(&channel->reading, mode);
    return holds;
}

/* A wait for the other side of the ring, before waiting properly: step by step, from 0. */
enum ring_wait {
    RING_AGAIN,    /* look again */
    RING_ENOUGH,   /* it takes longer, or there is no ring any more: go inside */
    RING_TIMED_OUT /* the deadline has passed */
};

/* The same without a ring: for who waits for what others are at work on. */
enum ring_wait vow_channel_back_off(unsigned step, vow_deadline deadline);

/* A step is long enough for the other side to get ahead by some items, which then come with one transfer of a line. */
enum ring_wait vow_ring_back_off(const struct channel *channel, unsigned step,
                                 vow_deadline deadline);

#endif
