/*
 * adopt.c - a promise that is fired with a promise, or whose link gives one, takes its place in that one's queue.
 *
 * Rings are found by who closes them: ring.h.
 */
#include "control/ring.h"
#include "control/run.h"
#include "control/trace.h"

/* A link for `promise`'s place in the queue of what it adopts; published with the edge. NULL without memory. */
static struct link *publish(vow_promise *promise, vow_value adopted)
{
    vow_promise_enter(promise);
    bool own = !vow_promise_has(promise, PROMISE_OWN_BUSY);
    struct link *link = own ? &promise->own.link : vow_object_new(sizeof(*link));
    if (vow_unlikely(link == NULL)) {
        vow_promise_leave(promise);
        return NULL;
    }
    if (own)
        vow_promise_set(promise, PROMISE_OWN_BUSY);
    *link = (struct link){
        .peer = promise, .kind = LINK_ADOPT, .flags = own ? (uint16_t)LINK_OWN : (uint16_t)0};
    promise->value = adopted;
    vow_promise_set_phase(promise, PROMISE_ADOPTING);
    vow_promise_leave(promise);
    vow_promise_ref(promise);
    return link;
}

static vow_status break_ring(vow_promise *promise, vow_promise *adopted, struct link *link,
                             struct firing *firing)
{
    vow_promise_enter(adopted);
    bool removed = vow_link_remove(adopted, link);
    vow_promise_leave(adopted);
    if (!removed)
        return VOW_OK;            /* it has settled: there is no ring any more */
    if (link->flags & LINK_OWN) { /* from then on it is others': not to be looked at */
        vow_promise_enter(promise);
        vow_promise_clear(promise, PROMISE_OWN_BUSY);
        vow_promise_leave(promise);
    } else {
        vow_link_end(link);
    }
    vow_promise_settle(
        promise,
        vow_fail(VOW_INVALID, "a promise was given itself to wait for, through others: a ring"),
        firing);
    vow_promise_unref(adopted);
    vow_promise_unref(promise);
    return VOW_INVALID;
}

/* If `adopted` has settled and nothing hangs in its queue: its value, owned, in *ret_value. */
static bool settled_already(vow_promise *adopted, vow_value *ret_value)
{
    vow_promise_enter(adopted);
    bool settled = vow_promise_is_quiet(adopted);
    if (settled) {
        *ret_value = vow_retain(vow_borrow(adopted->value));
        vow_promise_set(adopted, PROMISE_HANDLED);
    }
    vow_promise_leave(adopted);
    return settled;
}

vow_status vow_promise_adopt(vow_promise *promise, vow_value value, struct firing *firing)
{
    vow_promise *adopted = vow_promise_in(value);
    vow_value settled;
    vow_status status = VOW_OK;
    if (vow_unlikely(adopted == promise)) {
        vow_promise_settle(promise, vow_fail(VOW_INVALID, "a promise was given itself to wait for"),
                           firing);
        vow_promise_unref(adopted);
        return VOW_INVALID;
    }
    if (vow_unlikely(vow_tracing_now() != 0))
        vow_trace_chained(promise, adopted);
    if (settled_already(adopted, &settled)) {
        vow_promise_settle(promise, settled, firing);
        vow_promise_unref(adopted);
        return VOW_OK;
    }
    struct link *link = publish(promise, value);
    if (vow_unlikely(link == NULL)) {
        vow_promise_settle(promise, vow_error_static(VOW_NO_MEMORY), firing);
        vow_promise_unref(adopted);
        return VOW_NO_MEMORY;
    }
    vow_promise_ref(
        adopted); /* the link may be executed, and the adoption end, before we have looked for rings */
    vow_promise_ref(promise);
    vow_promise_enter(adopted);
    vow_link_push(adopted, link);
    vow_promise_queue(adopted, firing);
    bool ring = vow_ring_is_possible(adopted);
    vow_promise_leave(adopted);
    if (ring && vow_ring_is_closed(promise, adopted))
        status = break_ring(promise, adopted, link, firing);
    vow_promise_unref(promise);
    vow_promise_unref(adopted);
    return status;
}
