/**
 * vow/retry.h - trying again: with pauses that grow, and only for errors that are worth it.
 *
 *     struct vow_retrying patiently = {.size = sizeof patiently, .tries = 5, .pause = VOW_MS(100), .jitter = 0.5};
 *     vow_promise *page = vow_timeout(vow_retry(get, name, client, &patiently), vow_after(VOW_S(60)));
 */
#ifndef VOW_RETRY_H
#define VOW_RETRY_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** How something is tried again; zero means default. */
struct vow_retrying {
    size_t size;     /**< sizeof(struct vow_retrying) */
    unsigned tries;  /**< at most so many; 0: without end */
    int64_t pause;   /**< nanoseconds between the first try and the second; 0: none at all */
    double growth;   /**< each pause is so many times the one before; 0: 2; not below 1 */
    int64_t longest; /**< no pause is longer; 0: a minute */
    /** How much of a pause is left to chance, 0 to 1: a pause of 100 ms with 0.25 takes 75 to 100 ms. */
    double jitter;
    /**
     * Whether `error` (borrowed) is worth another try, after `tries` of them; NULL: all but VOW_CANCELED. Not asked of
     * the cancellation of a try when the promise was canceled: that ends it. Runs at the promise's home, or where the try
     * has ended. It may call vow, but not wait.
     */
    bool (*worth)(vow_value error, unsigned tries, void *context);
};

/**
 * Calls `fn(input, context)` until it gives no error, nor a promise that is rejected. A promise of what it gave; when it
 * gives up, of an error of the last one's status, which says how many tries there were and has the last one as its
 * cause; but an error of a single try, or one that is not worth another, as it is. Each try is a job on the current scheduler, the
 * promise's home. Takes `input`, which each try borrows; copies `retrying`, NULL: without end, without pause; borrows
 * `context` until the promise has settled. Never NULL: a rejected promise on VOW_INVALID (`fn` is NULL; a `size` that is
 * not set, a number out of range) and VOW_NO_MEMORY.
 * Cancel: a pause ends at once, a try is canceled; the promise settles when that has ended: with VOW_CANCELED, because of
 * the last error, or with what the try gave. Any thread; never waits, but runs a try before it returns where the current
 * scheduler is immediate.
 */
VOW_API VOW_NODISCARD vow_promise *vow_retry(vow_fn *fn, vow_value input, void *context,
                                             const struct vow_retrying *retrying);

VOW_END_DECLARATIONS

#endif
