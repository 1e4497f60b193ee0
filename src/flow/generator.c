/*
 * generator.c - from generators to consumers: inject.
 *
 * The consumer is looked at before the generator is asked, so that no item is lost where the consumer has ended. An
 * error that is yielded is an item like any other; one that ends a coroutine leaves it done.
 */
#include <vow/error.h>
#include <vow/generator.h>

#include "base/fail.h"

static vow_value check(const char *argument, const vow_coroutine *coroutine)
{
    if (coroutine != NULL && vow_coroutine_state(coroutine) != VOW_COROUTINE_RUNNING)
        return vow_none();
    (void)vow_fail_status(VOW_INVALID, "vow_inject: %s is %s", argument,
                          coroutine == NULL ? "NULL" : "running");
    return vow_error_from_last(__FILE__, __LINE__, VOW_INVALID);
}

/* Sends `item`, which is taken. False: that was the last one; why is in `*ret_error`, if there is an error. */
static bool pass_on(vow_coroutine *consumer, vow_value item, vow_value *ret_error)
{
    vow_value answer = vow_send(consumer, item);
    bool failed = vow_is_error(answer) && vow_coroutine_state(consumer) != VOW_COROUTINE_SUSPENDED;

    if (failed)
        *ret_error = answer;
    else
        vow_release(answer);
    return vow_coroutine_state(consumer) == VOW_COROUTINE_SUSPENDED;
}

vow_value vow_inject(vow_coroutine *generator, vow_coroutine *consumer)
{
    vow_value error = check("generator", generator);
    bool more = true;

    if (vow_is_none(error))
        error = check("consumer", consumer);
    if (vow_is_error(error))
        return error;
    while (more && !vow_coroutine_done(consumer)) {
        vow_value item = vow_next(generator);
        if (vow_coroutine_state(generator) != VOW_COROUTINE_SUSPENDED)
            return vow_is_error(item) ? item : vow_none();
        if (!vow_is_skip(item))
            more = pass_on(consumer, item, &error);
    }
    return error;
}
