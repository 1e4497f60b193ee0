/*
 * lock.c - the waiting half of lock.h: the mutex of U. Drepper, "Futexes Are Tricky", number 3.
 *
 * Invariant: whoever may sleep has left a 2 in the word, and whoever slept takes the lock with a 2, because
 * others may sleep still; so a giver who finds 1 has nobody to wake.
 */
#include "base/lock.h"

#include "base/futex.h"
#include "base/threads.h"

#define SPINS 60 /* a few hundred nanoseconds: longer than a critical section takes */

/* Spinning is of no use on one processor: the holder cannot run meanwhile. */
static int spins(void)
{
    static _Atomic int known = -1;
    /* relaxed, both: every thread finds the same number */
    int count = atomic_load_explicit(&known, memory_order_relaxed);

    if (count < 0) {
        count = vow_processors() > 1 ? SPINS : 0;
        atomic_store_explicit(&known, count, memory_order_relaxed);
    }
    return count;
}

VOW_COLD void vow_lock_take_slowly(struct lock *lock)
{
    for (int i = spins(); i > 0; i--) {
        vow_pause_processor();
        /* relaxed: only a hint whether to try; vow_lock_try acquires */
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 && vow_lock_try(lock))
            return;
    }
    /* L3 acquire: pairs with L2, as L1 does */
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        (void)vow_futex_wait(&lock->word, 2, VOW_FOREVER);
}

VOW_COLD void vow_lock_wake(struct lock *lock)
{
    vow_futex_wake(&lock->word, 1);
}
