/*
 * bias.c - entering a promise that has lost, or now loses, the bias towards its home thread (promise.h).
 */
#include "base/barrier.h"
#include "control/promise.h"
#include <sched.h>

enum { SPINS = 100 };

/* The owner's sections are a few instructions long and run no user's code; it may have been preempted inside one. */
static void wait_until_left(struct thread *owner, vow_promise *promise)
{
    int spins = 0;
    /* B2 acquire: pairs with B1; what the owner did inside is seen */
    while (atomic_load_explicit(&owner->holding, memory_order_acquire) == promise) {
        if (++spins > SPINS)
            (void)sched_yield();
        else
            vow_pause_processor();
    }
}

/* Inside the lock, so that a second thread that finds SHARED set also finds this finished. */
static VOW_COLD void revoke_bias(vow_promise *promise)
{
    /* relaxed: the barrier orders it before the look at `holding` and before the callers' look at `delivery` */
    atomic_fetch_or_explicit(&promise->counted.word, PROMISE_SHARED, memory_order_relaxed);
    vow_barrier_everywhere();
    /* acquire: pairs with S2 in scheduler.c; a thread that has ended did everything before */
    struct thread *owner = atomic_load_explicit(&promise->home->owner, memory_order_acquire);
    wait_until_left(owner, promise);
}

void vow_promise_enter_slowly(vow_promise *promise)
{
    vow_lock_take(&promise->lock);
    if (vow_unlikely((vow_promise_word(promise) & PROMISE_SHARED) == 0))
        revoke_bias(promise);
}
