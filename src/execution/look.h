/*
 * look.h - where a worker looks for calls, and in which order.
 *
 * At its own calls (pushed last first), at calls from outside (a batch that it took from the injector, oldest first), and
 * then at what others have. Each FAIR_TURN-th time the calls from outside come first, so that calls which submit calls
 * cannot starve them.
 *
 * Calls from outside are taken in batches, into a deque of their own in reverse order: the owner pops the oldest, thieves
 * take from the other end. It is refilled only when it is empty, so one worker begins them in the order in which they
 * came.
 *
 * All but the last function are for the worker's own thread; NULL: there seems to be none.
 */
#ifndef VOW_EXECUTION_LOOK_H
#define VOW_EXECUTION_LOOK_H

#include "execution/worker.h"

#define FAIR_TURN 61u   /* a prime, so that it does not march with the users' own rhythms */
#define EASE_LEAST 200  /* of a pause, in nanoseconds, for each call of the batch before */
#define TRIAL_FIRST 16u /* single calls before a pause is tried */

/* How many calls a deque must seem to hold for a thief to come. A theft interrupts the victim (fence.h), which usually
   runs its last call sooner by itself: thieves in a hurry leave it that one. */
enum greed {
    SURELY = 0, /* whatever seems to be there */
    ANY = 1,
    HALF_OF_SOME = 2
};

/* Everywhere, but in a hurry. */
struct vow_call *vow_look_next(struct worker *worker);

/* As vow_look_next, but certain: after the rare fence, nothing that was there before it is missed. */
struct vow_call *vow_look_surely(struct worker *worker);

/* Among the calls from outside. */
struct vow_call *vow_look_outside(struct worker *worker);

/* Among what others have. */
struct vow_call *vow_look_steal(struct worker *worker, enum greed greed);

/* Any thread: takes one call out of the worker's deques. */
struct vow_call *vow_look_rob(struct worker *worker);

#endif
