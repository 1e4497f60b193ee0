/*
 * next_message.c - the next message as a promise: a subscription that is told once (subscription.h).
 *
 *    subscription --- deferred ---> promise --- canceller ---> subscription
 *
 * The ring is broken by whoever takes the deferred out of the subscription: who publishes, who cancels, who frees the
 * dispatcher. Firing drops the canceller.
 */
#include "base/fail.h"
#include "control/promise.h"
#include "messaging/dispatcher.h"
#include "messaging/subscription.h"

static void cancel(void *context)
{
    vow_subscription *subscription = context;
    vow_deferred *deferred = vow_subscription_take_deferred(subscription);

    vow_dispatcher_remove(subscription);
    if (deferred != NULL)
        (void)vow_fire(deferred, vow_fail(VOW_CANCELED, "vow_next_message: canceled"));
}

static void forget(void *context)
{
    vow_subscription_unref(context);
}

/* Takes the deferred. */
static vow_subscription *subscribe_once(vow_dispatcher *dispatcher, vow_deferred *deferred)
{
    vow_subscription *made = vow_subscription_make(dispatcher, NULL, NULL, NULL, NULL);

    if (made != NULL)
        made->deferred = deferred;
    return made;
}

static vow_promise *refuse(vow_status status)
{
    return vow_promise_refused(vow_fail_literal(
        status, status == VOW_CLOSED ? "vow_next_message: the dispatcher is being freed"
                                     : "vow_next_message: out of memory"));
}

/* Neither told nor canceled: out of the way, without a trace. */
static vow_promise *give_up(vow_subscription *subscription, vow_promise *promise, vow_status status)
{
    vow_deferred *deferred = vow_subscription_take_deferred(subscription);

    vow_promise_release(promise);
    if (deferred != NULL)
        (void)vow_fire(deferred, vow_none());
    return refuse(status);
}

static vow_promise *listen(vow_subscription *subscription, vow_promise *promise, const void *sender,
                           const vow_name_handle *name)
{
    vow_subscription_ref(subscription); /* the canceller's, which `forget` gives back */
    vow_status status = vow_set_canceller(subscription->deferred, cancel, subscription, forget);
    if (status == VOW_OK)
        status = vow_dispatcher_add(subscription, sender, name);
    return status == VOW_OK ? promise : give_up(subscription, promise, status);
}

vow_promise *vow_next_message(vow_dispatcher *dispatcher, const void *sender,
                              const vow_name_handle *name)
{
    vow_promise *promise = NULL;

    if (dispatcher == NULL)
        dispatcher = vow_default_dispatcher();
    vow_deferred *deferred = dispatcher != NULL ? vow_deferred_new(&promise) : NULL;
    if (deferred == NULL)
        return refuse(VOW_NO_MEMORY);
    vow_subscription *subscription = subscribe_once(dispatcher, deferred);
    if (subscription == NULL) {
        vow_promise_release(promise);
        (void)vow_fire(deferred, vow_none());
        return refuse(VOW_NO_MEMORY);
    }
    promise = listen(subscription, promise, sender, name);
    vow_subscription_unref(subscription);
    return promise;
}
