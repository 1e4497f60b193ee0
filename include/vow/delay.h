/**
 * vow/delay.h - promises and time: later, and not later than.
 *
 * Who keeps the time: for promises at home on a loop, that loop; on immediate, the thread, whenever it waits or calls
 * `vow_run_pending`; otherwise the default pool.
 */
#ifndef VOW_DELAY_H
#define VOW_DELAY_H

#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/**
 * A promise of `value`, `nanoseconds` from now and not before; one that is a promise is waited for from then on. At home
 * on the current scheduler. Takes `value`, on failure too. Never NULL: a rejected promise on VOW_INVALID (`nanoseconds` is
 * negative), VOW_NO_MEMORY, or VOW_CANCELED (the home was closed before). Cancel: rejected with VOW_CANCELED, and the value
 * released, at once. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_delay(int64_t nanoseconds, vow_value value);

/**
 * A promise of what `promise` gives, which is canceled at `deadline`. Only the cancellation that this caused is turned
 * into VOW_TIMED_OUT (with it as the cause): any other error, a value that comes all the same, and a cancellation from
 * elsewhere pass as they are. What is hung on the returned promise is not under the deadline (Twisted's addTimeout).
 * A promise that somebody else holds or listens to is let go instead of canceled, and the returned one rejected at once.
 * A deadline that has passed cancels at once what has not settled; VOW_FOREVER never does. Takes `promise`. Never NULL: a
 * rejected promise on VOW_INVALID (`promise` is NULL) and VOW_NO_MEMORY. Cancel: reaches `promise`, as that of `vow_then`
 * does. Any thread; never waits; with a deadline that has passed may run what `vow_cancel` runs.
 */
VOW_API VOW_NODISCARD vow_promise *vow_timeout(vow_promise *promise, vow_deadline deadline);

VOW_END_DECLARATIONS

#endif
