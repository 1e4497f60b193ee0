/*
 * then.c - adding links: to a new promise (vow_then and its like), or to the promise itself (vow_add_callbacks).
 */
#include "control/make.h"
#include "control/trace.h"

/* Inside on entry, left on return. */
static void push_and_run(vow_promise *promise, struct link *link)
{
    vow_link_push(promise, link);
    if (vow_promise_phase(promise) == PROMISE_SETTLED)
        vow_promise_run_held(promise);
    else
        vow_promise_leave(promise);
}

static vow_status check_handlers(const vow_handlers *handlers, const char *function)
{
    if (handlers == NULL)
        return vow_fail_status(VOW_INVALID, "%s: handlers is NULL", function);
    if (handlers->size != sizeof(*handlers))
        return vow_fail_status(VOW_INVALID, "%s: handlers->size is %zu, not %zu", function,
                               handlers->size, sizeof(*handlers));
    return VOW_OK;
}

static void drop_context(const vow_handlers *handlers)
{
    if (handlers != NULL && handlers->size == sizeof(*handlers) && handlers->drop != NULL)
        handlers->drop(handlers->context);
}

/* Derived promises ---------------------------------------------------------------------------------------------------- */

/* A pending promise that will hold `source` (taken) until its link has ended; referenced by the caller and the link. */
static vow_promise *derive(vow_promise *source, vow_scheduler *home)
{
    const unsigned bits = PROMISE_DERIVED | PROMISE_OWN_BUSY;
    vow_promise *derived = vow_promise_make_at_once(home, 2, PROMISE_FIRED, PROMISE_PENDING | bits);
    if (vow_unlikely(derived == NULL)) {
        derived = vow_promise_make(home, 2, PROMISE_FIRED);
        if (vow_unlikely(derived == NULL))
            return NULL;
        vow_promise_set(derived, bits);
    }
    derived->own.link.peer = source;
    if (vow_unlikely(vow_tracing_now() != 0))
        vow_trace_chained(derived, source);
    return derived;
}

/* A rejected promise in place of `promise`, which is taken. */
static VOW_COLD vow_promise *cannot(vow_promise *promise, vow_status status, const char *function)
{
    if (promise == NULL)
        status = vow_fail_status(VOW_INVALID, "%s: promise is NULL", function);
    else if (status == VOW_NO_MEMORY)
        (void)vow_fail_status(status, "%s: out of memory", function);
    vow_promise *refused =
        vow_promise_refused(status); /* before users' code can change the sentence */
    vow_promise_release(promise);
    return refused;
}

/* The static promise that stands for lack of memory takes no links; a rejected promise of its own takes its place, if
   there is memory by now. */
static inline vow_promise *usable(vow_promise *promise)
{
    if (vow_likely(promise != &vow_promise_no_memory))
        return promise;
    vow_promise_unref(promise);
    return vow_failed(vow_error_static(VOW_NO_MEMORY));
}

static vow_promise *then(vow_promise *promise, vow_fn *fulfilled, vow_fn *rejected, void *context,
                         unsigned flags, const char *function)
{
    promise = usable(promise);
    if (vow_unlikely(promise == &vow_promise_no_memory))
        return promise;
    vow_promise *derived = promise != NULL ? derive(promise, vow_home_here()) : NULL;
    if (vow_unlikely(derived == NULL))
        return cannot(promise, VOW_NO_MEMORY, function);
    struct link *link = &derived->own.link;
    link->fulfilled = fulfilled;
    link->rejected = rejected;
    link->context = context;
    link->kind = LINK_THEN;
    link->flags = (uint16_t)(LINK_OWN | flags);
    vow_promise_enter(promise);
    push_and_run(promise, link);
    return derived;
}

vow_promise *vow_then(vow_promise *promise, vow_fn *fn, void *context)
{
    return then(promise, fn, NULL, context, 0, "vow_then");
}

vow_promise *vow_catch(vow_promise *promise, vow_fn *fn, void *context)
{
    return then(promise, NULL, fn, context, 0, "vow_catch");
}

vow_promise *vow_finally(vow_promise *promise, vow_fn *fn, void *context)
{
    return then(promise, fn, fn, context, LINK_FINALLY, "vow_finally");
}

vow_promise *vow_tap(vow_promise *promise, vow_fn *fn, void *context)
{
    return then(promise, fn, NULL, context, LINK_FINALLY, "vow_tap");
}

/* The full link of `handlers`; NULL, their context dropped, if that cannot be. */
static struct link *full_link(enum link_kind kind, const vow_handlers *handlers,
                              vow_status *ret_status, const char *function)
{
    *ret_status = check_handlers(handlers, function);
    struct link *link = *ret_status == VOW_OK ? vow_link_from_handlers(kind, handlers) : NULL;
    if (vow_unlikely(link == NULL)) {
        if (*ret_status == VOW_OK)
            *ret_status = VOW_NO_MEMORY;
        drop_context(handlers);
    }
    return link;
}

vow_promise *vow_then_with(vow_promise *promise, const vow_handlers *handlers)
{
    vow_status status;
    struct link *link = full_link(LINK_THEN, handlers, &status, "vow_then_with");
    if (vow_unlikely(link == NULL))
        return cannot(promise, status, "vow_then_with");
    promise = usable(promise);
    if (vow_unlikely(promise == &vow_promise_no_memory)) {
        vow_link_end(link);
        return promise;
    }
    vow_scheduler *named = ((struct full_link *)link)->scheduler;
    vow_promise *derived =
        promise != NULL ? derive(promise, named != NULL ? named : vow_home_here()) : NULL;
    if (vow_unlikely(derived == NULL)) {
        vow_link_end(link);
        return cannot(promise, VOW_NO_MEMORY, "vow_then_with");
    }
    link->peer = derived;
    vow_promise_enter(promise);
    push_and_run(promise, link);
    return derived;
}

/* Replacing links ------------------------------------------------------------------------------------------------------ */

/* A link without rarer fields: the promise's own, if that is free. Inside. */
static struct link *plain_link(vow_promise *promise)
{
    if (vow_likely(!vow_promise_has(promise, PROMISE_OWN_BUSY))) {
        vow_promise_set(promise, PROMISE_OWN_BUSY);
        promise->own.link.flags = LINK_OWN;
        return &promise->own.link;
    }
    struct link *link = vow_object_new(sizeof(*link));
    if (vow_likely(link != NULL))
        link->flags = 0;
    return link;
}

/* The frequent case, in which nothing is called: a pending promise that is at home here, with the bias, and memory at hand.
   False: not so, and nothing was done. */
static VOW_ALWAYS_INLINE bool add_at_once(vow_promise *promise, vow_fn *fulfilled, vow_fn *rejected,
                                          void *context)
{
    struct thread *self = vow_here.thread;
    /* relaxed: an owner finds itself */
    if (vow_unlikely(promise == NULL || promise == &vow_promise_no_memory ||
                     atomic_load_explicit(&promise->home->owner, memory_order_relaxed) != self ||
                     !vow_promise_hold_at_once(promise, self)))
        return false;
    bool busy = vow_promise_has(promise, PROMISE_OWN_BUSY);
    struct link *link = &promise->own.link;
    if (vow_unlikely(vow_promise_phase(promise) != PROMISE_PENDING) ||
        (busy && vow_unlikely((link = vow_object_new_at_hand(sizeof(*link))) == NULL))) {
        vow_promise_let_go(self);
        return false;
    }
    vow_promise_set(promise, PROMISE_OWN_BUSY);
    link->fulfilled = fulfilled;
    link->rejected = rejected;
    link->context = context;
    link->kind = LINK_CALLBACKS;
    link->flags = busy ? 0 : LINK_OWN;
    vow_link_push(promise, link);
    vow_promise_let_go(self);
    return true;
}

static vow_promise *add_slowly(vow_promise *promise, vow_fn *fulfilled, vow_fn *rejected,
                               void *context, const char *function)
{
    promise = usable(promise);
    if (vow_unlikely(promise == NULL || promise == &vow_promise_no_memory))
        return cannot(promise, VOW_NO_MEMORY, function);
    vow_promise_enter(promise);
    struct link *link = plain_link(promise);
    if (vow_unlikely(link == NULL)) {
        vow_promise_leave(promise);
        return cannot(promise, VOW_NO_MEMORY, function);
    }
    link->fulfilled = fulfilled;
    link->rejected = rejected;
    link->context = context;
    link->kind = LINK_CALLBACKS;
    push_and_run(promise, link);
    return promise;
}

static VOW_ALWAYS_INLINE vow_promise *add(vow_promise *promise, vow_fn *fulfilled, vow_fn *rejected,
                                          void *context, const char *function)
{
    if (vow_likely(add_at_once(promise, fulfilled, rejected, context)))
        return promise;
    return add_slowly(promise, fulfilled, rejected, context, function);
}

vow_promise *vow_add_callback(vow_promise *promise, vow_fn *fn, void *context)
{
    return add(promise, fn, NULL, context, "vow_add_callback");
}

vow_promise *vow_add_errback(vow_promise *promise, vow_fn *fn, void *context)
{
    return add(promise, NULL, fn, context, "vow_add_errback");
}

vow_promise *vow_add_both(vow_promise *promise, vow_fn *fn, void *context)
{
    return add(promise, fn, fn, context, "vow_add_both");
}

static bool is_plain(const vow_handlers *handlers)
{
    return handlers->notified == NULL && handlers->drop == NULL && handlers->scheduler == NULL;
}

vow_promise *vow_add_callbacks(vow_promise *promise, const vow_handlers *handlers)
{
    vow_status status = check_handlers(handlers, "vow_add_callbacks");
    if (vow_likely(status == VOW_OK && is_plain(handlers)))
        return add(promise, handlers->fulfilled, handlers->rejected, handlers->context,
                   "vow_add_callbacks");
    struct link *link = full_link(LINK_CALLBACKS, handlers, &status, "vow_add_callbacks");
    if (vow_unlikely(link == NULL))
        return cannot(promise, status, "vow_add_callbacks");
    promise = usable(promise);
    if (vow_unlikely(promise == NULL || promise == &vow_promise_no_memory)) {
        vow_link_end(link);
        return cannot(promise, VOW_NO_MEMORY, "vow_add_callbacks");
    }
    vow_promise_enter(promise);
    push_and_run(promise, link);
    return promise;
}
