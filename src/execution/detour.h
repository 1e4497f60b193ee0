/*
 * detour.h - a debug switch that takes the short ways away: what could go on at once lets others go first (vow/debug.h).
 *
 * Whoever may wait usually need not: the mutex is free, the promise has settled, an item is there. So what a program wrongly
 * relies on, that nothing else runs meanwhile or that something still lives, is true nearly always. With the switch on, each
 * function that may wait by its contract, and is not asked to only look (VOW_POLL), takes a detour first:
 *
 *   who                              the detour
 *   ------------------------------   -----------------------------------------------------------------------------------
 *   a line on a carrier              parks, and goes on when others have had their turn, as by vow_reschedule
 *   a thread without a loop,         serves what others have sent to it, as any wait would
 *   outside of lines
 *   one that cannot wait here,       none
 *   or was canceled
 *
 * It changes no result: what was ready is taken if it still is.
 *
 * Invariant: the switch changes only before there is anything that could look at it on another thread.
 */
#ifndef VOW_EXECUTION_DETOUR_H
#define VOW_EXECUTION_DETOUR_H

#include "base/platform.h"
#include <stdbool.h>
#include <vow/time.h>

extern bool vow_slow;

void vow_detour_take(void);

/* By one who may wait until `deadline`, before anything else. */
static inline void vow_detour(vow_deadline deadline)
{
    if (vow_unlikely(vow_slow) && deadline.at > 0)
        vow_detour_take();
}

#endif
