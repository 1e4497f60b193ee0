/*
 * cooperate.h - what a cooperator and its iterations look like (cooperate.c, iteration.c).
 *
 *   state     an iteration that is not paused                         becomes
 *   -------   -----------------------------------------------------   ---------------------------------------------------
 *   READY     in the cooperator's queue                               RUNNING in its turn; HELD when it is paused
 *   HELD      paused, in no queue                                     READY when it is resumed
 *   RUNNING   its step is being called, or what came is taken up      READY or HELD; WAITING with a promise; ENDED
 *   WAITING   for `waits_for`, which tells it                         RUNNING with what that gives
 *   ENDED     its promise is fired, or about to be                    -
 *
 * One call of the cooperator's goes through its scheduler while there are iterations that are READY: a turn. At its end it is
 * sent again. So steps never overlap, and between two turns others have theirs.
 *
 * Invariants
 * 1. All of an iteration but what never changes is guarded by the cooperator's lock; `value` is its step's while RUNNING.
 * 2. `queued` exactly while the call is on its way, or its turn looks round: who makes an iteration READY and finds it false
 *    sends the call, with a reference.
 * 3. An iteration holds a reference to itself until it has ended, and one while it is WAITING.
 */
#ifndef VOW_CONTROL_COOPERATE_H
#define VOW_CONTROL_COOPERATE_H

#include "control/references.h"
#include "control/told.h"
#include <vow/cooperate.h>

enum iteration_state {
    ITERATION_READY,
    ITERATION_HELD,
    ITERATION_RUNNING,
    ITERATION_WAITING,
    ITERATION_ENDED
};

struct vow_iteration {
    struct told told;
    struct references references;
    struct vow_cooperator *cooperator; /* one reference */
    vow_fn *step;
    void *context;
    vow_value value;         /* what the step before gave */
    vow_deferred *deferred;  /* fired by who made it ENDED */
    vow_promise *promise;    /* the same; one reference */
    vow_promise *waits_for;  /* WAITING: one reference */
    vow_promise *cancels;    /* of who stops it while it is WAITING: the same, one more reference */
    vow_iteration *next;     /* READY: in the queue; of those that are being stopped together */
    vow_iteration **link;    /* READY: what points to it there */
    vow_iteration *all_next; /* those that have not ended */
    vow_iteration **all_link;
    enum iteration_state state;
    unsigned pauses;
    const char *stopped; /* it ends as soon as it can, because of that; NULL: it goes on */
};

struct vow_cooperator {
    struct vow_call call;         /* a turn */
    struct references references; /* the owner's, each iteration's, the call's while it is queued */
    struct lock lock;
    vow_scheduler *home; /* one reference */
    int64_t budget;
    size_t steps;
    bool queued; /* under the lock, with all that follows */
    bool stopped;
    size_t count;
    vow_iteration *ready;
    vow_iteration **ready_end;
    vow_iteration *all;
};

void vow_cooperator_unref(vow_cooperator *cooperator);

/* Under the lock: takes one that is READY out of the queue. */
void vow_iteration_dequeue(vow_iteration *iteration);

/* Under the lock: one that is RUNNING, WAITING or HELD goes on, when it is not paused. True: the caller sends the call
   (vow_cooperator_send), without the lock. */
bool vow_iteration_go_on(vow_iteration *iteration);

void vow_cooperator_send(vow_cooperator *cooperator);

/* Calls the step of one that is RUNNING, and does what it says. The iteration may be gone afterwards. */
void vow_iteration_step(vow_iteration *iteration);

/* Stops all there are, which end because of `reason`, a static sentence. Not under the lock. */
void vow_iterations_stop(vow_cooperator *cooperator, const char *reason);

#endif
