/*
 * callers.c - walks the stack by its frame information (callers.h).
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

struct walk {
    void **frames;
    int count, most; /* `count` is -1 in the frame of vow_callers itself */
};

static _Unwind_Reason_Code note(struct _Unwind_Context *frame, void *argument)
{
    struct walk *walk = argument;
    uintptr_t place = (uintptr_t)_Unwind_GetIP(frame);
    if (place == 0 || walk->count == walk->most)
        return _URC_END_OF_STACK;
    if (walk->count >= 0)
        walk->frames[walk->count] = (void *)place;
    walk->count++;
    return _URC_NO_REASON;
}

VOW_COLD int vow_callers(void **frames, int most)
{
    struct walk walk = {.frames = frames, .count = -1, .most = most};
    (void)_Unwind_Backtrace(note, &walk);
    return walk.count > 0 ? walk.count : 0;
}

#else

bool vow_is_called_by(uintptr_t function)
{
    (void)function;
    return false;
}

int vow_callers(void **frames, int most)
{
    (void)frames;
    (void)most;
    return 0;
}

#endif
