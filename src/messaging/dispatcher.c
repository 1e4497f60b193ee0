/*
 * dispatcher.c - making dispatchers, and subscribing to them (dispatcher.h).
 */
#include "messaging/dispatcher.h"

#include "base/fail.h"
#include "base/object.h"
#include "base/threads.h"
#include "messaging/subscription.h"
#include "messaging/view.h"
#include <vow/error.h>

static _Atomic uint64_t generations; /* the last one that was given out, to any dispatcher */

/* Under the lock. */
static void begin_generation(vow_dispatcher *dispatcher)
{
    /* relaxed, both: numbers that differ are all that is asked for; who acts on one takes the lock */
    uint64_t generation = atomic_fetch_add_explicit(&generations, 1, memory_order_relaxed) + 1;
    atomic_store_explicit(&dispatcher->generation, generation, memory_order_relaxed);
}

/* Life ------------------------------------------------------------------------------------------------------------ */

static void destroy_dispatcher(struct counted *object)
{
    vow_dispatcher *dispatcher = vow_container_of(object, vow_dispatcher, counted);

    vow_scheduler_release(dispatcher->scheduler);
    vow_object_delete(dispatcher, sizeof *dispatcher);
}

static const struct counted_class dispatcher_class = {.name = "dispatcher",
                                                      .destroy = destroy_dispatcher};
COUNTED_KNOWN(dispatcher_class)

vow_dispatcher *vow_dispatcher_new(vow_scheduler *scheduler)
{
    vow_dispatcher *dispatcher = vow_object_new(sizeof *dispatcher);

    if (dispatcher == NULL) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_dispatcher_new: out of memory");
        return NULL;
    }
    *dispatcher = (vow_dispatcher){.scheduler = vow_scheduler_retain(scheduler)};
    vow_counted_init(&dispatcher->counted, &dispatcher_class, 1, 0);
    begin_generation(dispatcher);
    return dispatcher;
}

/* Out of the table, with the table's reference; NULL: it is empty. Nothing gets in any more. */
static vow_subscription *close_and_take(vow_dispatcher *dispatcher)
{
    vow_lock_take(&dispatcher->lock);
    dispatcher->closed = true;
    vow_subscription *subscription = vow_route_any(&dispatcher->table);
    if (subscription != NULL)
        (void)vow_route_remove(&dispatcher->table, subscription);
    begin_generation(dispatcher);
    vow_lock_give(&dispatcher->lock);
    return subscription;
}

static void end_for_closing(vow_subscription *subscription)
{
    vow_deferred *deferred = NULL;

    if (subscription->place == NULL)
        deferred = vow_subscription_take_deferred(subscription);
    else
        (void)vow_subscription_end(subscription);
    if (deferred != NULL)
        (void)vow_fire(deferred,
                       vow_fail(VOW_CLOSED, "vow_next_message: the dispatcher was freed"));
    vow_subscription_unref(subscription);
}

static void dispatcher_free(vow_dispatcher *dispatcher)
{
    vow_subscription *subscription = NULL;

    while ((subscription = close_and_take(dispatcher)) != NULL)
        end_for_closing(subscription);
    vow_view_forget(dispatcher);
    vow_dispatcher_unref(dispatcher);
}

/* The process's ------------------------------------------------------------------------------------------------------- */

static _Atomic(vow_dispatcher *) process_dispatcher;

static void free_default(void)
{
    /* relaxed: the process ends */
    vow_dispatcher *dispatcher = atomic_load_explicit(&process_dispatcher, memory_order_relaxed);
    dispatcher_free(dispatcher);
}

static VOW_COLD vow_dispatcher *make_default(void)
{
    vow_dispatcher *expected = NULL;
    vow_dispatcher *made = vow_dispatcher_new(NULL);

    if (made == NULL)
        return NULL;
    /* P1 acq_rel: pairs with P2; one of those who make it at once is chosen */
    if (atomic_compare_exchange_strong_explicit(&process_dispatcher, &expected, made,
                                                memory_order_acq_rel, memory_order_acquire)) {
        vow_object_count_other(made, "dispatcher", -1); /* not to be seen as forgotten */
        vow_process_at_exit(free_default);
        return made;
    }
    vow_dispatcher_unref(made);
    return expected;
}

vow_dispatcher *vow_default_dispatcher(void)
{
    /* P2 acquire: pairs with P1 */
    vow_dispatcher *dispatcher = atomic_load_explicit(&process_dispatcher, memory_order_acquire);

    return vow_likely(dispatcher != NULL) ? dispatcher : make_default();
}

void vow_dispatcher_free(vow_dispatcher *dispatcher)
{
    /* relaxed: only compared */
    if (dispatcher != NULL &&
        dispatcher != atomic_load_explicit(&process_dispatcher, memory_order_relaxed))
        dispatcher_free(dispatcher);
}

/* The table ------------------------------------------------------------------------------------------------------------- */

vow_status vow_dispatcher_add(vow_subscription *subscription, const void *sender,
                              const vow_name_handle *name)
{
    vow_dispatcher *dispatcher = subscription->dispatcher;
    vow_status status = VOW_OK;

    vow_lock_take(&dispatcher->lock);
    subscription->serial = ++dispatcher->serial;
    if (dispatcher->closed)
        status = VOW_CLOSED;
    else if (!vow_route_add(&dispatcher->table, sender, name, subscription))
        status = VOW_NO_MEMORY;
    else
        vow_subscription_ref(subscription);
    begin_generation(dispatcher);
    vow_lock_give(&dispatcher->lock);
    return status;
}

/* True: the table's reference is the caller's now. */
static bool take_out(vow_subscription *subscription)
{
    vow_dispatcher *dispatcher = subscription->dispatcher;

    vow_lock_take(&dispatcher->lock);
    bool removed = vow_route_remove(&dispatcher->table, subscription);
    if (removed)
        begin_generation(dispatcher);
    vow_lock_give(&dispatcher->lock);
    return removed;
}

void vow_dispatcher_remove(vow_subscription *subscription)
{
    if (!take_out(subscription))
        return;
    vow_view_forget(subscription->dispatcher);
    vow_subscription_unref(subscription);
}

/* Subscribing ------------------------------------------------------------------------------------------------------------ */

static VOW_COLD vow_subscription *refuse(vow_status status, const char *sentence,
                                         void (*drop)(void *), void *context)
{
    if (drop != NULL)
        drop(context);
    (void)vow_fail_literal(status, sentence);
    return NULL;
}

static vow_subscription *subscribe(vow_dispatcher *dispatcher, vow_fn *fn, void *context,
                                   void (*drop)(void *))
{
    vow_scheduler *place =
        dispatcher->scheduler != NULL ? vow_home_of(dispatcher->scheduler) : vow_home_here();

    return place != NULL ? vow_subscription_make(dispatcher, place, fn, context, drop) : NULL;
}

vow_subscription *vow_subscribe(vow_dispatcher *dispatcher, const void *sender,
                                const vow_name_handle *name, vow_fn *fn, void *context,
                                void (*drop)(void *))
{
    static const char no_memory[] = "vow_subscribe: out of memory";

    if (fn == NULL)
        return refuse(VOW_INVALID, "vow_subscribe: fn is NULL", drop, context);
    if (dispatcher == NULL)
        dispatcher = vow_default_dispatcher();
    if (dispatcher == NULL)
        return refuse(VOW_NO_MEMORY, no_memory, drop, context);
    vow_subscription *made = subscribe(dispatcher, fn, context, drop);
    if (made == NULL)
        return refuse(VOW_NO_MEMORY, no_memory, drop, context);
    vow_status status = vow_dispatcher_add(made, sender, name);
    if (status == VOW_OK)
        return made;
    vow_subscription_unref(made);
    return refuse(status,
                  status == VOW_CLOSED ? "vow_subscribe: the dispatcher is being freed" : no_memory,
                  drop, context);
}

/* Unsubscribing ----------------------------------------------------------------------------------------------------------- */

/* Takes the caller's reference to what is out of the table. */
static void end_subscription(vow_subscription *subscription)
{
    (void)vow_subscription_end(subscription);
    vow_view_forget(subscription->dispatcher);
    vow_subscription_unref(subscription);
}

vow_status vow_unsubscribe(vow_subscription *subscription)
{
    if (subscription == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_unsubscribe: subscription is NULL");
    if (!take_out(subscription))
        return vow_fail_literal(VOW_CLOSED, "vow_unsubscribe: subscription has ended before");
    end_subscription(subscription);
    return VOW_OK;
}

/* The oldest one that is made of these, out of the table, with the table's reference; NULL: there is none. */
static vow_subscription *take_handler(vow_dispatcher *dispatcher, const void *sender,
                                      const vow_name_handle *name, vow_fn *fn, const void *context)
{
    vow_lock_take(&dispatcher->lock);
    vow_subscription *found = vow_route_first(&dispatcher->table, sender, name);
    while (found != NULL && (found->fn != fn || found->context != context))
        found = found->next;
    if (found != NULL) {
        (void)vow_route_remove(&dispatcher->table, found);
        begin_generation(dispatcher);
    }
    vow_lock_give(&dispatcher->lock);
    return found;
}

vow_status vow_unsubscribe_handler(vow_dispatcher *dispatcher, const void *sender,
                                   const vow_name_handle *name, vow_fn *fn, void *context)
{
    vow_subscription *found = NULL;

    if (fn == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_unsubscribe_handler: fn is NULL");
    if (dispatcher == NULL)
        dispatcher = vow_default_dispatcher();
    if (dispatcher != NULL)
        found = take_handler(dispatcher, sender, name, fn, context);
    if (found == NULL)
        return vow_fail_literal(VOW_CLOSED,
                                "vow_unsubscribe_handler: there is no such subscription");
    end_subscription(found);
    return VOW_OK;
}
