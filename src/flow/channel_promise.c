/*
 * channel_promise.c - reading and writing by promise: a place in the queue that belongs to a promise (channel.h).
 *
 *   queued --- an item passed --> DONE ------.
 *      |------ closed ----------> CLOSED ----+--> told: the promise is fired, once
 *      |------ nobody hears it -> CANCELED --|
 *      '------ canceled --------> CANCELED --'
 *
 * What was decided inside stands: a cancel that comes between that and the telling finds it decided, and fires the promise
 * itself, the same way. The item that was read is held until both have come by.
 */
#include "base/object.h"
#include "control/promise.h"
#include "flow/channel.h"

#include <vow/error.h>

/* Two references: one of the queue's (then the teller's), one of the canceller's. */
struct channel_promised {
    struct channel_place place;
    _Atomic uint32_t references;
    enum outcome outcome; /* WAITER_WAITING until it is decided; changes inside */
    bool reads;
    vow_value item;          /* to be written, owned until it has passed; or what was read, owned */
    struct channel_end *end; /* one reference */
    vow_deferred *deferred;  /* the queue's, then the teller's */
};

static inline struct channel_promised *promised_of(const struct channel_place *place)
{
    return vow_container_of((struct channel_place *)(uintptr_t)place, struct channel_promised,
                            place);
}

static const char *function_of(const struct channel_promised *promised)
{
    return promised->reads ? "vow_read_promise" : "vow_write_promise";
}

/* Inside ---------------------------------------------------------------------------------------------------------- */

bool vow_place_is_unheard(const struct channel_place *place)
{
    const vow_promise *promise = (const vow_promise *)promised_of(place)->deferred;
    /* acquire: pairs with the release of who gave the last other reference back; `links` is ours then */
    uint64_t word = atomic_load_explicit(&promise->counted.word, memory_order_acquire);
    return word >> 32 == 1 && promise->links == NULL;
}

void vow_place_decide(struct channel_place *place, enum outcome outcome)
{
    promised_of(place)->outcome = outcome;
}

/* Outside --------------------------------------------------------------------------------------------------------- */

static void release_end(struct channel_promised *promised)
{
    vow_counted_release(&promised->end->counted);
}

static void release_promised(void *context)
{
    struct channel_promised *promised = context;
    /* P1 acq_rel: pairs with itself; who frees it comes after the other */
    if (atomic_fetch_sub_explicit(&promised->references, 1, memory_order_acq_rel) != 1)
        return;
    if (promised->reads || promised->place.done == 0)
        vow_value_drop(promised->item);
    release_end(promised);
    vow_object_delete(promised, sizeof(*promised));
}

/* Owned. */
static vow_value value_for(const struct channel_promised *promised)
{
    switch (promised->outcome) {
    case WAITER_DONE:
        return promised->reads ? vow_retain(vow_borrow(promised->item)) : vow_none();
    case WAITER_CLOSED:
        return vow_channel_closed_error(promised->end->channel, promised->reads,
                                        function_of(promised));
    default:
        return vow_fail(VOW_CANCELED, "%s: canceled", function_of(promised));
    }
}

static void tell(struct channel_promised *promised)
{
    (void)vow_fire(promised->deferred, value_for(promised)); /* give_up may have fired it */
    release_promised(promised);
}

/* Promises that are being told: what one of them runs may wait for another one, and that wait tells the rest. */
struct telling {
    struct interrupted interrupted;
    struct channel_place *next;
};

static void tell_rest(struct interrupted *interrupted)
{
    struct telling *telling = vow_container_of(interrupted, struct telling, interrupted);
    while (telling->next != NULL) {
        struct channel_promised *promised = promised_of(telling->next);
        telling->next = promised->place.next;
        tell(promised);
    }
}

void vow_places_fire(struct channel_place *first)
{
    struct telling telling = {.interrupted = {.hand_over = tell_rest, .outer = vow_locals.firing},
                              .next = first};
    vow_locals.firing = &telling.interrupted;
    tell_rest(&telling.interrupted);
    vow_locals.firing = telling.interrupted.outer;
}

/* The canceller: gives the place up. If its turn has come meanwhile that stands. */
static void give_up(void *context)
{
    struct channel_promised *promised = context;
    struct channel *channel = promised->end->channel;
    bool locked = vow_channel_enter(channel);
    bool waits = promised->place.queued;
    if (waits) {
        vow_place_remove(promised->reads ? &channel->readers_waiting : &channel->writers_waiting,
                         &promised->place);
        promised->outcome = WAITER_CANCELED;
    }
    vow_channel_leave(channel, locked);
    if (waits)
        tell(promised);
    else if (!vow_deferred_fired(promised->deferred))
        (void)vow_resolve(promised->deferred, value_for(promised));
}

/* Making ---------------------------------------------------------------------------------------------------------- */

/* Passes at once, or stands in the queue. VOW_OK: it is told, or will be. */
static vow_status stand(struct channel_promised *promised)
{
    struct channel *channel = promised->end->channel;
    struct channel_place *place = &promised->place;
    struct place_queue told = {NULL, NULL};
    vow_status status = VOW_OK;
    bool locked = vow_channel_enter(channel);
    bool closed = vow_channel_is_closed(channel);
    if (promised->reads)
        place->done = vow_channel_take(channel, &promised->item, 1, &told);
    else if (!closed)
        place->done = vow_channel_put(channel, &promised->item, 1, &told);
    bool passed = place->done != 0;
    if (passed)
        promised->outcome = WAITER_DONE;
    else if (closed)
        promised->outcome = WAITER_CLOSED;
    else if (!promised->reads && vow_channel_needs_memory(channel))
        status = VOW_NO_MEMORY;
    else if (channel->serial)
        status = VOW_DEADLOCK;
    else
        vow_place_append(promised->reads ? &channel->readers_waiting : &channel->writers_waiting,
                         place);
    bool wants = promised->reads && place->queued;
    vow_channel_leave_and_tell(channel, locked, &told);
    if (passed && promised->reads)
        vow_channel_was_read(channel);
    if (passed || (closed && status == VOW_OK))
        tell(promised);
    else if (wants)
        vow_channel_want(channel, 0);
    return status;
}

static VOW_COLD vow_status refuse_status(vow_status status, const char *function)
{
    if (status == VOW_DEADLOCK)
        return vow_fail_status(status, "%s: the serial channel has %s", function,
                               function[4] == 'r' ? "no item" : "no room");
    return vow_fail_status(status, "%s: out of memory", function);
}

static vow_promise *promise_by(struct channel_end *end, bool reads, vow_value item)
{
    vow_promise *promise = NULL;
    const char *function = reads ? "vow_read_promise" : "vow_write_promise";
    struct channel_promised *promised = vow_object_new(sizeof(*promised));
    vow_deferred *deferred = promised != NULL ? vow_deferred_new(&promise) : NULL;
    if (deferred == NULL) {
        if (promised != NULL)
            vow_object_delete(promised, sizeof(*promised));
        vow_release(item);
        return vow_promise_refused(refuse_status(VOW_NO_MEMORY, function));
    }
    *promised = (struct channel_promised){.place = {.count = 1},
                                          .references = 2,
                                          .reads = reads,
                                          .item = vow_value_take(item),
                                          .end = end,
                                          .deferred = deferred};
    if (reads)
        promised->place.items = &promised->item;
    else
        promised->place.source = &promised->item;
    vow_counted_retain(&end->counted);
    vow_status status = vow_set_canceller(deferred, give_up, promised, release_promised);
    if (status == VOW_OK)
        status = stand(promised);
    if (vow_unlikely(status != VOW_OK)) {
        (void)refuse_status(status, function);
        (void)vow_fire(deferred, vow_error_from_last(__FILE__, __LINE__, status));
        release_promised(promised);
    }
    return promise;
}

vow_promise *vow_write_promise(vow_writer *writer, vow_value item)
{
    if (vow_unlikely(writer == NULL)) {
        vow_release(item);
        return vow_promise_refused(
            vow_fail_literal(VOW_INVALID, "vow_write_promise: writer is NULL"));
    }
    if (writer->hook.call != NULL) {
        vow_value given = vow_value_take(writer->hook.call(vow_borrow(item), writer->hook.context));
        vow_release(item);
        item = given;
    }
    return promise_by(&writer->end, false, item);
}

/* Runs the reader's hook on what a promise was given; the promise keeps what that leaves. */
static vow_value run_after(vow_value input, void *context)
{
    vow_reader *reader = context;
    vow_value item = vow_retain(vow_borrow(input));
    if (reader->after.call != NULL)
        reader->after.call(reader, &item, 1, reader->after.context);
    return item;
}

static void release_reader(void *reader)
{
    vow_reader_release(reader);
}

vow_promise *vow_read_promise(vow_reader *reader)
{
    if (vow_unlikely(reader == NULL))
        return vow_promise_refused(
            vow_fail_literal(VOW_INVALID, "vow_read_promise: reader is NULL"));
    vow_reader_before(reader, 1);
    vow_promise *promise = promise_by(&reader->end, true, vow_none());
    if (reader->after.call == NULL)
        return promise;
    vow_handlers handlers = {.size = sizeof(handlers),
                             .fulfilled = run_after,
                             .context = vow_reader_retain(reader),
                             .drop = release_reader};
    return vow_add_callbacks(promise, &handlers);
}
