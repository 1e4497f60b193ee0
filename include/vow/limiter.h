/**
 * vow/limiter.h - how often something may be done: a bucket of tokens that fills at a steady rate.
 *
 *     static vow_limiter queries = VOW_LIMITER_INIT(VOW_MS(10), 5);       100 a second, at most 5 at once
 *
 * One token comes each `interval`, until `burst` of them are saved up; the bucket is full at first. Who asks gets its
 * moment at once, behind all who asked before, and waits for it. How many may do something *at a time* is a
 * `vow_semaphore`.
 *
 * (The "generic cell rate algorithm", ITU-T I.371; giving turns back as Go's golang.org/x/time/rate does.)
 *
 * Memory: as `vow_mutex` (`vow/mutex.h`).
 */
#ifndef VOW_LIMITER_H
#define VOW_LIMITER_H

#include <stdbool.h>
#include <stdint.h>
#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** A limiter. Its members are private; never copied. */
typedef struct vow_limiter {
    VOW_ALIGNED(8) int64_t full; /**< private: when the bucket will be full */
    int64_t interval;            /**< private */
    uint32_t burst;              /**< private */
} vow_limiter;

/** One token each `interval` nanoseconds (0: no limit), at most `burst` (from 1 up) saved up. */
#define VOW_LIMITER_INIT(interval, burst)                                                          \
    {                                                                                              \
        0, (interval), (burst)                                                                     \
    }

/**
 * Waits until `count` tokens are there for the caller, and takes them. Borrows `limiter`.
 * VOW_TIMED_OUT, at once and without a turn: its turn would come after `deadline`. VOW_CANCELED: the job that waits was
 * canceled. VOW_INVALID: `limiter` is NULL, its interval is negative or its burst 0 or both absurdly large; `count` is 0,
 * or above the burst. VOW_UNSUPPORTED: this is no place to wait, as in `vow_wait`. VOW_LIMIT, VOW_NO_MEMORY.
 * Cancel safety: a turn that is given up goes back if nobody has come since, and is lost otherwise: nobody's moment
 * changes. Any thread; waits.
 */
VOW_API VOW_NODISCARD vow_status vow_limiter_acquire(vow_limiter *limiter, uint32_t count,
                                                     vow_deadline deadline);

/** Takes `count` tokens if they are there now: whether it did. Borrows. Any thread; never waits. */
VOW_API VOW_NODISCARD bool vow_limiter_try_acquire(vow_limiter *limiter, uint32_t count);

/**
 * A promise that is fulfilled when the caller's turn has come, with a pointer to the limiter. Borrows `limiter` until it
 * has settled. Never NULL. Failures as `vow_limiter_acquire`. Its time is kept by a job that sleeps on the default pool.
 * Cancel safety: canceling it gives the turn back, as there. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_limiter_acquire_promise(vow_limiter *limiter,
                                                               uint32_t count);

VOW_END_DECLARATIONS

#endif
