/**
 * vow/dispatcher.h - messages: who publishes does not know who listens.
 *
 *     vow_subscription *seen = vow_subscribe(NULL, stage, vow_name("moved"), redraw, window, NULL);
 *     vow_publish(NULL, stage, vow_name("moved"), vow_real(2.5));        redraw gets a message
 *     vow_unsubscribe(seen);
 *     vow_subscription_release(seen);
 *
 * A message has a sender (a pointer that stands for somebody; never followed), a name (`vow/name.h`) and a payload. A
 * handler is a `vow_fn` whose input is the message; it runs on a scheduler, its *place*: the dispatcher's, or where that
 * has none, the one that was current where it was subscribed.
 *
 * - At home on immediate, a handler runs before `vow_publish` returns if that is called on the subscriber's own thread;
 *   what another thread publishes waits in the subscriber's thread, which runs it when it waits, publishes to that
 *   subscription, or asks (`vow_run_pending`). Elsewhere a handler runs later, never inside `vow_publish`.
 * - Messages of one sender come to each subscription in the order in which they were published.
 * - One subscription's handler never overlaps itself, on whatever scheduler: what comes meanwhile waits for its turn. A
 *   handler that waits, or returns a promise, has not ended before that has.
 * - A message goes to those who are subscribed when it is published, in the order in which they subscribed; who unsubscribes
 *   before its turn does not get it.
 * - A handler's error goes to the report hook (`vow/report.h`), and stops nobody else.
 * - A thread remembers who gets what it publishes. So a subscription that was ended by another thread may stay in memory as
 *   long as that thread lives, and with it the memory of its dispatcher and the scheduler on which its handler ran; a
 *   scheduler of the program's own gets its `drop` there. Contexts do not stay: `drop` runs when the subscription ends.
 * - Inside of handlers everything is allowed: to publish (the message under way is brought to all others first), to
 *   subscribe (from the next message on), to unsubscribe, to free the dispatcher.
 */
#ifndef VOW_DISPATCHER_H
#define VOW_DISPATCHER_H

#include <vow/name.h>
#include <vow/promise.h>

VOW_BEGIN_DECLARATIONS

/** Brings messages from those who publish to those who subscribed. One owner; any threads. */
typedef struct vow_dispatcher vow_dispatcher;

/**
 * That somebody listens: counted. It goes on when its last reference is given back; what ends it is unsubscribing, the end of
 * its dispatcher, and a place that is closed, when the next message comes there.
 */
typedef struct vow_subscription vow_subscription;

/** In place of a sender: every one. */
#define VOW_ANY_SENDER ((const void *)0)

/** In place of a name: every one. */
#define VOW_ANY_MESSAGE ((const vow_name_handle *)0)

/**
 * A dispatcher whose handlers run on `scheduler`; NULL: each where its subscriber is at home. Shares `scheduler`. Immediate
 * stands for the thread of each subscriber. NULL on VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_dispatcher *vow_dispatcher_new(vow_scheduler *scheduler);

/**
 * Ends all subscriptions, rejects the promises of `vow_next_message` with VOW_CLOSED, and frees `dispatcher`, which nobody
 * may use any more. Takes it; NULL and the default one do nothing. Any thread, also inside of its own handlers; never waits;
 * may run the `drop` of subscriptions whose place is immediate, and links of the promises that it rejects.
 */
VOW_API void vow_dispatcher_free(vow_dispatcher *dispatcher);

/**
 * The process's dispatcher, made with `vow_dispatcher_new(NULL)` at first use: its handlers run where their subscribers
 * are at home, on the default scheduler outside of calls. What NULL stands for below. Borrowed. NULL on
 * VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API vow_dispatcher *vow_default_dispatcher(void);

/**
 * Has `fn(message, context)` called for each message called `name` that `sender` publishes; VOW_ANY_SENDER and
 * VOW_ANY_MESSAGE stand for all. Borrows `dispatcher` and, until the subscription has ended, `context`, which `drop` gets
 * then, once, at the handler's place (elsewhere only where that is closed). `drop` may be NULL. `sender` is only compared.
 * One reference, the caller's, to be given back even where it is not wanted. NULL on VOW_INVALID (`fn` is NULL),
 * VOW_NO_MEMORY: `drop` has run. Any thread; never waits; `fn` is called inside of `vow_publish` where
 * its place is immediate and of the same thread, elsewhere later.
 */
VOW_API VOW_NODISCARD vow_subscription *vow_subscribe(vow_dispatcher *dispatcher,
                                                      const void *sender,
                                                      const vow_name_handle *name, vow_fn *fn,
                                                      void *context, void (*drop)(void *context));

/**
 * Ends a subscription. Where its handler runs on one thread, it is not called any more once this has returned there; a call
 * that is under way goes on. What has been published for it and waits is dropped. Borrows. VOW_INVALID: NULL. VOW_CLOSED: it
 * has ended before. Any thread; never waits; may run `drop` where the place is immediate.
 */
VOW_API vow_status vow_unsubscribe(vow_subscription *subscription);

/**
 * Ends the oldest subscription that was made with these four, as `vow_unsubscribe` does. VOW_INVALID: `fn` is NULL.
 * VOW_CLOSED: there is none (any more). Borrows `dispatcher`. Any thread; never waits; may run `drop`.
 */
VOW_API vow_status vow_unsubscribe_handler(vow_dispatcher *dispatcher, const void *sender,
                                           const vow_name_handle *name, vow_fn *fn, void *context);

/** One more reference; gives `subscription` back. NULL is fine. Any thread; never waits. */
VOW_API vow_subscription *vow_subscription_retain(vow_subscription *subscription);

/** Gives back a reference; the subscription goes on. Takes it; NULL does nothing. Any thread; never waits. */
VOW_API void vow_subscription_release(vow_subscription *subscription);

/**
 * Publishes: brings the message to those who are subscribed to it. Borrows `dispatcher`; takes `payload`, on failure too;
 * an error or a promise is plain data here. `sender` is never followed; NULL is nobody, whom only subscriptions to every
 * sender hear. VOW_INVALID: `name` is NULL. VOW_NO_MEMORY: some have not got it.
 * Any thread; never waits; runs handlers before it returns where they are at home on immediate on this thread.
 */
VOW_API vow_status vow_publish(vow_dispatcher *dispatcher, const void *sender,
                               const vow_name_handle *name, vow_value payload);

/**
 * A promise of the next message called `name` that `sender` publishes, or any, as in `vow_subscribe`; at home on the current
 * scheduler. Borrows `dispatcher`. Never NULL: rejected with VOW_NO_MEMORY, or VOW_CLOSED when the dispatcher is freed.
 * Canceling it ends its subscription. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_next_message(vow_dispatcher *dispatcher, const void *sender,
                                                    const vow_name_handle *name);

/** Whether `value` is a message. Borrows. Any thread; never waits. */
VOW_API bool vow_is_message(vow_value value);

/**
 * Who sent `message`: to be compared. NULL if that is no message: `vow_last_error` then says so. Borrows. Any
 * thread; never waits.
 */
VOW_API const void *vow_message_sender(vow_value message);

/**
 * What `message` is called. NULL if it is no message: `vow_last_error` then says so. Borrows. Any thread; never
 * waits.
 */
VOW_API const vow_name_handle *vow_message_name(vow_value message);

/**
 * What came with `message`, borrowed from it; none if it is no message: `vow_last_error` then says so. Any thread;
 * never waits.
 */
VOW_API vow_value vow_message_payload(vow_value message);

VOW_END_DECLARATIONS

#endif
