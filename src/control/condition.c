/*
 * condition.c - the queue holds those who wait for a signal (wait_queue.h); `state` holds nothing.
 *
 * Who waits stands in the queue before it unlocks the mutex: no signal is missed in between.
 */
#include <vow/condition.h>

#include "control/mutex.h"
#include <vow/line.h>

static bool enter(struct vow_wait_queue *queue, struct place *place, struct told *told)
{
    (void)queue;
    (void)place;
    (void)told;
    return false;
}

static const struct queue_kind condition_kind = {.noun = "condition", .enter = enter};

static vow_status check(const vow_condition *condition, const vow_mutex *mutex,
                        const char *function)
{
    if (vow_unlikely(condition == NULL))
        return vow_wait_queue_null(&condition_kind, function);
    if (vow_unlikely(mutex == NULL))
        return vow_fail_status(VOW_INVALID, "%s: mutex is NULL", function);
    if (vow_unlikely(!vow_mutex_is_locked(mutex)))
        return vow_fail_status(VOW_INVALID, "%s: mutex is not locked", function);
    return VOW_OK;
}

/* Waiting ------------------------------------------------------------------------------------------------------------------- */

/* Locks the mutex again, canceled or not. */
static vow_status lock_again(vow_mutex *mutex, const char *function)
{
    vow_shield_begin();
    vow_status status = vow_mutex_lock_as(mutex, VOW_FOREVER, function);
    vow_shield_end();
    return status;
}

/* A status that nothing else gives: all others say that the mutex is held. It may be gone. */
static VOW_COLD vow_status not_held(vow_status status, const char *function)
{
    return vow_fail_status(VOW_ABANDONED, "%s: the mutex could not be locked again: %s", function,
                           vow_status_text(status));
}

vow_status vow_condition_wait(vow_condition *condition, vow_mutex *mutex, vow_deadline deadline)
{
    static const char function[] = "vow_condition_wait";
    struct place place = {.wants = 1};
    struct waiter waiter;
    bool entered;
    vow_status status = check(condition, mutex, function);
    if (status == VOW_OK)
        status = vow_wait_queue_join(&condition_kind, &condition->queue, &place, &waiter, deadline,
                                     function, &entered);
    if (vow_unlikely(status != VOW_OK))
        return status;
    (void)vow_mutex_unlock_as(mutex, function);
    status = vow_wait_queue_stay(&condition_kind, &condition->queue, &place, deadline);
    vow_status locked = lock_again(mutex, function);
    if (vow_unlikely(locked != VOW_OK))
        return not_held(locked, function);
    /* locking may have run what spoke in between */
    return vow_likely(status == VOW_OK) ? VOW_OK
                                        : vow_wait_failed(&waiter, vow_waiter_outcome(&waiter));
}

/* The mutex is unlocked in any case: only who is fulfilled has it. */
static vow_value lock_for_promise(vow_value condition, void *mutex)
{
    (void)condition;
    return vow_promise_value(vow_mutex_lock_promise(mutex));
}

vow_promise *vow_condition_wait_promise(vow_condition *condition, vow_mutex *mutex)
{
    static const char function[] = "vow_condition_wait_promise";
    vow_status status = check(condition, mutex, function);
    if (vow_unlikely(status != VOW_OK))
        return vow_promise_refused(status);
    vow_promise *signaled = vow_wait_queue_promise(&condition_kind, &condition->queue, 1, function);
    vow_promise *promise = vow_add_callback(signaled, lock_for_promise, mutex);
    (void)vow_mutex_unlock_as(mutex, function);
    return promise;
}

/* Signaling ----------------------------------------------------------------------------------------------------------------- */

static vow_status wake(vow_condition *condition, bool all, const char *function)
{
    struct told told = {NULL, NULL};
    struct place *place;
    if (vow_unlikely(condition == NULL))
        return vow_wait_queue_null(&condition_kind, function);
    struct vow_wait_queue *queue = &condition->queue;
    vow_wait_queue_open(queue);
    while ((place = vow_wait_queue_first(queue)) != NULL)
        if (vow_wait_queue_serve(queue, place, &told) && !all)
            break;
    vow_wait_queue_shut(queue, &told);
    return VOW_OK;
}

vow_status vow_condition_signal(vow_condition *condition)
{
    return wake(condition, false, "vow_condition_signal");
}

vow_status vow_condition_broadcast(vow_condition *condition)
{
    return wake(condition, true, "vow_condition_broadcast");
}

vow_status vow_condition_close(vow_condition *condition)
{
    return vow_wait_queue_close(&condition_kind, vow_wait_queue_of(condition),
                                "vow_condition_close");
}
