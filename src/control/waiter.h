/*
 * waiter.h - what a waiting line leaves in a promise's queue.
 */
#ifndef VOW_CONTROL_WAITER_H
#define VOW_CONTROL_WAITER_H

#include <vow/wait.h>

#include "control/link.h"
#include "execution/park.h"

/*
 * Lies on the waiting stack. The runner of the links claims the waiter when it pops the link, under the promise's lock; a
 * waiter that was claimed before (its deadline passed) is skipped there. So when the lock has been taken once after a
 * lost claim, nobody looks at the link any more.
 */
struct promise_waiter {
    struct link link;
    struct waiter waiter;
    vow_value value; /* owned, once it was claimed with WAITER_DONE */
};

/* vow_wait, in the name of `function`. */
vow_status vow_wait_as(vow_promise *promise, vow_deadline deadline, vow_value *ret_value,
                       const char *function);

#endif
