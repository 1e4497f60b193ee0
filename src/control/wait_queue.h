/*
 * wait_queue.h - those who wait for a lock, an event, a barrier: lines that are parked and promises, in one queue.
 *
 * Each object begins with a `struct vow_wait_queue` (public, because locks lie in users' memory). Its `state` is the
 * object's: what can be had without waiting is had by one compare-and-swap on it. As soon as there is more to do, SLOW is
 * set in it, under the queue's lock, and from then on no such swap succeeds:
 *
 *      fast only                         SLOW
 *      ---------                         ----
 *      state: anybody, one swap   open   state: who holds the queue's lock
 *      queue: empty             <------> queue: somebody waits, or it is closed; or somebody is inside
 *                                 shut
 *
 * A place in the queue lies on the stack of the line that waits (struct place), or belongs to a promise (struct
 * promised). Who serves a place takes it out and decides, under the lock; who was served is told after the lock has been
 * given back, so that neither a wake-up nor a user's function runs inside.
 *
 *      place:   queued ---serve: claimed DONE (or the promise's turn)---> told: woken, or fulfilled
 *                  |---close: claimed CLOSED----------------------------> told: woken, or rejected
 *                  |---serve: somebody else claimed it first------------> out, not told: it finds itself out
 *                  '---its waiter comes back with another outcome-------> taken out by itself
 *
 * Invariants
 * 1. Only who holds the lock links and unlinks places; a place is `queued` exactly while it is linked.
 * 2. While SLOW is set, `state` changes under the lock only. Outside of it SLOW is set exactly while somebody waits or
 *    the queue is closed.
 * 3. After `shut` nobody who served touches the object: whoever was served may free it. So may who had the object by one
 *    swap, or saw what it waits for in the word: it first lets those go who are about to give the lock back
 *    (vow_wait_queue_meet), for they make the word anybody's before.
 * 4. Places are served first come, first served: an object serves none while one before it has to wait.
 * 5. A promise's turn is final once it was served: a cancel that comes later finds it fulfilled.
 */
#ifndef VOW_CONTROL_WAIT_QUEUE_H
#define VOW_CONTROL_WAIT_QUEUE_H

#include "base/fail.h"
#include "base/lock.h"
#include "control/promise.h"
#include "execution/park.h"
#include <vow/promise.h>
#include <vow/wait_queue.h>

/* In `state`: it is not to be touched without the lock. */
#define QUEUE_SLOW UINT32_C(0x80000000)

struct place {
    struct place *next;
    struct place *previous;
    struct waiter *waiter; /* NULL: a promise's */
    vow_value value;       /* what a promise is fulfilled with; never owned */
    uint32_t wants;        /* the object's: how many, to read or to write */
    bool queued;
    bool passed; /* the object's: it got what it waited for, whoever claimed the waiter */
};

/* Places that were served, until they are told, in their order. */
struct told {
    struct place *first;
    struct place *last; /* meaningful while first is not NULL */
};

/* What the objects differ in. All under the lock, the queue open. */
struct queue_kind {
    const char *noun; /* "mutex" */
    /* Takes what `place` wants, if it need not wait behind others. */
    bool (*enter)(struct vow_wait_queue *queue, struct place *place, struct told *told);
    /* A place was given up: serves those who can go on now. NULL: nobody can. */
    void (*left)(struct vow_wait_queue *queue, struct told *told);
    /* It is closed from now on. NULL: that changes nothing else. */
    void (*closed)(struct vow_wait_queue *queue);
};

/* The queue of an object, which begins with it; NULL of NULL. */
#define vow_wait_queue_of(object) ((struct vow_wait_queue *)(void *)(object))

/* The object's word -------------------------------------------------------------------------------------------------- */

/* The word is plain in the public header, for C++'s sake; here it is only used as an atomic. */
static inline _Atomic uint32_t *vow_wait_queue_word(const struct vow_wait_queue *queue)
{
    return (_Atomic uint32_t *)(uintptr_t)&queue->state;
}

/* Without the lock: from `expected` to `wanted`. */
static inline bool vow_wait_queue_swap(struct vow_wait_queue *queue, uint32_t expected,
                                       uint32_t wanted)
{
    /* Q1 acq_rel: pairs with itself and Q2: who takes the lock sees what those did who gave it back */
    return atomic_compare_exchange_strong_explicit(vow_wait_queue_word(queue), &expected, wanted,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

/* Without the lock, after a swap or a look that got what was wanted: those who were inside before it have left. */
void vow_wait_queue_meet_slowly(struct vow_wait_queue *queue);

static inline void vow_wait_queue_meet(struct vow_wait_queue *queue)
{
    const struct lock *lock = (const struct lock *)(const void *)&queue->lock;
    /* acquire: pairs with L2 (base/lock.h), the last that who was inside does. It is not missed: the word that we saw was
       written with the lock held */
    if (vow_unlikely(atomic_load_explicit(&lock->word, memory_order_acquire) != 0))
        vow_wait_queue_meet_slowly(queue);
}

/* Inside (the word is ours), or as a hint that a swap will check. */
static inline uint32_t vow_wait_queue_state(const struct vow_wait_queue *queue)
{
    /* relaxed: see above */
    return atomic_load_explicit(vow_wait_queue_word(queue), memory_order_relaxed);
}

/* Inside. */
static inline void vow_wait_queue_set_state(struct vow_wait_queue *queue, uint32_t state)
{
    /* Q2 release: pairs with Q1 in one who takes the lock without looking into the queue */
    atomic_store_explicit(vow_wait_queue_word(queue), state, memory_order_release);
}

/* The queue ------------------------------------------------------------------------------------------------------------- */

/* Goes inside: takes the lock, and makes the word ours. */
void vow_wait_queue_open(struct vow_wait_queue *queue);

/* Leaves, and tells those who were served. */
void vow_wait_queue_shut(struct vow_wait_queue *queue, struct told *told);

/* Inside: who came first; NULL: nobody waits. */
static inline struct place *vow_wait_queue_first(const struct vow_wait_queue *queue)
{
    return queue->first;
}

/* Inside: takes `place` out and gives it what it waits for. False if it had given up. Does not read `place` after that. */
bool vow_wait_queue_serve(struct vow_wait_queue *queue, struct place *place, struct told *told);

/* Waiting --------------------------------------------------------------------------------------------------------------- */

/* Enters, or waits in the queue until it is served: the whole of a parking face. `place` has `wants` set. A literal names
   the function. */
vow_status vow_wait_queue_wait(const struct queue_kind *kind, struct vow_wait_queue *queue,
                               struct place *place, vow_deadline deadline, const char *function);

/* Its first half: enters (*ret_entered), or stands in the queue with the `waiter`; then vow_wait_queue_stay must follow. */
vow_status vow_wait_queue_join(const struct queue_kind *kind, struct vow_wait_queue *queue,
                               struct place *place, struct waiter *waiter, vow_deadline deadline,
                               const char *function, bool *ret_entered);

/* Its second half: waits. */
vow_status vow_wait_queue_stay(const struct queue_kind *kind, struct vow_wait_queue *queue,
                               struct place *place, vow_deadline deadline);

/* The second half of a try: enters if nobody waits, and says nothing. SLOW may mean no more than that somebody is inside. */
bool vow_wait_queue_try(const struct queue_kind *kind, struct vow_wait_queue *queue,
                        uint32_t wants);

/* The promise face: fulfilled with a pointer to the object, or what `enter` or who serves puts into the place. */
vow_promise *vow_wait_queue_promise(const struct queue_kind *kind, struct vow_wait_queue *queue,
                                    uint32_t wants, const char *function);

/* The same; `*granted` is set when its turn comes, before that is told. It has to stay until the promise has settled. */
vow_promise *vow_wait_queue_promise_noted(const struct queue_kind *kind,
                                          struct vow_wait_queue *queue, uint32_t wants,
                                          const char *function, bool *granted);

/* Closes the queue of an object. */
vow_status vow_wait_queue_close(const struct queue_kind *kind, struct vow_wait_queue *queue,
                                const char *function);

/* VOW_INVALID, and the sentence that the argument named `noun` is NULL. */
vow_status vow_wait_queue_null(const struct queue_kind *kind, const char *function);

#endif
