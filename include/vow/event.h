/**
 * vow/event.h - something that has happened, or has not: all who wait for it go on when it does.
 *
 * Memory: as `vow_mutex` (`vow/mutex.h`); all zero is an event that has not happened. Who has waited for it, or has seen
 * it set, and knows that nobody else will come, may free it at once, though `vow_event_set` or `vow_event_close` has not
 * returned yet.
 */
#ifndef VOW_EVENT_H
#define VOW_EVENT_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>
#include <vow/wait_queue.h>

VOW_BEGIN_DECLARATIONS

/** An event. Its member is private; never copied. */
typedef struct vow_event {
    struct vow_wait_queue queue; /**< private */
} vow_event;

/** An event that is not set. */
#define VOW_EVENT_INIT                                                                             \
    {                                                                                              \
        VOW_WAIT_QUEUE_INIT(0)                                                                     \
    }

/**
 * Waits until the event is set, at most until `deadline`; returns at once where it is. Who was waiting when it was set
 * goes on even if it is cleared right after. Borrows `event`.
 * VOW_TIMED_OUT, VOW_CANCELED, VOW_CLOSED, VOW_INVALID, VOW_UNSUPPORTED, VOW_LIMIT, VOW_NO_MEMORY as `vow_mutex_lock`. Cancel
 * safety: a wait that fails leaves nothing behind. Any thread; waits.
 */
VOW_API vow_status vow_event_wait(vow_event *event, vow_deadline deadline);

/**
 * A promise that is fulfilled when the event is set, with a pointer to it. Borrows `event`. Never NULL. Failures as
 * `vow_event_wait`. Cancel safety: canceled, it gives up its place. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_event_wait_promise(vow_event *event);

/**
 * Sets the event: all who wait go on, in the order in which they came. What the caller did before is seen by them.
 * Borrows. Setting it again does nothing. VOW_INVALID: NULL. Any thread; never waits; may run links of promises.
 */
VOW_API vow_status vow_event_set(vow_event *event);

/** Clears the event: who waits from now on waits for the next `vow_event_set`. VOW_INVALID: NULL. Any thread; never waits. */
VOW_API vow_status vow_event_clear(vow_event *event);

/** Whether the event is set. Borrows; false for NULL. Any thread; never waits. */
VOW_API bool vow_event_is_set(const vow_event *event);

/** Ends its use: who waits for it, or comes later, gets VOW_CLOSED. Borrows. VOW_INVALID: NULL. Any thread; never waits; may
 *  run links of promises. */
VOW_API vow_status vow_event_close(vow_event *event);

VOW_END_DECLARATIONS

#endif
