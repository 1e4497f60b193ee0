/*
 * adapter_vow.c - vow under the rules of deferreds: deferreds and their chains, lists, time.
 */
#include "conformance/deferred/adapter_vow.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vow/combine.h>
#include <vow/delay.h>
#include <vow/error.h>
#include <vow/list.h>
#include <vow/wait.h>

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        abort();
    return memory;
}

/* Results ------------------------------------------------------------------------------------------------------------------ */

static int failure_of(vow_status status)
{
    switch (status) {
    case VOW_CANCELED:
        return CANCELED;
    case VOW_TIMED_OUT:
        return TIMED_OUT;
    case VOW_INVALID:
        return REFUSED;
    case VOW_ALREADY_FIRED:
        return FIRED_BEFORE;
    default:
        return status > VOW_USER ? status - VOW_USER : OTHER;
    }
}

static vow_status status_of(int64_t failure)
{
    static const vow_status own[] = {VOW_SYSTEM, VOW_CANCELED, VOW_TIMED_OUT, VOW_INVALID,
                                     VOW_ALREADY_FIRED};
    if (failure > 0)
        return VOW_USER + (vow_status)failure;
    return own[-failure < (int64_t)(sizeof own / sizeof own[0]) ? -failure : 0];
}

struct result result_of(vow_value value)
{
    if (vow_is_integer(value))
        return (struct result){.kind = NUMBER, .number = vow_as_integer(value)};
    if (vow_is_error(value))
        return (struct result){.kind = FAILURE, .number = failure_of(vow_error_status(value))};
    if (vow_is_list(value))
        return (struct result){.kind = LIST, .number = (int64_t)vow_list_count(value)};
    return (struct result){.kind = NOTHING};
}

vow_value value_of(struct result result)
{
    switch (result.kind) {
    case NUMBER:
        return vow_integer(result.number);
    case FAILURE:
        return vow_fail(status_of(result.number), "failure %" PRId64, result.number);
    case DEFERRED:
        return vow_promise_value(vow_promise_retain(result.deferred->promise));
    default:
        return vow_none();
    }
}

/* Hooks -------------------------------------------------------------------------------------------------------------------- */

static struct hook *hooks;
static pthread_mutex_t hooks_lock = PTHREAD_MUTEX_INITIALIZER;

struct hook *hook_new(step *callback, step *errback, void *context)
{
    struct hook *hook = allocate(sizeof *hook);
    (void)pthread_mutex_lock(&hooks_lock);
    *hook = (struct hook){hooks, callback, errback, context};
    hooks = hook;
    (void)pthread_mutex_unlock(&hooks_lock);
    return hook;
}

void hooks_free(void)
{
    while (hooks != NULL) {
        struct hook *hook = hooks;
        hooks = hook->next;
        free(hook);
    }
}

/* What a step was given, and gives back, is the same value. */
static vow_value run_step(step *function, vow_value input, void *context)
{
    struct result given = result_of(input);
    struct result result = function(given, context);
    if (result.kind != DEFERRED && result.kind == given.kind && result.number == given.number)
        return input;
    return value_of(result);
}

vow_value run_callback(vow_value input, void *context)
{
    struct hook *hook = context;
    return run_step(hook->callback, input, hook->context);
}

vow_value run_errback(vow_value input, void *context)
{
    struct hook *hook = context;
    return run_step(hook->errback, input, hook->context);
}

/* Deferreds ---------------------------------------------------------------------------------------------------------------- */

struct deferred *deferred_of(vow_deferred *producer, vow_promise *promise)
{
    struct deferred *deferred = allocate(sizeof *deferred);
    deferred->producer = producer;
    deferred->promise = promise;
    return deferred;
}

vow_promise *give_promise_of(struct deferred *deferred)
{
    vow_promise *promise = deferred->promise;
    if (deferred->shared)
        return vow_promise_retain(promise);
    deferred->promise = NULL;
    return promise;
}

struct deferred *deferred_new(void)
{
    vow_promise *promise = NULL;
    vow_deferred *producer = vow_deferred_new(&promise);
    return deferred_of(producer, promise);
}

static void run_canceller(void *context)
{
    struct deferred *deferred = context;
    deferred->canceller(deferred, deferred->context);
}

struct deferred *deferred_new_with(canceller *function, void *context)
{
    struct deferred *deferred = deferred_new();
    deferred->canceller = function;
    deferred->context = context;
    if (vow_set_canceller(deferred->producer, run_canceller, deferred, NULL) != VOW_OK)
        abort();
    return deferred;
}

void deferred_free(struct deferred *deferred)
{
    deferred_forget(deferred);
    vow_deferred_release(deferred->producer);
    free(deferred);
}

void deferred_forget(struct deferred *deferred)
{
    vow_promise *promise = deferred->promise;
    deferred->promise = NULL;
    vow_promise_release(promise);
}

void deferred_share(struct deferred *deferred)
{
    deferred->shared = true;
}

bool deferred_fire(struct deferred *deferred, struct result result)
{
    return vow_resolve(deferred->producer, value_of(result)) != VOW_ALREADY_FIRED;
}

/* The reference that the function takes, and gives back, is not the suite's: that one may be in use elsewhere. */
void deferred_add(struct deferred *deferred, step *callback, step *errback, void *context)
{
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = callback != NULL ? run_callback : NULL,
                             .rejected = errback != NULL ? run_errback : NULL,
                             .context = hook_new(callback, errback, context)};
    vow_promise *promise = vow_promise_retain(deferred->promise);
    vow_promise_release(vow_add_callbacks(promise, &handlers));
}

void deferred_pause(struct deferred *deferred)
{
    (void)vow_pause(deferred->promise);
}

bool deferred_unpause(struct deferred *deferred)
{
    return vow_unpause(deferred->promise) == VOW_OK;
}

void deferred_cancel(struct deferred *deferred)
{
    vow_cancel(deferred->promise);
}

bool deferred_chain(struct deferred *from, struct deferred *to)
{
    return vow_chain(give_promise_of(from), vow_deferred_retain(to->producer)) != VOW_ALREADY_FIRED;
}

bool deferred_result(struct deferred *deferred, struct result *ret_result)
{
    vow_value value = vow_none();
    if (vow_wait(deferred->promise, vow_after(VOW_S(200)), &value) != VOW_OK)
        return false;
    *ret_result = result_of(value);
    vow_release(value);
    return true;
}

bool deferred_is_pending(struct deferred *deferred)
{
    return vow_state(deferred->promise) == VOW_PENDING;
}

struct deferred *deferred_succeed(struct result result)
{
    return deferred_of(NULL, vow_succeeded(value_of(result)));
}

struct deferred *deferred_fail(int failure)
{
    struct result result = {.kind = FAILURE, .number = failure};
    return deferred_of(NULL, vow_failed(value_of(result)));
}

struct deferred *deferred_maybe(step *function, struct result input, void *context)
{
    struct hook *hook = hook_new(function, NULL, context);
    return deferred_of(NULL, vow_attempt(run_callback, value_of(input), hook));
}

/* Lists ---------------------------------------------------------------------------------------------------------------------- */

static struct deferred *gather(struct deferred *const *deferreds, size_t count,
                               const struct vow_gathering *how)
{
    vow_promise **promises = allocate((count + 1) * sizeof(vow_promise *));
    for (size_t i = 0; i < count; i++)
        promises[i] = give_promise_of(deferreds[i]);
    struct deferred *list = deferred_of(NULL, vow_gather(promises, count, how));
    free(promises);
    return list;
}

struct deferred *deferred_list(struct deferred *const *deferreds, size_t count, unsigned flags)
{
    struct vow_gathering how = {.size = sizeof how,
                                .first_value = (flags & FIRE_ON_ONE_CALLBACK) != 0,
                                .first_error = (flags & FIRE_ON_ONE_ERRBACK) != 0,
                                .leave_errors = (flags & CONSUME_ERRORS) == 0};
    return gather(deferreds, count, &how);
}

struct deferred *deferred_gather(struct deferred *const *deferreds, size_t count)
{
    struct vow_gathering how = {.size = sizeof how, .kind = VOW_GATHER_ALL};
    return gather(deferreds, count, &how);
}

struct deferred *deferred_race(struct deferred *const *deferreds, size_t count)
{
    struct vow_gathering how = {.size = sizeof how, .kind = VOW_GATHER_ANY, .cancel_rest = true};
    return gather(deferreds, count, &how);
}

/* What a list has come to, owned. */
static vow_value peek(struct deferred *list)
{
    vow_value value = vow_none();
    (void)vow_wait(list->promise, vow_after(VOW_S(200)), &value);
    return value;
}

size_t deferred_items(struct deferred *list, struct result *ret_items, size_t room)
{
    vow_value value = peek(list);
    size_t count = vow_is_list(value) ? vow_list_count(value) : 0;
    for (size_t i = 0; i < count && i < room; i++)
        ret_items[i] = result_of(vow_list_at(value, i));
    vow_release(value);
    return count;
}

/* A first value has its index beside it; a first failure has it in its sentence. */
int64_t deferred_index(struct deferred *list)
{
    int64_t index = -1;
    vow_value value = peek(list);
    const char *bracket = vow_is_error(value) ? strchr(vow_error_message(value), '[') : NULL;
    if (bracket != NULL)
        index = strtoll(bracket + 1, NULL, 10);
    if (vow_is_list(value) && vow_list_count(value) == 2)
        index = vow_as_integer(vow_list_at(value, 1));
    vow_release(value);
    return index;
}

/* Time ----------------------------------------------------------------------------------------------------------------------- */

void deferred_add_timeout(struct deferred *deferred, int64_t nanoseconds)
{
    deferred->promise = vow_timeout(deferred->promise, vow_after(nanoseconds));
}

struct deferred *deferred_later(int64_t nanoseconds, step *function, void *context)
{
    vow_promise *later = vow_delay(nanoseconds, vow_none());
    if (function != NULL)
        later = vow_add_callback(later, run_callback, hook_new(function, NULL, context));
    return deferred_of(NULL, later);
}
