/*
 * once.c - a mutex, and a word that says that it was done.
 *
 * Whoever holds the mutex, and finds the word not set, calls the function; success sets it. So those who wait come in
 * their turn, and after an error the first of them tries again.
 *
 * Meanwhile the mutex names the line, or the coroutine, that runs the function: who comes on just that one is called by
 * the function, or runs on top of it, and would wait for what cannot go on before it returns.
 */
#include <vow/once.h>

#include "base/locals.h"
#include "control/mutex.h"
#include "control/promise.h"
#include "execution/detour.h"
#include <vow/line.h>
#include <vow/wait.h>

static inline _Atomic uint32_t *word_of(const vow_once *once)
{
    return (_Atomic uint32_t *)(uintptr_t)&once->done;
}

static inline bool is_done(const vow_once *once)
{
    /* O1 acquire: pairs with O2; what the function did is seen */
    return atomic_load_explicit(word_of(once), memory_order_acquire) != 0;
}

static inline void set_done(vow_once *once)
{
    /* O2 release: pairs with O1 */
    atomic_store_explicit(word_of(once), 1, memory_order_release);
}

bool vow_once_is_done(const vow_once *once)
{
    return once != NULL && is_done(once);
}

static vow_status check(const vow_once *once, vow_fn *fn, const char *function)
{
    if (vow_unlikely(once == NULL))
        return vow_fail_status(VOW_INVALID, "%s: once is NULL", function);
    if (vow_unlikely(fn == NULL))
        return vow_fail_status(VOW_INVALID, "%s: fn is NULL", function);
    return VOW_OK;
}

/* The calling coroutine, or else line: its stack. */
static uintptr_t stack_here(void)
{
    const struct locals *locals = vow_locals_here();
    return locals->coroutine != NULL ? (uintptr_t)locals->coroutine : (uintptr_t)locals;
}

/* Waiting ------------------------------------------------------------------------------------------------------------------- */

/* Nobody wants to wait any more: the promise is canceled, and has settled before the next one calls the function, and before
   the caller has its context back. Gives a success that came all the same, else `error`, which is taken. */
static vow_value end_early(vow_promise *promise, vow_value error)
{
    vow_value given = vow_none();
    vow_cancel(promise);
    vow_shield_begin();
    bool succeeds = vow_wait(promise, VOW_FOREVER, &given) == VOW_OK && !vow_is_error(given);
    vow_shield_end();
    vow_release(succeeds ? error : given);
    return succeeds ? given : error;
}

static bool cannot_wait(vow_status status)
{
    return status == VOW_UNSUPPORTED || status == VOW_LIMIT || status == VOW_NO_MEMORY ||
           status == VOW_DEADLOCK;
}

/* What the promise in `value` gives, or the error of waiting for it. Takes it. */
static vow_value await(vow_value value, vow_deadline deadline)
{
    vow_promise *promise = vow_promise_in(vow_own(value));
    vow_status status = vow_wait(promise, deadline, &value);
    if (status != VOW_OK)
        value = vow_error_from_last(__FILE__, __LINE__, status);
    if (cannot_wait(status)) /* behind a shield it would, and hold whoever it was refused for */
        vow_cancel(promise);
    else if (status != VOW_OK)
        value = end_early(promise, value);
    vow_promise_release(promise);
    return value;
}

/* With the mutex held: what `fn` gave. */
static vow_value call(vow_once *once, vow_fn *fn, void *context, vow_deadline deadline)
{
    vow_mutex_set_holder(&once->mutex, stack_here());
    vow_value value = fn(vow_none(), context);
    if (vow_is_promise(value))
        value = await(value, deadline);
    if (!vow_is_error(value))
        set_done(once);
    return value;
}

static vow_status status_of(vow_value value, const char *function)
{
    vow_status status = VOW_OK;
    if (vow_is_error(value))
        status = vow_fail_status(vow_error_status(value), "%s: fn: %s", function,
                                 vow_error_message(value));
    vow_release(value);
    return status;
}

vow_status vow_once_run(vow_once *once, vow_fn *fn, void *context, vow_deadline deadline)
{
    static const char function[] = "vow_once_run";
    vow_status status = check(once, fn, function);
    vow_detour(deadline);
    if (vow_unlikely(status != VOW_OK) || vow_likely(is_done(once)))
        return status;
    if (vow_unlikely(deadline.at > 0 && vow_mutex_has_holder(&once->mutex, stack_here())))
        return vow_fail_status(VOW_DEADLOCK,
                               "%s: fn calls it for itself, and would wait for itself", function);
    status = vow_mutex_lock_as(&once->mutex, deadline, function);
    if (status != VOW_OK)
        return status;
    vow_value value = is_done(once) ? vow_none() : call(once, fn, context, deadline);
    (void)vow_mutex_unlock_as(&once->mutex, function);
    return status_of(value, function);
}

/* Promises ------------------------------------------------------------------------------------------------------------------ */

/* What is to be called when the mutex is there. */
struct turn {
    vow_once *once;
    vow_fn *fn;
    void *context;
};

static void drop_turn(void *turn)
{
    vow_object_delete(turn, sizeof(struct turn));
}

static vow_value succeed(vow_value value, void *once)
{
    (void)value;
    set_done(once);
    return vow_none();
}

/* With the mutex held. Success is noted at once where that can be; else by a link on the function's promise itself, so that
   a cancel which comes after the success does not keep it from being noted. */
static vow_value take_turn(vow_value none, void *context)
{
    const struct turn *turn = context;
    if (is_done(turn->once))
        return none;
    vow_mutex_set_holder(&turn->once->mutex, stack_here());
    vow_value given = turn->fn(none, turn->context);
    vow_mutex_set_holder(&turn->once->mutex, 0);
    if (vow_is_promise(given))
        return vow_promise_value(
            vow_add_callback(vow_succeeded(vow_own(given)), succeed, turn->once));
    if (vow_is_error(given))
        return given;
    set_done(turn->once);
    vow_release(given);
    return none;
}

vow_promise *vow_once_promise(vow_once *once, vow_fn *fn, void *context)
{
    static const char function[] = "vow_once_promise";
    vow_status status = check(once, fn, function);
    if (vow_unlikely(status != VOW_OK))
        return vow_promise_refused(status);
    if (is_done(once))
        return vow_succeeded(vow_none());
    struct turn *turn = vow_object_new(sizeof(*turn));
    if (turn == NULL)
        return vow_promise_refused(vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
    *turn = (struct turn){.once = once, .fn = fn, .context = context};
    return vow_mutex_run_as(&once->mutex, take_turn, turn, drop_turn, function);
}
