/**
 * vow/wait.h - blocking until promises have settled.
 *
 * Waiting is a link in the promise's queue: it sees the value at its place. It blocks only the line that asks
 * (vow/line.h): a job, or a call of a loop, is parked, and its worker or loop goes on; a plain thread sleeps, and runs
 * meanwhile what other threads fire at its immediate promises; a thread that made a loop and waits outside its calls runs
 * that loop. A wait that times out cancels nothing.
 *
 * Deadlocks. Waits without a deadline that form a ring (a job waits for another one's promise, directly or through what
 * adopts it or is derived from it, and that job waits for the first) are found when their threads have nothing else
 * to do: one of them ends with VOW_DEADLOCK, and vow_last_error() names the ring. Not found is a ring that is closed late:
 * by firing a deferred with a promise after all waits of the ring have begun; nor one that leads through more than a few promises
 * when there is no memory to note them down. What a deferred will bring comes
 * from outside, and is never taken for a deadlock, unless the world is closed (vow_closed_world).
 */
#ifndef VOW_WAIT_H
#define VOW_WAIT_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/**
 * Waits until `promise` has settled, at most until `deadline`; its value or error, owned, is then in
 * `*ret_value` (which may be NULL). The status is that of the waiting, not of the result: VOW_OK also for a
 * rejected promise. Borrows `promise`.
 * VOW_TIMED_OUT. VOW_CANCELED: the job that waits was canceled, before or meanwhile, and no shield is up; but a wait
 * without deadline for a job that its own worker has queued last runs that job in place, and ends when it does.
 * VOW_DEADLOCK: inside one of the promise's own functions, or in a ring of waits (above). VOW_INVALID: `promise` is NULL.
 * VOW_UNSUPPORTED: inside a raw callback of libuv's, on a thread whose loop lies over a `uv_loop_t`, for a promise that
 * has not settled: to wait would run the `uv_loop_t` inside of uv_run, which libuv does not allow. Callbacks of I/O and of
 * uv_async_t are always recognised; all others (timers, handles that run in each round, closing) by the frames of the
 * stack, so in programs for which the compiler made frame information, as it does unless it is told not to.
 * VOW_LIMIT, or VOW_NO_MEMORY: inside a loop's call that has no stack to park, because there are as many as may be
 * (VOW_STACKS_MOST in the environment), or no memory for one. A pool's job that has none waits with its worker's thread, and
 * another one takes that one's place; where none can be started, nobody else of the pool is at work, and no deadline is given,
 * the job's wait ends with these, too: what it waits for may be queued behind it. So does that of a call of a pool of size 0, or
 * of what vow_spawn began on immediate, that runs on its maker's stack for want of one: its maker, who could not go on meanwhile,
 * may be the one to bring what it waits for. Not a wait behind a shield, nor one of a job that is `.blocking`.
 * Any thread; waits; where it has to, others run on its thread meanwhile: on a worker its jobs, on a loop its calls, on a
 * thread outside of calls its newest loop, or what is at home there on immediate and in pools of size 0; before these, what
 * would run when the function that waits returns.
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

/**
 * Whether nothing comes from outside: no signal, no other process, no thread that vow does not know. For programs and
 * their tests, never for libraries. Then, as soon as every thread that has used vow sleeps in one of its waits, no
 * deadline or timer is pending and no loop has active handles, all waits end with VOW_DEADLOCK: nothing is left that
 * could end them. Waits for a pool to close do so only when there are no others. At first it is false; it holds for the
 * process. Any thread; never waits.
 */
VOW_API void vow_closed_world(bool closed);

VOW_END_DECLARATIONS

#endif
