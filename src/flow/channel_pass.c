/*
 * channel_pass.c - items that pass from writers to readers, and those who waited for it (channel.h). All inside, but for
 * waiting and telling.
 */
#include "flow/channel_here.h"
#include "flow/channel_ring.h"
#include "wait/switch.h"

#include <vow/memory.h>

enum { ROOM = 16 }; /* of a ring that is new */

/* Queues ---------------------------------------------------------------------------------------------------------- */

void vow_place_append(struct place_queue *queue, struct channel_place *place)
{
    place->next = NULL;
    place->previous = queue->first != NULL ? queue->last : NULL;
    if (queue->first != NULL)
        queue->last->next = place;
    else
        queue->first = place;
    queue->last = place;
    place->queued = true;
}

void vow_place_remove(struct place_queue *queue, struct channel_place *place)
{
    vow_check(place->queued);
    if (place->previous != NULL)
        place->previous->next = place->next;
    else
        queue->first = place->next;
    if (place->next != NULL)
        place->next->previous = place->previous;
    else
        queue->last = place->previous;
    place->queued = false;
}

static inline void tell_later(struct place_queue *told, struct channel_place *place)
{
    place->next = NULL;
    if (told->first != NULL)
        told->last->next = place;
    else
        told->first = place;
    told->last = place;
}

/* The place is done with: takes it out, and has it told. One whose wait has ended otherwise finds out by itself. */
static void finish(struct place_queue *queue, struct channel_place *place, enum outcome outcome,
                   struct place_queue *told)
{
    vow_place_remove(queue, place);
    if (place->waiter == NULL)
        vow_place_decide(place, outcome);
    else if (!vow_waiter_claim(place->waiter, outcome))
        return;
    place->closed = outcome == WAITER_CLOSED;
    tell_later(told, place);
}

/* The first place that an item can pass to or from; those that have given up are taken out. A select is claimed, and taken
   out, on the way. NULL: nobody waits. */
static struct channel_place *first_ready(struct place_queue *queue, struct place_queue *told)
{
    struct channel_place *place = queue->first;
    if (vow_likely(place != NULL && place->waiter != NULL && !place->selects))
        return place;
    while ((place = queue->first) != NULL) {
        if (place->waiter == NULL) {
            if (place->items == NULL || !vow_place_is_unheard(place))
                return place;
            finish(queue, place, WAITER_CANCELED, told);
        } else if (!place->selects) {
            return place;
        } else {
            vow_place_remove(queue, place);
            if (vow_waiter_claim(place->waiter, WAITER_DONE)) {
                tell_later(told, place);
                return place;
            }
        }
    }
    return NULL;
}

/* Items have passed. */
static inline void advance(struct place_queue *queue, struct channel_place *place, size_t count,
                           struct place_queue *told)
{
    place->done += count;
    if (place->done == place->count && place->queued)
        finish(queue, place, WAITER_DONE, told);
}

/* To the first who waits to read: what it misses, at most `count`; gives how many. */
static inline size_t hand_to_reader(struct channel *channel, const vow_value *items, size_t count,
                                    struct place_queue *told)
{
    struct place_queue *queue = &channel->readers_waiting;
    struct channel_place *place = first_ready(queue, told);
    if (place == NULL)
        return 0;
    vow_value *slots = place->items + place->done;
    size_t missing = place->count - place->done;
    if (count > missing)
        count = missing;
    if (vow_likely(count == 1))
        *slots = vow_value_take(*items);
    else
        vow_slots_take(slots, items, count);
    advance(queue, place, count, told);
    return count;
}

static inline bool take_from_writer(struct channel *channel, vow_value *ret_item,
                                    struct place_queue *told)
{
    struct place_queue *queue = &channel->writers_waiting;
    struct channel_place *place = first_ready(queue, told);
    if (place == NULL)
        return false;
    *ret_item = vow_value_take(place->source[place->done]);
    advance(queue, place, 1, told);
    return true;
}

/* The ring -------------------------------------------------------------------------------------------------------- */

/* Makes the ring twice as large. False without memory. */
static VOW_COLD bool grow(struct channel *channel)
{
    size_t slots = channel->items != NULL ? 2 * (channel->mask + 1) : ROOM;
    channel->resumes |= channel->interrupted; /* the mode of a ring that grows has not failed */
    size_t head = vow_channel_head(channel), count = vow_channel_count(channel);
    if (slots > SIZE_MAX / 2 / sizeof(vow_value))
        return false;
    vow_value *items = vow_allocate(slots * sizeof(vow_value));
    if (items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        items[(head + i) & (slots - 1)] = channel->items[(head + i) & channel->mask];
    vow_deallocate(channel->items);
    channel->items = items;
    channel->mask = slots - 1;
    return true;
}

/* How many items the ring can take, at most `count`; grows it where it may. */
static size_t room_for(struct channel *channel, size_t count)
{
    size_t held = vow_channel_count(channel);
    size_t room = held < channel->capacity ? channel->capacity - held : 0; /* see put_back */
    if (count > room)
        count = room;
    size_t slots = channel->items != NULL ? channel->mask + 1 : 0;
    while (held + count > slots) {
        if (!grow(channel))
            return slots - held;
        slots = channel->mask + 1;
    }
    return count;
}

static void push(struct channel *channel, const vow_value *items, size_t count, bool kept)
{
    size_t tail = vow_channel_tail(channel);
    if (count == 0) /* there may be no ring */
        return;
    if (count == 1)
        channel->items[tail & channel->mask] = vow_value_take(*items);
    else if (kept)
        vow_slots_move(channel->items, channel->mask, tail, items, count);
    else
        vow_slots_put(channel->items, channel->mask, tail, items, count);
    /* relaxed: inside */
    atomic_store_explicit(&channel->tail, tail + count, memory_order_relaxed);
}

static size_t pop(struct channel *channel, vow_value *items, size_t count)
{
    size_t head = vow_channel_head(channel);
    size_t held = vow_channel_count(channel);
    if (count > held)
        count = held;
    if (count == 0) /* there may be no ring */
        return 0;
    if (count == 1)
        *items = channel->items[head & channel->mask];
    else
        vow_slots_get(channel->items, channel->mask, head, items, count);
    /* relaxed: inside */
    atomic_store_explicit(&channel->head, head + count, memory_order_relaxed);
    return count;
}

/* Passing --------------------------------------------------------------------------------------------------------- */

size_t vow_channel_hand(struct channel *channel, const vow_value *items, size_t count,
                        struct place_queue *told)
{
    size_t done = 0;
    while (done < count && channel->readers_waiting.first != NULL)
        done += hand_to_reader(channel, items + done, count - done, told);
    return done;
}

/* `kept`: none of the items is borrowed. */
static inline size_t put(struct channel *channel, const vow_value *items, size_t count,
                         struct place_queue *told, bool kept)
{
    channel->written_here = true;
    size_t done = vow_channel_hand(channel, items, count, told);
    if (done < count && channel->capacity != 0) {
        size_t room = room_for(channel, count - done);
        push(channel, items + done, room, kept);
        done += room;
    }
    return done;
}

size_t vow_channel_put(struct channel *channel, const vow_value *items, size_t count,
                       struct place_queue *told)
{
    return put(channel, items, count, told, false);
}

size_t vow_channel_put_kept(struct channel *channel, const vow_value *items, size_t count,
                            struct place_queue *told)
{
    return put(channel, items, count, told, true);
}

/* Room has come: those who wait to write use it, in their order. */
static void refill(struct channel *channel, struct place_queue *told)
{
    vow_value item;
    while (channel->writers_waiting.first != NULL && room_for(channel, 1) != 0 &&
           take_from_writer(channel, &item, told))
        push(channel, &item, 1, true);
}

size_t vow_channel_take(struct channel *channel, vow_value *items, size_t count,
                        struct place_queue *told)
{
    channel->read_here = true;
    size_t done = channel->capacity != 0 ? pop(channel, items, count) : 0;
    while (done < count && channel->writers_waiting.first != NULL &&
           take_from_writer(channel, &items[done], told))
        done++;
    if (channel->writers_waiting.first != NULL && channel->capacity != 0)
        refill(channel, told);
    return done;
}

bool vow_channel_put_back(struct channel *channel, vow_value item, struct place_queue *told)
{
    if (channel->readers_waiting.first != NULL && hand_to_reader(channel, &item, 1, told) != 0)
        return true;
    if (channel->capacity == 0)
        return false;
    size_t held = vow_channel_count(channel);
    if ((channel->items == NULL || held > channel->mask) && !grow(channel))
        return false;
    size_t head = vow_channel_head(channel) - 1;
    channel->items[head & channel->mask] = vow_value_take(item);
    /* relaxed: inside */
    atomic_store_explicit(&channel->head, head, memory_order_relaxed);
    return true;
}

bool vow_channel_shut(struct channel *channel, struct place_queue *told)
{
    struct channel_place *place;
    if (vow_channel_is_closed(channel))
        return false;
    /* C2 release: pairs with C1 (channel.c): the error that closed it is there */
    atomic_store_explicit(&channel->closed, true, memory_order_release);
    while ((place = channel->readers_waiting.first) != NULL)
        finish(&channel->readers_waiting, place, WAITER_CLOSED, told);
    while ((place = channel->writers_waiting.first) != NULL)
        finish(&channel->writers_waiting, place, WAITER_CLOSED, told);
    return true;
}

/* Waiting, outside ------------------------------------------------------------------------------------------------- */

/* The wait has ended otherwise than by an item: the place stands in the queue no more. */
static void withdraw(struct channel *channel, struct place_queue *queue,
                     struct channel_place *place, enum outcome outcome)
{
    if (outcome == WAITER_CLOSED)
        return;
    bool locked = vow_channel_enter(channel);
    if (place->queued)
        vow_place_remove(queue, place);
    vow_channel_leave(channel, locked);
}

enum outcome vow_place_stay(struct channel *channel, struct place_queue *queue,
                            struct channel_place *place, vow_deadline deadline)
{
    enum outcome outcome = vow_wait_end(place->waiter, deadline);
    if (vow_unlikely(outcome != WAITER_DONE))
        withdraw(channel, queue, place, outcome);
    return outcome;
}

/* Something may have passed all the same (channel.h). */
static VOW_COLD vow_status end_otherwise(struct channel_end *end, struct channel_place *place,
                                         enum outcome outcome)
{
    struct channel *channel = end->channel;
    bool reads = place->items != NULL;
    vow_end_leave(end);
    withdraw(channel, reads ? &channel->readers_waiting : &channel->writers_waiting, place,
             outcome);
    if (place->done != 0)
        return VOW_OK;
    return outcome == WAITER_CLOSED
               ? vow_channel_closed_status(channel, reads, place->waiter->function)
               : vow_wait_failed(place->waiter, outcome);
}

/* vow_place_stay_here, but for the words that its arguments are made into. */
static vow_status stay_here(struct channel_end *end, vow_value *items, const vow_value *source)
{
    struct channel *channel = end->channel;
    struct thread *self = vow_here.thread;
    bool reads = items != NULL;
    struct waiter waiter;
    struct channel_place place;
    vow_waiter_init(&waiter, &self->carrier, reads ? "vow_read" : "vow_write", channel);
    vow_place_init(&place, &waiter, 1, 0);
    place.here = self;
    place.items = items;
    place.source = source;
    vow_place_append(reads ? &channel->readers_waiting : &channel->writers_waiting, &place);
    vow_end_begin(end);
    vow_channel_leave_here(self);
    enum outcome outcome = vow_wait_plainly(&waiter);
    if (vow_unlikely(outcome != WAITER_DONE))
        return end_otherwise(end, &place, outcome);
    vow_end_leave(end);
    return VOW_OK;
}

struct switch_words vow_place_stay_around(uintptr_t end, uintptr_t items, uint64_t kind,
                                          uint64_t as, uintptr_t site)
{
    struct carrier *carrier = &vow_here.thread->carrier;
    struct switch_words item = {kind, as};
    vow_value source;
    memcpy(&source, &item, sizeof source);
    carrier->site = site;
    vow_status status = stay_here((struct channel_end *)end, (vow_value *)items, &source);
    return (struct switch_words){(uint64_t)status, vow_switch_plain() ? carrier->site : site};
}

VOW_COLD vow_status vow_channel_refuse_to_wait(const struct channel *channel, vow_deadline deadline,
                                               const char *state, const char *function)
{
    if (channel->serial && deadline.at > 0)
        return vow_fail_status(VOW_DEADLOCK, "%s: the serial channel is %s", function, state);
    return vow_fail_status(VOW_TIMED_OUT, "%s: the deadline passed first", function);
}

vow_status vow_place_end_slowly(struct waiter *waiter, vow_value *item)
{
    *item = vow_value_take(*item);
    vow_waiter_wake_here(waiter);
    return VOW_OK;
}

/* Telling, outside ------------------------------------------------------------------------------------------------- */

/* Lines first: nothing of users' runs in between. */
void vow_places_tell(struct place_queue *told)
{
    struct place_queue promises = {NULL, NULL};
    struct channel_place *next;
    for (struct channel_place *place = told->first; place != NULL; place = next) {
        next = place->next;
        if (place->waiter != NULL)
            vow_waiter_wake(place->waiter);
        else
            tell_later(&promises, place);
    }
    if (vow_unlikely(promises.first != NULL))
        vow_places_fire(promises.first);
}
