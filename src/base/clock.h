/*
 * clock.h - the course of time: the real clock's, or, in tests, one that stands until it is moved (vow/clock.h).
 *
 *   REAL ----vow_clock_stop----> STANDS ----vow_clock_go_on----> SHIFTED, or REAL where that is the same
 *                                  ^----------vow_clock_stop-------'
 *
 * vow_now() is the one place where vow's time is read: deadlines, timers and sleeps all are moments of it. It never goes
 * back: when it has stood it goes on from there at the real clock's pace, or from where it would have been, if that is later.
 * So what pends meanwhile keeps its moment. How long to search, to spin or to gather is no matter of deadlines: that is
 * measured by vow_real_now(), which does not stand.
 *
 * Invariants
 * 1. Who changes the course, or the moment, does so alone: under the lock of execution/clock_rest.c.
 * 2. Where it stands, and how far it is ahead, is written before the course that it is for.
 */
#ifndef VOW_BASE_CLOCK_H
#define VOW_BASE_CLOCK_H

#include "base/platform.h"
#include <stdbool.h>
#include <vow/time.h>

enum clock_course {
    CLOCK_REAL,
    CLOCK_STANDS,
    CLOCK_SHIFTED /* ahead of the real one */
};

extern _Atomic unsigned char vow_clock_course;

/* Whether time stands unless somebody moves it. */
static inline bool vow_clock_stands(void)
{
    /* relaxed: who stops or starts it wakes those who sleep */
    return vow_unlikely(atomic_load_explicit(&vow_clock_course, memory_order_relaxed) ==
                        CLOCK_STANDS);
}

/* The real clock, whatever the course. Async-signal-safe. */
int64_t vow_real_now(void);

/* What vow_now() gives when the real clock shows `real`, but for CLOCK_REAL. */
int64_t vow_clock_bent(int64_t real);

/* What vow_now() gives when the real clock shows `real`. */
static inline int64_t vow_clock_at(int64_t real)
{
    /* relaxed: as above */
    if (vow_likely(atomic_load_explicit(&vow_clock_course, memory_order_relaxed) == CLOCK_REAL))
        return real;
    return vow_clock_bent(real);
}

/* The moment of the real clock that stands for `deadline`. Where time stands: as if it went on now. */
vow_deadline vow_clock_to_real(vow_deadline deadline);

/* Time stands from now on. */
void vow_clock_stop(void);

/* Where it stands. */
void vow_clock_set(int64_t moment);

/* It goes on from there. */
void vow_clock_go_on(void);

#endif
