/**
 * vow/clock.h - a virtual clock: tests of timeouts, delays and retries that take no time, and are right to the nanosecond.
 *
 *     vow_clock *clock = vow_clock_new();
 *     vow_clock_install(clock);                        time stands still
 *     vow_promise *promise = fetch_with_retries(…);
 *     vow_clock_advance(clock, VOW_S(30));             what falls due within 30 seconds happens, each at its own moment
 *     assert(vow_state(promise) == VOW_REJECTED);
 *     vow_clock_free(clock);                           time goes on
 *
 * While a clock is installed, vow's time stands for the whole process: `vow_now` gives the same until somebody advances it,
 * and nobody sleeps. Advancing goes from one moment to the next at which something falls due: timers, sleeps, delays,
 * deadlines, timeouts, pauses between retries, limiters, on loops, pools of any size and immediate. All that follows from
 * one moment is done, on whichever threads, before the next one begins; `vow_now` is exactly that moment meanwhile, and what
 * it starts may fall due within the same advance. Two of the same kind (timers of vow/timer.h; calls of vow_call_later) and the
 * same moment happen in the order of their starts where they are on one thread; timers and calls in no order between them.
 *
 * What vow does not time goes on as ever: descriptors, signals, libuv's own timers and a job that works or blocks take real time.
 */
#ifndef VOW_CLOCK_H
#define VOW_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <vow/status.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** Time that stands still, and goes on when a test says so. */
typedef struct vow_clock vow_clock;

/**
 * Makes a clock, to be freed by `vow_clock_free`. NULL without memory, with `vow_last_error`. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_clock *vow_clock_new(void);

/**
 * Has time stand where it is, for the whole process: for tests, never for libraries. Borrows `clock` until it is
 * uninstalled or freed. Waits, in real time, until all workers have come to rest. VOW_INVALID: `clock` is NULL, a
 * clock is installed already, something waits for a moment of real time (a timer is started, a job sleeps, a wait
 * has a deadline; of a plain thread's wait it may find nothing, and have it follow the clock: install the clock first),
 * or this is called inside of a callback or a job; VOW_NO_MEMORY. Time
 * goes on as before then. Any thread, outside of calls; waits until then. Cancel: none, since no job calls it.
 */
VOW_API vow_status vow_clock_install(vow_clock *clock);

/**
 * Moves time on by `nanoseconds`, with all that falls due meanwhile, and all that is ready now. It returns when
 * nobody has anything left to do: the calling thread serves what is at home on it, as in any wait (its newest loop,
 * immediate, pools of size 0); other threads are waited for if they are workers, or wait or run a loop of vow's. So
 * a job that never ends, nor waits, keeps it from returning. A `uv_loop_t` that another thread runs is not waited
 * for. 0 lets happen what is ready, or due by now. Borrows. VOW_INVALID: `clock` is NULL or not installed,
 * `nanoseconds` is negative, another thread advances it, or this is called inside of a callback or a job, such as
 * one that an advance has brought about; time stays where it is. VOW_LIMIT: time would come to more than 146 years
 * after the start of the real clock (on Linux the machine's); it stays where it is. VOW_NO_MEMORY. Any thread,
 * outside of calls; waits; runs what falls due at home on the calling thread. Cancel: none, since no job calls it.
 */
VOW_API vow_status vow_clock_advance(vow_clock *clock, int64_t nanoseconds);

/**
 * As `vow_clock_advance` by each of `count` steps, one after the other (Twisted's Clock.pump). Borrows `steps`.
 * Errors as there, and VOW_INVALID if `steps` is NULL while `count` is not 0; nothing happens if any step is
 * negative. All else as `vow_clock_advance`.
 */
VOW_API vow_status vow_clock_pump(vow_clock *clock, const int64_t *steps, size_t count);

/**
 * Has time move on by itself, or not: whenever everybody is at rest, to the next moment at which something falls due. So
 * straight code that sleeps and waits with deadlines can be tested as it is; what is 146 years away never comes. Not at
 * first. Borrows. VOW_INVALID: `clock` is
 * NULL or not installed. Any thread; never waits.
 */
VOW_API vow_status vow_clock_run_ahead(vow_clock *clock, bool run);

/**
 * How far time has been moved since the clock was installed; once it is uninstalled, in all. Borrows; 0 for NULL. Any
 * thread; never waits.
 */
VOW_API int64_t vow_clock_elapsed(const vow_clock *clock);

/**
 * Returns to real time. It goes on from where it stood, if that is ahead of the real clock; so what still pends keeps its
 * moment, and happens in real time. Borrows. VOW_INVALID: `clock` is NULL, not installed, or being advanced. Any thread; never
 * waits.
 */
VOW_API vow_status vow_clock_uninstall(vow_clock *clock);

/**
 * Frees a clock, which is uninstalled first where needed. Takes `clock`; NULL does nothing. VOW_INVALID: it is being advanced,
 * and stays. Any thread; never waits.
 */
VOW_API vow_status vow_clock_free(vow_clock *clock);

VOW_END_DECLARATIONS

#endif
