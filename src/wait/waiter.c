/*
 * waiter.c - waking who waits (waiter.h).
 */
#include "wait/line.h"

/* The carrier's thread. */
static void awake(struct waiter *waiter)
{
    waiter->awake = true;
    if (waiter->line != NULL)
        vow_line_ready(waiter->line);
    else if (vow_unlikely(waiter->notice == WAITER_KNOWN))
        vow_known_awake(waiter);
}

void vow_waiter_call_run(struct vow_call *call)
{
    awake(vow_container_of(call, struct waiter, call));
}

void vow_waiter_wake(struct waiter *waiter)
{
    struct carrier *carrier = waiter->carrier;
    if (carrier == vow_carrier_here)
        awake(waiter);
    else /* its thread lives, so the call is taken; afterwards the waiter may be gone */
        (void)carrier->post(carrier, &waiter->call);
}

void vow_job_cancel(struct running_job *job)
{
    struct waiter *waiter = job->shields == 0 ? job->waiter : NULL;
    if (waiter != NULL && vow_waiter_claim(waiter, WAITER_CANCELED))
        awake(waiter);
}
