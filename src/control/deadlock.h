/*
 * deadlock.h - waits that can be seen to have no end when they begin.
 */
#ifndef VOW_CONTROL_DEADLOCK_H
#define VOW_CONTROL_DEADLOCK_H

#include "control/promise.h"

/* Whether the calling line is in the middle of running the links of `promise`, which has not come to its last one. */
bool vow_deadlock_is_sure(vow_promise *promise);

#endif
