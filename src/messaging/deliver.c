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
static vow_status tell_once(vow_subscription *subscription, struct message *message)
{
    vow_deferred *deferred = vow_subscription_take_deferred(subscription);

    if (deferred == NULL)
        return VOW_OK;
    vow_dispatcher_remove(subscription);
    (void)vow_fire(deferred, vow_message_value(message));
    return VOW_OK;
}

static VOW_COLD vow_status bring_slowly(vow_subscription *subscription, struct message *message,
                                        const vow_scheduler *home)
{
    if (subscription->place == NULL)
        return tell_once(subscription, message);
    bool here = subscription->place == home;
    vow_status status = vow_subscription_push(subscription, message, !here);
    if (here)
        (void)vow_subscription_drain(subscription, SIZE_MAX);
    return status;
}

/* `home`: where handlers may be called in place; NULL: nowhere. */
static inline vow_status bring(vow_subscription *subscription, struct message *message,
                               const vow_scheduler *home)
{
    if (vow_unlikely(subscription->place != home || subscription->busy ||
                     vow_subscription_attention(subscription) != 0))
        return bring_slowly(subscription, message, home);
    subscription->busy = true;
    vow_value result = subscription->fn(vow_message_value(message), subscription->context);
    if (vow_unlikely(result.kind != VOW_NONE) && vow_subscription_result(subscription, result))
        return VOW_OK;
    subscription->busy = false;
    if (vow_unlikely(vow_subscription_attention(subscription) != 0))
        (void)vow_subscription_drain(subscription, SIZE_MAX);
    return VOW_OK;
}

/* All of them ------------------------------------------------------------------------------------------------------ */

static inline vow_status bring_rest(struct delivery *delivery, const vow_scheduler *home)
{
    vow_status status = VOW_OK;

    while (delivery->index < delivery->view->count) {
        vow_status brought =
            bring(delivery->view->subscriptions[delivery->index++], delivery->message, home);
        if (vow_unlikely(brought != VOW_OK))
            status = brought;
    }
    return status;
}

/* What this thread is bringing for the same dispatcher comes first. */
static VOW_COLD void bring_former(const struct messenger *here, const vow_dispatcher *dispatcher,
                                  const vow_scheduler *home)
{
    for (struct delivery *former = here->deliveries; former != NULL; former = former->next)
        if (former->view->dispatcher == dispatcher)
            (void)bring_rest(former, home);
}

static inline void delivery_begin(struct messenger *here, struct delivery *delivery)
{
    delivery->view->uses++;
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
    vow_view_leave(delivery->view);
}

/* Too deep in handlers that publish: only queues are filled here, and run when the outermost returns. */
static VOW_COLD vow_status deliver_deeply(struct messenger *here, struct delivery *delivery)
{
    if (here->deliveries != NULL)
        bring_former(here, delivery->view->dispatcher, NULL);
    return bring_rest(delivery, NULL);
}

static inline vow_status deliver(struct messenger *here, struct view *view, struct message *message)
{
    struct delivery delivery = {.view = view, .message = message};
    struct thread *thread = vow_here.thread;
    vow_scheduler *home = &thread->immediate->scheduler;
    vow_scheduler *outer = vow_locals.home;

    if (vow_unlikely(!vow_nest_begin()))
        return deliver_deeply(here, &delivery);
    vow_locals.home = home;
    if (vow_unlikely(here->deliveries != NULL))
        bring_former(here, view->dispatcher, home);
    delivery_begin(here, &delivery);
    vow_status status = bring_rest(&delivery, home);
    delivery_end(&delivery);
    vow_locals.home = outer;
    vow_nest_end(thread);
    return status;
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

vow_status vow_publish(vow_dispatcher *dispatcher, const void *sender, const struct vow_name *name,
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
    struct message *message = vow_message_new(sender, name, payload);
    if (vow_unlikely(message == NULL))
        return refuse_memory(vow_none());
    vow_status status = deliver(here, view, message);
    vow_message_release(message);
    return vow_likely(status == VOW_OK) ? VOW_OK : refuse_memory(vow_none());
}
