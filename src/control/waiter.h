/*
 * waiter.h - what a waiting line leaves in a promise's queue.
 */
#ifndef VOW_CONTROL_WAITER_H
#define VOW_CONTROL_WAITER_H

#include <vow/wait.h>

#include "control/link.h"
#include "execution/park.h"

/*
 * Lies on the waiting stack. The waiter may be one that waits for several (flow/select.c). The runner of the links claims the waiter when it pops the link, under the promise's lock; a
 * waiter that was claimed before (its deadline passed) is skipped there. So when the lock has been taken once after a
 * lost claim, nobody looks at the link any more.
 */
struct promise_waiter {
    struct link link;
    struct waiter *waiter;
    vow_value value; /* owned, once it was claimed with WAITER_DONE by this link */
    bool told;       /* it was */
};

/* Puts the link in the queue of `promise`, and runs what is due. */
void vow_promise_wait_begin(vow_promise *promise, struct promise_waiter *waiting);

/* The wait has ended otherwise: afterwards nobody looks at the link. */
void vow_promise_wait_withdraw(vow_promise *promise, struct promise_waiter *waiting);

/* vow_wait, in the name of `function`. */
vow_status vow_wait_as(vow_promise *promise, vow_deadline deadline, vow_value *ret_value,
                       const char *function);

#endif
