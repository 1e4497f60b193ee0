/*
 * notify.c - progress: from a producer to the listeners of its promise, and on to promises derived from it.
 *
 * A notification is a call of its own, at the home of each promise that it visits. A visit marks the promise RUNNING,
 * so that its links stay while their listeners run; settling meanwhile is stored and followed afterwards. Where a listener
 * waits, further visits come to the promise on the home's thread, and may end after it: who ends first leaves its marks to
 * one of them.
 *
 * No result overtakes progress that was sent before it: the links of a promise that was notified run when its call has
 * come by the home, behind the progress (comes_home in run.c); fired on the home's own thread, at home on immediate,
 * they run at once.
 */
#include "control/run.h"
#include "control/settle.h"
#include "control/told.h"
#include "execution/queue.h"
#include <vow/memory.h>
#include <vow/submit.h>

struct notification {
    struct vow_call call;
    vow_promise *promise; /* one reference */
    vow_value value;      /* owned */
    bool posted;          /* came from another thread, in a queue where more may stand behind it */
    bool marked;          /* this visit set RUNNING */
    bool stopped;         /* this visit paused the promise and set TELLING */
    struct notification *next; /* in its thread's `beside` */
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
    vow_deferred_release((vow_deferred *)notification->promise);
    vow_object_delete(notification, sizeof(*notification));
}

static void dropped(struct vow_call *call)
{
    end_notification(vow_container_of(call, struct notification, call));
}

static void visit_all(struct vow_call *call);

/* Takes `value`. NULL without memory, or at the limit. */
static struct notification *make(vow_promise *promise, vow_value value, bool posted)
{
    struct notification *notification = vow_object_new(sizeof(*notification));
    /* as a producer, not to be taken for a consumer */
    if (notification == NULL || vow_deferred_retain((vow_deferred *)promise) == NULL) {
        if (notification != NULL)
            vow_object_delete(notification, sizeof(*notification));
        vow_release(value);
        return NULL;
    }
    *notification = (struct notification){.call = {.run = visit_all, .dropped = dropped},
                                          .promise = promise,
                                          .value = value,
                                          .posted = posted};
    /* relaxed: who settles later is ordered after this by whatever makes it later */
    atomic_fetch_or_explicit(&promise->counted.word, PROMISE_NOTIFIED, memory_order_relaxed);
    return notification;
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
    if (link->kind != LINK_TOLD || (link->flags & LINK_FORWARD))
        listener.target = vow_link_waits(link);
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

/* On to a derived promise: in this visit if it is at home here, too, otherwise by a call. */
static void pass_on(vow_promise *target, const struct notification *from, struct call_queue *todo)
{
    bool here = target->home == from->promise->home;
    bool posted = here ? from->posted : !vow_scheduler_is_mine(target->home);
    struct notification *notification = make(target, vow_retain(vow_borrow(from->value)), posted);
    if (notification == NULL)
        return;
    if (here)
        vow_queue_append(todo, &notification->call);
    else
        vow_scheduler_call(target->home, &notification->call);
}

static void tell(const struct listener *listeners, size_t count,
                 const struct notification *notification, struct call_queue *todo)
{
    vow_scheduler *saved = vow_locals.home;
    vow_locals.home = notification->promise->home;
    for (size_t i = 0; i < count; i++) {
        const struct listener *listener = &listeners[i];
        if (listener->notified != NULL)
            vow_release(listener->notified(vow_borrow(notification->value), listener->context));
        if (listener->target != NULL) {
            pass_on(listener->target, notification, todo);
            vow_promise_unref(listener->target);
        }
    }
    vow_locals.home = saved;
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

/* RUNNING was set by others: further out on this stack, or by a thread that runs a link with a scheduler of its own. That
   one stops before its next link, and cancels take none out, until all have been told. Inside. */
static void stop_others(struct notification *notification)
{
    vow_promise *promise = notification->promise;
    /* relaxed, here and below: under the lock; a firing that delivers writes it only while PENDING */
    notification->stopped =
        vow_promise_phase(promise) != PROMISE_PENDING && promise->pauses != UINT16_MAX &&
        (atomic_load_explicit(&promise->delivery, memory_order_relaxed) & PROMISE_TELLING) == 0;
    if (!notification->stopped)
        return;
    promise->pauses++;
    atomic_fetch_or_explicit(&promise->delivery, PROMISE_TELLING, memory_order_relaxed);
}

/* Visits that find their promise marked: the home's thread has them all, since elsewhere they come again later. */
static void stand_beside(struct notification *notification)
{
    notification->next = vow_here.thread->beside;
    vow_here.thread->beside = notification;
}

/* Gives another visit to the same promise that is under way, or NULL. */
static struct notification *leave_others(const struct notification *notification)
{
    struct notification *other = NULL;
    if (vow_here.thread == NULL)
        return NULL;
    struct notification **at = &vow_here.thread->beside;
    while (*at != NULL) {
        if (*at == notification) {
            *at = notification->next;
            continue;
        }
        if ((*at)->promise == notification->promise)
            other = *at;
        at = &(*at)->next;
    }
    return other;
}

/* Inside: links go on, unless another visit still needs them. */
static void unmark(struct notification *notification)
{
    vow_promise *promise = notification->promise;
    struct notification *other = leave_others(notification);
    if (other != NULL) {
        other->marked |= notification->marked;
        other->stopped |= notification->stopped;
        return;
    }
    if (notification->marked)
        vow_promise_clear(promise, PROMISE_RUNNING);
    if (!notification->stopped)
        return;
    promise->pauses--;
    /* relaxed: as above */
    atomic_fetch_and_explicit(&promise->delivery, (uint8_t)~PROMISE_TELLING, memory_order_relaxed);
}

/* It was sent before the firing: links that have not run yet still get it, though the value may be there. Who marks the
   promise clears it; where it is marked further out on this stack, its links stay meanwhile. False: another thread runs
   its links, and this comes again later. (Not well: where the one that runs has parked on the thread that takes this from a
   pool's queue, that thread may take it again and again, and not come to the line that parked.) */
static bool visit(struct notification *notification, struct call_queue *todo)
{
    vow_promise *promise = notification->promise;
    struct listener few[FEW_LISTENERS];
    struct listener *listeners;
    vow_promise_enter(promise);
    notification->marked = !vow_promise_has(promise, PROMISE_RUNNING);
    if (!notification->marked && !vow_scheduler_is_mine(promise->home)) {
        vow_promise_leave(promise);
        vow_scheduler_call(promise->home, &notification->call);
        return false;
    }
    if (!notification->marked) {
        stop_others(notification);
        stand_beside(notification);
    }
    size_t count = begin(promise, few, &listeners);
    vow_promise_set(promise, PROMISE_RUNNING);
    vow_promise_leave(promise);
    tell(listeners, count, notification, todo);
    if (listeners != few)
        vow_deallocate(listeners);
    return true;
}

/* Whether other threads may have sent further progress, and then fired, while this visit kept the promise's links from
   running: it is behind this call in the home's queue, or in the inbox. Elsewhere than on immediate links wait for their
   turn anyhow. */
static bool may_be_followed(const struct notification *notification)
{
    vow_scheduler *home = notification->promise->home;
    if (!home->kind->immediate || !vow_scheduler_is_mine(home))
        return false;
    return notification->posted ||
           vow_inbox_waiting(&vow_container_of(home, struct immediate, scheduler)->inbox);
}

/* Links that became due meanwhile run, unless the promise's call comes, after further progress perhaps. */
static void end_visit(struct notification *notification)
{
    vow_promise *promise = notification->promise;
    vow_promise_enter(promise);
    unmark(notification);
    if (vow_promise_has(promise, PROMISE_SCHEDULED))
        vow_promise_leave(promise);
    else if (vow_is_runnable(promise) && may_be_followed(notification))
        vow_promise_send_home(promise);
    else
        vow_promise_run(promise);
    end_notification(notification);
}

/* The promise and what derives from it at the same home: all are marked until all have been told, so that none of them
   overtakes its progress. */
static void visit_all(struct vow_call *call)
{
    struct call_queue todo = {NULL, NULL};
    struct call_queue visited = {NULL, NULL};
    vow_queue_append(&todo, call);
    while ((call = vow_queue_take(&todo)) != NULL)
        if (visit(vow_container_of(call, struct notification, call), &todo))
            vow_queue_append(&visited, call);
    while ((call = vow_queue_take(&visited)) != NULL)
        end_visit(vow_container_of(call, struct notification, call));
}

static bool is_full(const vow_promise *promise)
{
    return (vow_promise_word(promise) & PROMISE_PRODUCERS) >= PROMISE_PRODUCERS_LIMIT;
}

static vow_status notify(vow_promise *promise, vow_value value, const char *function)
{
    if (vow_promise_word(promise) & PROMISE_FIRED) {
        vow_release(value);
        return vow_fail_status(VOW_ALREADY_FIRED, "%s: the promise has been fired or canceled",
                               function);
    }
    bool posted = !vow_scheduler_is_mine(promise->home);
    struct notification *notification = make(promise, vow_own(value), posted);
    if (notification == NULL && is_full(promise))
        return vow_fail_status(VOW_LIMIT, "%s: 4,194,304 pieces of progress are on their way",
                               function);
    if (notification == NULL)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    vow_scheduler_call(promise->home, &notification->call);
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
    const struct running_job *job = vow_locals.job;
    if (job != NULL && job->promise != NULL) /* a chunk of a pipeline has none */
        return notify(job->promise, value, "vow_report");
    vow_release(value);
    return vow_fail_literal(VOW_INVALID, "vow_report: no job is running on this thread");
}
