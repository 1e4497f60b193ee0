/*
 * wait.c - waiting for promises: a link in the promise's queue, on the waiting stack.
 *
 *   link in the queue   outcome       the wait
 *   yes                 waiting       goes on
 *   no                  done          is over: the value is in
 *   yes, then no        another one   is over: the link is taken out, or was skipped
 */
#include <vow/wait.h>

#include "control/deadlock.h"
#include "control/run.h"
#include "control/waiter.h"
#include "execution/detour.h"
#include "execution/loop.h"
#include "execution/pool.h"
#include <vow/submit.h>

/* Waiting ------------------------------------------------------------------------------------------------------------- */

/* The loop that has to run for `promise` to go on; NULL: none, or another thread's, or one that is being freed: what comes to
   that is dropped, which settles the promise's waits, too. */
static struct vow_loop *loop_of(const vow_promise *promise)
{
    vow_scheduler *home = promise->home;
    bool runs = home->kind->loop && vow_scheduler_is_mine(home) && !vow_loop_is_going(home);
    return runs ? vow_loop_of(home) : NULL;
}

void vow_promise_wait_begin(vow_promise *promise, struct promise_waiter *waiting)
{
    waiting->link = (struct link){.kind = LINK_WAIT};
    waiting->told = false;
    vow_promise_enter(promise);
    vow_promise_arrive(promise);
    vow_link_push(promise, &waiting->link);
    vow_promise_run_held(promise);
}

void vow_promise_wait_withdraw(vow_promise *promise, struct promise_waiter *waiting)
{
    vow_promise_enter(promise);
    (void)vow_link_remove(promise, &waiting->link);
    vow_promise_leave(promise);
}

static vow_status wait_for(vow_promise *promise, vow_deadline deadline, vow_value *ret_value,
                           const char *function)
{
    struct waiter waiter;
    struct promise_waiter waiting;
    vow_status status = vow_wait_begin_on(&waiter, function, promise, loop_of(promise));
    if (vow_unlikely(status != VOW_OK))
        return status;
    waiter.source = WAITER_PROMISE;
    waiting.waiter = &waiter;
    vow_promise_wait_begin(promise, &waiting);
    enum outcome outcome = vow_wait_end(&waiter, deadline);
    if (vow_unlikely(outcome != WAITER_DONE)) {
        vow_promise_wait_withdraw(promise, &waiting);
        return vow_wait_failed(&waiter, outcome);
    }
    *ret_value = waiting.value;
    return VOW_OK;
}

/* The way of a wait that may have to block. */
static vow_status wait_slowly(vow_promise *promise, vow_deadline deadline, vow_value *ret_value,
                              const char *function)
{
    if (deadline.at == INT64_MAX && !vow_slow && !vow_canceled() &&
        vow_pool_run_own(&promise->call) && vow_peek(promise, ret_value))
        return VOW_OK;
    if (vow_deadlock_is_sure(promise))
        return vow_fail_status(VOW_DEADLOCK,
                               "%s: promise is running the function that waits for it", function);
    return wait_for(promise, deadline, ret_value, function);
}

vow_status vow_wait_as(vow_promise *promise, vow_deadline deadline, vow_value *ret_value,
                       const char *function)
{
    vow_value value;
    vow_status status = VOW_OK;
    if (vow_unlikely(promise == NULL))
        return vow_fail_status(VOW_INVALID, "%s: promise is NULL", function);
    vow_detour(deadline);
    if (!vow_peek(promise, &value))
        status = wait_slowly(promise, deadline, &value, function);
    if (vow_unlikely(status != VOW_OK))
        return status;
    if (ret_value != NULL)
        *ret_value = value;
    else
        vow_release(value);
    return VOW_OK;
}

vow_status vow_wait(vow_promise *promise, vow_deadline deadline, vow_value *ret_value)
{
    return vow_wait_as(promise, deadline, ret_value, "vow_wait");
}

vow_value vow_await(vow_promise *promise, vow_deadline deadline)
{
    vow_value value;
    vow_status status = vow_wait_as(promise, deadline, &value, "vow_await");
    vow_promise_release(promise);
    return vow_likely(status == VOW_OK) ? value : vow_error_from_last(__FILE__, __LINE__, status);
}

vow_status vow_wait_all(vow_promise *const *promises, size_t count, vow_deadline deadline)
{
    if (promises == NULL && count > 0)
        return vow_fail_literal(VOW_INVALID, "vow_wait_all: promises is NULL");
    for (size_t i = 0; i < count; i++) {
        vow_status status = vow_wait_as(promises[i], deadline, NULL, "vow_wait_all");
        if (status != VOW_OK)
            return status;
    }
    return VOW_OK;
}
