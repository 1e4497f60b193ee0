/*
 * forget.c - an error that nobody looks at would be reported; so it is looked at here.
 */
#include "forget.h"

void forget(vow_promise *promise)
{
    vow_value ignored;
    if (promise == NULL)
        return;
    vow_cancel(promise);
    if (vow_peek(promise, &ignored))
        vow_release(ignored);
    vow_promise_release(promise);
}
