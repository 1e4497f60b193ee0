/*
 * wait.c - waiting: a link in the promise's queue, on the waiting stack, and a thread that drives what is its own
 * meanwhile.
 *
 *   waiter    in the queue   fired    done
 *             yes            no       no     waits
 *             no             yes      no     the value is in, its call is on the way to the waiting thread
 *             no             yes      yes    the thread has seen it
 *             no             no       no     withdrawn: the deadline passed
 *
 * `fired` and withdrawal exclude each other under the promise's lock: a value is never lost, and the stack is never left
 * while somebody may write to it.
 */
#include <vow/wait.h>

#include "control/run.h"
#include "control/waiter.h"
#include "execution/immediate.h"
#include "execution/loop.h"
#include "execution/pool.h"

/* Completing ------------------------------------------------------------------------------------------------------------- */

static void see_done(struct vow_call *call)
{
    vow_container_of(call, struct waiter, call)->done = true;
}

void vow_waiter_complete(struct waiter *waiter)
{
    if (waiter->immediate->thread == vow_here.thread)
        waiter->done = true;
    else /* its thread is alive, so this is taken; afterwards the waiter may be gone */
        (void)vow_immediate_post(waiter->immediate, &waiter->call);
}

static bool is_done(void *context)
{
    return ((struct waiter *)context)->done;
}

/* Waiting ------------------------------------------------------------------------------------------------------------------ */

/* Whether `thread` is running the links of `promise` further out on its stack. Where the bias is gone that cannot be
   told: another thread may be running them. */
static bool is_running_it(vow_promise *promise, const struct thread *thread)
{
    vow_promise_enter(promise);
    bool running =
        vow_promise_is_held(promise, thread) && vow_promise_has(promise, PROMISE_RUNNING);
    vow_promise_leave(promise);
    return running;
}

/* Whether the calling line may wait at all. */
static vow_status may_wait(vow_promise *promise, const struct thread *thread, const char *function)
{
    const vow_scheduler *running = vow_here.running;
    if (is_running_it(promise, thread))
        return vow_fail_status(VOW_DEADLOCK,
                               "%s: promise is running the function that waits for it", function);
    if (vow_likely(running == NULL || !running->kind->loop))
        return VOW_OK;
    if (promise->home == running)
        return vow_fail_status(
            VOW_DEADLOCK,
            "%s: promise is at home on the loop whose call this is; it cannot settle before this call returns",
            function);
    return vow_fail_status(VOW_INVALID,
                           "%s: inside a loop's call, waiting would stop the loop; use vow_then",
                           function);
}

/* The loop that the thread drives while it waits for `promise`; NULL: none. */
static struct vow_loop *loop_for(const vow_promise *promise, const struct thread *thread)
{
    if (promise->home->kind->loop && vow_scheduler_is_mine(promise->home))
        return vow_loop_of(promise->home);
    return vow_here.running == NULL ? thread->loop : NULL;
}

static vow_status sleep_until_done(struct waiter *waiter, struct thread *thread,
                                   const char *function, vow_deadline deadline)
{
    vow_status status = VOW_OK;
    bool blocking = false;
    /* what runs during the wait nests anew, and what was put off because it nested too deeply runs now: nobody else
       would run it before this wait is over */
    unsigned depth = thread->depth;
    thread->depth = 0;
    while (!waiter->done && status == VOW_OK) {
        if (thread->ready.first != NULL) {
            vow_nest_run_ready(thread);
            continue;
        }
        if (vow_firing_help() || vow_thread_drain(thread) > 0 || vow_pool_help(NULL))
            continue;
        if (!blocking)
            vow_pool_blocking_begin();
        blocking = true;
        if (!vow_thread_sleep(thread, deadline))
            status = vow_fail_status(VOW_TIMED_OUT, "%s: the deadline passed first", function);
    }
    thread->depth = depth;
    if (blocking)
        vow_pool_blocking_end();
    return waiter->done ? VOW_OK : status;
}

/* What a loop asks after each round: calls that are queued in a pool of size 0 run in whoever waits. */
static bool is_done_or_help(void *context)
{
    if (!is_done(context) && !vow_firing_help())
        (void)vow_pool_help(NULL);
    return is_done(context);
}

static vow_status run_until_done(struct waiter *waiter, struct vow_loop *loop, const char *function,
                                 vow_deadline deadline)
{
    vow_pool_blocking_begin();
    vow_status status = vow_loop_run_until(loop, function, is_done_or_help, waiter, deadline);
    vow_pool_blocking_end();
    return status;
}

static vow_status drive(struct waiter *waiter, struct vow_loop *loop, struct thread *thread,
                        const char *function, vow_deadline deadline)
{
    if (loop != NULL)
        return run_until_done(waiter, loop, function, deadline);
    return sleep_until_done(waiter, thread, function, deadline);
}

/* Takes the waiter out of the queue; false if it has fired. */
static bool withdraw(vow_promise *promise, struct waiter *waiter)
{
    vow_promise_enter(promise);
    bool withdrawn = !waiter->fired;
    if (withdrawn)
        (void)vow_link_remove(promise, &waiter->link);
    vow_promise_leave(promise);
    return withdrawn;
}

static vow_status wait_for(vow_promise *promise, struct thread *thread, vow_deadline deadline,
                           vow_value *ret_value, const char *function)
{
    struct waiter waiter = {.link = {.kind = LINK_WAIT},
                            .call = {.run = see_done, .dropped = see_done},
                            .immediate = thread->immediate};
    struct vow_loop *loop = loop_for(promise, thread);
    vow_promise_enter(promise);
    vow_promise_arrive(promise);
    vow_link_push(promise, &waiter.link);
    vow_promise_run_held(promise);
    vow_status status = waiter.done ? VOW_OK : drive(&waiter, loop, thread, function, deadline);
    if (vow_unlikely(status != VOW_OK)) {
        if (withdraw(promise, &waiter))
            return status;
        (void)drive(&waiter, loop, thread, function, VOW_FOREVER); /* its call is on the way */
    }
    *ret_value = waiter.value;
    return VOW_OK;
}

vow_status vow_wait_as(vow_promise *promise, vow_deadline deadline, vow_value *ret_value,
                       const char *function)
{
    vow_value value;
    vow_status status = VOW_OK;
    if (vow_unlikely(promise == NULL))
        return vow_fail_status(VOW_INVALID, "%s: promise is NULL", function);
    if (!vow_peek(promise, &value)) {
        struct thread *thread = vow_thread_here();
        if (vow_unlikely(thread == NULL))
            return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
        status = may_wait(promise, thread, function);
        if (status == VOW_OK)
            status = wait_for(promise, thread, deadline, &value, function);
        if (status != VOW_OK)
            return status;
    }
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
