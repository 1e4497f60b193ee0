/*
 * timeout.c - promises with a deadline: whoever comes first, the promise or a delay, ends the other.
 *
 * Both are told links' promises, each with a reference here. What has come first decides what the result is:
 *
 *   the promise        its value; the delay is canceled
 *   the delay          the promise is canceled: what it gives then, but CANCELED becomes TIMED_OUT; if somebody else looks
 *                      at it, it is let go, and the result is TIMED_OUT at once; without memory for a delay it is let
 *                      go at once
 *   a cancel           the promise is canceled, or let go; the result is what it gives, or CANCELED; in that case the
 *                      delay is canceled, too
 */
#include <vow/delay.h>

#include "base/error.h"
#include "control/canceller.h"
#include "control/references.h"
#include "control/told.h"

struct timeout {
    struct told told;             /* of the promise */
    struct told elapsed;          /* of the delay */
    struct references references; /* the canceller's; one for each told; the maker's */
    struct lock lock;
    vow_promise *promise; /* until it has come, or was let go; under the lock, with what follows */
    vow_promise *delay;   /* until it has */
    bool ending; /* somebody is canceling the promise, the delay or a cancel: one at a time */
    bool ended;  /* somebody has been */
    bool late;   /* the first was the delay */
    bool fired;  /* or somebody is about to */
    vow_deferred *deferred;
};

static void release(void *context)
{
    struct timeout *timeout = context;
    if (vow_references_drop(&timeout->references))
        vow_object_delete(timeout, sizeof(*timeout));
}

/* Whoever is first fires. */
static bool is_first(struct timeout *timeout)
{
    vow_lock_take(&timeout->lock);
    bool first = !timeout->fired;
    timeout->fired = true;
    vow_lock_give(&timeout->lock);
    return first;
}

static void fire(struct timeout *timeout, bool first, vow_value value, struct firing *firing)
{
    if (first)
        vow_fire_with(timeout->deferred, value, firing);
    else
        vow_release(value);
}

/* Nobody waits for the delay any more. */
static void stop_clock(struct timeout *timeout)
{
    vow_lock_take(&timeout->lock);
    vow_promise *delay = vow_promise_retain(timeout->delay);
    vow_lock_give(&timeout->lock);
    vow_cancel(delay);
    vow_promise_release(delay);
}

static vow_value timed_out(vow_value cause)
{
    return vow_fail_because(cause, VOW_TIMED_OUT, "vow_timeout: the deadline passed first");
}

/* The promise has come. */
static void came(struct told *told, vow_value value, struct firing *firing)
{
    struct timeout *timeout = vow_container_of(told, struct timeout, told);
    vow_lock_take(&timeout->lock);
    vow_promise *promise = timeout->promise;
    bool late = timeout->late;
    bool first = !timeout->fired;
    timeout->promise = NULL;
    timeout->fired = true;
    vow_lock_give(&timeout->lock);
    if (late && vow_error_status(value) == VOW_CANCELED)
        value = timed_out(value);
    fire(timeout, first, value, firing);
    stop_clock(timeout);
    vow_promise_release(promise);
    release(timeout);
}

/* The promise was let go. */
static void forget(struct told *told)
{
    struct timeout *timeout = vow_container_of(told, struct timeout, told);
    vow_lock_take(&timeout->lock);
    vow_promise *promise = timeout->promise;
    timeout->promise = NULL;
    vow_lock_give(&timeout->lock);
    vow_promise_release(promise);
    release(timeout);
}

/* The promise that is still to come, with a reference, for one who ends it; NULL: there is none, or it is just being ended. A
   cancel may be answered by something else that is waited for, which the next one ends. */
static vow_promise *still_to_come(struct timeout *timeout, bool late)
{
    vow_lock_take(&timeout->lock);
    vow_promise *promise = timeout->ending ? NULL : vow_promise_retain(timeout->promise);
    if (promise != NULL) {
        timeout->late = timeout->ended ? timeout->late : late;
        timeout->ending = timeout->ended = true;
    }
    vow_lock_give(&timeout->lock);
    return promise;
}

/* With a reference, which is taken, if it is canceled: that is the only one that it waits for. Else it is to be let go. */
static bool end_promise(struct timeout *timeout, vow_promise *promise)
{
    bool alone = vow_cancel_as_consumer(promise);
    vow_lock_take(&timeout->lock);
    timeout->ending = false;
    vow_lock_give(&timeout->lock);
    return alone;
}

static struct error canceled = ERROR_STATIC(VOW_CANCELED, "vow_timeout: canceled");

/* What the result is where the promise is let go. */
static vow_value unanswered(const struct timeout *timeout)
{
    return timeout->late ? timed_out(vow_none()) : vow_error_value(&canceled);
}

/* Fires with `value` instead of waiting for `promise`, of which a reference is taken. That is let go before: who follows the
   result may cancel, and is not to find this link there. */
static void let_go(struct timeout *timeout, vow_promise *promise, vow_value value,
                   struct firing *firing)
{
    bool first = is_first(timeout);
    vow_told_let_go(promise, &timeout->told);
    vow_promise_unref(promise);
    fire(timeout, first, value, firing);
}

/* What is to be done when the delay has given `value`. */
static void end_late(struct timeout *timeout, vow_value value, struct firing *firing)
{
    bool late = !vow_is_error(value);
    bool timeless = vow_error_is(value, VOW_NO_MEMORY); /* nobody will ever keep the time */
    if (!late && !timeless) /* canceled, or nobody keeps the time any more */
        return;
    vow_promise *promise = still_to_come(timeout, late);
    if (promise == NULL)
        return;
    if (timeless)
        let_go(timeout, promise, vow_error_static(VOW_NO_MEMORY), firing);
    else if (!end_promise(timeout, promise))
        let_go(timeout, promise, unanswered(timeout), firing);
}

static void elapsed(struct told *told, vow_value value, struct firing *firing)
{
    struct timeout *timeout = vow_container_of(told, struct timeout, elapsed);
    end_late(timeout, value, firing);
    vow_release(value);
    vow_lock_take(&timeout->lock);
    vow_promise *delay = timeout->delay;
    timeout->delay = NULL;
    vow_lock_give(&timeout->lock);
    vow_promise_release(delay);
    release(timeout);
}

static void cancel(void *context)
{
    struct timeout *timeout = context;
    vow_promise *promise = still_to_come(timeout, false);
    if (promise == NULL || end_promise(timeout, promise))
        return;
    let_go(timeout, promise, unanswered(timeout), NULL);
    stop_clock(timeout);
}

/* Beginning ---------------------------------------------------------------------------------------------------------- */

/* Inside of the promise: the lock is taken there, and no promise is entered under it. */
static vow_promise *waits(struct told *told)
{
    struct timeout *timeout = vow_container_of(told, struct timeout, told);
    vow_lock_take(&timeout->lock);
    vow_promise *result = timeout->fired ? NULL : vow_told_waiting(timeout->deferred);
    vow_lock_give(&timeout->lock);
    return result;
}

static const struct told_kind of_promise = {.tell = came, .waits = waits, .forget = forget};
static const struct told_kind of_delay = {.tell = elapsed};

static struct timeout *timeout_new(vow_promise **ret_promise)
{
    struct timeout *timeout = vow_object_new(sizeof(*timeout));
    if (timeout == NULL)
        return NULL;
    *timeout = (struct timeout){.deferred = vow_deferred_new(ret_promise)};
    if (timeout->deferred == NULL) {
        vow_object_delete(timeout, sizeof(*timeout));
        return NULL;
    }
    vow_told_init(&timeout->told, LINK_FORWARD, &of_promise);
    vow_told_init(&timeout->elapsed, 0, &of_delay);
    vow_references_set(&timeout->references, 4);
    return timeout;
}

static void attach(vow_promise *promise, struct told *told)
{
    vow_value value;
    if (vow_told_attach(promise, told, &value))
        told->kind->tell(told, value, NULL);
}

/* The delay is made when the promise may have come already: then it is canceled again. */
static void attach_delay(struct timeout *timeout, vow_promise *delay)
{
    vow_lock_take(&timeout->lock);
    timeout->delay = delay;
    bool wanted = timeout->promise != NULL;
    vow_lock_give(&timeout->lock);
    if (!wanted)
        vow_cancel(delay);
    attach(delay, &timeout->elapsed);
}

static int64_t time_until(vow_deadline deadline)
{
    int64_t now = vow_now();
    return deadline.at > now ? deadline.at - now : 0;
}

/* Where the deadline has passed there is nothing to wait for. */
static vow_promise *delay_until(vow_deadline deadline)
{
    int64_t time = time_until(deadline);
    return time > 0 ? vow_delay(time, vow_none()) : vow_succeeded(vow_none());
}

static vow_promise *begin(struct timeout *timeout, vow_promise *promise, vow_promise *result,
                          vow_deadline deadline)
{
    timeout->promise = promise;
    if (vow_set_patient_canceller(timeout->deferred, cancel, timeout, release) != VOW_OK) {
        (void)vow_fire(timeout->deferred, vow_error_static(VOW_NO_MEMORY));
        vow_promise_release(promise);
        vow_object_delete(timeout, sizeof(*timeout));
        return result;
    }
    attach(promise, &timeout->told);
    attach_delay(timeout, delay_until(deadline));
    release(timeout);
    return result;
}

static vow_promise *refuse(vow_promise *promise, vow_status status)
{
    vow_promise *refused = vow_promise_refused(status);
    vow_promise_release(promise);
    return refused;
}

vow_promise *vow_timeout(vow_promise *promise, vow_deadline deadline)
{
    vow_promise *result = NULL;
    if (promise == NULL)
        return refuse(promise, vow_fail_literal(VOW_INVALID, "vow_timeout: promise is NULL"));
    if (deadline.at == INT64_MAX || vow_state(promise) != VOW_PENDING)
        return vow_then(promise, NULL, NULL);
    struct timeout *timeout = timeout_new(&result);
    if (timeout == NULL)
        return refuse(promise, vow_fail_literal(VOW_NO_MEMORY, "vow_timeout: out of memory"));
    return begin(timeout, promise, result, deadline);
}
