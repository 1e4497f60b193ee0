/**
 * vow/repeat.h - loops of promises, in constant memory and constant stack, however long.
 *
 *     static vow_value serve_one(vow_value served, void *server)
 *     {
 *         … accept a connection: a promise of `served` + 1; or vow_end()
 *     }
 *     vow_promise *served = vow_repeat(serve_one, vow_integer(0), server);
 */
#ifndef VOW_REPEAT_H
#define VOW_REPEAT_H

#include <stdbool.h>
#include <vow/promise.h>

VOW_BEGIN_DECLARATIONS

/**
 * Calls `fn(value, context)` again and again: first with `first`, then with what the call before gave, or what the promise
 * gave that it gave. The end (`vow_end`) ends it: a promise of the value before that. An error rejects it. Each call is a
 * job on the current scheduler, the promise's home; none begins before the one before has ended. Takes `first`; borrows
 * `context` until the promise has settled. Never NULL: a rejected promise on VOW_INVALID (`fn` is NULL) and
 * VOW_NO_MEMORY. Cancel: what is under way is canceled, and nothing further is called; the promise settles with VOW_CANCELED
 * when that has ended. Any thread; never waits, but runs `fn` before it returns where the current scheduler is immediate.
 */
VOW_API VOW_NODISCARD vow_promise *vow_repeat(vow_fn *fn, vow_value first, void *context);

/**
 * The same, until `done(value, context)` says so of what a call gave: a promise of that. (The end ends it as well.)
 * `done` borrows `value`, runs where the call has ended, and may call vow, but not wait. VOW_INVALID: `done` is NULL.
 */
VOW_API VOW_NODISCARD vow_promise *vow_repeat_until(vow_fn *fn, vow_value first,
                                                    bool (*done)(vow_value value, void *context),
                                                    void *context);

VOW_END_DECLARATIONS

#endif
