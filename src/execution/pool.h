/*
 * pool.h - what control needs of the pool.
 */
#ifndef VOW_EXECUTION_POOL_H
#define VOW_EXECUTION_POOL_H

#include "execution/scheduler.h"
#include <stdbool.h>
#include <vow/pool.h>

/* The calling thread is about to block in a wait. If it is a worker of a pool, that may start a further worker
   meanwhile, so that a pool of any size goes on. When something is queued in a pool of size 0, its inbox gets a call that
   does nothing, so that it wakes and asks vow_pool_help. May nest. */
void vow_pool_blocking_begin(void);
void vow_pool_blocking_end(void);

/* Whether the calling code belongs to a call of a pool that was closed with VOW_CANCEL: its waits are to end. */
bool vow_pool_runs_closed(void);

/* The same for the calling thread, `thread`, which is blocking, and is about to nap: its bell is put down. Who closes the pool
   later rings. */
bool vow_pool_ends_waits(struct thread *thread);

/* The calling thread, which is blocking: whether it is a worker of a pool in which nobody is at work any more, and another thread
   could not be had. With VOW_POOL_LARGEST threads, all of which block, a pool waits for one of them. */
bool vow_pool_is_unmanned(void);

bool vow_is_pool(const vow_scheduler *scheduler);

/* Hands `call` to a pool, as a scheduler's `call`, for whichever worker is free next: it goes where all look, and not to the
   calling worker's own, which would have to be asked for it in the middle of what it does. */
void vow_pool_call_shared(vow_scheduler *scheduler, struct vow_call *call);

/* Runs `call` in place of waiting for it, if the calling line is a worker's, pushed it last, and has stack to spare. */
bool vow_pool_run_own(const struct vow_call *call);

/* Runs one call that is queued in a pool of size 0, in the calling thread: to be asked before it sleeps in a wait. NULL
   stands for any such pool. False if there is no call. */
bool vow_pool_help(vow_scheduler *scheduler);

/* Whether the default pool has threads of its own: where they cannot be had it is a pool of size 0. */
bool vow_default_pool_has_workers(void);

#endif
