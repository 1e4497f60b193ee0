/*
 * fire.c - firing: by producers, by jobs, by cancels, from any thread.
 *
 * Who fires on the home's own thread, or finds the bias gone, enters the promise, settles it and runs what follows. Who
 * fires from elsewhere delivers: it leaves the value, and the home's thread does the rest (promise.h).
 */
#include "control/canceller.h"
#include "control/run.h"
#include "control/settle.h"

/* Firing ------------------------------------------------------------------------------------------------------------- */

bool vow_promise_claim_too_late(vow_promise *promise)
{
    _Atomic uint64_t *word = &promise->counted.word;
    /* relaxed: a flag alone */
    return (atomic_fetch_and_explicit(word, ~PROMISE_SWALLOW, memory_order_relaxed) &
            PROMISE_SWALLOW) != 0;
}

/* From another thread than the home's: leaves the value for the home. `call` comes with a reference. True if somebody
   has taken the bias away meanwhile: the caller has to go on by itself. */
static bool deliver(vow_promise *promise, vow_value value)
{
    promise->value = value;
    /* B3 release: pairs with B4 */
    atomic_store_explicit(&promise->delivery, PROMISE_DELIVERED, memory_order_release);
    vow_compiler_fence();
    if (vow_promise_word(promise) & PROMISE_SHARED)
        return true;
    vow_scheduler_call(promise->home, &promise->call);
    return false;
}

/* On the home's thread, or where the bias is gone. */
static vow_status fire_here(vow_promise *promise, vow_value value)
{
    if (vow_unlikely((vow_promise_word(promise) & PROMISE_CANCELLER) != 0))
        vow_canceller_drop(vow_canceller_take(promise));
    if (vow_unlikely(vow_is_promise(value))) {
        vow_status status = vow_promise_adopt_in(promise, value, NULL);
        /* relaxed: ordered by the promise's lock; who cancels sets it, and then looks for the edge */
        if (vow_unlikely((vow_promise_word(promise) & PROMISE_CANCELED) != 0))
            vow_cancel(
                promise); /* a job that was told of a cancel; or one that came before there was an edge */
        return status;
    }
    vow_promise_enter(promise);
    if (vow_unlikely(vow_promise_phase(promise) != PROMISE_PENDING)) { /* inside of vow_fire */
        vow_promise_leave(promise);
        vow_release(value);
        return VOW_ALREADY_FIRED;
    }
    vow_settle_inside(promise, value);
    vow_promise_run_held(promise);
    return VOW_OK;
}

vow_status vow_promise_fire(vow_promise *promise, vow_value value)
{
    /* a promise is followed at once, by whoever fires: cancels, waits and rings must see the edge */
    if (vow_likely(vow_promise_may_enter(promise)) || vow_is_promise(value)) {
        return fire_here(promise, value);
    }
    vow_promise_ref(promise);
    if (vow_unlikely(deliver(promise, value)))
        vow_promise_visit(promise);
    return VOW_OK;
}

void vow_promise_fire_entering(vow_promise *promise, vow_value value)
{
    if ((vow_promise_word(promise) & PROMISE_CANCELLER) != 0)
        vow_canceller_drop(vow_canceller_take(promise));
    vow_promise_enter(promise);
    if (vow_promise_phase(promise) != PROMISE_PENDING) { /* vow_fire was first */
        vow_promise_leave(promise);
        vow_release(value);
        return;
    }
    vow_settle_inside(promise, value);
    vow_promise_run_canceled(promise);
}

bool vow_promise_settle_derived(vow_promise *promise, vow_value value)
{
    vow_promise_enter(promise);
    if (vow_promise_phase(promise) != PROMISE_PENDING) {
        vow_promise_leave(promise);
        vow_release(value);
        return false;
    }
    vow_settle_inside(promise, value);
    vow_promise_run_canceled(promise);
    return true;
}

void vow_fire_with(vow_deferred *deferred, vow_value value, struct firing *firing)
{
    vow_promise *promise = (vow_promise *)deferred;
    bool swallowed;
    if (firing == NULL || !vow_promise_may_enter(promise)) {
        (void)vow_fire(deferred, value);
        return;
    }
    if (vow_promise_claim(promise, &swallowed)) {
        vow_canceller_drop(vow_canceller_take(promise));
        vow_promise_settle(promise, vow_own(value), firing);
    } else {
        vow_release(value);
    }
    vow_deferred_release(deferred);
}

/* The scheduler is done with the call: it is a promise's again. */
static void take_call_back(vow_promise *promise)
{
    promise->call.run = vow_promise_call_run;
    promise->call.dropped = vow_promise_call_dropped;
}

void vow_promise_end_job(vow_promise *promise)
{
    vow_promise_enter(promise); /* others may be looking whose the call is */
    take_call_back(promise);
    vow_promise_leave(promise);
    vow_promise_visit(promise);
}

/* Nobody but the job itself has a reference, and nothing hangs in the queue: nobody will ever look, so there is nothing
   to deliver. */
static inline bool is_forgotten(vow_promise *promise)
{
    /* acquire: pairs with the releases of those who had references (counted.h); what they pushed is seen */
    uint64_t word = atomic_load_explicit(&promise->counted.word, memory_order_acquire);
    return word >> 32 == 1 && promise->links == NULL;
}

/* The end of a job that nobody looks at: on the thread where it ran. */
static void end_forgotten(vow_promise *promise, vow_value value)
{
    vow_release(promise->value);
    vow_settle_inside(promise, value);
    vow_counted_destroy(&promise->counted);
}

void vow_promise_fire_job(vow_promise *promise, vow_value value)
{
    take_call_back(promise);
    if (is_forgotten(promise) && !vow_is_promise(value) &&
        (vow_promise_word(promise) & PROMISE_CANCELLER) == 0) {
        end_forgotten(promise, value);
        return;
    }
    if (!vow_promise_may_enter(promise) && !vow_is_promise(value)) {
        if (vow_unlikely(deliver(promise, value)))
            vow_promise_visit(promise);
        return;
    }
    vow_promise_enter(promise);
    vow_promise_clear(promise, PROMISE_SCHEDULED);
    vow_promise_leave(promise);
    (void)fire_here(promise, value);
    vow_promise_unref(promise);
}

/* Relays ------------------------------------------------------------------------------------------------------------- */

struct relay {
    struct vow_call call;
    vow_promise *promise;
};

static void relay_run(struct vow_call *call)
{
    struct relay *relay = vow_container_of(call, struct relay, call);
    vow_promise *promise = relay->promise;
    struct firing firing;
    vow_firing_begin(&firing);
    struct visit visit = {.firing = &firing, .at = vow_locals.running, .unrefs = 1};
    vow_object_delete(relay, sizeof(*relay));
    vow_promise_enter(promise);
    vow_promise_run_links(promise, &visit);
    vow_firing_end(&firing);
}

/* The links stay for the call that is under way. */
static void relay_dropped(struct vow_call *call)
{
    struct relay *relay = vow_container_of(call, struct relay, call);
    vow_promise_unref(relay->promise);
    vow_object_delete(relay, sizeof(*relay));
}

void vow_promise_send_relay(vow_promise *promise, vow_scheduler *place)
{
    vow_promise_ref(promise);
    vow_home_retain(place); /* as in post, run.c */
    vow_promise_leave(promise);
    struct relay *relay = vow_object_new(sizeof(*relay));
    if (relay != NULL) {
        *relay = (struct relay){.call = {.run = relay_run, .dropped = relay_dropped},
                                .promise = promise};
        vow_scheduler_call(place, &relay->call);
    } else { /* the links run when the call node comes back */
        vow_promise_unref(promise);
    }
    vow_home_release(place);
}
