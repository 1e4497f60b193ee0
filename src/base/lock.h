/*
 * lock.h - a mutex in one word for short critical sections that never run users' code: spins briefly, then
 * sleeps on the futex. 0 free, 1 held, 2 held and somebody sleeps.
 */
#ifndef VOW_BASE_LOCK_H
#define VOW_BASE_LOCK_H

#include "base/platform.h"
#include <stdbool.h>

struct lock {
    _Atomic uint32_t word;
};

void vow_lock_take_slowly(struct lock *lock);
void vow_lock_wake(struct lock *lock);

static inline bool vow_lock_try(struct lock *lock)
{
    uint32_t free = 0;
    /* L1 acquire: pairs with L2; what the former holder wrote is seen */
    return atomic_compare_exchange_strong_explicit(&lock->word, &free, 1, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void vow_lock_take(struct lock *lock)
{
    if (vow_unlikely(!vow_lock_try(lock)))
        vow_lock_take_slowly(lock);
}

static inline void vow_lock_give(struct lock *lock)
{
    /* L2 release: pairs with L1 */
    if (vow_unlikely(atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2))
        vow_lock_wake(lock);
}

#endif
