/**
 * vow/loop.h - the event loop, on libuv: a loop of vow's own, or one laid over the user's `uv_loop_t`.
 *
 *     vow_loop *loop = vow_loop_new(NULL);
 *     … promises made on this thread now have the loop as their home …
 *     vow_loop_run(loop);                          until somebody calls vow_loop_stop(loop)
 *     vow_loop_free(loop);
 *
 * A loop belongs to the thread that made it: that thread runs and frees it; scheduling on it, posting to it and
 * stopping it may come from any thread.
 */
#ifndef VOW_LOOP_H
#define VOW_LOOP_H

#include <vow/promise.h>
#include <vow/scheduler.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** An event loop: one owner, who frees it. */
typedef struct vow_loop vow_loop;

struct uv_loop_s;

/** Options of a loop; zero means default. */
struct vow_loop_options {
    size_t size; /**< sizeof(struct vow_loop_options) */
    struct uv_loop_s
        *uv; /**< lay the loop over this one, which the user runs and closes; NULL: an own one */
    /**
     * How long, in nanoseconds, the loop looks for answers before it sleeps in the kernel while promises are
     * owed to it and traffic lasts; negative: not at all. Default 50 µs; on one processor never.
     */
    int64_t spin;
    size_t
        stack_size; /**< bytes of the stacks that its calls run on; default 256 KiB (64 where pointers have 32 bits) */
};

/**
 * A loop, for the calling thread; from now on it is this thread's current scheduler outside of calls.
 * In a child after fork() it is the parent's: run, signals and timers are VOW_INVALID there, and freeing it leaves the parent's alone.
 * Copies `options`, which may be NULL. NULL on VOW_NO_MEMORY, VOW_SYSTEM or VOW_INVALID (a `size` or `stack_size` that
 * cannot be), with the reason in `vow_last_error`. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_loop *vow_loop_new(const struct vow_loop_options *options);

/**
 * Closes and frees a loop. Takes `loop`; NULL does nothing. Calls that wait are told to end: their waits give
 * VOW_CANCELED, and they are run to their end. Calls that are still queued are dropped: what hangs on them is
 * rejected with VOW_CANCELED. A promise that fires there later has its value, but no function runs there: what one
 * would have given is rejected the same way. An own loop is gone on return. One over a user's `uv_loop_t` is
 * detached on return, and its handle's memory goes in its close callback: run the `uv_loop_t` once more before
 * closing it. VOW_INVALID, and nothing is freed: from inside one of its own calls, or from a thread other than the
 * loop's. The loop's thread; waits until the calls that wait have come to their end; runs these calls meanwhile, and
 * links of what is rejected. Cancel: does not end the wait.
 */
VOW_API vow_status vow_loop_free(vow_loop *loop);

/** The loop as a scheduler. Borrowed from it; retain it to keep it longer. Any thread; never waits. */
VOW_API vow_scheduler *vow_loop_scheduler(vow_loop *loop);

/**
 * Runs the loop until `vow_loop_stop`. Borrows. The loop's thread; waits; runs meanwhile what is ready. Cancel: does not end
 * it; `vow_loop_stop` does. VOW_INVALID: from inside one of its calls, on another thread, or over a user's
 * `uv_loop_t`, which its owner runs with uv_run.
 */
VOW_API vow_status vow_loop_run(vow_loop *loop);

/**
 * Runs the loop until it is stopped, or until nothing is left to happen: no queued calls, no timers or signals, no
 * promises owed to it. Borrows. All else as `vow_loop_run`.
 */
VOW_API vow_status vow_loop_run_until_idle(vow_loop *loop);

/**
 * One round: waits until something happens, at most until `deadline`, and runs what is ready. VOW_TIMED_OUT: nothing
 * was. All else as `vow_loop_run`.
 */
VOW_API vow_status vow_loop_run_once(vow_loop *loop, vow_deadline deadline);

/**
 * Has the run that is under way return after the call it is in; with none under way, the next one returns at
 * once. Borrows. Any thread, and any call of the loop's; never waits.
 */
VOW_API void vow_loop_stop(vow_loop *loop);

/**
 * Runs `fn(input, context)` on the loop after `nanoseconds`: never before, and about a millisecond later at most, as
 * far as the loop has the time. A promise of what it returns. Cancel: takes the timer away. Borrows `loop`; takes
 * `input`; borrows `context` until the call has ended. Never NULL: a rejected promise on VOW_INVALID (negative time,
 * no function) or VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_call_later(vow_loop *loop, int64_t nanoseconds, vow_fn *fn,
                                                  vow_value input, void *context);

/**
 * A promise of the next delivery of signal `number` (SIGINT, SIGTERM …): its number, as an integer. While one is
 * pending, the signal's default action is off; deliveries before the loop looks are one. Canceling it stops listening. Borrows `loop`. Never NULL: a
 * rejected promise where the system refuses the number. The loop's thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_signal(vow_loop *loop, int number);

VOW_END_DECLARATIONS

#endif
