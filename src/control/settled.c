/*
 * settled.c - promises that are settled from the start: succeeded, failed, attempted, refused.
 */
#include "control/run.h"

static void never_destroy(struct counted *counted)
{
    (void)counted;
}

static const struct counted_class static_class = {.name = "promise", .destroy = never_destroy};
COUNTED_KNOWN(static_class)

/* Starts with so many references that it never dies, and with its value looked at: nothing is reported. Its value is
   put in on use, for lack of a constant expression. */
vow_promise vow_promise_no_memory = {
    .counted = {.word = (COUNTED_ONE << 30) | PROMISE_FIRED | PROMISE_SHARED,
                .class = &static_class},
    .bits = PROMISE_SETTLED | PROMISE_HANDLED,
};

static vow_promise *no_memory(void)
{
    vow_promise *promise = &vow_promise_no_memory;
    vow_promise_ref(promise);
    vow_lock_take(&promise->lock);
    promise->home = vow_immediate();
    promise->value = vow_error_static(VOW_NO_MEMORY);
    vow_lock_give(&promise->lock);
    return promise;
}

/* A promise settled with `value`, which is taken and no promise. */
static vow_promise *settled(vow_value value)
{
    vow_promise *promise = vow_promise_make(vow_home_here(), 1, PROMISE_FIRED);
    if (promise == NULL) {
        vow_release(value);
        return no_memory();
    }
    struct firing firing = {.work = {NULL, NULL}};
    vow_promise_settle(promise, value, &firing);
    return promise;
}

vow_promise *vow_promise_refused(vow_status status)
{
    return settled(vow_error_from_last(__FILE__, __LINE__, status));
}

vow_promise *vow_succeeded(vow_value value)
{
    if (vow_is_promise(value)) {
        value = vow_own(value);
        return vow_promise_in(value);
    }
    return settled(vow_own(value));
}

vow_promise *vow_failed(vow_value error)
{
    if (vow_is_error(error))
        return settled(vow_own(error));
    vow_release(error);
    return settled(vow_fail(VOW_INVALID, "vow_failed: error is %s, not an error",
                            vow_kind_name(vow_kind_of(error))));
}

vow_promise *vow_attempt(vow_fn *fn, vow_value input, void *context)
{
    if (fn == NULL) {
        vow_release(input);
        return settled(vow_fail(VOW_INVALID, "vow_attempt: fn is NULL"));
    }
    vow_value result = vow_own(fn(vow_borrow(input), context));
    vow_release(input);
    return vow_succeeded(result);
}
