/*
 * buffer.c - a consumer that keeps items, and has another one consume them elsewhere.
 *
 * Two sides meet under a lock: the *keeper*, the coroutine that is sent the items, puts them into a ring; the *drain*, a
 * call on the scheduler, takes them out in batches and sends them to the consumer. The drain is under way only while
 * there is something to do, so it never waits for items; the keeper waits at the *gate*, a promise that the drain fires:
 * for room, or for the end.
 *
 *     idle --- the keeper puts an item, or closes ---> draining --- nothing is left to do ---> idle
 *
 * Invariants
 * 1. `draining`: the call is with the scheduler, or runs; otherwise it is the keeper's.
 * 2. There are items, or `closing` without `ended`, only while it is draining.
 * 3. The consumer is touched by the drain alone. Once `ended` is set nothing is sent to it any more.
 * 4. One line at a time waits at the gate, because a coroutine serves one.
 * 5. Nothing of the users' runs under the lock: neither bodies nor drops.
 */
#include <vow/deferred.h>
#include <vow/error.h>
#include <vow/generator.h>
#include <vow/memory.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/wait.h>

#include "base/fail.h"
#include "base/ledger.h"
#include "base/lock.h"
#include "base/value.h"
#include "wait/coroutine.h"

enum {
    BATCH = 32,   /* items taken under one lock */
    BATCHES = 32, /* in one call: then others have their turn */
    ROOM = 16     /* of a ring that is new */
};

struct buffer {
    struct vow_call call;
    struct lock lock;
    unsigned references; /* the keeper's, and the drain's while it is under way */
    bool draining;
    bool closing;
    bool ended;
    vow_scheduler *scheduler;
    vow_coroutine *consumer;
    vow_deferred *gate; /* NULL: nobody waits */
    vow_value error;    /* why it ended; none: nothing went wrong */
    size_t capacity;    /* SIZE_MAX: without bound */
    size_t first, count, room;
    vow_value *items; /* a ring of `room`, a power of two */
};

/* Its end --------------------------------------------------------------------------------------------------------- */

static void free_buffer(struct buffer *buffer)
{
    for (size_t i = 0; i < buffer->count; i++)
        vow_release(buffer->items[(buffer->first + i) & (buffer->room - 1)]);
    vow_release(buffer->error);
    vow_coroutine_release(buffer->consumer);
    vow_scheduler_release(buffer->scheduler);
    vow_deallocate(buffer->items);
    vow_ledger_remove(buffer);
    vow_deallocate(buffer);
}

static void unlock_and_release(struct buffer *buffer)
{
    bool last = --buffer->references == 0;

    vow_lock_give(&buffer->lock);
    if (last)
        free_buffer(buffer);
}

static vow_deferred *take_gate(struct buffer *buffer)
{
    vow_deferred *gate = buffer->gate;

    buffer->gate = NULL;
    return gate;
}

static void open_gate(vow_deferred *gate)
{
    if (gate != NULL)
        (void)vow_fire(gate, vow_none());
}

/* The drain ------------------------------------------------------------------------------------------------------- */

/* Under the lock: items into `batch`; how many. */
static size_t take_batch(struct buffer *buffer, vow_value *batch)
{
    size_t count = buffer->count < BATCH ? buffer->count : BATCH;

    for (size_t i = 0; i < count; i++)
        batch[i] = buffer->items[(buffer->first + i) & (buffer->room - 1)];
    buffer->first = (buffer->first + count) & (buffer->room - 1);
    buffer->count -= count;
    return count;
}

/* Takes the items. False: the consumer has ended; with an error, if that is in `*ret_error`. */
static bool consume(vow_coroutine *consumer, vow_value *batch, size_t count, vow_value *ret_error)
{
    size_t i = 0;
    bool goes_on = true;

    while (i < count && goes_on) {
        vow_value answer = vow_send(consumer, batch[i++]);
        goes_on = vow_coroutine_state(consumer) == VOW_COROUTINE_SUSPENDED;
        if (!goes_on && vow_is_error(answer))
            *ret_error = answer;
        else
            vow_release(answer);
    }
    while (i < count)
        vow_release(batch[i++]);
    return goes_on;
}

static void end(struct buffer *buffer, vow_value error)
{
    vow_lock_take(&buffer->lock);
    buffer->ended = true;
    buffer->error = error;
    vow_deferred *gate = take_gate(buffer);
    vow_lock_give(&buffer->lock);
    open_gate(gate);
}

/* Drops what was kept for a consumer that has ended. */
static void drop_items(struct buffer *buffer, vow_value *batch)
{
    size_t count;

    do {
        vow_lock_take(&buffer->lock);
        count = take_batch(buffer, batch);
        vow_lock_give(&buffer->lock);
        for (size_t i = 0; i < count; i++)
            vow_release(batch[i]);
    } while (count != 0);
}

static void close_consumer(struct buffer *buffer)
{
    vow_status status = vow_coroutine_close(buffer->consumer);

    end(buffer, status == VOW_OK ? vow_none() : vow_error_from_last(__FILE__, __LINE__, status));
}

/* One batch, or the close. False: nothing is left to do, and the drain's reference has gone. */
static bool drain_some(struct buffer *buffer)
{
    vow_value batch[BATCH];
    vow_value error = vow_none();

    vow_lock_take(&buffer->lock);
    size_t count = take_batch(buffer, batch);
    bool must_close = count == 0 && buffer->closing && !buffer->ended;
    if (count == 0 && !must_close) {
        buffer->draining = false;
        unlock_and_release(buffer);
        return false;
    }
    vow_deferred *gate =
        !buffer->closing && buffer->count <= buffer->capacity / 2 ? take_gate(buffer) : NULL;
    vow_lock_give(&buffer->lock);
    open_gate(gate);
    if (must_close) {
        close_consumer(buffer);
    } else if (!consume(buffer->consumer, batch, count, &error)) {
        end(buffer, error);
        drop_items(buffer, batch);
    }
    return true;
}

static void run_drain(struct vow_call *call)
{
    struct buffer *buffer = vow_container_of(call, struct buffer, call);

    for (int i = 0; i < BATCHES; i++) {
        if (!drain_some(buffer))
            return;
    }
    vow_scheduler_call(buffer->scheduler, call);
}

/* The scheduler is closed: nobody will consume what is here. */
static void drain_dropped(struct vow_call *call)
{
    struct buffer *buffer = vow_container_of(call, struct buffer, call);
    vow_value batch[BATCH];

    if (!buffer->ended) /* only the drain sets it */
        end(buffer, vow_fail(VOW_CANCELED, "vow_buffer: the scheduler is closed; items were lost"));
    drop_items(buffer, batch);
    vow_lock_take(&buffer->lock);
    buffer->draining = false;
    unlock_and_release(buffer);
}

/* Under the lock, which it gives back: sees to it that what is there is drained. */
static void unlock_and_drain(struct buffer *buffer)
{
    bool start = !buffer->draining && !buffer->ended && (buffer->count != 0 || buffer->closing);

    if (start) {
        buffer->draining = true;
        buffer->references++;
    }
    vow_lock_give(&buffer->lock);
    if (start)
        vow_scheduler_call(buffer->scheduler, &buffer->call);
}

/* The keeper ------------------------------------------------------------------------------------------------------ */

/* Under the lock, which it gives back: drains, and waits until the gate opens. */
static vow_status unlock_and_wait(struct buffer *buffer)
{
    vow_promise *promise;

    buffer->gate = vow_deferred_new(&promise);
    if (buffer->gate == NULL) {
        vow_lock_give(&buffer->lock);
        return VOW_NO_MEMORY;
    }
    unlock_and_drain(buffer);
    vow_status status = vow_wait(promise, VOW_FOREVER, NULL);
    vow_promise_release(promise);
    return status;
}

/* Under the lock: room for one more. */
static bool grow(struct buffer *buffer)
{
    if (buffer->count < buffer->room)
        return true;
    size_t room = buffer->room == 0 ? ROOM : buffer->room * 2;
    vow_value *items =
        room <= SIZE_MAX / sizeof *items / 2 ? vow_allocate(room * sizeof *items) : NULL;
    if (items == NULL)
        return false;
    for (size_t i = 0; i < buffer->count; i++)
        items[i] = buffer->items[(buffer->first + i) & (buffer->room - 1)];
    vow_deallocate(buffer->items);
    buffer->items = items;
    buffer->room = room;
    buffer->first = 0;
    return true;
}

/* Gives the lock back: no longer than until the drain has gone on, one who waits in vain leaves no gate behind. */
static vow_value unlock_and_fail(struct buffer *buffer, vow_status status)
{
    vow_deferred *gate = take_gate(buffer);

    vow_lock_give(&buffer->lock);
    open_gate(gate);
    return vow_error_from_last(__FILE__, __LINE__, status);
}

/* Keeps `item`, when there is room. None; the end, if the consumer has ended, or an error. */
static vow_value put(struct buffer *buffer, vow_value item)
{
    vow_status status = VOW_OK;

    vow_lock_take(&buffer->lock);
    while (buffer->count >= buffer->capacity && !buffer->ended && status == VOW_OK) {
        status = unlock_and_wait(buffer);
        vow_lock_take(&buffer->lock);
    }
    if (status != VOW_OK)
        return unlock_and_fail(buffer, status);
    if (buffer->ended) {
        vow_value error = buffer->error;
        buffer->error = vow_none();
        vow_lock_give(&buffer->lock);
        return vow_is_error(error) ? error : vow_end();
    }
    if (!grow(buffer))
        return unlock_and_fail(
            buffer, vow_fail_literal(VOW_NO_MEMORY, "vow_buffer: no memory for an item"));
    buffer->items[(buffer->first + buffer->count++) & (buffer->room - 1)] = vow_value_take(item);
    unlock_and_drain(buffer);
    return vow_none();
}

/* Waits until everything has been consumed, and the consumer has ended. */
static vow_value close_buffer(struct buffer *buffer)
{
    vow_status status = VOW_OK;

    vow_lock_take(&buffer->lock);
    buffer->closing = true;
    while (!buffer->ended && status == VOW_OK) {
        status = unlock_and_wait(buffer);
        vow_lock_take(&buffer->lock);
    }
    if (status != VOW_OK)
        return unlock_and_fail(buffer, status);
    vow_value error = buffer->error;
    buffer->error = vow_none();
    vow_lock_give(&buffer->lock);
    return error;
}

/* Begun by vow_buffer itself: it is told of its end, then, even where no item has come. */
static vow_value keep(vow_value input, void *context)
{
    struct buffer *buffer = context;

    (void)input;
    for (;;) {
        vow_value item = vow_yield(vow_none());
        if (vow_coroutine_is_closing())
            return close_buffer(buffer);
        vow_value answer = put(buffer, item);
        if (!vow_is_none(answer))
            return vow_is_end(answer) ? vow_none() : answer;
    }
}

/* The keeper has ended; where it could not wait, the drain goes on without it, and closes the consumer. */
static void drop_keeper(void *context)
{
    struct buffer *buffer = context;

    vow_lock_take(&buffer->lock);
    buffer->closing = true;
    unlock_and_drain(buffer);
    vow_lock_take(&buffer->lock);
    unlock_and_release(buffer);
}

static struct buffer *buffer_new(vow_coroutine *consumer, vow_scheduler *scheduler, size_t capacity)
{
    struct buffer *buffer = vow_allocate(sizeof *buffer);

    if (buffer == NULL) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_buffer: no memory for the buffer");
        return NULL;
    }
    *buffer = (struct buffer){
        .call = {.run = run_drain, .dropped = drain_dropped},
        .references = 1,
        .ended = true, /* until there is a keeper: what cannot be made leaves the consumer alone */
        .scheduler = vow_scheduler_retain(scheduler != NULL ? scheduler : vow_default_pool()),
        .consumer = vow_coroutine_retain(consumer),
        .capacity = capacity != 0 ? capacity : SIZE_MAX,
    };
    vow_ledger_add(buffer, sizeof *buffer, "buffer");
    return buffer;
}

vow_coroutine *vow_buffer(vow_coroutine *consumer, vow_scheduler *scheduler, size_t capacity)
{
    struct vow_coroutine_options options = {
        .size = sizeof options, .body = keep, .drop = drop_keeper, .name = "buffer"};

    if (consumer == NULL) {
        (void)vow_fail_literal(VOW_INVALID, "vow_buffer: consumer is NULL");
        return NULL;
    }
    options.context = buffer_new(consumer, scheduler, capacity);
    if (options.context == NULL)
        return NULL;
    vow_coroutine *made = vow_coroutine_new_with(&options);
    if (made == NULL)
        return NULL;
    ((struct buffer *)options.context)->ended = false;
    vow_release(vow_next(made));
    return made;
}
