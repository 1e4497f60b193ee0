/*
 * notify.c - progress: from a producer to the listeners of its promise, and on to promises derived from it.
 *
 * Each piece stands in its promise's queue (news.h) from when it is sent until all listeners have heard it. The head has a
 * call of its own, which it comes home by; there it is told, and those behind it after it, one at a time. Meanwhile
 * links stay and none is executed: so no result overtakes what was sent before it, and listeners may wait, send more, fire
 * or cancel.
 *
 *   the promise is            a piece that is sent     its links
 *   -----------------------   ----------------------   ---------------------------------------------------------
 *   not NOTIFIED              is the head: goes home   run when it has settled
 *   NOTIFIED                  stands behind            stay; those whose target is canceled are marked DEAD
 *   NOTIFIED, RUNNING: one    stands behind            the runner stops before its next link
 *   was running before
 *
 * Who takes the last piece out goes on with the links. A loop is owed each piece, so that it is not idle before.
 */
#include "control/news.h"
#include "control/run.h"
#include "control/settle.h"
#include "control/told.h"
#include "execution/loop.h"
#include "execution/pool.h"
#include "execution/queue.h"
#include <vow/memory.h>
#include <vow/submit.h>

struct notification {
    struct vow_call call;
    struct news news; /* with one reference to the promise */
    vow_value value;  /* owned */
    bool posted;      /* sent from another thread than the home's */
    bool heard;       /* by all: what comes home has only to go on */
};

/* What a visit needs of a link, copied while inside. */
struct listener {
    vow_fn *notified;
    void *context;
    vow_promise *target; /* one unseen reference, or NULL */
};

/* What is told by one call at home: a promise, then what derives from it at the same home. Listeners that wait have the rest
   handed over, and are known to wait inside of their promise (deadlock.c). */
struct walk {
    struct interrupted interrupted;
    vow_scheduler *home;     /* one reference: users may give back the last promise there */
    struct call_queue todo;  /* heads that nobody tells yet, those that go to other homes as well */
    struct call_queue heard; /* heads that have been told, and still stand in their queues */
    int pieces;
};

enum { FEW_LISTENERS = 8, MOST_AT_ONCE = 64 };

static void owe(const vow_promise *promise, int change)
{
    if (promise->home->kind->loop)
        vow_loop_owe(promise->home, change);
}

static void delete_notification(struct notification *notification)
{
    vow_release(notification->value);
    owe(notification->news.promise, -1);
    vow_deferred_release((vow_deferred *)notification->news.promise);
    vow_object_delete(notification, sizeof(*notification));
}

static void come_home(struct vow_call *call);
static void dropped(struct vow_call *call);

/* Takes `value`. NULL without memory, or at the limit. */
static struct notification *make(vow_promise *promise, vow_value value)
{
    struct notification *notification = vow_object_new(sizeof(*notification));
    /* as a producer, not to be taken for a consumer */
    if (notification == NULL || vow_deferred_retain((vow_deferred *)promise) == NULL) {
        if (notification != NULL)
            vow_object_delete(notification, sizeof(*notification));
        vow_release(value);
        return NULL;
    }
    *notification = (struct notification){.call = {.run = come_home, .dropped = dropped},
                                          .news.promise = promise,
                                          .value = value,
                                          .posted = !vow_scheduler_is_mine(promise->home)};
    owe(promise, 1);
    return notification;
}

static struct notification *of_call(struct vow_call *call)
{
    return vow_container_of(call, struct notification, call);
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
    if ((link->flags & LINK_DEAD) != 0)
        return false;
    if ((link->flags & LINK_FULL) != 0) {
        listener.notified = ((struct full_link *)link)->notified;
        listener.context = link->context;
    }
    if (link->kind != LINK_TOLD || (link->flags & LINK_FORWARD))
        listener.target = vow_link_waits(link);
    *ret_listener = listener;
    return listener.notified != NULL || listener.target != NULL;
}

/* The links that are to hear a piece: those that are there when it is told. */
static size_t mark_links(vow_promise *promise)
{
    size_t count = 0;
    struct link *link = vow_link_first(promise);
    while (link != NULL) {
        link->flags |= LINK_TO_HEAR;
        count++;
        link = link == promise->links ? NULL : link->next;
    }
    return count;
}

/* Of those that are marked still, as many as there is room for. */
static size_t copy_listeners(vow_promise *promise, struct listener *listeners, size_t room)
{
    size_t count = 0;
    struct link *link = vow_link_first(promise);
    while (link != NULL && count < room) {
        bool marked = (link->flags & LINK_TO_HEAR) != 0;
        link->flags &= (uint16_t)~LINK_TO_HEAR;
        if (marked && copy_listener(link, &listeners[count]))
            count++;
        link = link == promise->links ? NULL : link->next;
    }
    return count;
}

/* Inside, with the queue of pieces empty: takes out the links whose targets were canceled meanwhile, a chain. Where somebody
   executes links they come out in their turn. */
static struct link *take_dead(vow_promise *promise)
{
    struct link *dead = NULL;
    if (promise->links == NULL || vow_promise_has(promise, PROMISE_RUNNING))
        return NULL;
    for (size_t left = count_links(promise); left > 0; left--) {
        struct link *link = vow_link_pop(promise);
        if ((link->flags & LINK_DEAD) == 0) {
            vow_link_push(promise, link);
            continue;
        }
        link->next = dead;
        dead = link;
    }
    return dead;
}

/* Telling -------------------------------------------------------------------------------------------------------------------- */

/* On to a derived promise, when all listeners of this one have heard. */
static void pass_on(vow_promise *target, const struct notification *from, struct walk *walk)
{
    struct notification *notification = make(target, vow_retain(vow_borrow(from->value)));
    if (notification != NULL && vow_news_append(&notification->news, target))
        vow_queue_append(&walk->todo, &notification->call);
}

static void tell_listeners(const struct listener *listeners, size_t count,
                           const struct notification *notification, struct walk *walk)
{
    vow_scheduler *saved = vow_locals.home;
    vow_locals.home = notification->news.promise->home;
    walk->interrupted.running.promise = notification->news.promise;
    for (size_t i = 0; i < count; i++) {
        const struct listener *listener = &listeners[i];
        if (listener->notified != NULL)
            vow_release(listener->notified(vow_borrow(notification->value), listener->context));
        if (listener->target != NULL) {
            pass_on(listener->target, notification, walk);
            vow_promise_unref_unseen(listener->target);
        }
    }
    walk->interrupted.running.promise = NULL;
    vow_locals.home = saved;
}

/* Tells as many of the marked links as there is room for. False: those were the last ones. */
static bool tell_some(const struct notification *notification, struct listener *listeners,
                      size_t room, struct walk *walk)
{
    vow_promise *promise = notification->news.promise;
    vow_promise_enter(promise);
    size_t count = copy_listeners(promise, listeners, room);
    vow_promise_leave(promise);
    tell_listeners(listeners, count, notification, walk);
    return count == room;
}

/* Without memory for all of them at once, a few at a time. */
static void tell_all(const struct notification *notification, size_t links, struct walk *walk)
{
    struct listener few[FEW_LISTENERS];
    struct listener *many = NULL;
    if (vow_unlikely(links > FEW_LISTENERS))
        many = vow_allocate(links * sizeof(*many));
    if (many != NULL) {
        (void)tell_some(notification, many, links, walk);
        vow_deallocate(many);
        return;
    }
    while (tell_some(notification, few, FEW_LISTENERS, walk)) {
    }
}

/* To the links that are there now, though the promise may have settled: those have not run yet. */
static void tell(struct notification *notification, struct walk *walk)
{
    vow_promise *promise = notification->news.promise;
    vow_promise_enter(promise);
    size_t links = mark_links(promise);
    vow_promise_leave(promise);
    tell_all(notification, links, walk);
    notification->heard = true;
    vow_queue_append(&walk->heard, &notification->call);
    walk->pieces++;
}

/* Going on ------------------------------------------------------------------------------------------------------------------- */

/* All pieces have been told, or dropped. Inside on entry, left on return: links that became due meanwhile run, or are sent to
   where they run. */
static void go_on_with_links(vow_promise *promise)
{
    struct link *dead = take_dead(promise);
    if (vow_unlikely(dead != NULL)) {
        vow_promise_leave(promise);
        vow_links_let_go(promise, dead);
        vow_promise_enter(promise);
    }
    vow_promise_run(promise);
}

/* The head has been told, or dropped. Gives the next one, the head now, or NULL. */
static struct notification *end_head(struct notification *head)
{
    vow_promise *promise = head->news.promise;
    vow_promise_enter(promise);
    struct news *next = vow_news_next(&head->news);
    if (next == NULL)
        go_on_with_links(promise);
    else
        vow_promise_leave(promise);
    delete_notification(head);
    return next != NULL ? vow_container_of(next, struct notification, news) : NULL;
}

/* The home is closed: nothing is heard there any more. */
static void dropped(struct vow_call *call)
{
    struct notification *head = of_call(call);
    while (head != NULL)
        head = end_head(head);
}

/* Others that are queued at home have their turn before. */
static void send_home_again(struct notification *head)
{
    vow_scheduler *home = head->news.promise->home;
    /* the piece's own reference may go before the scheduler has taken the call */
    vow_home_retain(home);
    if (vow_is_pool(home))
        vow_pool_call_shared(home, &head->call);
    else if (!home->kind->immediate)
        vow_scheduler_call(home, &head->call);
    else if (!vow_immediate_post(vow_container_of(home, struct immediate, scheduler), &head->call))
        vow_call_drop(&head->call);
    vow_home_release(home);
}

/* Users' schedulers may run calls inside of `schedule`; what listeners send on immediate is told before the outermost
   vow_notify returns. */
static bool may_go_on(const struct notification *head, const struct walk *walk)
{
    const vow_scheduler *home = head->news.promise->home;
    bool returns = home->kind->loop || vow_is_pool(home) || (home->kind->immediate && head->posted);
    return walk->pieces < MOST_AT_ONCE || !returns;
}

static void go_on(struct notification *head, struct walk *walk)
{
    if (may_go_on(head, walk))
        tell(head, walk);
    else
        send_home_again(head);
}

static void send_all_home(struct call_queue *heads)
{
    struct vow_call *call;
    while ((call = vow_queue_take(heads)) != NULL)
        send_home_again(of_call(call));
}

/* A listener waits, or a function of a link that has become due: nothing else has to wait for it. */
static void hand_over(struct interrupted *interrupted)
{
    struct walk *walk = vow_container_of(interrupted, struct walk, interrupted);
    send_all_home(&walk->heard);
    send_all_home(&walk->todo);
}

/* At home here, where the walk is; otherwise by a call. */
static void tell_or_send(struct notification *head, struct walk *walk)
{
    vow_scheduler *home = head->news.promise->home;
    if (home == walk->home) {
        tell(head, walk);
        return;
    }
    vow_home_retain(home); /* as in send_home_again */
    vow_scheduler_call(home, &head->call);
    vow_home_release(home);
}

/* No queue ends before all promises of the walk have heard, so that no result is heard between. */
static void go_through(struct walk *walk)
{
    struct vow_call *call;
    for (;;) {
        while ((call = vow_queue_take(&walk->todo)) != NULL)
            tell_or_send(of_call(call), walk);
        if ((call = vow_queue_take(&walk->heard)) == NULL)
            return;
        struct notification *next = end_head(of_call(call));
        if (next != NULL)
            go_on(next, walk);
    }
}

static void come_home(struct vow_call *call)
{
    struct walk walk = {.interrupted = {.hand_over = hand_over, .outer = vow_locals.firing},
                        .home = of_call(call)->news.promise->home};
    vow_queue_append(of_call(call)->heard ? &walk.heard : &walk.todo, call);
    vow_locals.firing = &walk.interrupted;
    vow_home_retain(walk.home);
    go_through(&walk);
    vow_home_release(walk.home);
    vow_locals.firing = walk.interrupted.outer;
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
    struct notification *notification = make(promise, vow_own(value));
    if (notification == NULL && is_full(promise))
        return vow_fail_status(VOW_LIMIT, "%s: 4,194,304 pieces of progress are on their way",
                               function);
    if (notification == NULL)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    if (vow_news_append(&notification->news, promise))
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
