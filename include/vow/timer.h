/**
 * vow/timer.h - timers in memory of yours: a million of them without an allocation.
 *
 *     struct connection { struct vow_timer idle; … };
 *
 *     static void hang_up(struct vow_timer *timer) { … the connection that `timer` lies in … }
 *
 *     vow_timer_init(&connection->idle, hang_up);
 *     vow_timer_start(loop, &connection->idle, vow_after(VOW_S(30)));
 *     … at each sign of life: start it again; at the end: vow_timer_stop(&connection->idle)
 *
 * Starting and stopping take constant time, however many there are. A timer belongs to the thread of the loop on which
 * it is started. Where a promise is wanted instead, or another thread starts it: `vow_call_later`.
 */
#ifndef VOW_TIMER_H
#define VOW_TIMER_H

#include <stdbool.h>
#include <vow/loop.h>

VOW_BEGIN_DECLARATIONS

/**
 * A timer. It lies in memory of its user's, who neither copies nor frees it while it is started. Its size stays; what
 * is in it is vow's.
 */
struct vow_timer {
    union {
        void *pointers[10];
        int64_t numbers[10];
    } reserved; /**< vow's */
};

/**
 * What a timer calls: on its loop, as one of its calls, where it may wait as well. The timer is not started any more,
 * unless it repeats; the function may start it, stop it, and free the memory that it lies in. Borrows `timer`.
 */
typedef void vow_timer_fn(struct vow_timer *timer);

/**
 * Sets a timer up, before anything else is done with it; never while it is started. Borrows `timer`; keeps `function`.
 * VOW_INVALID: one of them is NULL; every later start of the timer is refused then, too. Any thread; never waits;
 * `function` is called by the loop that the timer is started on, never before.
 */
VOW_API vow_status vow_timer_init(struct vow_timer *timer, vow_timer_fn *function);

/**
 * Has the loop call the timer's function once when `deadline` has passed: never before, and about a millisecond later
 * at most, as far as the loop has the time; never within this function. A timer that is started already gets the
 * new deadline instead. VOW_FOREVER stops it. While it is started the loop is not idle. Borrows `loop`, and the memory
 * of `timer` until the call, the stop or the end of the loop: `vow_loop_free` stops all timers without a call.
 * VOW_INVALID: an argument is NULL, the timer was not set up (or is a copy), it is started on another loop, or this is
 * not the loop's thread; VOW_CLOSED: the loop is being freed. It is then as before. The loop's thread; never waits;
 * the timer's function is called later, as one of the loop's calls.
 */
VOW_API vow_status vow_timer_start(vow_loop *loop, struct vow_timer *timer, vow_deadline deadline);

/**
 * As `vow_timer_start`, and from `first` on again every `period` nanoseconds, until it is stopped. The moments are
 * `first` plus multiples of `period`, whatever the calls take; a moment that passes before the call of an earlier one
 * has begun is skipped (`vow_timer_skipped`). Borrows as `vow_timer_start`. Errors as `vow_timer_start`; VOW_INVALID
 * as well if `period` is not positive. The loop's thread; never waits.
 */
VOW_API vow_status vow_timer_repeat(vow_loop *loop, struct vow_timer *timer, vow_deadline first,
                                    int64_t period);

/**
 * Takes a timer away: true if it was started, and then its function is not called any more, even if its moment has
 * passed. False if it was not: it has been called, was stopped, or never started. On return, its memory is its user's
 * again. Borrows `timer`. False too, with VOW_INVALID's sentence in `vow_last_error` and nothing done, if `timer` is
 * NULL or not set up, or on a thread other than its loop's. The loop's thread; never waits.
 */
VOW_API bool vow_timer_stop(struct vow_timer *timer);

/**
 * Whether a timer is started: its function is to be called yet, perhaps again. Borrows `timer`; false for NULL. The
 * loop's thread; never waits.
 */
VOW_API bool vow_timer_started(const struct vow_timer *timer);

/**
 * Inside the function of a timer that repeats: how many moments were skipped since the call before, or since the start.
 * Borrows `timer`; 0 for NULL. The loop's thread; never waits.
 */
VOW_API uint64_t vow_timer_skipped(const struct vow_timer *timer);

VOW_END_DECLARATIONS

#endif
