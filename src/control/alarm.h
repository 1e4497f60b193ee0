/*
 * alarm.h - alarms: a function that is called when a moment has come, wherever the promise that needs it is at home.
 *
 * An alarm lies in memory of its user's. A *keeper* keeps the alarms of one place on a timing wheel: one call of that
 * place which waits until the next moment, and is only there while there are alarms.
 *
 *   home                                     place of the keeper
 *   --------------------------------------   --------------------------------------------------------------------------
 *   this thread's immediate, or its loop     that: it rings while the thread waits, or its loop runs
 *   any other                                the default pool; where that has no workers, this thread's immediate
 *
 * Invariants
 * 1. An alarm that was started rings once, or was stopped; whoever stops it knows which.
 * 2. While a wheel, or the list of what is due, is not empty, the keeper's call is queued, or runs at a place where it
 *    will look again. It hands this on before it rings: what rings may wait, and holds up none of the others.
 * 3. A keeper lives until its home has forgotten it and all of its alarms have ended.
 */
#ifndef VOW_CONTROL_ALARM_H
#define VOW_CONTROL_ALARM_H

#include "execution/scheduler.h"
#include "wait/wheel.h"

struct keeper;

struct alarm {
    struct timer timer;
    struct keeper *keeper; /* one reference, from the start to vow_alarm_end; NULL: not started */
    bool due; /* it is in the keeper's list of those, not on its wheel: under the keeper's lock */
    /* VOW_OK: the moment has come. Otherwise it never will: the place was closed (VOW_CANCELED), or there was no stack to
       wait on (VOW_NO_MEMORY). */
    void (*ring)(struct alarm *alarm, vow_status status);
};

/* Not started, and may be ended so. */
static inline void vow_alarm_init(struct alarm *alarm, void (*ring)(struct alarm *, vow_status))
{
    alarm->keeper = NULL;
    alarm->due = false;
    alarm->ring = ring;
}

/* Has `ring` called at `deadline` or soon after, never within this call, for a promise at home on `home`, which is where
   this thread is (vow_home_here). False without memory. Once. */
bool vow_alarm_start(struct alarm *alarm, vow_scheduler *home, vow_deadline deadline);

/* True: it will not ring any more. False: it has rung, is ringing, or was not started. Any thread. */
bool vow_alarm_stop(struct alarm *alarm);

/* Before its memory goes: after it has rung or was stopped. Any thread. */
void vow_alarm_end(struct alarm *alarm);

#endif
