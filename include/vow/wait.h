/**
 * vow/wait.h - blocking until promises have settled.
 *
 * Waiting is a link in the promise's queue: it sees the value at its place. While a thread waits, what other
 * threads fire at its immediate promises runs; a thread that made a loop and waits outside its calls runs that
 * loop. A wait that times out cancels nothing.
 */
#ifndef VOW_WAIT_H
#define VOW_WAIT_H

#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/**
 * Waits until `promise` has settled, at most until `deadline`; its value or error, owned, is then in
 * `*ret_value` (which may be NULL). The status is that of the waiting, not of the result: VOW_OK also for a
 * rejected promise. Borrows `promise`.
 * VOW_TIMED_OUT. VOW_DEADLOCK: inside a loop's call, for a promise that only this loop can bring on; inside one of
 * the promise's own functions.
 * VOW_INVALID: inside a loop's call, for any other that has not settled: it would stop the loop; `promise` is NULL.
 * VOW_UNSUPPORTED: inside a raw libuv callback of the `uv_loop_t` under this thread's loop. VOW_NO_MEMORY.
 * Any thread; waits.
 */
VOW_API vow_status vow_wait(vow_promise *promise, vow_deadline deadline, vow_value *ret_value);

/**
 * Waits, and folds status and result into one: the value, owned, or an error value, that of the promise or
 * that of the waiting, with the statuses of `vow_wait`. Takes `promise`. Any thread; waits.
 */
VOW_API VOW_NODISCARD vow_value vow_await(vow_promise *promise, vow_deadline deadline);

/**
 * Waits until all `count` promises have settled, at most until `deadline`. Their values are then had by
 * `vow_peek`. Borrows them. Statuses as `vow_wait`; none at all is VOW_OK. Any thread; waits.
 */
VOW_API vow_status vow_wait_all(vow_promise *const *promises, size_t count, vow_deadline deadline);

VOW_END_DECLARATIONS

#endif
