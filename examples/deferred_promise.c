/*
 * deferred_promise.c - an initiator, and the three callbacks of a promise: fulfilled, rejected, notified.
 *
 * The port of the `deferred` module's introduction: a main gives jobs to workers; an initiator packs a function into a
 * job and returns a promise, to which the main adds what shall be called with the result, the reason of a failure, and
 * news of the work while it goes on.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

/* The job, in a worker: halves a number until it is 1, and tells of each step. Owns `context`, a deferred. */
static vow_value halve(vow_value input, void *context)
{
    vow_deferred *deferred = context;
    int64_t number = vow_as_integer(input);
    int64_t steps = 0;
    vow_status told = VOW_OK;
    for (; told == VOW_OK && number > 1 && number % 2 == 0; number /= 2, steps++)
        told = vow_notify(deferred, vow_integer(number));
    if (told != VOW_OK)
        vow_reject(deferred, vow_fail(told, "%s", vow_last_error()));
    else if (number == 1)
        vow_resolve(deferred, vow_integer(steps));
    else
        vow_reject(deferred, vow_fail(VOW_USER, "%" PRId64 " cannot be halved", number));
    vow_deferred_release(deferred);
    return vow_none();
}

/* The initiator: returns at once. The listeners hang on the promise before the work begins: progress is not kept for
   those who come later. */
static vow_promise *count_halvings(int64_t number, const vow_handlers *handlers)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    if (deferred == NULL)
        return vow_failed(vow_fail(VOW_NO_MEMORY, "count_halvings: %s", vow_last_error()));
    promise = vow_then_with(promise, handlers);
    if (vow_schedule(NULL, halve, vow_integer(number), deferred) != VOW_OK)
        vow_deferred_release(deferred); /* unfired: its promise is rejected */
    return promise;
}

static vow_value on_success(vow_value steps, void *context)
{
    (void)context;
    printf("  succeeded after %" PRId64 " steps\n", vow_as_integer(steps));
    return vow_none();
}

static vow_value on_failure(vow_value reason, void *context)
{
    (void)context;
    if (!vow_error_is(reason, VOW_USER)) /* not the number's fault: on to whoever waits */
        return reason;
    printf("  failed: %s\n", vow_error_message(reason));
    return vow_none();
}

static vow_value on_progress(vow_value number, void *context)
{
    (void)context;
    printf("  progress: %" PRId64 "\n", vow_as_integer(number));
    return vow_none();
}

/* Calls the initiator, adds the callbacks, and waits: they run in this thread, none of them on the worker. */
static bool try(int64_t number)
{
    vow_handlers handlers = {
        .size = sizeof(handlers),
        .fulfilled = on_success,
        .rejected = on_failure,
        .notified = on_progress,
    };
    printf("%" PRId64 ":\n", number);
    vow_promise *told = count_halvings(number, &handlers);
    vow_value result = vow_await(told, VOW_FOREVER);
    bool well = !vow_is_error(result);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(result));
    vow_release(result);
    return well;
}

int main(void)
{
    return try(8) && try(20) ? EXIT_SUCCESS : EXIT_FAILURE;
}
