/*
 * channel_feed.c - what is missing in a channel that a task fills (channel.h).
 */
#include "flow/channel.h"

void vow_reader_feed(vow_reader *reader, struct channel_feed *feed)
{
    reader->end.channel->feed = feed;
    reader->end.channel->cheap = false; /* it stays LOCKED: there are workers on its other side */
}

/* Whether items will be given to this place. */
static bool counts(const struct channel_place *place)
{
    if (place->waiter == NULL)
        return !vow_place_is_unheard(place);
    return !place->selects || vow_waiter_outcome(place->waiter) == WAITER_WAITING;
}

struct demand vow_channel_demand(struct channel *channel, size_t extra,
                                 const _Atomic size_t *expected)
{
    struct demand demand = {.room = SIZE_MAX};
    bool locked = vow_channel_enter(channel);
    demand.ready = vow_channel_count(channel);
    /* relaxed: who has just begun asks anew when it reads */
    demand.all = atomic_load_explicit(&channel->reads_all, memory_order_relaxed) != 0;
    if (extra > demand.ready)
        demand.missing = extra - demand.ready;
    const struct channel_place *place = channel->readers_waiting.first;
    for (; place != NULL; place = place->next)
        if (counts(place))
            demand.missing += place->count - place->done;
    /* relaxed: it gets smaller inside only */
    demand.expected = atomic_load_explicit(expected, memory_order_relaxed);
    vow_channel_leave(channel, locked);
    return demand;
}

/* Whether the ring may be exchanged for an array of so much room: not for a smaller one, it would have to grow again. */
static bool may_exchange(const struct channel *channel, const size_t *room)
{
    return room != NULL && *room != 0 && (*room & (*room - 1)) == 0 &&
           vow_channel_count(channel) == 0 && (channel->items == NULL || *room > channel->mask);
}

/* The ring is empty, and nobody waits: the array with the items, without the first `done`, becomes the ring, and the ring their
   array: what would have to be copied lies where it is to be. The indices go on where a turn of the new ring begins. */
static void exchange(struct channel *channel, struct supply *supply, size_t done)
{
    vow_value *items = channel->items;
    size_t room = items != NULL ? channel->mask + 1 : 0;
    size_t start = (vow_channel_tail(channel) + *supply->room - 1) & ~(*supply->room - 1);
    channel->items = *supply->items;
    channel->mask = *supply->room - 1;
    /* relaxed, both: inside */
    atomic_store_explicit(&channel->head, start + done, memory_order_relaxed);
    atomic_store_explicit(&channel->tail, start + supply->count, memory_order_relaxed);
    *supply->items = items;
    *supply->room = room;
}

/* Gives how many found room. */
static size_t supply_inside(struct channel *channel, struct supply *supply,
                            struct place_queue *told)
{
    size_t count = supply->count;
    size_t done = vow_channel_hand(channel, *supply->items, count, told);
    if (done == count || !may_exchange(channel, supply->room))
        return done + vow_channel_put_kept(channel, *supply->items + done, count - done, told);
    exchange(channel, supply, done);
    return count;
}

size_t vow_channel_supply(struct channel *channel, struct supply *supply, _Atomic size_t *expected,
                          size_t asked)
{
    struct place_queue told = {NULL, NULL};
    size_t done = 0;
    bool locked = vow_channel_enter(channel);
    if (!vow_channel_is_closed(channel))
        done = supply_inside(channel, supply, &told);
    /* relaxed: inside, where those who ask what is missing read it */
    atomic_fetch_sub_explicit(expected, asked, memory_order_relaxed);
    vow_channel_leave_and_tell(channel, locked, &told);
    return done;
}

void vow_channel_read_all_begin(struct channel *channel)
{
    /* relaxed: a hint, see vow_channel_demand */
    atomic_fetch_add_explicit(&channel->reads_all, 1, memory_order_relaxed);
}

void vow_channel_read_all_end(struct channel *channel)
{
    /* relaxed: as above */
    atomic_fetch_sub_explicit(&channel->reads_all, 1, memory_order_relaxed);
}
