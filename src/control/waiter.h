/*
 * waiter.h - what a waiting line leaves in a promise's queue.
 */
#ifndef VOW_CONTROL_WAITER_H
#define VOW_CONTROL_WAITER_H

#include <vow/wait.h>

#include "control/link.h"
#include "execution/scheduler.h"

/*
 * Lies on the waiting thread's stack. `fired` is guarded by the promise's lock; once it is set, the waiting thread
 * must not return before `done`, which only itself sets: directly where it runs the link itself, otherwise when it
 * finds `call` in its inbox.
 */
struct waiter {
    struct link link;
    struct vow_call call;
    struct immediate *immediate; /* the waiting thread's */
    vow_value value;             /* owned, once fired */
    bool fired;
    bool done;
};

/* vow_wait, in the name of `function`. */
vow_status vow_wait_as(vow_promise *promise, vow_deadline deadline, vow_value *ret_value,
                       const char *function);

/* The link has been popped, the value is in: lets the waiting line go on. Not inside. */
void vow_waiter_complete(struct waiter *waiter);

#endif
