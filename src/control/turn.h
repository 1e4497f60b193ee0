/*
 * turn.h - taking turns: one promise after the other, as many as it takes, in constant stack and memory. What loops of
 * promises, retries and functions for each item are made of.
 *
 *        vow_turn_run ---> start() ---> a promise ---> ended(its value) ---> true: again
 *                                          |                         '-----> false: its user goes on another time, or never
 *                                          pending: when it settles, at its home
 *
 * Invariants
 * 1. One promise at a time is under way. All are at home on one scheduler, which is current in `start` and `ended`.
 * 2. After `ended` has given false, and while a promise is pending, the turn is not touched by who ran it: its user may
 *    have freed it.
 */
#ifndef VOW_CONTROL_TURN_H
#define VOW_CONTROL_TURN_H

#include "control/told.h"

struct turn {
    struct told told;
    struct lock lock;
    vow_deferred *deferred; /* the user's, borrowed */
    bool canceled;          /* under the lock, with the next */
    vow_promise *promise;   /* under way: one reference; NULL: none */
    /* Begins the next: a promise for the turn to take. Never NULL. */
    vow_promise *(*start)(struct turn *turn);
    /* It has come to `value` (taken). True: start the next. */
    bool (*ended)(struct turn *turn, vow_value value, struct firing *firing);
};

/* `deferred` is that of the user's promise, which is fired after the turn has ended. `flags`: LINK_FORWARD. */
void vow_turn_init(struct turn *turn, vow_deferred *deferred, unsigned flags,
                   vow_promise *(*start)(struct turn *),
                   bool (*ended)(struct turn *, vow_value, struct firing *));

/* Starts, until one is pending or `ended` gives false. When the turn was canceled nothing is started: it ends with
   CANCELED. */
void vow_turn_run(struct turn *turn, struct firing *firing);

/* Cancels what is under way, and what would be started. Any thread. */
void vow_turn_cancel(struct turn *turn);

/* Whether that was done: nothing is started any more. Any thread. */
bool vow_turn_is_canceled(struct turn *turn);

/* A promise of `fn(input, context)`, as a job on the current scheduler, at home there. Takes `input`. */
vow_promise *vow_turn_call(vow_fn *fn, vow_value input, void *context);

#endif
