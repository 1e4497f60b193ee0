/**
 * vow/deferred.h - the producer's end of a promise: fires it, once.
 *
 *     vow_deferred *deferred = vow_deferred_new(&promise);
 *     … give `promise` to the caller; later, from any thread:
 *     vow_fire(deferred, vow_integer(42));         or vow_resolve, and vow_deferred_release
 */
#ifndef VOW_DEFERRED_H
#define VOW_DEFERRED_H

#include <vow/promise.h>

VOW_BEGIN_DECLARATIONS

/** The producer's end of a promise: counted. */
typedef struct vow_deferred vow_deferred;

/**
 * A deferred and its promise, at home on the current scheduler. The deferred is the caller's, and so is one
 * reference to the promise, in `*ret_promise`; where that is NULL, `vow_deferred_promise` gives it later.
 * NULL on VOW_NO_MEMORY, with `*ret_promise` untouched. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_deferred *vow_deferred_new(vow_promise **ret_promise);

/** As `vow_deferred_new`, with the home named. Shares `home`; NULL: the current one. */
VOW_API VOW_NODISCARD vow_deferred *vow_deferred_new_at(vow_scheduler *home,
                                                        vow_promise **ret_promise);

/** The promise of `deferred`, as a further reference, owned by the caller. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_promise *vow_deferred_promise(vow_deferred *deferred);

/**
 * Fires: settles the promise with `value`; an error rejects it, a promise is waited for. Borrows `deferred`;
 * takes `value`, on failure too. Any thread; never waits; runs links before it returns where the promise's
 * home is immediate on this thread, unless progress is still to be heard before them.
 * VOW_ALREADY_FIRED: it has fired before (after a cancel, one firing is swallowed with VOW_OK). VOW_INVALID:
 * `value` is the deferred's own promise, or waits for it: the promise is then rejected. (Through what is made of several,
 * `vow_all`, a group, a timeout, that is found if no more than 32 promises wait for this one.)
 */
VOW_API vow_status vow_resolve(vow_deferred *deferred, vow_value value);

/**
 * Fires and gives the deferred back: what a producer usually does last, in one step and faster than
 * `vow_resolve` and `vow_deferred_release`. Takes `deferred` and `value`, on failure too. All else as
 * `vow_resolve`.
 */
VOW_API vow_status vow_fire(vow_deferred *deferred, vow_value value);

/**
 * Chains: `deferred` fires with what `promise` gives (Twisted's chainDeferred); its error is then that of the deferred's
 * promise. From now on it counts as fired, and a cancel of its promise reaches `promise`. Takes both, on failure too.
 * VOW_INVALID: one of them is NULL, or `promise` is the deferred's own, or waits for it. All else as `vow_resolve`.
 */
VOW_API vow_status vow_chain(vow_promise *promise, vow_deferred *deferred);

/** Fires with an error; a value that is no error rejects the promise with VOW_INVALID. All else as `vow_resolve`. */
VOW_API vow_status vow_reject(vow_deferred *deferred, vow_value error);

/**
 * Sends a piece of progress to the promise's listeners (`notified`), unchanged, and on to promises that stand for it
 * alone, before the result; nothing is kept for later listeners. These are promises derived from it, those that were fired
 * with it, and what `vow_timeout`, `vow_retry`, `vow_repeat`, `vow_each`, `vow_reduce` and `vow_coiterate` have given, for
 * what is under way; not what gathers several (`vow_all`, `vow_map`, groups), nor the promise of a job that waits for it.
 * Listeners run at the promise's home, one at a time, and hear pieces in the order in which they were sent, whatever the home:
 * what comes while they run, or wait, even sent by themselves, stands behind; the result comes after it.
 * Borrows `deferred`; takes `value`, on failure too. Any thread; never waits; runs listeners before it returns where the promise's
 * home is immediate on this thread, or a pool of size 0, and nobody else is telling others.
 * VOW_ALREADY_FIRED: it has fired. VOW_NO_MEMORY. VOW_LIMIT: as in `vow_deferred_retain`. Where one of these two keeps a piece
 * from going on to another promise, that one does not hear it.
 */
VOW_API vow_status vow_notify(vow_deferred *deferred, vow_value value);

/**
 * What `vow_cancel` calls, at most once, and never after a firing: `canceller(context)` should end the work
 * and may fire the deferred itself; if it does not, the promise is rejected with VOW_CANCELED. `drop(context)`
 * runs once, when the canceller has run or never will. Replaces a former canceller; where that one runs already, this one is
 * for a further cancel that comes before the promise has ended. Borrows `deferred`.
 * VOW_ALREADY_FIRED, VOW_NO_MEMORY: `drop` has run. Any thread; never waits. The canceller runs on the thread
 * that cancels.
 */
VOW_API vow_status vow_set_canceller(vow_deferred *deferred, void (*canceller)(void *context),
                                     void *context, void (*drop)(void *context));

/** Whether the deferred has fired, or was canceled. Borrows. Any thread; never waits. */
VOW_API bool vow_deferred_fired(const vow_deferred *deferred);

/**
 * One more reference; gives `deferred` back. NULL is fine. Any thread; never waits.
 * NULL and VOW_LIMIT: there are 4,194,304 already, with the pieces of progress that are on their way.
 */
VOW_API vow_deferred *vow_deferred_retain(vow_deferred *deferred);

/**
 * Gives back a reference. Takes `deferred`; NULL does nothing. The last one to go unfired rejects the promise
 * with VOW_ABANDONED. Any thread; never waits; may run links where the home is immediate.
 */
VOW_API void vow_deferred_release(vow_deferred *deferred);

VOW_END_DECLARATIONS

#endif
