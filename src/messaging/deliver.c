/*
 * deliver.c - vow_publish: brings a message to all who are in the thread's view of the dispatcher.
 *
 * A handler at home on immediate on this thread is called in place, unless it is busy or has something in its queue; all
 * others have the message put into their queue. What is published inside of a handler first brings the rest of what is
 * under way on this thread by the same dispatcher, so that messages of one sender overtake nowhere.
 */
#include "base/fail.h"
#include "execution/immediate.h"
#include "messaging/view.h"

/* One subscription ------------------------------------------------------------------------------------------------ */

/* It is told once: whoever comes first ends it. */
static void tell_once(vow_subscription *subscription, struct message *message)
{
    vow_deferred *deferred = vow_subscription_take_deferred(subscription);

    if (deferred == NULL)
        return;
    vow_dispatcher_remove(subscription);
    (void)vow_fire(deferred, vow_message_value(message));
}

static VOW_COLD void bring_slowly(struct delivery *delivery, vow_subscription *subscription,
                                  const vow_scheduler *home)
{
    if (subscription->place == NULL) {
        tell_once(subscription, delivery->message);
        return;
    }
    bool here = subscription->place == home;
    if (vow_subscription_push(subscription, delivery->message, !here) != VOW_OK)
        delivery->failed = true;
    if (here)
        (void)vow_subscription_drain(subscription, SIZE_MAX);
}

/* The handler, which is not busy, in place. */
static VOW_ALWAYS_INLINE void call_handler(vow_subscription *subscription, vow_value message)
{
    subscription->busy = true;
    vow_value result = subscription->fn(message, subscription->context);
    if (vow_unlikely(result.kind != VOW_NONE) && vow_subscription_result(subscription, result))
        return;
    subscription->busy = false;
    if (vow_unlikely(vow_subscription_attention(subscription) != 0))
        (void)vow_subscription_drain(subscription, SIZE_MAX);
}

/* All of them: `home` is where handlers may be called in place ------------------------------------------------------- */

/* No handler is at home here. Not NULL, which is the place of those who are told once, and have no handler. */
static const vow_scheduler nowhere;

/* What handlers do may bring the rest (bring_former): `next_one` is read anew each time. */
static inline void bring_rest(struct delivery *delivery, const vow_scheduler *home)
{
    vow_value message = vow_message_value(delivery->message);

    while (delivery->next_one != delivery->end) {
        vow_subscription *subscription = *delivery->next_one++;
        if (vow_likely(subscription->place == home && !subscription->busy &&
                       vow_subscription_attention(subscription) == 0))
            call_handler(subscription, message);
        else
            bring_slowly(delivery, subscription, home);
    }
}

/* What this thread is bringing by `dispatcher`, to somebody who has not got it: the innermost; NULL: nothing. */
static struct delivery *unfinished(const struct messenger *here, const vow_dispatcher *dispatcher)
{
    struct delivery *delivery = here->deliveries;

    while (delivery != NULL &&
           (delivery->view->dispatcher != dispatcher || delivery->next_one == delivery->end))
        delivery = delivery->next;
    return delivery;
}

/* Whether it is `message`'s still: what the caller holds is no other's. */
static bool is_under_way(const struct messenger *here, const struct delivery *delivery,
                         const struct message *message)
{
    const struct delivery *one = here->deliveries;

    while (one != NULL && one != delivery)
        one = one->next;
    return one != NULL && one->message == message;
}

/* The next one of `former` gets it. If the handler waits, the line that publishes it may go on meanwhile, and `former` go
   with its stack: what the handler needs is held here. */
static void bring_next(const struct messenger *here, struct delivery *former,
                       const vow_scheduler *home)
{
    struct delivery one = {.view = former->view,
                           .message = former->message,
                           .next_one = former->next_one,
                           .end = former->next_one + 1};

    former->next_one++;
    one.view->uses++;
    vow_counted_retain(&one.message->box.counted);
    bring_rest(&one, home);
    if (one.failed && is_under_way(here, former, one.message))
        former->failed = true;
    vow_message_release(one.message);
    vow_view_leave(one.view);
}

/* What this thread is bringing for the same dispatcher comes first. */
static VOW_COLD void bring_former(const struct messenger *here, const vow_dispatcher *dispatcher,
                                  const vow_scheduler *home)
{
    struct delivery *former;

    while ((former = unfinished(here, dispatcher)) != NULL)
        bring_next(here, former, home);
}

static inline void delivery_begin(struct messenger *here, struct delivery *delivery)
{
    delivery->link = &here->deliveries;
    delivery->next = here->deliveries;
    if (vow_unlikely(delivery->next != NULL))
        delivery->next->link = &delivery->next;
    here->deliveries = delivery;
}

static inline void delivery_end(struct delivery *delivery)
{
    *delivery->link = delivery->next;
    if (vow_unlikely(delivery->next != NULL))
        delivery->next->link = delivery->link;
}

/* Too deep in handlers that publish: only queues are filled here, and run when the outermost returns. */
static VOW_COLD void deliver_deeply(struct messenger *here, struct delivery *delivery)
{
    if (here->deliveries != NULL)
        bring_former(here, delivery->view->dispatcher, &nowhere);
    delivery_begin(here, delivery); /* a handler of a pool of size 0 may run at once, and publish */
    bring_rest(delivery, &nowhere);
    delivery_end(delivery);
}

static inline void deliver(struct messenger *here, struct delivery *delivery)
{
    struct thread *thread = vow_here.thread;
    vow_scheduler *home = &thread->immediate->scheduler;
    vow_scheduler *outer = vow_locals.home;

    if (vow_unlikely(!vow_nest_begin())) {
        deliver_deeply(here, delivery);
        return;
    }
    vow_locals.home = home;
    if (vow_unlikely(here->deliveries != NULL))
        bring_former(here, delivery->view->dispatcher, home);
    delivery_begin(here, delivery);
    bring_rest(delivery, home);
    delivery_end(delivery);
    vow_locals.home = outer;
    vow_nest_end(thread);
}

/* Publishing --------------------------------------------------------------------------------------------------------- */

static VOW_COLD vow_status refuse(vow_status status, const char *sentence, vow_value payload)
{
    vow_value_drop(payload);
    return vow_fail_literal(status, sentence);
}

static VOW_COLD vow_status refuse_memory(vow_value payload)
{
    return refuse(VOW_NO_MEMORY, "vow_publish: out of memory", payload);
}

vow_status vow_publish(vow_dispatcher *dispatcher, const void *sender, const vow_name_handle *name,
                       vow_value payload)
{
    if (vow_unlikely(name == NULL))
        return refuse(VOW_INVALID, "vow_publish: name is NULL", payload);
    if (dispatcher == NULL)
        dispatcher = vow_default_dispatcher();
    struct messenger *here = vow_messenger_here();
    if (vow_unlikely(dispatcher == NULL || here == NULL))
        return refuse_memory(payload);
    struct view *view = vow_view_find(here, dispatcher, sender, name);
    if (vow_unlikely(view == NULL))
        return refuse_memory(payload);
    if (view->count == 0) {
        vow_value_drop(payload);
        return VOW_OK;
    }
    struct delivery delivery = {.view = view,
                                .message = vow_message_new(sender, name, payload),
                                .next_one = view->subscriptions,
                                .end = view->subscriptions + view->count};
    if (vow_unlikely(delivery.message == NULL))
        return refuse_memory(vow_none());
    view->uses++; /* those who get what is under way first may have the thread forget it */
    deliver(here, &delivery);
    vow_view_leave(view);
    vow_message_release(delivery.message);
    return vow_likely(!delivery.failed) ? VOW_OK : refuse_memory(vow_none());
}
