/*
 * injector.h - calls from outside threads on their way to the workers: first in, first out for each thread.
 *
 * Intrusive: submitting needs no memory. A few shards, each thread always using the same one; a shard has a side for
 * submitters, who never wait, and a side for workers, under a lock, on different cache lines.
 *
 *   submitters: put the call at the tail by one exchange, then link it behind what was there (MCS).
 *   workers:    take the whole chain by exchanging the tail for an empty stub; hand out some calls at a time, so
 *               that the lock and the submitters' line are touched once for many calls.
 *
 *   stub A -> c1 -> c2    c3 -> c4 <- tail          take           stub B <- tail
 *                      ^ a gap: the submitter of c3    ------->    in hand: c1 -> c2 .. c4 (last)
 *                        is between its two steps
 *
 * Invariants
 * 1. A call is handed out only when its successor's link has been seen, or when it is the last of its chain: no
 *    submitter writes to a call that was handed out. Calls behind a gap wait; their submitter looks for sleepers after
 *    it has closed the gap.
 * 2. Two stubs take turns. A stub is used again only when the chain that began at it has been handed out.
 * 3. While calls are in a chain, the tail is no stub or `in_hand` is set: it is set before the chain is taken. A worker
 *    that takes a chain, meets a gap and goes to sleep relies on others to see the chain, who were sure to look.
 * 4. What was given back comes before the chain in hand, and that before the tail's.
 *
 * Model-checked, as part of the pool's sleep: tests/models/sleep.cc.
 */
#ifndef VOW_EXECUTION_INJECTOR_H
#define VOW_EXECUTION_INJECTOR_H

#include "base/lock.h"
#include "execution/fence.h"
#include <stdbool.h>
#include <vow/scheduler.h>

#define INJECTOR_SHARDS 8u

struct injector_shard {
    _Alignas(VOW_CACHE_LINE) _Atomic(struct vow_call *) tail;
    struct vow_call stubs[2];
    _Alignas(VOW_CACHE_LINE) struct lock lock; /* guards all that follows */
    _Atomic bool in_hand;   /* whether the next three hold calls; also read without the lock */
    unsigned stub;          /* which stub the tail stands at when the shard is empty */
    struct vow_call *first; /* of the chain in hand; NULL: the stub has not been linked yet */
    struct vow_call *last;  /* of the chain in hand; NULL: there is none */
    struct vow_call *returned;
    _Atomic uint64_t taken; /* out of the chain: a figure; also read without the lock */
};

struct injector {
    struct injector_shard shards[INJECTOR_SHARDS];
    unsigned mask; /* shards in use less one */
    bool cheap;    /* for fence.h */
};

void vow_injector_init(struct injector *injector);

/* Any thread: takes at most `most` calls into `into`, oldest first, all of one shard; `cursor` is the caller's turn
   among the shards. Gives how many. */
size_t vow_injector_take(struct injector *injector, unsigned *cursor, struct vow_call **into,
                         size_t most);

/* Any thread: puts calls, linked oldest first, before all others. */
void vow_injector_give_back(struct injector *injector, struct vow_call *oldest);

/* `next` is a plain member of a public struct, so it is made atomic at its uses. */
static inline struct vow_call *vow_call_next(const struct vow_call *call)
{
    /* J2 acquire: pairs with J1; what the successor's maker wrote is seen */
    return __atomic_load_n(&call->next, __ATOMIC_ACQUIRE);
}

static inline struct injector_shard *vow_injector_mine(struct injector *injector)
{
    static VOW_THREAD_LOCAL char here; /* its address tells threads apart */
    uintptr_t place = (uintptr_t)&here >> 12;
    return &injector->shards[(place ^ place >> 4) & injector->mask];
}

/* Any thread. Followed by a look for sleepers, it is as if a full fence lay between (fence.h). */
static inline void vow_injector_push(struct injector *injector, struct vow_call *call)
{
    struct injector_shard *shard = vow_injector_mine(injector);
    /* relaxed: not published yet */
    __atomic_store_n(&call->next, NULL, __ATOMIC_RELAXED);
    /* J3 seq_cst: release, so that a successor's submitter may write to the call, and acquire for the same reason;
       in the order of sleep.h: who looks for sleepers after it is seen by who looks for calls after going to sleep */
    struct vow_call *before = atomic_exchange_explicit(&shard->tail, call, memory_order_seq_cst);
    /* J1 release: pairs with J2 */
    if (vow_likely(injector->cheap))
        __atomic_store_n(&before->next, call, __ATOMIC_RELEASE);
    else /* and seq_cst, for the look for sleepers that follows */
        (void)__atomic_exchange_n(&before->next, call, __ATOMIC_SEQ_CST);
    vow_fence_hot(true);
}

/* Any thread: how many calls were taken out, those given back not counted again. Counting here costs submitters
   nothing. */
uint64_t vow_injector_taken(const struct injector *injector);

/* Any thread: whether a shard seems to have calls. */
static inline bool vow_injector_shard_seems(const struct injector_shard *shard)
{
    /* J5 acquire: pairs with J4; who sees that a chain was taken sees that it is in hand. For the rest a guess; who must
       be sure has fenced before */
    const struct vow_call *tail = atomic_load_explicit(&shard->tail, memory_order_acquire);
    return (tail != &shard->stubs[0] && tail != &shard->stubs[1]) ||
           atomic_load_explicit(&shard->in_hand, memory_order_relaxed);
}

/* Any thread: what came last to the shard of this turn, to be compared only. */
static inline const void *vow_injector_newest(const struct injector *injector, unsigned cursor)
{
    /* relaxed: a guess */
    return atomic_load_explicit(&injector->shards[cursor & injector->mask].tail,
                                memory_order_relaxed);
}

static inline bool vow_injector_seems(const struct injector *injector)
{
    for (unsigned i = 0; i <= injector->mask; i++)
        if (vow_injector_shard_seems(&injector->shards[i]))
            return true;
    return false;
}

#endif
