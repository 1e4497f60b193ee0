/*
 * subscription.c - running a handler for one message after the other (subscription.h).
 */
#include "messaging/subscription.h"

#include "base/report.h"
#include "control/promise.h"
#include "messaging/dispatcher.h"

/* How many messages a call brings before others at the same place have their turn. */
#define TURN 64

struct pending {
    struct pending *next;
    struct message *message; /* one reference */
};

/* Life --------------------------------------------------------------------------------------------------------- */

static void destroy_subscription(struct counted *object)
{
    vow_subscription *subscription = vow_container_of(object, vow_subscription, counted);

    vow_check(subscription->first == NULL && subscription->route == NULL);
    vow_scheduler_release(subscription->place);
    vow_dispatcher_unref(subscription->dispatcher);
    vow_object_delete(subscription, sizeof *subscription);
}

static const struct counted_class subscription_class = {.name = "subscription",
                                                        .destroy = destroy_subscription};
COUNTED_KNOWN(subscription_class)

static void run_call(struct vow_call *call);
static void drop_call(struct vow_call *call);

vow_subscription *vow_subscription_make(struct vow_dispatcher *dispatcher, vow_scheduler *place,
                                        vow_fn *fn, void *context, void (*drop)(void *))
{
    vow_subscription *subscription = vow_object_new(sizeof *subscription);

    if (subscription == NULL)
        return NULL;
    *subscription = (vow_subscription){
        .place = vow_scheduler_retain(place),
        .fn = fn,
        .context = context,
        .drop = drop,
        .dispatcher = dispatcher,
        .call = {.run = run_call, .dropped = drop_call},
    };
    vow_dispatcher_ref(dispatcher);
    vow_counted_init(&subscription->counted, &subscription_class, 1, 0);
    return subscription;
}

vow_subscription *vow_subscription_retain(vow_subscription *subscription)
{
    if (subscription != NULL)
        vow_subscription_ref(subscription);
    return subscription;
}

void vow_subscription_release(vow_subscription *subscription)
{
    if (subscription != NULL)
        vow_subscription_unref(subscription);
}

/* The queue: under the lock --------------------------------------------------------------------------------------- */

static void set_attention(vow_subscription *subscription, uint32_t attention)
{
    /* relaxed: see vow_subscription_attention */
    atomic_store_explicit(&subscription->attention, attention, memory_order_relaxed);
}

static void append(vow_subscription *subscription, struct pending *pending)
{
    pending->next = NULL;
    if (subscription->last != NULL)
        subscription->last->next = pending;
    else
        subscription->first = pending;
    subscription->last = pending;
    set_attention(subscription, vow_subscription_attention(subscription) | SUBSCRIPTION_QUEUED);
}

static struct pending *take(vow_subscription *subscription)
{
    struct pending *pending = subscription->first;

    if (pending == NULL)
        return NULL;
    subscription->first = pending->next;
    if (subscription->first == NULL) {
        subscription->last = NULL;
        set_attention(subscription,
                      vow_subscription_attention(subscription) & ~SUBSCRIPTION_QUEUED);
    }
    return pending;
}

static void pending_free(struct pending *pending)
{
    vow_message_release(pending->message);
    vow_object_delete(pending, sizeof *pending);
}

/* Sends the call to the place, if there is something to do and it is not on its way. Takes the lock with it. */
static void send_and_unlock(vow_subscription *subscription)
{
    bool send = !subscription->scheduled && vow_subscription_attention(subscription) != 0;

    subscription->scheduled |= send;
    vow_lock_give(&subscription->lock);
    if (!send)
        return;
    vow_subscription_ref(subscription);
    (void)vow_hand_over(subscription->place, &subscription->call);
}

vow_status vow_subscription_push(vow_subscription *subscription, struct message *message, bool send)
{
    struct pending *pending = vow_object_new(sizeof *pending);

    if (pending == NULL)
        return VOW_NO_MEMORY;
    vow_lock_take(&subscription->lock);
    if (vow_subscription_attention(subscription) & SUBSCRIPTION_ENDED) {
        vow_lock_give(&subscription->lock);
        vow_object_delete(pending, sizeof *pending);
        return VOW_OK;
    }
    vow_counted_retain(&message->box.counted);
    pending->message = message;
    append(subscription, pending);
    if (send)
        send_and_unlock(subscription);
    else
        vow_lock_give(&subscription->lock);
    return VOW_OK;
}

/* Running the handler ------------------------------------------------------------------------------------------------ */

static vow_value report_error(vow_value error, void *context)
{
    (void)context;
    vow_report_unhandled(vow_retain(error));
    return vow_none();
}

/* The promise that the handler gave has settled, or never will. */
static void go_on(void *context)
{
    vow_subscription *subscription = context;

    vow_lock_take(&subscription->lock);
    subscription->busy = false;
    send_and_unlock(subscription);
    vow_subscription_unref(subscription);
}

static void wait_for(vow_subscription *subscription, vow_promise *promise)
{
    vow_handlers handlers = {.size = sizeof handlers,
                             .rejected = report_error,
                             .context = subscription,
                             .drop = go_on,
                             .scheduler = subscription->place};

    vow_subscription_ref(subscription);
    vow_promise_release(vow_then_with(promise, &handlers));
}

bool vow_subscription_result(vow_subscription *subscription, vow_value result)
{
    if (vow_is_promise(result)) {
        wait_for(subscription, vow_promise_in(vow_own(result)));
        return true;
    }
    if (vow_is_error(result))
        vow_report_unhandled(vow_own(result));
    else
        vow_value_drop(result);
    return false;
}

/* False: it has given a promise, which clears `busy` in its time. */
static bool run_handler(vow_subscription *subscription, struct pending *pending)
{
    vow_value result = subscription->fn(vow_message_value(pending->message), subscription->context);
    bool waits = vow_subscription_result(subscription, result);

    pending_free(pending);
    return !waits;
}

/* It has ended, and is not busy: `drop`, if that has not run. Takes the lock with it. */
static void drop_and_unlock(vow_subscription *subscription)
{
    void (*drop)(void *) = subscription->dropped ? NULL : subscription->drop;

    subscription->dropped = true;
    vow_lock_give(&subscription->lock);
    if (drop != NULL)
        drop(subscription->context);
}

bool vow_subscription_drain(vow_subscription *subscription, size_t budget)
{
    struct pending *pending = NULL;

    vow_lock_take(&subscription->lock);
    while (!subscription->busy && budget-- > 0) {
        if (vow_subscription_attention(subscription) & SUBSCRIPTION_ENDED) {
            drop_and_unlock(subscription);
            return false;
        }
        pending = take(subscription);
        if (pending == NULL)
            break;
        subscription->busy = true;
        vow_lock_give(&subscription->lock);
        if (!run_handler(subscription, pending))
            return false;
        vow_lock_take(&subscription->lock);
        subscription->busy = false;
    }
    bool more = !subscription->busy && vow_subscription_attention(subscription) != 0;
    vow_lock_give(&subscription->lock);
    return more;
}

/* The call is done, unless something came meanwhile that nobody else will see to. */
static bool unschedule(vow_subscription *subscription)
{
    vow_lock_take(&subscription->lock);
    uint32_t attention = vow_subscription_attention(subscription);
    bool more = !subscription->busy &&
                ((attention & SUBSCRIPTION_ENDED) != 0 ? !subscription->dropped : attention != 0);
    if (!more)
        subscription->scheduled = false;
    vow_lock_give(&subscription->lock);
    return more;
}

static void run_call(struct vow_call *call)
{
    vow_subscription *subscription = vow_container_of(call, vow_subscription, call);
    size_t turn = subscription->place->kind->immediate ? SIZE_MAX : TURN;

    do {
        if (vow_subscription_drain(subscription, turn)) {
            (void)vow_hand_over(subscription->place, call);
            return;
        }
    } while (unschedule(subscription));
    vow_subscription_unref(subscription);
}

/* Ending -------------------------------------------------------------------------------------------------------------- */

/* The place is closed: nobody will call the handler any more. */
static void drop_call(struct vow_call *call)
{
    vow_subscription *subscription = vow_container_of(call, vow_subscription, call);

    (void)vow_call_refused(call); /* whoever publishes is not told: others may have got it */
    vow_dispatcher_remove(subscription);
    (void)vow_subscription_end(subscription); /* sends nothing: this call counts as sent */
    (void)vow_subscription_drain(subscription, SIZE_MAX);
    vow_lock_take(&subscription->lock);
    subscription->scheduled = false;
    vow_lock_give(&subscription->lock);
    vow_subscription_unref(subscription);
}

/* Marks it as ended, and takes its queue. False if it was marked before. */
static bool mark_ended(vow_subscription *subscription, struct pending **ret_queue)
{
    bool first = (vow_subscription_attention(subscription) & SUBSCRIPTION_ENDED) == 0;

    *ret_queue = subscription->first;
    subscription->first = NULL;
    subscription->last = NULL;
    set_attention(subscription, SUBSCRIPTION_ENDED);
    return first;
}

bool vow_subscription_end(vow_subscription *subscription)
{
    struct pending *queue = NULL;

    vow_lock_take(&subscription->lock);
    bool first = mark_ended(subscription, &queue);
    if (first && subscription->drop != NULL)
        send_and_unlock(subscription);
    else
        vow_lock_give(&subscription->lock);
    while (queue != NULL) {
        struct pending *next = queue->next;
        pending_free(queue);
        queue = next;
    }
    return first;
}

vow_deferred *vow_subscription_take_deferred(vow_subscription *subscription)
{
    vow_lock_take(&subscription->lock);
    vow_deferred *deferred = subscription->deferred;
    subscription->deferred = NULL;
    set_attention(subscription, SUBSCRIPTION_ENDED);
    vow_lock_give(&subscription->lock);
    return deferred;
}
