/*
 * world.h - the closed world: whether everything that vow knows has come to rest (vow_closed_world).
 *
 * While the world is closed, a thread that goes to sleep without a deadline says so, when it has been idle for a moment
 * and what waits on it is known (wait/known.h); and takes it back before it does anything. When all threads with a record
 * sleep like that, and none has been called, nothing is left that could end a wait: all that are known end with
 * DEADLOCK; those that wait for others to end (closing a pool) only when there are no others.
 *
 * Proof. A thread that sleeps begins to run because of a call in its inbox, its bell, or its loop's (calls, a stop, the last
 * of what it was owed): each is there to be seen before whoever caused it is asleep itself. Timers and deadlines
 * keep a thread from saying that it sleeps, as do libuv's active handles and signals on a loop. So when all are found
 * asleep and uncalled, under the lock, none will run again. A thread that is about to begin counts as awake.
 *
 * Invariants
 * 1. All here is guarded by one lock; wait/known.h's is taken under it.
 * 2. A record is in the list from its being prepared until its thread has ended.
 */
#ifndef VOW_EXECUTION_WORLD_H
#define VOW_EXECUTION_WORLD_H

#include "execution/scheduler.h"

extern _Atomic bool vow_world_closed;

static inline bool vow_world_is_closed(void)
{
    /* relaxed: who closes it wakes those who sleep */
    return vow_unlikely(atomic_load_explicit(&vow_world_closed, memory_order_relaxed));
}

/* All threads with a record, and the lock. */
struct world {
    struct lock lock;
    struct thread *living;
};

extern struct world vow_world;

/* Under the lock: whether `thread`, which has said that it sleeps on `loop`, or on its bell (NULL), has not been called. */
bool vow_world_is_uncalled(const struct thread *thread, struct vow_loop *loop);

void vow_world_close(bool closed);

/* From now on promises that are made are recorded, or not any more: none is ordinary then (scheduler.h). */
void vow_world_record(bool record);

/* A record begins, or ends, to be a thread's. */
void vow_world_add(struct thread *thread);
void vow_world_remove(struct thread *thread);

/* The calling thread is about to sleep for as long as it takes; on `loop`, or on its bell (NULL). If it was the last one,
   ends all waits. Gives whether one of its own has been woken. */
bool vow_world_rest(struct thread *thread, struct vow_loop *loop);

/* It has woken up. */
void vow_world_rise(struct thread *thread);

#endif
