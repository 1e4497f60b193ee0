/**
 * vow/mutex.h - a lock that one holds at a time.
 *
 *     static vow_mutex accounts = VOW_MUTEX_INIT;
 *
 *     vow_status status = vow_mutex_lock(&accounts, VOW_FOREVER);      in a job, a loop's call, a thread
 *     if (status != VOW_OK)
 *         return vow_error_new(...);
 *     ...
 *     vow_mutex_unlock(&accounts);
 *
 * Fair: who came first is served first; a lock that somebody waits for is handed over directly and is never free in
 * between. A lock that nobody waits for costs two atomic operations.
 *
 * Memory: a mutex lies wherever its user puts it, takes no memory of its own, and all zero is a valid one. Its memory
 * may go when no call on it, and no cancel of one of its promises, is under way any more; whoever unlocked it last,
 * having seen that nobody else will come, may free it at once. Close it first where somebody may still wait.
 */
#ifndef VOW_MUTEX_H
#define VOW_MUTEX_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>
#include <vow/wait_queue.h>

VOW_BEGIN_DECLARATIONS

/** A mutex. Its members are private; never copied. */
typedef struct vow_mutex {
    struct vow_wait_queue queue; /**< private */
    uintptr_t owner;             /**< private: the thread that locked it outside of calls */
} vow_mutex;

/** A mutex that is free. */
#define VOW_MUTEX_INIT                                                                             \
    {                                                                                              \
        VOW_WAIT_QUEUE_INIT(0), 0                                                                  \
    }

/**
 * Waits until the mutex is the caller's, at most until `deadline`. Whoever holds it unlocks it, in whichever line or
 * thread. Borrows `mutex`. A mutex that is free is taken whatever the deadline, by a canceled job as well.
 * VOW_TIMED_OUT; with VOW_POLL it never waits. VOW_CANCELED: the job that waits was canceled. VOW_CLOSED.
 * VOW_DEADLOCK: the calling thread has locked it by this function, outside of any call, and did not unlock it.
 * VOW_INVALID: `mutex` is NULL. VOW_UNSUPPORTED: it is held, and this is no place to wait, as in `vow_wait`.
 * VOW_LIMIT, VOW_NO_MEMORY: it is held, and there is nothing to wait with, as in `vow_wait`.
 * Cancel safety: on any status but VOW_OK the mutex is not the caller's, and its place is given up.
 * Any thread; waits.
 */
VOW_API VOW_NODISCARD vow_status vow_mutex_lock(vow_mutex *mutex, vow_deadline deadline);

/** Takes the mutex if it is free: whether it is the caller's now. Borrows. Any thread; never waits. */
VOW_API VOW_NODISCARD bool vow_mutex_try_lock(vow_mutex *mutex);

/**
 * A promise that is fulfilled when the mutex is the caller's, with a pointer to it; in one queue with those who wait.
 * Borrows `mutex`. Never NULL: a rejected promise on VOW_CLOSED, VOW_INVALID (`mutex` is NULL), VOW_NO_MEMORY.
 * Cancel safety: canceling it gives up the place; if its turn had come already it is fulfilled, and the mutex is the
 * caller's to unlock. A promise that was released, with nothing added to it, gives its place up when its turn comes.
 * What is to run with the mutex held had better be given to `vow_mutex_run`: a function that hangs on this promise by
 * `vow_then` never runs if what that gave is canceled between the turn and the function.
 * Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_mutex_lock_promise(vow_mutex *mutex);

/**
 * Runs `fn(none, context)` with the mutex held (Twisted's DeferredLock.run): a promise of what it gives, in one queue
 * with those who wait. The mutex is unlocked when that has settled, in whatever way. Borrows `mutex`, and `context`
 * until then.
 * `fn` runs at home of the promise, or before this returns, where the mutex is free and the home immediate. Never NULL:
 * failures as `vow_mutex_lock_promise`; VOW_INVALID: `fn` is NULL.
 * Cancel safety: canceled before its turn it gives up the place, and `fn` never runs; later it reaches the promise that
 * `fn` gave. Nothing is ever left locked. Any thread; never waits, but as long as `fn` does.
 */
VOW_API VOW_NODISCARD vow_promise *vow_mutex_run(vow_mutex *mutex, vow_fn *fn, void *context);

/**
 * Hands the mutex to who has waited longest; frees it if nobody waits. Borrows. Any thread, not only the one that locked
 * it; never waits; may run links of a promise that is fulfilled by it, where their home is immediate.
 * VOW_INVALID: it is not locked, or NULL.
 */
VOW_API vow_status vow_mutex_unlock(vow_mutex *mutex);

/**
 * Ends its use: those who wait, and all who come later, get VOW_CLOSED. Who holds it unlocks it as ever. Borrows; frees
 * nothing; closing again does nothing. VOW_INVALID: NULL. Any thread; never waits; may run links of promises.
 */
VOW_API vow_status vow_mutex_close(vow_mutex *mutex);

VOW_END_DECLARATIONS

#endif
