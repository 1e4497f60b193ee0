/**
 * vow/semaphore.h - a number of permits, taken and given back: how many may do something at a time.
 *
 *     static vow_semaphore connections = VOW_SEMAPHORE_INIT(10);
 *
 * Fair: who came first is served first, and nobody is served past another, even who wants fewer. Permits need not be
 * given back by who took them: one line may take what another gives, so that a semaphore counts things, too.
 *
 * Memory: as `vow_mutex` (`vow/mutex.h`); all zero is a semaphore without permits.
 */
#ifndef VOW_SEMAPHORE_H
#define VOW_SEMAPHORE_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>
#include <vow/wait_queue.h>

VOW_BEGIN_DECLARATIONS

/** A semaphore. Its member is private; never copied. */
typedef struct vow_semaphore {
    struct vow_wait_queue queue; /**< private */
} vow_semaphore;

/** The most permits a semaphore can have. */
#define VOW_SEMAPHORE_LARGEST 0x7fffffff

/** A semaphore that begins with `permits`, 0 to VOW_SEMAPHORE_LARGEST. */
#define VOW_SEMAPHORE_INIT(permits)                                                                \
    {                                                                                              \
        VOW_WAIT_QUEUE_INIT(permits)                                                               \
    }

/**
 * Waits until `count` permits are the caller's, at most until `deadline`. Borrows `semaphore`. What can be had is taken
 * whatever the deadline. VOW_TIMED_OUT, VOW_CANCELED, VOW_CLOSED, VOW_UNSUPPORTED, VOW_LIMIT, VOW_NO_MEMORY as `vow_mutex_lock`.
 * VOW_INVALID: as there, or `count` is 0 or above VOW_SEMAPHORE_LARGEST.
 * Cancel safety: on any status but VOW_OK no permit was taken, and the place is given up. Any thread; waits; may
 * run links of promises that are fulfilled because it gave up.
 */
VOW_API VOW_NODISCARD vow_status vow_semaphore_acquire(vow_semaphore *semaphore, uint32_t count,
                                                       vow_deadline deadline);

/** Takes `count` permits if they are there and nobody waits: whether they are the caller's. Any thread; never waits. */
VOW_API VOW_NODISCARD bool vow_semaphore_try_acquire(vow_semaphore *semaphore, uint32_t count);

/**
 * A promise that is fulfilled when `count` permits are the caller's, with a pointer to the semaphore. Borrows
 * `semaphore`. Never NULL. Failures as `vow_semaphore_acquire`.
 * Cancel safety: canceling it gives up the place; if its turn had come already it is fulfilled, and the permits are the
 * caller's to give back. A promise that was released, with nothing added to it, gives its place up when its turn comes.
 * Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_semaphore_acquire_promise(vow_semaphore *semaphore,
                                                                 uint32_t count);

/**
 * Gives `count` permits to who waits first, and so on; what nobody waits for is kept. Borrows. VOW_LIMIT, and nothing is
 * given: there would be more than VOW_SEMAPHORE_LARGEST. VOW_INVALID: `semaphore` is NULL.
 * Any thread; never waits; may run links of promises that are fulfilled by it.
 */
VOW_API vow_status vow_semaphore_release(vow_semaphore *semaphore, uint32_t count);

/**
 * Runs `fn(none, context)` with `count` permits taken (Twisted's DeferredSemaphore.run): a promise of what it gives, in one
 * queue with those who wait. The permits are given back when that has settled, in whatever way. Borrows `semaphore`, and
 * `context` until then. Failures as `vow_semaphore_acquire_promise`; where and when `fn` runs, and cancel safety, as
 * `vow_mutex_run`: no permit is ever lost. Any thread; never waits, but as long as `fn` does.
 */
VOW_API VOW_NODISCARD vow_promise *vow_semaphore_run(vow_semaphore *semaphore, uint32_t count,
                                                     vow_fn *fn, void *context);

/** How many permits are left now. Borrows; NULL gives 0. Any thread; never waits. */
VOW_API uint32_t vow_semaphore_permits(const vow_semaphore *semaphore);

/**
 * Ends its use, as `vow_mutex_close`; permits can still be given back. Borrows. VOW_INVALID: NULL. Any thread; never
 * waits; may run links of promises.
 */
VOW_API vow_status vow_semaphore_close(vow_semaphore *semaphore);

VOW_END_DECLARATIONS

#endif
