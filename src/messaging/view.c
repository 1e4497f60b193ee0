/*
 * view.c - making views from tables, and letting them go (view.h).
 */
#include "messaging/view.h"

#include <string.h>
#include <vow/memory.h>

/* The thread --------------------------------------------------------------------------------------------------- */

static void forget(struct messenger *messenger, const vow_dispatcher *dispatcher)
{
    for (unsigned i = 0; i < VIEW_SLOTS; i++) {
        struct view *view = messenger->views[i];
        if (view != NULL && (dispatcher == NULL || view->dispatcher == dispatcher)) {
            messenger->views[i] = NULL;
            vow_view_leave(view);
        }
    }
}

static void end_messenger(struct messenger *messenger)
{
    forget(messenger, NULL);
    vow_deallocate(messenger);
}

VOW_COLD struct messenger *vow_messenger_make(void)
{
    struct thread *thread = vow_thread_here();
    if (thread == NULL)
        return NULL;
    thread->messenger = vow_allocate(sizeof *thread->messenger);
    if (thread->messenger == NULL)
        return NULL;
    memset(thread->messenger, 0, sizeof *thread->messenger);
    thread->end_messenger = end_messenger;
    return thread->messenger;
}

void vow_view_forget(const vow_dispatcher *dispatcher)
{
    struct thread *thread = vow_here.thread;
    if (thread != NULL && thread->messenger != NULL)
        forget(thread->messenger, dispatcher);
}

/* Views -------------------------------------------------------------------------------------------------------- */

void vow_view_free(struct view *view)
{
    for (uint32_t i = 0; i < view->count; i++)
        vow_subscription_unref(view->subscriptions[i]);
    vow_deallocate(view);
}

static uint32_t count_matching(struct matching matching)
{
    uint32_t count = 0;
    while (vow_route_next(&matching) != NULL)
        count++;
    return count;
}

/* Under the dispatcher's lock. */
static struct view *view_of(vow_dispatcher *dispatcher, const void *sender,
                            const vow_name_handle *name)
{
    struct matching matching;
    vow_route_match(&dispatcher->table, sender, name, &matching);
    uint32_t count = count_matching(matching);
    struct view *view = vow_allocate(sizeof *view + count * sizeof(void *));
    if (view == NULL)
        return NULL;
    *view = (struct view){.dispatcher = dispatcher,
                          .sender = sender,
                          .name = name,
                          .generation = vow_dispatcher_generation(dispatcher),
                          .uses = 1,
                          .count = count};
    for (uint32_t i = 0; i < count; i++) {
        view->subscriptions[i] = vow_route_next(&matching);
        vow_subscription_ref(view->subscriptions[i]);
    }
    return view;
}

/* With it may go what only it held, by users' code, which may publish: so it is done again then. */
static void make_room(struct view **slot)
{
    struct view *former;
    while ((former = *slot) != NULL) {
        *slot = NULL;
        vow_view_leave(former);
    }
}

VOW_COLD struct view *vow_view_make(struct view **slot, vow_dispatcher *dispatcher,
                                    const void *sender, const vow_name_handle *name)
{
    make_room(slot);
    vow_lock_take(&dispatcher->lock);
    struct view *view = view_of(dispatcher, sender, name);
    vow_lock_give(&dispatcher->lock);
    if (view == NULL)
        return NULL;
    *slot = view;
    return view;
}
