/*
 * cancels.h - jobs that are canceled where they are about to stop (torture.c).
 *
 * Only checked builds have the points (base/point.h) where that is known.
 */
#ifndef VOW_TESTS_TORTURE_CANCELS_H
#define VOW_TESTS_TORTURE_CANCELS_H

#include <stdbool.h>

/* Whether this build has points. */
bool cancels_are_possible(void);

/* From now on the points of this process count as calls of FAULT_CANCEL (faults.h). */
void cancels_begin(void);

#endif
