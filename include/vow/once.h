/**
 * vow/once.h - a function that runs once, whoever comes first.
 *
 *     static vow_once tables = VOW_ONCE_INIT;
 *
 *     if (vow_once_run(&tables, make_tables, NULL, VOW_FOREVER) != VOW_OK)
 *         ...
 *
 * Only success counts: where the function gives an error, who called it gets that error, and the next one who comes, or
 * waits, tries again.
 *
 * Memory: as `vow_mutex` (`vow/mutex.h`). That it was done is seen, by `vow_once_is_done` and by who comes later, before
 * the one who did it has let go of it: one on the heap is freed when all calls of `vow_once_run` have returned and all
 * promises have settled, and not already when it is done.
 */
#ifndef VOW_ONCE_H
#define VOW_ONCE_H

#include <vow/mutex.h>

VOW_BEGIN_DECLARATIONS

/** What is to be done once. Its members are private; never copied. */
typedef struct vow_once {
    vow_mutex mutex; /**< private */
    uint32_t done;   /**< private */
} vow_once;

/** Nothing was done yet. */
#define VOW_ONCE_INIT                                                                              \
    {                                                                                              \
        VOW_MUTEX_INIT, 0                                                                          \
    }

/**
 * Calls `fn(none, context)`, unless that has succeeded before; who comes meanwhile waits for it, at most until
 * `deadline`. A promise that `fn` returns is waited for, until `deadline` as well: then, or when the caller is canceled, it
 * is canceled, and this returns when it has settled, be it later; so no other run of `fn` begins before, and `context` is
 * the caller's again. If it succeeds all the same, that counts: VOW_OK. Only where the caller cannot wait at all
 * (VOW_UNSUPPORTED, VOW_LIMIT, VOW_NO_MEMORY, VOW_DEADLOCK) it is canceled and left alone. What it gives is released. After VOW_OK all
 * that `fn` did is seen by the caller. Borrows `once` and `context`.
 * The status of the error that `fn` gave; VOW_TIMED_OUT, VOW_CANCELED, VOW_UNSUPPORTED, VOW_LIMIT, VOW_NO_MEMORY as
 * `vow_mutex_lock`. VOW_INVALID: `once` or `fn` is NULL. VOW_DEADLOCK: `fn` calls this for itself, in whichever line
 * or coroutine runs it, and `deadline` is not VOW_POLL; not where it does so by another line that it waits for.
 * Cancel safety: who gives up leaves `fn` alone if another runs it; otherwise `fn` fails as its waits do, and is tried
 * again by the next. Any thread; waits.
 */
VOW_API VOW_NODISCARD vow_status vow_once_run(vow_once *once, vow_fn *fn, void *context,
                                              vow_deadline deadline);

/**
 * The same as a promise: fulfilled with none once `fn` has succeeded, rejected with its error. `fn` runs at home of the
 * promise, or before this returns, if it runs. Borrows `once` and `context` until the promise has settled, and the
 * promise that `fn` gave with it. Never NULL. Canceling it cancels the promise that `fn` gave, where this one runs it.
 * Any thread; never waits, but as long as `fn` does.
 */
VOW_API VOW_NODISCARD vow_promise *vow_once_promise(vow_once *once, vow_fn *fn, void *context);

/**
 * Whether it was done. After true, all that `fn` did is seen; but the one who called it may still be about to unlock, so
 * that `once` must not be freed for that reason. Borrows; false for NULL. Any thread; never waits.
 */
VOW_API bool vow_once_is_done(const vow_once *once);

VOW_END_DECLARATIONS

#endif
