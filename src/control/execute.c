/*
 * execute.c - what each kind of link does when its turn comes.
 *
 * The promise is RUNNING and the link has been popped: nobody else touches either, so the functions run outside of the
 * promise. (Replacing links without rarer fields are executed in run.c.)
 */
#include "control/run.h"
#include "control/settle.h"
#include "control/told.h"

/* THEN --------------------------------------------------------------------------------------------------------- */

/* The link has ended: its target no longer holds the source, which is given to the caller. Inside the target. */
static inline vow_promise *end_derivation(vow_promise *target, const struct link *link)
{
    if (vow_promise_has(target, PROMISE_DERIVED)) {
        vow_promise_clear(target, PROMISE_DERIVED | PROMISE_OWN_BUSY);
        return target->own.link.peer;
    }
    if (link->flags & LINK_OWN)
        vow_promise_clear(target, PROMISE_OWN_BUSY);
    return NULL;
}

/* The link's reference to its target is the firing's from then on, if that has links to run. */
void vow_link_settle(struct link *link, vow_value result, struct visit *visit)
{
    struct firing *firing = visit->firing;
    vow_promise *target = vow_link_target(link);
    bool own = (link->flags & LINK_OWN) != 0;
    bool queued = false;
    vow_promise_enter(target);
    vow_promise *source = end_derivation(target, link);
    bool pending = vow_promise_phase(target) == PROMISE_PENDING;
    if (vow_likely(pending && !vow_is_promise(result))) {
        vow_settle_inside(target, result);
        queued = vow_queue_with(target, firing);
    } else if (pending) {
        vow_follow_inside(target, result);
    }
    vow_promise_leave(target);
    if (vow_unlikely(!pending))
        vow_release(result);
    else if (vow_unlikely(vow_is_promise(result)))
        (void)vow_promise_adopt(target, result, firing);
    if (source != NULL) /* the promise that runs */
        visit->unrefs++;
    if (!own)
        vow_link_end(link);
    if (!queued)
        vow_promise_unref(target);
}

static vow_value give_back(vow_value input, void *context)
{
    (void)input;
    return vow_borrow(*(vow_value *)context);
}

static void drop_kept(void *context)
{
    vow_release(*(vow_value *)context);
    vow_object_delete(context, sizeof(vow_value));
}

/* vow_finally's function gave a promise: a promise of `kept` (taken) once that one is fulfilled. */
static vow_value after(vow_value waited, vow_value kept)
{
    vow_value *context = vow_object_new(sizeof(*context));
    if (context == NULL) {
        vow_release(waited);
        vow_release(kept);
        return vow_error_static(VOW_NO_MEMORY);
    }
    *context = kept;
    vow_handlers handlers = {
        .size = sizeof(handlers), .fulfilled = give_back, .context = context, .drop = drop_kept};
    return vow_promise_value(vow_then_with(vow_promise_in(waited), &handlers));
}

static vow_value keep_unless_error(vow_value result, vow_value value)
{
    if (vow_is_error(result))
        return vow_own(result);
    if (vow_is_promise(result))
        return after(vow_own(result), vow_retain(value));
    vow_release(result);
    return vow_retain(value);
}

vow_value vow_link_gone(void)
{
    return vow_fail(
        VOW_CANCELED,
        "vow_then, vow_add_callbacks: fn was not called: the scheduler where it belongs is closed");
}

static void execute_then(vow_promise *promise, struct link *link, struct visit *visit)
{
    vow_value value = promise->value;
    vow_fn *fn = link->flags & LINK_DEAD ? NULL : vow_link_function(link, value);
    vow_value result;
    if (fn == NULL) {
        result = vow_retain(vow_borrow(value));
    } else if (vow_unlikely(vow_link_place(promise, link) == visit->gone)) {
        result = vow_link_gone();
    } else {
        result = fn(vow_borrow(value), link->context);
        if (vow_unlikely(link->flags & LINK_FINALLY))
            result = keep_unless_error(result, vow_borrow(value));
        else
            result = vow_own(result);
    }
    vow_link_settle(link, result, visit);
}

/* CALLBACKS ------------------------------------------------------------------------------------------------------ */

vow_status vow_promise_adopt_in(vow_promise *promise, vow_value adopted, struct firing *firing)
{
    struct firing own;
    vow_firing_begin(&own);
    vow_status status = vow_promise_adopt(promise, adopted, firing != NULL ? firing : &own);
    vow_firing_end(&own);
    return status;
}

/* It had settled, and will once more. */
static void owe_again(vow_promise *promise)
{
    bool loop = promise->home->kind->loop;
    if ((!loop && vow_tracing_now() == 0) || vow_promise_has(promise, PROMISE_OWED))
        return;
    vow_promise_set(promise, PROMISE_OWED);
    if (loop)
        vow_loop_owe(promise->home, 1);
}

/* The promise will follow another one: the visit's references, as long as it has them, are not to be taken for consumers'. One
   will do, which is counted among the producers; to fire was somebody's right long ago. Inside. */
static VOW_COLD void be_no_consumer(vow_promise *promise, struct visit *visit)
{
    if (visit == NULL || visit->unrefs == 0)
        return;
    /* acq_rel: as C2 (counted.h), of those that are given back; one stays */
    atomic_fetch_sub_explicit(&promise->counted.word,
                              vow_promise_unrefs(visit->unrefs) -
                                  vow_promise_unrefs(PROMISE_UNREF_PRODUCER),
                              memory_order_acq_rel);
    visit->unrefs = PROMISE_UNREF_PRODUCER;
}

/* Replaces the value, with RUNNING set. Inside, on entry and on return. Without a visit, it is a firing of its own. */
void vow_promise_replace(vow_promise *promise, vow_value result, struct visit *visit)
{
    vow_value former = promise->value;
    bool adopt = vow_is_promise(result);
    promise->value = result;
    vow_promise_clear(promise, PROMISE_HANDLED);
    if (vow_unlikely(adopt)) {
        be_no_consumer(promise, visit);
        vow_follow_inside(promise, result);
        owe_again(promise);
    }
    if (vow_likely(!adopt && !vow_is_owned(former)))
        return;
    vow_promise_leave(promise);
    if (adopt) /* before users' code runs, which may cancel: it must find the edge */
        (void)vow_promise_adopt_in(promise, result, visit != NULL ? visit->firing : NULL);
    vow_release(former);
    vow_promise_enter(promise);
}

/* A replacing link with a full set of fields. Inside on return. */
static void execute_full_callbacks(vow_promise *promise, struct link *link, struct visit *visit)
{
    vow_value value = promise->value;
    vow_fn *fn = vow_link_function(link, value);
    vow_value result = value;
    if (fn != NULL && vow_unlikely(vow_link_place(promise, link) == visit->gone))
        result = vow_link_gone();
    else if (fn != NULL)
        result = fn(vow_borrow(value), link->context);
    vow_promise_enter(promise);
    if (fn != NULL && !vow_is_same(result, value))
        vow_promise_replace(promise, vow_own(result), visit);
    else if (fn != NULL && vow_is_error(value)) /* raised again */
        vow_promise_clear(promise, PROMISE_HANDLED);
    vow_promise_leave(promise);
    vow_link_end(link); /* its drop may cancel: it must find what the promise follows */
    vow_promise_enter(promise);
}

/* ADOPT ------------------------------------------------------------------------------------------------------------ */

/* An ADOPT link: its target waits for `promise`. */
static void execute_adopt(vow_promise *promise, struct link *link, struct firing *firing)
{
    vow_promise *target = vow_link_target(link);
    vow_value value = vow_retain(vow_borrow(promise->value));
    vow_promise_enter(target);
    vow_value adopted = target->value;
    bool own = (link->flags & LINK_OWN) != 0;
    if (own)
        vow_promise_clear(target, PROMISE_OWN_BUSY);
    vow_check(vow_promise_phase(target) == PROMISE_ADOPTING);
    vow_settle_inside(target, value);
    vow_promise_queue(target, firing);
    vow_promise_leave(target);
    if (!own) /* an own link is others' by now */
        vow_link_end(link);
    vow_release(adopted);
    vow_promise_unref(target);
}

/* Inside on entry, with the link popped, and on return. */
void vow_link_execute(vow_promise *promise, struct link *link, struct visit *visit)
{
    vow_promise_leave(promise);
    if (link->kind == LINK_CALLBACKS) {
        execute_full_callbacks(promise, link, visit);
        return;
    }
    if (link->kind == LINK_THEN)
        execute_then(promise, link, visit);
    else if (link->kind == LINK_ADOPT)
        execute_adopt(promise, link, visit->firing);
    else
        vow_told_tell(promise, link, visit->firing);
    vow_promise_enter(promise);
}
