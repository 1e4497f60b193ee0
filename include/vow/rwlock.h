/**
 * vow/rwlock.h - a lock that many readers, or one writer, hold at a time.
 *
 * Fair: who came first is served first, readers that stand next to each other together. A reader that comes while a
 * writer waits stands behind it: neither readers nor writers starve. For that reason a line that holds the lock must not
 * ask for it again; it would stand behind a writer that waits for it.
 *
 * Memory: as `vow_mutex` (`vow/mutex.h`).
 */
#ifndef VOW_RWLOCK_H
#define VOW_RWLOCK_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>
#include <vow/wait_queue.h>

VOW_BEGIN_DECLARATIONS

/** A reader-writer lock. Its member is private; never copied. */
typedef struct vow_rwlock {
    struct vow_wait_queue queue; /**< private */
} vow_rwlock;

/** A lock that is free. */
#define VOW_RWLOCK_INIT                                                                            \
    {                                                                                              \
        VOW_WAIT_QUEUE_INIT(0)                                                                     \
    }

/** The most readers that hold a lock at a time: one more waits. */
#define VOW_RWLOCK_LARGEST 0x3fffffff

/**
 * Waits until the caller may read, at most until `deadline`. Borrows `lock`. A lock that can be had is taken whatever
 * the deadline. VOW_TIMED_OUT, VOW_CANCELED, VOW_CLOSED, VOW_INVALID, VOW_UNSUPPORTED, VOW_LIMIT, VOW_NO_MEMORY as `vow_mutex_lock`.
 * Cancel safety: on any status but VOW_OK the lock is not held, and the place is given up. Any thread; waits; may run
 * links of promises that are fulfilled because it gave up.
 */
VOW_API VOW_NODISCARD vow_status vow_rwlock_read_lock(vow_rwlock *lock, vow_deadline deadline);

/** Waits until the caller may write, and nobody else may do anything. All else as `vow_rwlock_read_lock`. */
VOW_API VOW_NODISCARD vow_status vow_rwlock_write_lock(vow_rwlock *lock, vow_deadline deadline);

/** Whether the caller may read now: only if nobody writes and nobody waits. Borrows. Any thread; never waits. */
VOW_API VOW_NODISCARD bool vow_rwlock_try_read_lock(vow_rwlock *lock);

/** Whether the caller may write now: only if nobody holds the lock. Borrows. Any thread; never waits. */
VOW_API VOW_NODISCARD bool vow_rwlock_try_write_lock(vow_rwlock *lock);

/**
 * A promise that is fulfilled when the caller may read, with a pointer to the lock. Borrows `lock`. Never NULL.
 * Failures as `vow_mutex_lock_promise`.
 * Cancel safety: canceling it gives up the place; if its turn had come already it is fulfilled, and the caller holds the
 * lock. A promise that was released, with nothing added to it, gives its place up when its turn comes.
 * Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_rwlock_read_lock_promise(vow_rwlock *lock);

/** A promise that is fulfilled when the caller may write. All else as `vow_rwlock_read_lock_promise`. */
VOW_API VOW_NODISCARD vow_promise *vow_rwlock_write_lock_promise(vow_rwlock *lock);

/**
 * Ends one reading; the last one lets a writer go on that waits. Borrows. VOW_INVALID: nobody reads, or NULL.
 * Any thread; never waits; may run links of a promise that is fulfilled by it.
 */
VOW_API vow_status vow_rwlock_read_unlock(vow_rwlock *lock);

/**
 * Ends the writing; who waits first goes on, readers that stand together all at once. Borrows. VOW_INVALID: nobody
 * writes, or NULL. Any thread; never waits; may run links of promises that are fulfilled by it.
 */
VOW_API vow_status vow_rwlock_write_unlock(vow_rwlock *lock);

/** Ends its use, as `vow_mutex_close`. Borrows. VOW_INVALID: NULL. Any thread; never waits; may run links of promises. */
VOW_API vow_status vow_rwlock_close(vow_rwlock *lock);

VOW_END_DECLARATIONS

#endif
