/**
 * vow/scope.h - cancel scopes: a piece of straight code that has a deadline as a whole, whatever it waits for.
 *
 *     vow_value page = vow_within(vow_after(VOW_S(5)), fetch_page, name, client);
 *
 * In the scope every wait, lock, channel and sleep ends with VOW_CANCELED once the deadline has passed, so none of them
 * needs it as an argument. Scopes nest: the sooner deadline counts. For several things at once: `vow/group.h`.
 */
#ifndef VOW_SCOPE_H
#define VOW_SCOPE_H

#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/**
 * Runs `fn(input, context)` as a line of its own on the current scheduler, as `vow_spawn` does, and waits until it has
 * returned: what it gave, owned. From `deadline` on it is canceled: `vow_canceled()` says so, its waits end, and an error
 * of VOW_CANCELED that it then gives becomes one of VOW_TIMED_OUT, with it as the cause; so a function that comes to its
 * end all the same is heard. VOW_FOREVER: no deadline. Canceling the job that calls this cancels `fn`, and returns what it
 * gives. In any case `fn` has returned, or never will run, when this returns. Takes `input`; borrows `context` meanwhile.
 * An error value of VOW_INVALID (`fn` is NULL), VOW_NO_MEMORY, VOW_CLOSED, or as `vow_wait` where it cannot be waited for:
 * then `fn` was canceled, and may still be running. Any thread; waits.
 */
VOW_API VOW_NODISCARD vow_value vow_within(vow_deadline deadline, vow_fn *fn, vow_value input,
                                           void *context);

VOW_END_DECLARATIONS

#endif
