/*
 * settle.h - the small steps that settling and running share. All inside the promise.
 */
#ifndef VOW_CONTROL_SETTLE_H
#define VOW_CONTROL_SETTLE_H

#include "control/run.h"
#include "control/trace.h"
#include "execution/loop.h"

/* Whether one who fires may enter without disturbing the owner: on the home's thread, or where the bias is gone. */
static inline bool vow_promise_may_enter(vow_promise *promise)
{
    return vow_scheduler_is_mine(promise->home) ||
           (vow_promise_word(promise) & (PROMISE_SHARED | PROMISE_CANCELLER)) != 0;
}

/* Enters, where one who fires may; looks at once at what is most frequent. */
static inline bool vow_promise_enter_if_may(vow_promise *promise)
{
    struct thread *self = vow_here.thread;
    /* relaxed: an owner finds itself; owners are never NULL */
    bool mine = atomic_load_explicit(&promise->home->owner, memory_order_relaxed) == self;
    if (vow_likely(mine) && vow_likely(vow_promise_hold_at_once(promise, self)))
        return true;
    if (!vow_promise_may_enter(promise))
        return false;
    vow_promise_enter(promise);
    return true;
}

/* Inside: it has settled, and somebody wants to know. */
static inline void vow_promise_paid(vow_promise *promise)
{
    vow_promise_clear(promise, PROMISE_OWED);
    if (vow_likely(promise->home->kind->loop))
        vow_loop_owe(promise->home, -1);
    if (vow_unlikely(vow_tracing_now() != 0))
        vow_trace_settled(promise);
}

/* Inside: whether links will be sent to the home, on another thread: until their call is there the home has to wait for it
   (run.c pays). What waits for progress does so itself: pieces are owed, too (notify.c). */
static inline bool vow_promise_pays_later(const vow_promise *promise)
{
    return promise->links != NULL && promise->pauses == 0 && promise->home->kind->loop &&
           !vow_scheduler_is_mine(promise->home);
}

/* The value (taken, no promise) is there; nothing runs yet. HANDLED is kept: of what is still to come only who knows what that
   will be sets it (turn.c), and who replaces a value clears it. */
static inline void vow_settle_inside(vow_promise *promise, vow_value value)
{
    promise->value = value;
    vow_promise_set_phase(promise, PROMISE_SETTLED);
    if (vow_unlikely(vow_promise_has(promise, PROMISE_OWED)) && !vow_promise_pays_later(promise))
        vow_promise_paid(promise);
}

/* Inside, when links have run, or none will run here: pays what was to be paid later. Who runs one pays when it has ended. */
static inline void vow_promise_pay(vow_promise *promise)
{
    if (vow_unlikely(vow_promise_has(promise, PROMISE_OWED)) &&
        vow_promise_phase(promise) == PROMISE_SETTLED && !vow_promise_has(promise, PROMISE_RUNNING))
        vow_promise_paid(promise);
}

/* `value`, a promise, will be followed: from here on nobody else takes this promise for one that is still to be settled
   (a cancel that looked earlier, users' code in a drop function). vow_promise_adopt must come next. */
static inline void vow_follow_inside(vow_promise *promise, vow_value value)
{
    promise->value = value;
    vow_promise_set_phase(promise, PROMISE_ADOPTING);
}

/* Whether the first link may be executed, by whoever is at the right place. */
static inline bool vow_is_runnable(const vow_promise *promise)
{
    return promise->links != NULL &&
           (promise->bits & (PROMISE_PHASE | PROMISE_RUNNING)) == PROMISE_SETTLED &&
           promise->pauses == 0 && !vow_promise_is_notified(promise);
}

/* Puts a promise whose links can run on the firing's list, with a reference of the caller's; false, and it is the
   caller's still, if there is nothing to run. Inside. */
static inline bool vow_queue_with(vow_promise *promise, struct firing *firing)
{
    if (!vow_is_runnable(promise) || vow_promise_has(promise, PROMISE_SCHEDULED))
        return false;
    vow_promise_set(promise, PROMISE_SCHEDULED);
    vow_queue_append(&firing->work, &promise->call);
    return true;
}

/* The function of a link for a value. */
static inline vow_fn *vow_link_function(const struct link *link, vow_value value)
{
    return vow_is_error(value) ? link->rejected : link->fulfilled;
}

/* Whether `result` is the value that the function was given, handed back as it was. */
static inline bool vow_is_same(vow_value result, vow_value value)
{
    return result.kind == vow_borrow(value).kind && result.kind >= VOW_BOX &&
           result.as.pointer == value.as.pointer;
}

#endif
