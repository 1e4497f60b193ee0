/*
 * clock_rest.h - who is at rest while time stands, and what moves it on when all are (vow/clock.h).
 *
 * While time stands (base/clock.h), nobody sleeps until a moment: a thread that goes to sleep says until when it would, and
 * sleeps until it is called. When all that take part are at rest and none has been called, nothing happens any more at this
 * moment. If somebody drives the clock, the last to rest then moves it to the earliest moment that anybody sleeps until, and
 * calls those who do; when there is none before the end of the drive, the driver's wait ends. So each moment is dealt
 * with to its end before the next one begins, on whichever threads, and in as many steps as it takes.
 *
 *   part        of the thread                                                    becomes
 *   ---------   --------------------------------------------------------------   ------------------------------------------
 *   OUT         outside of vow's waits and loops: nobody waits for it            RESTING, when it sleeps
 *   RESTING     sleeps, until `until`                                            ACTIVE, when it is called, or wakes up
 *   ACTIVE      a worker; or in a wait, or running a loop, in which it has       RESTING; OUT where its wait or run ends (a
 *               slept: the clock waits for it                                    worker: when its thread does)
 *
 * A thread at rest may have been called by another one, and not be awake yet. What calls it can be seen before its caller is
 * at rest itself: as in world.h, whose list of threads and lock these are.
 *
 * Invariants
 * 1. All of this, and the course of time, is guarded by the lock of world.h.
 * 2. While time stands, a thread whose part is RESTING has no more to do before `until` than what others call it for.
 */
#ifndef VOW_EXECUTION_CLOCK_REST_H
#define VOW_EXECUTION_CLOCK_REST_H

#include "base/clock.h"
#include "execution/scheduler.h"

/* Time is not moved beyond it, but goes on from there: as far again is left, so that no sum of moments overflows. */
#define CLOCK_NEVER (INT64_MAX / 2)

/* The calling thread is about to sleep on its bell, or on `loop`. False: it is not to, its moment has come or time
   does not stand any more. */
bool vow_clock_rest(struct thread *thread, struct vow_loop *loop, vow_deadline until);

/* It has woken up. */
void vow_clock_rise(struct thread *thread);

/* The wait, or the run of a loop, is over in which it may have rested. */
void vow_clock_leave_slowly(struct thread *thread);

static inline void vow_clock_leave(struct thread *thread)
{
    if (vow_clock_stands())
        vow_clock_leave_slowly(thread);
}

/* Under the lock of world.h: a thread has gone from its list. Gives a wait that ends by that, to be woken without the
   lock; or NULL. */
struct waiter *vow_clock_look(void);

/* From now on time stands, or goes on. Threads that sleep are called, to sleep by the other clock. */
void vow_clock_begin(struct thread *thread);
void vow_clock_end(void);

/* The calling thread is about to wait with `waiter` until time has come to `target`: from then on the clock is driven. */
void vow_clock_drive(struct thread *thread, struct waiter *waiter, int64_t target);

/* That wait is over, however it ended. */
void vow_clock_end_drive(void);

/* The earliest moment that anybody at rest sleeps until; later than CLOCK_NEVER: none. */
int64_t vow_clock_earliest(void);

/* Whether the clock is to go on by itself whenever all are at rest. */
void vow_clock_let_run(bool run);

#endif
