/*
 * view.h - what a thread remembers of dispatchers: who gets a message of this sender and name.
 *
 * A view is a copy of what the table said in one generation of the dispatcher. It belongs to one thread and counts its
 * uses without atomics; so publishing what was published before touches nothing that other threads write but the
 * generation. Subscriptions in it may have ended meanwhile: their `attention` says so.
 *
 * A thread keeps a few views, each in the slot that its key gives; what is not valid any more is replaced when it is
 * looked for. Their memory is not counted as objects (vow_live_objects), but the subscriptions are; so who ends one drops
 * this thread's views of that dispatcher. Other threads' go when they publish there, or end.
 *
 * Invariants
 * 1. A view in a slot has one use, each delivery that goes by it another; with the last it is freed.
 * 2. A view holds a reference to each of its subscriptions; none to its dispatcher, which it only compares.
 * 3. Where a view is left, users' code may run: the last of a dispatcher and of a scheduler of the user's may go with it.
 */
#ifndef VOW_MESSAGING_VIEW_H
#define VOW_MESSAGING_VIEW_H

#include "messaging/dispatcher.h"
#include "messaging/subscription.h"

#define VIEW_SLOTS_LOG 6
#define VIEW_SLOTS (1u << VIEW_SLOTS_LOG)

struct view {
    const vow_dispatcher *dispatcher;
    const void *sender;
    const vow_name_handle *name;
    uint64_t generation;
    uint32_t uses;
    uint32_t count;
    vow_subscription *subscriptions[];
};

/* A message that is being brought, on the stack of who publishes; lines that wait meanwhile leave it in the list. It goes when
   all have got it, or are getting it from others: who brings it for a line must not touch it once a handler has run. */
struct delivery {
    struct delivery *next, **link;
    struct view *view;
    struct message *message;
    vow_subscription **next_one, **end; /* in the view: who has not got it yet */
    bool failed;                        /* somebody does not get it, for want of memory */
};

/* What messaging keeps for a thread: in the thread's record. */
struct messenger {
    struct delivery *deliveries; /* under way on this thread, the innermost first */
    struct view *views[VIEW_SLOTS];
};

/* The calling thread's, made at first use; NULL without memory. */
struct messenger *vow_messenger_make(void);

static inline struct messenger *vow_messenger_here(void)
{
    struct thread *thread = vow_here.thread;
    return vow_likely(thread != NULL && thread->messenger != NULL) ? thread->messenger
                                                                   : vow_messenger_make();
}

static inline struct view **vow_view_slot(struct messenger *here, const vow_dispatcher *dispatcher,
                                          const void *sender, const vow_name_handle *name)
{
    uint64_t key = (uintptr_t)sender + ((uintptr_t)name << 1) + ((uintptr_t)dispatcher << 2);
    return &here->views[key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - VIEW_SLOTS_LOG)];
}

/* A view from the table, in `slot` from now on; NULL without memory. */
struct view *vow_view_make(struct view **slot, vow_dispatcher *dispatcher, const void *sender,
                           const vow_name_handle *name);

static inline struct view *vow_view_find(struct messenger *here, vow_dispatcher *dispatcher,
                                         const void *sender, const vow_name_handle *name)
{
    struct view **slot = vow_view_slot(here, dispatcher, sender, name);
    struct view *view = *slot;
    if (vow_likely(view != NULL && view->sender == sender && view->name == name &&
                   view->dispatcher == dispatcher &&
                   view->generation == vow_dispatcher_generation(dispatcher)))
        return view;
    return vow_view_make(slot, dispatcher, sender, name);
}

void vow_view_free(struct view *view);

/* Ends one use. */
static inline void vow_view_leave(struct view *view)
{
    if (vow_unlikely(--view->uses == 0))
        vow_view_free(view);
}

/* The calling thread forgets what it knows of `dispatcher`; of all, where that is NULL. */
void vow_view_forget(const vow_dispatcher *dispatcher);

#endif
