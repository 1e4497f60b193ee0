/*
 * notify.c - progress: from a producer to the listeners of its promise, and on to promises derived from it.
 *
 * A notification is a call of its own, at the home of each promise that it visits. A visit marks the promise RUNNING,
 * so that its links stay while their listeners run; settling meanwhile is stored and followed afterwards.
 */
#include "control/run.h"
#include <vow/memory.h>
#include <vow/submit.h>

struct notification {
    struct vow_call call;
    vow_promise *promise; /* one reference */
    vow_value value;      /* owned */
};

/* What a visit needs of a link, copied while inside. */
struct listener {
    vow_fn *notified;
    void *context;
    vow_promise *target; /* one reference, or NULL */
};

enum { FEW_LISTENERS = 8 };

static void end_notification(struct notification *notification)
{
    vow_release(notification->value);
    vow_promise_unref(notification->promise);
    vow_object_delete(notification, sizeof(*notification));
}

static void dropped(struct vow_call *call)
{
    end_notification(vow_container_of(call, struct notification, call));
}

static void visit(struct vow_call *call);

/* Takes `value`. */
static bool send(vow_promise *promise, vow_value value)
{
    struct notification *notification = vow_object_new(sizeof(*notification));
    if (notification == NULL) {
        vow_release(value);
        return false;
    }
    vow_promise_ref(promise);
    *notification = (struct notification){
        .call = {.run = visit, .dropped = dropped}, .promise = promise, .value = value};
    vow_scheduler_call(promise->home, &notification->call);
    return true;
}

/* Inside ------------------------------------------------------------------------------------------------------------------- */

static size_t count_links(const vow_promise *promise)
{
    size_t count = 0;
    const struct link *link = promise->links;
    if (link != NULL) {
        do {
            count++;
            link = link->next;
        } while (link != promise->links);
    }
    return count;
}

static bool copy_listener(struct link *link, struct listener *ret_listener)
{
    struct listener listener = {NULL, NULL, NULL};
    if ((link->flags & (LINK_FULL | LINK_DEAD)) == LINK_FULL) {
        listener.notified = ((struct full_link *)link)->notified;
        listener.context = link->context;
    }
    if (link->kind == LINK_THEN || link->kind == LINK_ADOPT) {
        listener.target = vow_link_target(link);
        vow_promise_ref(listener.target);
    }
    *ret_listener = listener;
    return listener.notified != NULL || listener.target != NULL;
}

static size_t copy_listeners(vow_promise *promise, struct listener *listeners, size_t room)
{
    size_t count = 0;
    struct link *link = vow_link_first(promise);
    for (size_t i = 0; link != NULL && i < room; i++) {
        if (copy_listener(link, &listeners[count]))
            count++;
        link = link == promise->links ? NULL : link->next;
    }
    return count;
}

/* A visit -------------------------------------------------------------------------------------------------------------------- */

static void tell(const struct listener *listeners, size_t count, vow_promise *promise,
                 vow_value value)
{
    for (size_t i = 0; i < count; i++) {
        const struct listener *listener = &listeners[i];
        if (listener->notified != NULL) {
            vow_scheduler *saved = vow_here.home;
            vow_here.home = promise->home;
            vow_release(listener->notified(vow_borrow(value), listener->context));
            vow_here.home = saved;
        }
        if (listener->target != NULL) {
            (void)send(listener->target, vow_retain(vow_borrow(value)));
            vow_promise_unref(listener->target);
        }
    }
}

/* Inside on entry and on return: marks the promise, so that links stay, and copies what is to be told. */
static size_t begin(vow_promise *promise, struct listener *few, struct listener **ret_listeners)
{
    size_t room = count_links(promise);
    *ret_listeners = few;
    if (room > FEW_LISTENERS)
        *ret_listeners = vow_allocate(room * sizeof(**ret_listeners));
    if (*ret_listeners == NULL)
        return 0;
    return copy_listeners(promise, *ret_listeners, room);
}

static void visit(struct vow_call *call)
{
    struct notification *notification = vow_container_of(call, struct notification, call);
    vow_promise *promise = notification->promise;
    struct listener few[FEW_LISTENERS];
    struct listener *listeners;
    vow_promise_enter(promise);
    /* It was sent before the firing: links that have not run yet still get it, though the value may be there. Who
       marks the promise clears it; where it is marked further out on this stack, its links stay meanwhile; where
       another thread runs its links, this comes again later. */
    bool mark = !vow_promise_has(promise, PROMISE_RUNNING);
    if (!mark && !vow_scheduler_is_mine(promise->home)) {
        vow_promise_leave(promise);
        vow_scheduler_call(promise->home, call);
        return;
    }
    size_t count = begin(promise, few, &listeners);
    if (mark)
        vow_promise_set(promise, PROMISE_RUNNING);
    vow_promise_leave(promise);
    tell(listeners, count, promise, notification->value);
    if (listeners != few)
        vow_deallocate(listeners);
    vow_promise_enter(promise);
    if (mark)
        vow_promise_clear(promise, PROMISE_RUNNING);
    if (vow_promise_has(promise,
                        PROMISE_SCHEDULED)) /* its call comes, after further progress perhaps */
        vow_promise_leave(promise);
    else
        vow_promise_run(promise);
    end_notification(notification);
}

static vow_status notify(vow_promise *promise, vow_value value, const char *function)
{
    if (vow_promise_word(promise) & PROMISE_FIRED) {
        vow_release(value);
        return vow_fail_status(VOW_ALREADY_FIRED, "%s: the promise has been fired or canceled",
                               function);
    }
    if (!send(promise, vow_own(value)))
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    return VOW_OK;
}

vow_status vow_notify(vow_deferred *deferred, vow_value value)
{
    if (vow_unlikely(deferred == NULL)) {
        vow_release(value);
        return vow_fail_literal(VOW_INVALID, "vow_notify: deferred is NULL");
    }
    return notify((vow_promise *)deferred, value, "vow_notify");
}

vow_status vow_report(vow_value value)
{
    if (vow_here.job != NULL)
        return notify(vow_here.job, value, "vow_report");
    vow_release(value);
    return vow_fail_literal(VOW_INVALID, "vow_report: no job is running on this line");
}
