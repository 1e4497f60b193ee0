/**
 * vow/each.h - a function for each item of a list: map, filter, each, reduce.
 *
 *     vow_promise *pages = vow_map(names, fetch, &client, 8);              at most 8 at a time
 *
 * The function runs as a job on the current scheduler, the result's home: on immediate at once, one call after the
 * other; on a loop and on a pool as calls of their own. It may give a promise, and it may wait: the item is then under way
 * until that has ended, and counts among the `limit`. An item that is a promise is waited for first.
 *
 * The first error ends it: no further item begins, what is under way is canceled, and when all of it has ended the result
 * is rejected with that error. Canceling the result does the same, with VOW_CANCELED. So once the result has settled, no
 * call is left, and `context` is the caller's again. A list must not change meanwhile.
 */
#ifndef VOW_EACH_H
#define VOW_EACH_H

#include <stddef.h>
#include <vow/promise.h>

VOW_BEGIN_DECLARATIONS

/**
 * A promise of the list of what `fn(item, context)` gives, in the order of `list`. At most `limit` items are under
 * way at a time; 0: all may be. `fn` NULL gives the items themselves: what the promises among them give. Takes
 * `list`; borrows `context` until the result has settled. Never NULL: a rejected promise on VOW_INVALID (`list` is
 * no list) and VOW_NO_MEMORY. Cancel: what is under way is canceled, nothing further begins; the result settles when
 * that has ended. Any thread; never waits, but runs `fn` before it returns where the current scheduler is immediate.
 */
VOW_API VOW_NODISCARD vow_promise *vow_map(vow_value list, vow_fn *fn, void *context, size_t limit);

/**
 * A promise of the list of those items for which `fn(item, context)` gives something else than none, skip or the integer 0,
 * in their order. `fn` NULL asks the items themselves. All else as `vow_map`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_filter(vow_value list, vow_fn *fn, void *context,
                                              size_t limit);

/**
 * Calls `fn(item, context)` for each item, in their order, each when the one before has ended; what it gives is released.
 * A promise of `list` itself. VOW_INVALID: `fn` is NULL. All else as `vow_map`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_each(vow_value list, vow_fn *fn, void *context);

/** What `vow_reduce` calls: gives the new total. Borrows `total` and `item`. */
typedef vow_value vow_reduce_fn(vow_value total, vow_value item, void *context);

/**
 * A promise of the last total: `fn(total, item, context)` gives the next one, from `first` on, for each item in their
 * order, each when the one before has ended. No items: `first`. Takes `list` and `first`, which may be a promise.
 * VOW_INVALID: `fn` is NULL. All else as `vow_map`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_reduce(vow_value list, vow_reduce_fn *fn, vow_value first,
                                              void *context);

VOW_END_DECLARATIONS

#endif
