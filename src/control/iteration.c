/*
 * iteration.c - iterations of a cooperator: their steps, what they wait for, how they are held and stopped (cooperate.h).
 */
#include "control/cooperate.h"

#include "base/ledger.h"

#include "control/canceller.h"
#include "control/ring.h"
#include <limits.h>

/* Under the lock ----------------------------------------------------------------------------------------------------- */

void vow_iteration_dequeue(vow_iteration *iteration)
{
    *iteration->link = iteration->next;
    if (iteration->next != NULL)
        iteration->next->link = iteration->link;
    else
        iteration->cooperator->ready_end = iteration->link;
}

bool vow_iteration_go_on(vow_iteration *iteration)
{
    vow_cooperator *cooperator = iteration->cooperator;
    bool send = !cooperator->queued;
    iteration->state = iteration->pauses != 0 ? ITERATION_HELD : ITERATION_READY;
    if (iteration->state == ITERATION_HELD)
        return false;
    iteration->next = NULL;
    iteration->link = cooperator->ready_end;
    *cooperator->ready_end = iteration;
    cooperator->ready_end = &iteration->next;
    cooperator->queued = true;
    return send;
}

static void enlist(vow_cooperator *cooperator, vow_iteration *iteration)
{
    iteration->all_next = cooperator->all;
    iteration->all_link = &cooperator->all;
    if (cooperator->all != NULL)
        cooperator->all->all_link = &iteration->all_next;
    cooperator->all = iteration;
    cooperator->count++;
}

/* Whoever does this fires. */
static void end(vow_iteration *iteration)
{
    iteration->state = ITERATION_ENDED;
    *iteration->all_link = iteration->all_next;
    if (iteration->all_next != NULL)
        iteration->all_next->all_link = iteration->all_link;
    iteration->cooperator->count--;
}

/* Life --------------------------------------------------------------------------------------------------------------- */

static void unref(vow_iteration *iteration)
{
    if (!vow_references_drop(&iteration->references))
        return;
    vow_release(iteration->value);
    vow_promise_release(iteration->promise);
    vow_cooperator_unref(iteration->cooperator);
    vow_object_delete(iteration, sizeof(*iteration));
}

/* It has ended: its promise gets `value` (taken). */
static void fire(vow_iteration *iteration, vow_value value, struct firing *firing)
{
    vow_fire_with(iteration->deferred, value, firing);
    unref(iteration);
}

static vow_value canceled(const vow_iteration *iteration)
{
    return vow_fail(VOW_CANCELED, "%s", iteration->stopped);
}

/* Steps -------------------------------------------------------------------------------------------------------------- */

static vow_value move(vow_value *from)
{
    vow_value value = *from;
    *from = vow_none();
    return value;
}

/* The step, or what it waited for, gave `value` (taken, no promise). */
static void take_up(vow_iteration *iteration, vow_value value, struct firing *firing)
{
    vow_cooperator *cooperator = iteration->cooperator;
    vow_value former = vow_none();
    bool send = false;
    vow_lock_take(&cooperator->lock);
    bool stopped = iteration->stopped != NULL;
    bool ended = vow_is_error(value) || vow_is_end(value) || stopped;
    if (ended) {
        end(iteration);
    } else {
        former = iteration->value;
        iteration->value = value;
        send = vow_iteration_go_on(iteration);
    }
    vow_lock_give(&cooperator->lock);
    if (!ended) {
        vow_release(former);
    } else if (vow_is_error(value)) {
        fire(iteration, value, firing);
    } else {
        vow_release(value);
        fire(iteration, stopped ? canceled(iteration) : move(&iteration->value), firing);
    }
    if (send)
        vow_cooperator_send(cooperator);
}

static void arrive(vow_iteration *iteration, vow_value value, struct firing *firing)
{
    vow_lock_take(&iteration->cooperator->lock);
    vow_promise *promise = iteration->waits_for;
    iteration->waits_for = NULL;
    iteration->state = ITERATION_RUNNING; /* who stops it leaves the end to take_up */
    vow_lock_give(&iteration->cooperator->lock);
    vow_promise_release(promise);
    take_up(iteration, value, firing);
    unref(iteration);
}

static void tell(struct told *told, vow_value value, struct firing *firing)
{
    arrive(vow_container_of(told, vow_iteration, told), value, firing);
}

/* The iteration's own reference to its promise lasts while it is WAITING. */
static vow_promise *waits(struct told *told)
{
    vow_promise *promise = vow_container_of(told, vow_iteration, told)->promise;
    vow_promise_ref_unseen(promise);
    return promise;
}

/* `promise`, in whose queue it hangs by now, waits for the end of the iteration: that is its error. Later ones are found by
   who adopts (adopt.c). */
static void break_ring(vow_iteration *iteration, vow_promise *promise)
{
    vow_promise_enter(promise);
    bool possible = vow_ring_is_possible(promise);
    vow_promise_leave(promise);
    if (vow_likely(!possible || !vow_ring_is_closed(iteration->promise, promise)))
        return;
    vow_promise_enter(promise);
    bool removed = vow_link_remove(promise, &iteration->told.link);
    vow_promise_leave(promise);
    if (removed)
        arrive(iteration,
               vow_fail(VOW_INVALID,
                        "vow_cooperate: a step gave a promise that waits for its own iteration"),
               NULL);
}

/* Takes `promise`. */
static void wait_for(vow_iteration *iteration, vow_promise *promise)
{
    vow_value value;
    vow_references_add(&iteration->references);
    vow_lock_take(&iteration->cooperator->lock);
    iteration->state = ITERATION_WAITING;
    iteration->waits_for = promise;
    bool stopped = iteration->stopped != NULL;
    vow_lock_give(&iteration->cooperator->lock);
    if (stopped)
        vow_cancel(promise);
    vow_promise_ref(promise); /* both may go as soon as it is attached */
    vow_references_add(&iteration->references);
    if (vow_told_attach(promise, &iteration->told, &value))
        arrive(iteration, value, NULL);
    else
        break_ring(iteration, promise);
    unref(iteration);
    vow_promise_unref(promise);
}

void vow_iteration_step(vow_iteration *iteration)
{
    vow_value result = vow_own(iteration->step(vow_borrow(iteration->value), iteration->context));
    if (vow_is_promise(result))
        wait_for(iteration, vow_promise_in(result));
    else
        take_up(iteration, result, NULL);
}

/* Stopping ----------------------------------------------------------------------------------------------------------- */

/* Under the lock: whether there is something to be done without it, by after_stop. Then a reference was taken. */
static bool stop(vow_iteration *iteration, const char *reason)
{
    enum iteration_state state = iteration->state;
    if (state == ITERATION_ENDED || iteration->stopped != NULL)
        return false;
    iteration->stopped = reason;
    if (state == ITERATION_RUNNING)
        return false;
    vow_references_add(&iteration->references);
    if (state == ITERATION_READY)
        vow_iteration_dequeue(iteration);
    if (state == ITERATION_WAITING)
        iteration->cancels = vow_promise_retain(iteration->waits_for);
    else
        end(iteration);
    return true;
}

static void after_stop(vow_iteration *iteration)
{
    if (iteration->cancels == NULL) {
        fire(iteration, canceled(iteration), NULL);
    } else {
        vow_cancel(iteration->cancels);
        vow_promise_release(iteration->cancels);
    }
    unref(iteration);
}

/* False: it has ended. */
static bool stop_one(vow_iteration *iteration, const char *reason)
{
    vow_lock_take(&iteration->cooperator->lock);
    bool ended = iteration->state == ITERATION_ENDED;
    bool more = stop(iteration, reason);
    vow_lock_give(&iteration->cooperator->lock);
    if (more)
        after_stop(iteration);
    return !ended;
}

void vow_iterations_stop(vow_cooperator *cooperator, const char *reason)
{
    vow_iteration *stopped = NULL, *next;
    vow_lock_take(&cooperator->lock);
    cooperator->stopped = true;
    for (vow_iteration *iteration = cooperator->all; iteration != NULL; iteration = next) {
        next = iteration->all_next;
        if (!stop(iteration, reason))
            continue;
        iteration->next = stopped;
        stopped = iteration;
    }
    vow_lock_give(&cooperator->lock);
    for (; stopped != NULL; stopped = next) {
        next = stopped->next;
        after_stop(stopped);
    }
}

/* Users -------------------------------------------------------------------------------------------------------------- */

static void cancel(void *context)
{
    (void)stop_one(context, "vow_cancel: the iteration was canceled");
}

static void release(void *context)
{
    unref(context);
}

/* One reference is the caller's, one its own. */
static vow_iteration *make(vow_cooperator *cooperator, vow_fn *step, void *context)
{
    static const struct told_kind kind = {.tell = tell, .waits = waits};
    vow_iteration *iteration = vow_object_new(sizeof(*iteration));
    if (iteration == NULL)
        return NULL;
    *iteration = (vow_iteration){.cooperator = cooperator, .step = step, .context = context};
    vow_ledger_name(iteration, "iteration");
    iteration->deferred = vow_deferred_new(&iteration->promise);
    if (iteration->deferred == NULL) {
        vow_object_delete(iteration, sizeof(*iteration));
        return NULL;
    }
    vow_told_init(&iteration->told, LINK_FORWARD, &kind);
    vow_references_set(&iteration->references, 3);
    vow_references_add(&cooperator->references);
    if (vow_set_patient_canceller(iteration->deferred, cancel, iteration, release) == VOW_OK)
        return iteration;
    fire(iteration, vow_error_static(VOW_CANCELED), NULL);
    unref(iteration); /* the canceller's has gone */
    return NULL;
}

/* False: the cooperator was stopped. */
static bool begin(vow_cooperator *cooperator, vow_iteration *iteration)
{
    bool send = false;
    vow_lock_take(&cooperator->lock);
    bool open = !cooperator->stopped;
    if (open) {
        enlist(cooperator, iteration);
        send = vow_iteration_go_on(iteration);
    }
    vow_lock_give(&cooperator->lock);
    if (send)
        vow_cooperator_send(cooperator);
    return open;
}

static vow_status cooperate(vow_cooperator *cooperator, vow_fn *step, vow_value first,
                            void *context, const char *function, vow_iteration **ret_iteration)
{
    vow_iteration *iteration = NULL;
    vow_status status = VOW_INVALID;
    if (cooperator != NULL && step != NULL) {
        iteration = make(cooperator, step, context);
        status = iteration != NULL ? VOW_OK : VOW_NO_MEMORY;
    }
    if (iteration == NULL) {
        vow_release(vow_own(first));
        return vow_fail_status(status, "%s: %s", function,
                               status == VOW_NO_MEMORY ? "out of memory"
                               : cooperator == NULL    ? "cooperator is NULL"
                                                       : "step is NULL");
    }
    iteration->value = vow_own(first);
    *ret_iteration = iteration;
    if (begin(cooperator, iteration))
        return VOW_OK;
    fire(iteration, vow_error_static(VOW_CANCELED), NULL);
    unref(iteration);
    return vow_fail_status(VOW_CLOSED, "%s: the cooperator was stopped", function);
}

vow_iteration *vow_cooperate(vow_cooperator *cooperator, vow_fn *step, vow_value first,
                             void *context)
{
    vow_iteration *iteration = NULL;
    vow_status status = cooperate(cooperator, step, first, context, "vow_cooperate", &iteration);
    return status == VOW_OK ? iteration : NULL;
}

vow_promise *vow_coiterate(vow_cooperator *cooperator, vow_fn *step, vow_value first, void *context)
{
    vow_iteration *iteration = NULL;
    vow_status status = cooperate(cooperator, step, first, context, "vow_coiterate", &iteration);
    if (status != VOW_OK)
        return vow_promise_refused(status);
    vow_promise *promise = vow_iteration_done(iteration);
    vow_iteration_release(iteration);
    return promise;
}

vow_promise *vow_iteration_done(vow_iteration *iteration)
{
    if (iteration == NULL)
        return vow_promise_refused(
            vow_fail_literal(VOW_INVALID, "vow_iteration_done: iteration is NULL"));
    return vow_promise_retain(iteration->promise);
}

static vow_status refuse_use(const char *function, vow_status status, const char *reason)
{
    return vow_fail_status(status, "%s: %s", function, reason);
}

vow_status vow_iteration_pause(vow_iteration *iteration)
{
    static const char function[] = "vow_iteration_pause";
    if (iteration == NULL)
        return refuse_use(function, VOW_INVALID, "iteration is NULL");
    vow_lock_take(&iteration->cooperator->lock);
    bool ended = iteration->state == ITERATION_ENDED;
    bool too_often = iteration->pauses == UINT_MAX;
    if (!ended && !too_often) {
        iteration->pauses++;
        if (iteration->state == ITERATION_READY) {
            vow_iteration_dequeue(iteration);
            iteration->state = ITERATION_HELD;
        }
    }
    vow_lock_give(&iteration->cooperator->lock);
    return ended       ? refuse_use(function, VOW_CLOSED, "iteration has ended")
           : too_often ? refuse_use(function, VOW_LIMIT, "iteration is paused too often")
                       : VOW_OK;
}

vow_status vow_iteration_resume(vow_iteration *iteration)
{
    static const char function[] = "vow_iteration_resume";
    if (iteration == NULL)
        return refuse_use(function, VOW_INVALID, "iteration is NULL");
    bool send = false;
    vow_lock_take(&iteration->cooperator->lock);
    bool ended = iteration->state == ITERATION_ENDED;
    bool paused = iteration->pauses != 0;
    if (!ended && paused && --iteration->pauses == 0 && iteration->state == ITERATION_HELD)
        send = vow_iteration_go_on(iteration);
    vow_lock_give(&iteration->cooperator->lock);
    if (send)
        vow_cooperator_send(iteration->cooperator);
    return ended     ? refuse_use(function, VOW_CLOSED, "iteration has ended")
           : !paused ? refuse_use(function, VOW_INVALID, "iteration is not paused")
                     : VOW_OK;
}

vow_status vow_iteration_stop(vow_iteration *iteration)
{
    static const char function[] = "vow_iteration_stop";
    if (iteration == NULL)
        return refuse_use(function, VOW_INVALID, "iteration is NULL");
    return stop_one(iteration, "vow_iteration_stop: the iteration was stopped")
               ? VOW_OK
               : refuse_use(function, VOW_CLOSED, "iteration has ended");
}

vow_iteration *vow_iteration_retain(vow_iteration *iteration)
{
    if (iteration != NULL)
        vow_references_add(&iteration->references);
    return iteration;
}

void vow_iteration_release(vow_iteration *iteration)
{
    if (iteration != NULL)
        unref(iteration);
}
