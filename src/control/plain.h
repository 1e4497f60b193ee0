/*
 * plain.h - the most frequent links, run without what the others need (run.c): replacing ones with nothing but functions, and
 * those to derived promises with nothing but functions, at home on immediate, on the home's own thread and with the bias.
 * What vow_promise_enter and _leave do is done here with what is known already.
 */
#ifndef VOW_CONTROL_PLAIN_H
#define VOW_CONTROL_PLAIN_H

#include "control/settle.h"

static inline bool vow_link_is_plain(const struct link *link)
{
    return link->kind == LINK_CALLBACKS && (link->flags & LINK_FULL) == 0;
}

/* A popped link that is plain is freed before its function runs. Inside. */
static inline void vow_plain_free(vow_promise *promise, struct link *link)
{
    if (link->flags & LINK_OWN)
        vow_promise_clear(promise, PROMISE_OWN_BUSY);
    else
        vow_object_delete(link, sizeof(*link));
}

/* What a replacing link's function gave for `value`. Inside, on entry and on return. */
static inline void vow_plain_take_result(vow_promise *promise, vow_value value, vow_value result,
                                         struct visit *visit)
{
    if (vow_likely((result.kind | value.kind) <
                   VOW_BOX)) /* words: nothing to count, nothing to wait for */
        promise->value = result;
    else if (!vow_is_same(result, value))
        vow_promise_replace(promise, vow_own(result), visit);
    else if (vow_is_error(value)) /* raised again */
        vow_promise_clear(promise, PROMISE_HANDLED);
}

/* Inside: pops the first link, `link`. Each kind of link either looks at the error or hands it on; but a replacing link without a
   function for it leaves it where it is. */
static inline void vow_link_begin(vow_promise *promise, struct link *link)
{
    (void)vow_link_pop(promise);
    unsigned bits = PROMISE_RUNNING;
    if (link->kind != LINK_CALLBACKS ? (link->flags & LINK_UNSEEN) == 0
                                     : vow_link_function(link, promise->value) != NULL)
        bits |= PROMISE_HANDLED;
    vow_promise_set(promise, bits);
}

/* Settles a promise that was derived on this thread with a word, which needs nothing but to be written. False: not so. */
static inline bool vow_plain_settle(vow_promise *target, vow_value word, struct firing *firing,
                                    struct thread *self)
{
    /* relaxed: an owner finds itself */
    if (vow_unlikely(word.kind >= VOW_BOX ||
                     atomic_load_explicit(&target->home->owner, memory_order_relaxed) != self))
        return false;
    vow_promise_hold(target, self);
    if (vow_unlikely(target->bits != (PROMISE_PENDING | PROMISE_DERIVED | PROMISE_OWN_BUSY) ||
                     !vow_promise_is_held(target, self))) {
        vow_promise_leave(target);
        return false;
    }
    target->value = word;
    target->bits = PROMISE_SETTLED;
    bool queued = vow_queue_with(target, firing);
    vow_promise_let_go(self);
    if (!queued)
        vow_promise_unref(target);
    return true;
}

/* A popped link to a derived promise, with nothing but a function. Inside on entry and on return. */
static inline void vow_plain_derive(vow_promise *promise, struct link *link, struct visit *visit,
                                    struct thread *self)
{
    vow_value value = promise->value;
    vow_fn *fn = vow_link_function(link, value);
    vow_promise_let_go(self);
    vow_value result =
        fn != NULL ? fn(vow_borrow(value), link->context) : vow_retain(vow_borrow(value));
    if (vow_likely(vow_plain_settle(vow_link_target(link), result, visit->firing, self)))
        visit->unrefs++;
    else
        vow_link_settle(link, vow_own(result), visit);
    vow_promise_hold(promise, self);
}

/* A popped link that is plain. The same. */
static inline void vow_plain_replace(vow_promise *promise, struct link *link, struct visit *visit,
                                     struct thread *self)
{
    vow_value value = promise->value;
    vow_fn *fn = vow_link_function(link, value);
    void *context = link->context;
    vow_plain_free(promise, link);
    if (vow_unlikely(fn == NULL))
        return;
    vow_promise_let_go(self);
    vow_value result = fn(vow_borrow(value), context);
    vow_promise_hold(promise, self);
    vow_plain_take_result(promise, value, result, visit);
}

/* Inside, on entry and on return. Without a visit, derived promises are left. */
static VOW_ALWAYS_INLINE void vow_plain_run(vow_promise *promise, struct visit *visit,
                                            struct thread *self)
{
    vow_scheduler *saved = vow_locals.home;
    vow_locals.home = promise->home;
    while (vow_is_runnable(promise) && vow_promise_is_held(promise, self)) {
        struct link *link = vow_link_first(promise);
        bool derivation = visit != NULL && link->kind == LINK_THEN && link->flags == LINK_OWN;
        if (vow_unlikely(!derivation && !vow_link_is_plain(link)))
            break;
        vow_link_begin(promise, link);
        if (derivation)
            vow_plain_derive(promise, link, visit, self);
        else
            vow_plain_replace(promise, link, visit, self);
        vow_promise_clear(promise, PROMISE_RUNNING);
    }
    vow_locals.home = saved;
}

#endif
