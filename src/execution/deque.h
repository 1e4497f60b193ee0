/*
 * deque.h - a worker's calls: its owner pushes and pops at the bottom, thieves take from the head.
 *
 * The THE protocol (Frigo, Leiserson, Randall: The Implementation of the Cilk-5 Multithreaded Language, 1998) with
 * its one fence made one-sided: a pop is a store, program order and a load. A thief holds the lock, claims some calls
 * by moving the head over them, has every thread execute a fence, and then looks at the bottom: calls that the
 * owner may have popped without seeing the claim lie at or above it, and are given back. An owner who does see a claim
 * on what it wants takes the lock and looks again.
 *
 *        head                    bottom
 *         v                        v
 *   . . . # # # # # # # # # # # #  . . .        slots, modulo the array's size
 *         thieves ->        <- owner
 *
 * It was chosen over the deque of Chase and Lev because thieves can take many calls for one fence, the last call costs
 * the owner no compare-and-swap, and arrays die at once: thieves read them under the lock only.
 *
 * Invariants
 * 1. Calls in [head, bottom) are in the deque; each index is taken by the owner or by the one thief with the lock.
 * 2. Only the owner writes `bottom`, `array` and the slots; `array` under the lock.
 * 3. `head` is written under the lock only. It rises by a claim and falls by at most what the claim gives back.
 * 4. bottom <= room <= (head when the lock was last held by the owner) + the array's size: a slot is written again
 *    only after its thief has left the lock.
 * 5. `head` may stand too high while a claim is being made: an owner who trusts an empty look may miss a call for
 *    that time. Who must not (before sleep) uses vow_deque_pop_surely.
 *
 * Model-checked: tests/models/deque.cc.
 */
#ifndef VOW_EXECUTION_DEQUE_H
#define VOW_EXECUTION_DEQUE_H

#include "base/lock.h"
#include "execution/fence.h"
#include <stdbool.h>
#include <vow/scheduler.h>

struct deque_array {
    size_t size; /* a power of two */
    _Atomic(struct vow_call *) slots[];
};

/* Indices count up and are compared by their difference, so that they may wrap. */
struct deque {
    _Alignas(VOW_CACHE_LINE) _Atomic size_t bottom;
    size_t room;               /* the owner's: pushes below it need no look */
    struct deque_array *array; /* the owner reads it at will, thieves under the lock */
    bool cheap;                /* for fence.h */
    _Alignas(VOW_CACHE_LINE) _Atomic size_t head;
    struct lock lock;
};

void vow_deque_init(struct deque *deque);

/* No calls may be left in it. */
void vow_deque_free(struct deque *deque);

/* The owner, when `room` is used up. False without memory. */
bool vow_deque_make_room(struct deque *deque);

/* The owner, on meeting a claim: looks under the lock. */
struct vow_call *vow_deque_pop_surely(struct deque *deque);

/* Any thread: takes at most `most` calls, and at most half (rounded up), those pushed first; `into` gets them in the
   order in which they were pushed. Gives how many. `surely`: waits for another thief instead of giving none. */
size_t vow_deque_steal(struct deque *deque, struct vow_call **into, size_t most, bool surely);

/* Any thread: how many calls there seem to be. */
static inline size_t vow_deque_seems(const struct deque *deque)
{
    /* relaxed, both: a guess */
    size_t head = atomic_load_explicit(&deque->head, memory_order_relaxed);
    size_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    ptrdiff_t count = (ptrdiff_t)(bottom - head);
    return count > 0 ? (size_t)count : 0;
}

static inline struct vow_call *vow_deque_slot(const struct deque *deque, size_t index)
{
    const struct deque_array *array = deque->array;
    /* relaxed: who reads it has seen the bottom above it (E1, E2), or is the owner */
    return atomic_load_explicit(&array->slots[index & (array->size - 1)], memory_order_relaxed);
}

/* The owner. False without memory: the call is not taken. */
static inline bool vow_deque_push(struct deque *deque, struct vow_call *call)
{
    /* relaxed: only the owner writes it */
    size_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    if (vow_unlikely(bottom == deque->room) && !vow_deque_make_room(deque))
        return false;
    /* relaxed: published by E1 */
    atomic_store_explicit(&deque->array->slots[bottom & (deque->array->size - 1)], call,
                          memory_order_relaxed);
    /* E1 release: pairs with E2 in vow_deque_steal; publishes the slot and the call */
    atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
    return true;
}

/* The owner: whether `call` was pushed last and, as it seems, is still there. */
static inline bool vow_deque_ends_with(const struct deque *deque, const struct vow_call *call)
{
    /* relaxed: only the owner writes it */
    size_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    return vow_deque_seems(deque) != 0 && vow_deque_slot(deque, bottom - 1) == call;
}

/* The owner: the call pushed last, or NULL (invariant 5). */
static inline struct vow_call *vow_deque_pop(struct deque *deque)
{
    /* relaxed, both: only the owner writes the bottom; the head is a guess here */
    size_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    if ((ptrdiff_t)(bottom - atomic_load_explicit(&deque->head, memory_order_relaxed)) <= 0)
        return NULL;
    bottom--;
    /* E3 release: keeps what E1 published to those who read this later value. With the fence, a thief's claim (E4) is
       seen by us or this store by the thief (E2) */
    atomic_store_explicit(&deque->bottom, bottom, memory_order_release);
    vow_fence_hot(deque->cheap);
    /* relaxed: the fence orders it; what a thief took we do not touch */
    size_t head = atomic_load_explicit(&deque->head, memory_order_relaxed);
    if (vow_likely((ptrdiff_t)(bottom - head) >= 0))
        return vow_deque_slot(deque, bottom);
    /* as E3: gives back what was only tried; the thief, whom we now wait for, has claimed it */
    atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
    return vow_deque_pop_surely(deque);
}

#endif
