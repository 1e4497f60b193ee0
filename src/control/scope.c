/*
 * scope.c - cancel scopes: a line of its own with a timeout, which its maker waits for to the end.
 */
#include <vow/scope.h>

#include "base/fail.h"
#include "control/waiter.h"
#include <vow/delay.h>
#include <vow/error.h>
#include <vow/line.h>
#include <vow/submit.h>

/* The maker cannot wait, or not any more: it was canceled, and passes that on. Gives what the line does then. */
static vow_value end_early(vow_promise *promise, vow_status status)
{
    vow_value value = vow_error_from_last(__FILE__, __LINE__, status);
    vow_value given;
    vow_cancel(promise);
    vow_shield_begin();
    if (vow_wait(promise, VOW_FOREVER, &given) == VOW_OK) {
        vow_release(value);
        value = given;
    }
    vow_shield_end();
    return value;
}

vow_value vow_within(vow_deadline deadline, vow_fn *fn, vow_value input, void *context)
{
    vow_value value;
    if (fn == NULL) {
        vow_release(input);
        return vow_fail(VOW_INVALID, "vow_within: fn is NULL");
    }
    vow_promise *promise = vow_timeout(vow_spawn(NULL, fn, input, context), deadline);
    vow_status status = vow_wait_as(promise, VOW_FOREVER, &value, "vow_within");
    if (status != VOW_OK)
        value = end_early(promise, status);
    vow_promise_release(promise);
    return value;
}
