/*
 * wheel.h - timers of one thread: a hierarchical timing wheel. Starting and stopping take constant time.
 *
 * (Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987.) A tick is WHEEL_TICK nanoseconds. A timer never
 * comes due before its moment, and at most one tick after it, as far as the one who advances the wheel is punctual.
 *
 * Where time stands (base/clock.h) no timer is late: it is moved to each one's own moment, and there that one expires.
 *
 * One thread uses a wheel at a time. Memory is the users': `struct timer` is intrusive.
 *
 * Invariants
 * 1. A timer is in one list exactly while `link` is not NULL.
 * 2. vow_wheel_next() is never later than the earliest timer's moment rounded up to a tick; it may be earlier (a
 *    crowded slot is dealt out to smaller ones then). Where time stands it is the earliest moment itself.
 * 3. wheel.c has those of its insides.
 */
#ifndef VOW_WAIT_WHEEL_H
#define VOW_WAIT_WHEEL_H

#include "base/platform.h"
#include <stdbool.h>
#include <vow/time.h>

#define WHEEL_TICK_BITS 14
#define WHEEL_TICK (INT64_C(1) << WHEEL_TICK_BITS) /* 16 µs */

struct timer {
    struct timer *next;
    struct timer **link; /* what points to it; NULL: not started */
    int64_t at;          /* its moment, as vow_deadline's */
    void (*expired)(
        struct timer *timer); /* called by vow_wheel_advance; the timer is its user's again */
};

#define WHEEL_BITS 6
#define WHEEL_SLOTS (1u << WHEEL_BITS)
#define WHEEL_LEVELS 9 /* 54 bits of ticks: every moment there is */

struct wheel {
    int64_t tick;       /* slots up to it have been dealt with */
    int64_t horizon;    /* up to where the advance under way goes; otherwise `tick` */
    size_t count;       /* timers started */
    struct timer *late; /* due with the next advance: those started for a moment that had passed */
    uint32_t levels;    /* which levels are not empty */
    bool advancing;
    uint64_t busy[WHEEL_LEVELS];                    /* which slots are not empty */
    struct timer *slots[WHEEL_LEVELS][WHEEL_SLOTS]; /* newest first */
};

/* Empty, at the moment `now` (vow_now()). */
void vow_wheel_init(struct wheel *wheel, int64_t now);

/* Starts `timer`, which is not started: `expired` is called by the first vow_wheel_advance to a moment not before
   `at`, rounded up to a tick. INT64_MAX is never: it is not started. A moment before the present tick comes due with
   the next advance. */
void vow_wheel_start(struct wheel *wheel, struct timer *timer, int64_t at);

/* For vow_wheel_stop: a list that perhaps is a slot has become empty. */
void vow_wheel_note_emptied(struct wheel *wheel, struct timer *const *link);

/* Takes `timer` out. False if it is not started (it has expired, or was stopped). Among a million of them it is all waiting for
   memory, of which the more is under way at once the fewer instructions lie in between. */
static inline bool vow_wheel_stop(struct wheel *wheel, struct timer *timer)
{
    struct timer **link = timer->link;
    struct timer *next = timer->next;

    if (link == NULL)
        return false;
    wheel->count--;
    timer->link = NULL;
    *link = next;
    if (vow_likely(next != NULL))
        next->link = link;
    else
        vow_wheel_note_emptied(wheel, link);
    return true;
}

/* When vow_wheel_advance has something to do next (invariant 2), perhaps already; INT64_MAX: never. */
int64_t vow_wheel_next(const struct wheel *wheel);

/* Calls `expired` of all timers whose moment, rounded up to a tick, is not after `now`, each taken out before; those may
   start and stop timers, and what they start for a moment that has passed comes due with the next advance. They must
   not advance the wheel. Late ones first, then earliest ticks first; of one tick in the order of their starts. A
   moment before an earlier advance's is as that one's. Where time stands, moments are not rounded up. Gives how many. */
size_t vow_wheel_advance(struct wheel *wheel, int64_t now);

/* A started timer, the same as long as none is started or stopped; NULL: there is none. */
struct timer *vow_wheel_any(const struct wheel *wheel);

/* Before the first start. */
static inline void vow_wheel_timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
    timer->link = NULL;
    timer->expired = expired;
}

#endif
