/*
 * promises.c - what can be done to a promise or its deferred, and waits for them with deadlines.
 */
#include "everything.h"

#include <sched.h>

static vow_handlers some_handlers(vow_scheduler *scheduler)
{
    return (vow_handlers){.size = sizeof(vow_handlers),
                          .fulfilled = !one_in(4) ? count_run : NULL,
                          .rejected = !one_in(4) ? count_run : NULL,
                          .notified = !one_in(2) ? count_told : NULL,
                          .context = context_new(),
                          .drop = context_drop,
                          .scheduler = scheduler};
}

void act_then(void)
{
    vow_scheduler *home = one_in(3) ? some_home() : NULL;
    vow_handlers handlers = some_handlers(home);
    vow_promise *derived = vow_then_with(some_promise(), &handlers);
    vow_scheduler_release(home);
    if (one_in(2))
        derived = vow_then(derived, plain_run, NULL);
    if (one_in(4))
        vow_cancel(derived);
    if (one_in(4))
        publish(derived);
    else
        vow_promise_release(derived);
}

void act_finally(void)
{
    vow_promise_release(vow_catch(vow_finally(some_promise(), plain_run, NULL), plain_run, NULL));
}

void act_add(void)
{
    vow_scheduler *home = one_in(3) ? some_home() : NULL;
    vow_handlers handlers = some_handlers(home);
    vow_promise_release(vow_add_callbacks(some_promise(), &handlers));
    vow_scheduler_release(home);
}

void act_add_plain(void)
{
    vow_promise_release(vow_add_both(some_promise(), plain_run, NULL));
}

void act_cancel(void)
{
    vow_promise *promise = some_promise();
    vow_cancel(promise);
    vow_promise_release(promise);
}

void act_resolve(void)
{
    vow_deferred *deferred = some_deferred();
    (void)vow_resolve(deferred, some_value());
    vow_deferred_release(deferred);
}

void act_notify(void)
{
    vow_deferred *deferred = some_deferred();
    (void)vow_notify(deferred, one_in(2) ? vow_text("progress") : vow_integer(1));
    vow_deferred_release(deferred);
}

static void run_canceller(void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    if (one_in(2))
        act_resolve();
}

void act_set_canceller(void)
{
    vow_deferred *deferred = some_deferred();
    (void)vow_set_canceller(deferred, run_canceller, context_new(), context_drop);
    vow_deferred_release(deferred);
}

/* Takes a pair out of its cell: as its only producer, mostly. */
void act_fire(void)
{
    struct cell former;
    vow_scheduler *home = some_home();
    replace_some(home, &former);
    vow_scheduler_release(home);
    if (!one_in(4))
        (void)vow_fire(former.deferred, some_value());
    else
        vow_deferred_release(former.deferred);
    vow_promise_release(former.promise);
}

void act_look(void)
{
    vow_promise *promise = some_promise();
    vow_value value = vow_none();
    (void)vow_state(promise);
    if (vow_peek(promise, &value))
        vow_release(value);
    vow_promise_release(promise);
}

void act_pause(void)
{
    vow_promise *promise = some_promise();
    must(vow_pause(promise) == VOW_OK);
    if (one_in(2))
        (void)sched_yield();
    must(vow_unpause(promise) == VOW_OK);
    vow_promise_release(promise);
}

/* Waits ------------------------------------------------------------------------------------------------------------ */

/* What a wait with a deadline may come to. VOW_DEADLOCK: within one of the promise's own functions. */
static bool is_usual(vow_status status)
{
    return told_unless(status == VOW_OK || status == VOW_TIMED_OUT || status == VOW_CANCELED ||
                           status == VOW_DEADLOCK,
                       status);
}

void act_wait(void)
{
    vow_promise *promise = some_promise();
    vow_value value = vow_none();
    vow_status status = noted(vow_status, vow_wait(promise, soon(), &value));
    must(is_usual(status));
    if (status == VOW_OK)
        vow_release(value);
    vow_promise_release(promise);
}

void act_wait_all(void)
{
    vow_promise *promises[3];
    size_t count = below(4);
    for (size_t i = 0; i < count; i++)
        promises[i] = some_promise();
    must(is_usual(noted(vow_status, vow_wait_all(promises, count, soon()))));
    for (size_t i = 0; i < count; i++)
        vow_promise_release(promises[i]);
}

/* A promise of one's own, whose functions wait in their turn. */
static vow_value wait_within(vow_value input, void *context)
{
    (void)context;
    if (one_in(4))
        act_wait();
    return input;
}

void act_await_then(void)
{
    vow_promise *derived = vow_then(some_promise(), wait_within, NULL);
    if (one_in(2))
        publish(vow_promise_retain(derived));
    vow_release(noted(vow_value, vow_await(derived, soon())));
}

void act_sleep(void)
{
    switch (below(4)) {
    case 0:
        (void)noted(vow_status, vow_reschedule());
        break;
    case 1:
        (void)noted(vow_status, vow_sleep_until(soon()));
        break;
    default:
        (void)noted(vow_status, vow_sleep(VOW_US((int64_t)below(200))));
    }
}
