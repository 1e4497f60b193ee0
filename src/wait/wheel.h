/*
 * wheel.h - timers of one thread: a hierarchical timing wheel. Starting and stopping take constant time.
 *
 * (Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987.) A tick is WHEEL_TICK nanoseconds. A timer never
 * comes due before its moment, and at most one tick after it, as far as the one who advances the wheel is punctual.
 *
 * One thread uses a wheel at a time. Memory is the users': `struct timer` is intrusive.
 *
 * Invariants
 * 1. A timer is in one slot exactly while `link` is not NULL.
 * 2. vow_wheel_next() is never later than the earliest timer's moment rounded up to a tick; it may be earlier (a
 *    cascade is due then, or the timer was stopped).
 */
#ifndef VOW_WAIT_WHEEL_H
#define VOW_WAIT_WHEEL_H

#include "base/platform.h"
#include <stdbool.h>
#include <vow/time.h>

#define WHEEL_TICK (INT64_C(1) << 17) /* 131 µs */

struct timer {
    struct timer *next;
    struct timer **link;               /* what points to it; NULL: not started */
    int64_t at;                        /* its moment, as vow_deadline's */
    void (*expired)(struct timer *timer); /* called by vow_wheel_advance; the timer is its user's again */
};

#define WHEEL_BITS 6
#define WHEEL_SLOTS (1u << WHEEL_BITS)
#define WHEEL_LEVELS 7 /* 2^42 ticks: 18 years; what is later waits in the last level and is looked at again */

struct wheel {
    int64_t tick;                   /* everything up to it has come due */
    size_t count;                   /* timers started */
    uint64_t busy[WHEEL_LEVELS];    /* which slots are not empty */
    struct timer *slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

/* Empty, at the moment `now` (vow_now()). */
void vow_wheel_init(struct wheel *wheel, int64_t now);

/* Starts `timer`, which is not started: `expired` is called by the first vow_wheel_advance to a moment not before
   `at`. INT64_MAX is never: it is not started. A moment that has passed comes due with the next advance. */
void vow_wheel_start(struct wheel *wheel, struct timer *timer, int64_t at);

/* Takes `timer` out. False if it is not started (it has expired, or was stopped). */
bool vow_wheel_stop(struct wheel *wheel, struct timer *timer);

/* When vow_wheel_advance has something to do next (invariant 2); INT64_MAX: never. */
int64_t vow_wheel_next(const struct wheel *wheel);

/* Calls `expired` of all timers whose moment is not after `now`, each taken out before; those may start and stop timers,
   and what they start for a moment that has passed comes due with the next advance. Earliest ticks first. Gives how
   many. */
size_t vow_wheel_advance(struct wheel *wheel, int64_t now);

static inline void vow_timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
    timer->link = NULL;
    timer->expired = expired;
}

#endif
