/*
 * subscription.h - one handler, its place, and the messages that wait for their turn there.
 *
 * A subscription is a queue of its own on its place: whoever publishes appends, and sends the call there if it is not on
 * its way; the call runs the handler for one message after the other. At home on immediate, the thread itself skips the
 * queue where it is empty (deliver.c).
 *
 * `attention`, an atomic word that is written under the lock, says what the quick way must not pass by:
 *   QUEUED   messages wait in the queue
 *   ENDED    the handler is not to be called any more; whoever finds it so at the place, and not busy, runs `drop`
 *
 * Invariants
 * 1. `busy` says that the handler runs, or that a promise that it gave is pending. It is written at the place only: where
 *    that is a thread's, without the lock; elsewhere under it, by the call, of which there is one (`scheduled`).
 * 2. While busy the queue stays as it is: who clears `busy` looks at `attention` after that.
 * 3. While `scheduled`, the call holds a reference. A pending promise of the handler's holds one, too.
 * 4. `drop` runs once, after ENDED, never while busy.
 * 5. A subscription is in its dispatcher's table until it is ended; the table holds a reference.
 * 6. One that is to be told once (`deferred`) has no place: who publishes ends it, and fires.
 */
#ifndef VOW_MESSAGING_SUBSCRIPTION_H
#define VOW_MESSAGING_SUBSCRIPTION_H

#include <vow/deferred.h>
#include <vow/dispatcher.h>

#include "base/counted.h"
#include "base/lock.h"
#include "execution/scheduler.h"
#include "messaging/message.h"

#define SUBSCRIPTION_QUEUED 1u
#define SUBSCRIPTION_ENDED 2u

struct pending;
struct route;

struct vow_subscription {
    struct counted counted;
    /* Read by who publishes: */
    vow_scheduler *place; /* one reference; NULL: told once */
    vow_fn *fn;
    void *context;
    _Atomic uint32_t attention;
    bool busy;
    /* Under the lock: */
    bool scheduled;
    bool dropped;
    struct lock lock;
    struct pending *first, *last;
    struct vow_call call;
    void (*drop)(void *context);
    vow_deferred *deferred; /* of one that is told once; taken by who ends it */
    /* Under the dispatcher's lock: */
    struct vow_dispatcher *dispatcher; /* one reference, until destroyed */
    struct route *route;               /* NULL: not in the table any more */
    vow_subscription *next, *former;   /* in the route */
    uint64_t serial;                   /* older ones are lower */
};

static inline uint32_t vow_subscription_attention(const vow_subscription *subscription)
{
    /* relaxed: what happened before is seen; of what happens at once, either is right. Who sees a bit takes the lock */
    return atomic_load_explicit(&subscription->attention, memory_order_relaxed);
}

static inline void vow_subscription_ref(vow_subscription *subscription)
{
    vow_counted_retain(&subscription->counted);
}

static inline void vow_subscription_unref(vow_subscription *subscription)
{
    vow_counted_release(&subscription->counted);
}

/* One reference, the caller's, to a subscription without a route; shares `place`. NULL without memory. */
vow_subscription *vow_subscription_make(struct vow_dispatcher *dispatcher, vow_scheduler *place,
                                        vow_fn *fn, void *context, void (*drop)(void *context));

/* What the handler has returned, taken. True: it is a promise, and the subscription stays busy until that has settled. */
bool vow_subscription_result(vow_subscription *subscription, vow_value result);

/* At its place: runs the handler for what is in the queue, unless it is busy; and `drop`, where it has ended. At most
   `budget` messages; true if more are left. */
bool vow_subscription_drain(vow_subscription *subscription, size_t budget);

/* Appends `message`, unless the subscription has ended. The caller sees to it that the queue is drained, or has the call
   sent to the place (`send`). */
vow_status vow_subscription_push(vow_subscription *subscription, struct message *message,
                                 bool send);

/* Its handler is not called any more, what it has in the queue is given up. False if it was ended before. Not in the table
   any more. */
bool vow_subscription_end(vow_subscription *subscription);

/* Of one that is told once: ends it; its deferred, now the caller's. NULL if it was ended before. */
vow_deferred *vow_subscription_take_deferred(vow_subscription *subscription);

#endif
