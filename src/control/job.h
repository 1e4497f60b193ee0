/*
 * job.h - promises that are jobs: what vow_submit makes, and vow_call_later.
 */
#ifndef VOW_CONTROL_JOB_H
#define VOW_CONTROL_JOB_H

#include "control/promise.h"
#include <vow/submit.h>

/* A pending promise whose call runs `job` (checked before; its input and context are taken): one reference for the
   caller, one for the call, which is to be handed to a scheduler. NULL without memory, and nothing was taken. */
vow_promise *vow_job_make(const struct vow_job *job);

/* Ends a job that cannot be made, and gives a rejected promise. NULL for a job that cannot be read. */
vow_promise *vow_job_refuse(const struct vow_job *job, vow_status status);

/* What vow_submit does, in the name of `function`. `scheduler` may be NULL. */
vow_promise *vow_job_submit(vow_scheduler *scheduler, const struct vow_job *job,
                            const char *function);

/* Hands a job to `scheduler`; where asynchrony is off, it may run at once. */
void vow_job_hand_over(vow_scheduler *scheduler, vow_promise *job);

/* A canceled job's call has come back to who cancels, and will not run: ends it, with CANCELED. */
void vow_job_withdraw(struct vow_call *call);

/* Hands over what vow_job_make gave, to run as a line of its own, as vow_spawn does. */
void vow_job_spawn(vow_scheduler *scheduler, vow_promise *job);

/* The job has ended: drops what it kept for itself (job_local.c). */
void vow_job_locals_drop(struct running_job *job);

#endif
