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
    if (vow_unlikely(!vow_promise_hold_at_once(target, self)))
        return false;
    if (vow_unlikely(target->bits != (PROMISE_PENDING | PROMISE_DERIVED | PROMISE_OWN_BUSY))) {
        vow_promise_let_go(self);
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

/* The first link of a runnable promise leaves the queue. */
static inline void vow_plain_pop(vow_promise *promise, struct link *first)
{
    struct link *last = promise->links;
    if (first == last)
        promise->links = NULL;
    else
        last->next = first->next;
}

/* What a function of this link is called with: words are what they are. */
static inline vow_fn *vow_plain_function(const struct link *link, vow_value *value)
{
    if (vow_likely(value->kind < VOW_BOX))
        return link->fulfilled;
    vow_fn *fn = vow_link_function(link, *value);
    *value = vow_borrow(*value);
    return fn;
}

/* The first link, to a derived promise, with nothing but a function. Inside on entry and on return. */
static inline void vow_plain_derive(vow_promise *promise, struct link *link, struct visit *visit,
                                    struct thread *self)
{
    vow_value value = promise->value;
    vow_fn *fn = vow_plain_function(link, &value);
    vow_plain_pop(promise, link);
    vow_promise_set(promise, PROMISE_RUNNING | PROMISE_HANDLED);
    vow_promise_let_go(self);
    vow_value result = fn != NULL ? fn(value, link->context) : vow_retain(value);
    vow_promise *target = vow_container_of(link, vow_promise, own.link);
    if (vow_likely(vow_plain_settle(target, result, visit->firing, self)))
        visit->unrefs++;
    else
        vow_link_settle(link, vow_own(result), visit);
    vow_promise_hold(promise, self);
    vow_promise_clear(promise, PROMISE_RUNNING);
}

/* The first link, which is plain. The same. */
static VOW_ALWAYS_INLINE void vow_plain_replace(vow_promise *promise, struct link *link,
                                                struct visit *visit, struct thread *self)
{
    vow_value value = promise->value;
    vow_value input = value;
    vow_fn *fn = vow_plain_function(link, &input);
    void *context = link->context;
    vow_plain_pop(promise, link);
    vow_plain_free(promise, link);
    if (vow_unlikely(fn == NULL))
        return;
    vow_promise_set(promise, PROMISE_RUNNING | PROMISE_HANDLED);
    vow_promise_let_go(self);
    vow_value result = fn(input, context);
    vow_promise_hold(promise, self);
    vow_plain_take_result(promise, value, result, visit);
    vow_promise_clear(promise, PROMISE_RUNNING);
}

/* Out of line: among derivations, which are more frequent there. */
static __attribute__((noinline)) void vow_plain_replace_apart(vow_promise *promise,
                                                              struct link *link,
                                                              struct visit *visit,
                                                              struct thread *self)
{
    vow_plain_replace(promise, link, visit, self);
}

/* Of a promise that is runnable, inside, on entry and on return. Without a visit, derived promises are left. */
static VOW_ALWAYS_INLINE void vow_plain_run(vow_promise *promise, struct visit *visit,
                                            struct thread *self)
{
    if (vow_unlikely(!vow_promise_is_held(promise, self)))
        return;
    vow_scheduler *saved = vow_locals.home;
    vow_locals.home = promise->home;
    do {
        struct link *link = promise->links->next;
        if (visit != NULL && link->kind == LINK_THEN && link->flags == LINK_OWN)
            vow_plain_derive(promise, link, visit, self);
        else if (vow_unlikely(!vow_link_is_plain(link)))
            break;
        else if (visit != NULL)
            vow_plain_replace_apart(promise, link, visit, self);
        else
            vow_plain_replace(promise, link, NULL, self);
    } while (vow_is_runnable(promise) && vow_promise_is_held(promise, self));
    vow_locals.home = saved;
}

#endif
