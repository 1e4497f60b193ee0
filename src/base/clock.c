/*
 * clock.c - the monotonic clock, its course, and deadlines from now (clock.h).
 */
#include "base/clock.h"

#include <time.h>

_Atomic unsigned char vow_clock_course;

static _Atomic int64_t stands_at; /* STANDS */
static _Atomic int64_t ahead;     /* of the real clock: SHIFTED; and STANDS, before it stood */

int64_t vow_real_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

VOW_COLD int64_t vow_clock_bent(int64_t real)
{
    /* C1 acquire: pairs with C2 */
    unsigned course = atomic_load_explicit(&vow_clock_course, memory_order_acquire);

    /* relaxed, both: the course was acquired; whoever moves time wakes those whom it concerns */
    if (course == CLOCK_STANDS)
        return atomic_load_explicit(&stands_at, memory_order_relaxed);
    return course == CLOCK_SHIFTED ? real + atomic_load_explicit(&ahead, memory_order_relaxed)
                                   : real;
}

int64_t vow_now(void)
{
    return vow_clock_at(vow_real_now());
}

vow_deadline vow_after(int64_t nanoseconds)
{
    int64_t at;

    if (__builtin_add_overflow(vow_now(), nanoseconds, &at))
        return VOW_FOREVER; /* upwards only: the clock is never negative */
    return vow_at(at > 0 ? at : 0);
}

vow_deadline vow_clock_to_real(vow_deadline deadline)
{
    /* relaxed: as in vow_clock_stands */
    if (vow_likely(atomic_load_explicit(&vow_clock_course, memory_order_relaxed) == CLOCK_REAL) ||
        deadline.at == INT64_MAX)
        return deadline;
    int64_t real = vow_real_now();
    int64_t left = deadline.at - vow_clock_bent(real), at;
    return __builtin_add_overflow(real, left, &at) ? VOW_FOREVER : vow_at(at);
}

/* Changing the course: one at a time ------------------------------------------------------------------------------- */

static void take_course(enum clock_course course)
{
    /* C2 release: pairs with C1 */
    atomic_store_explicit(&vow_clock_course, (unsigned char)course, memory_order_release);
}

void vow_clock_set(int64_t moment)
{
    /* relaxed: C2 publishes it, or whatever wakes those whom it concerns */
    atomic_store_explicit(&stands_at, moment, memory_order_relaxed);
}

void vow_clock_stop(void)
{
    vow_clock_set(vow_now());
    take_course(CLOCK_STANDS);
}

void vow_clock_go_on(void)
{
    int64_t gained = vow_now() - vow_real_now();

    /* relaxed: written by who changes the course; C2 publishes it */
    if (gained > atomic_load_explicit(&ahead, memory_order_relaxed))
        atomic_store_explicit(&ahead, gained, memory_order_relaxed);
    take_course(atomic_load_explicit(&ahead, memory_order_relaxed) == 0 ? CLOCK_REAL
                                                                        : CLOCK_SHIFTED);
}
