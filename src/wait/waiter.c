/*
 * waiter.c - waking who waits (waiter.h).
 */
#include "wait/line.h"

void vow_waiter_call_run(struct vow_call *call)
{
    vow_waiter_wake_here(vow_container_of(call, struct waiter, call));
}

void vow_waiter_wake(struct waiter *waiter)
{
    struct carrier *carrier = waiter->carrier;
    if (carrier == vow_carrier_here)
        vow_waiter_wake_here(waiter);
    else /* its thread lives, so the call is taken; afterwards the waiter may be gone */
        (void)carrier->post(carrier, &waiter->call);
}

void vow_job_cancel(struct running_job *job)
{
    struct waiter *waiter = job->shields == 0 ? job->waiter : NULL;
    if (waiter != NULL && vow_waiter_claim(waiter, WAITER_CANCELED))
        vow_waiter_wake_here(waiter);
}
