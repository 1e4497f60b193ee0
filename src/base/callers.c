/*
 * callers.c - walks the stack by its frame information, and compares where each frame's function begins (callers.h).
 */
#include "base/callers.h"

#include "base/platform.h"

#if VOW_UNWIND

#include <unwind.h>

struct search {
    uintptr_t wanted;
    unsigned left;
    bool found;
};

static _Unwind_Reason_Code look(struct _Unwind_Context *frame, void *argument)
{
    struct search *search = argument;
    search->found = _Unwind_GetRegionStart(frame) == search->wanted;
    return search->found || --search->left == 0 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

bool vow_is_called_by(uintptr_t function)
{
    struct search search = {.wanted = function, .left = CALLERS_MOST};
    (void)_Unwind_Backtrace(look, &search);
    return search.found;
}

#else

bool vow_is_called_by(uintptr_t function)
{
    (void)function;
    return false;
}

#endif
