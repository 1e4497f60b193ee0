/*
 * dispatcher.h - the dispatcher: a table of who listens to what, under a lock, and its generation.
 *
 * Who publishes does not take the lock, as long as nothing has changed: each thread keeps what it has found in the table
 * (view.h), which is valid for one generation. Generations are numbered for the whole process, so that none comes again.
 *
 * Invariants
 * 1. The table and what subscriptions say of it are guarded by the lock; no user's code runs inside.
 * 2. Each change of the table gives the dispatcher a new generation, under the lock.
 * 3. References: the owner's, and one of each subscription.
 */
#ifndef VOW_MESSAGING_DISPATCHER_H
#define VOW_MESSAGING_DISPATCHER_H

#include <vow/dispatcher.h>

#include "base/counted.h"
#include "base/lock.h"
#include "messaging/route.h"

struct vow_dispatcher {
    struct counted counted;
    _Atomic uint64_t generation;
    struct lock lock;
    bool closed; /* under the lock, with the next two */
    struct table table;
    uint64_t serial;          /* of the subscription made last */
    vow_scheduler *scheduler; /* one reference, or NULL; never changes */
};

static inline uint64_t vow_dispatcher_generation(const vow_dispatcher *dispatcher)
{
    /* relaxed: only compared; what the generation stands for is read under the lock */
    return atomic_load_explicit(&dispatcher->generation, memory_order_relaxed);
}

static inline void vow_dispatcher_ref(vow_dispatcher *dispatcher)
{
    vow_counted_retain(&dispatcher->counted);
}

static inline void vow_dispatcher_unref(vow_dispatcher *dispatcher)
{
    vow_counted_release(&dispatcher->counted);
}

/* Puts a subscription, of which the table gets a reference, into the table. VOW_CLOSED, VOW_NO_MEMORY. */
vow_status vow_dispatcher_add(vow_subscription *subscription, const void *sender,
                              const vow_name_handle *name);

/* Takes `subscription` out of the table of its dispatcher, if it is still there. */
void vow_dispatcher_remove(vow_subscription *subscription);

#endif
