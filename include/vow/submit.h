/**
 * vow/submit.h - running functions on schedulers, as promises.
 *
 *     vow_promise *size = vow_submit(NULL, measure, vow_text("/etc/passwd"), NULL);     on the default pool
 */
#ifndef VOW_SUBMIT_H
#define VOW_SUBMIT_H

#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** Everything that a job can have; zero means default. */
struct vow_job {
    size_t size;          /**< sizeof(struct vow_job) */
    vow_fn *fn;           /**< what to run; required */
    vow_value input;      /**< its argument; taken */
    void *context;        /**< its context; borrowed until the job has ended */
    void (*drop)(void *); /**< gets `context` once, when the job has ended, or never will run */
    vow_scheduler *home;  /**< home of the promise; NULL: the current scheduler */
    /**
     * When it waits, its thread waits with it and begins no other job meanwhile (a pool brings in another worker): for
     * functions that wait while they hold a lock of the system's, or keep something in thread-local variables. Jobs that
     * had parked on that thread before may go on meanwhile. On a loop, it cannot wait for promises at home there
     * (VOW_INVALID): nobody would bring them.
     */
    bool blocking;
};

/**
 * Runs `fn(input, context)` on `scheduler`; NULL stands for the default pool. A promise of what it returns, at home
 * on the current scheduler. Borrows `scheduler`; takes `input`; borrows `context` until the job has ended. Never
 * NULL: a rejected promise on VOW_INVALID (no function), VOW_NO_MEMORY, VOW_CLOSED (the scheduler is closed),
 * VOW_CANCELED (it was closed before it ran the job). Canceling it before it runs rejects it at once; once it runs
 * it is told: `vow_canceled()` says so, the wait that it is in and all later ones end with VOW_CANCELED (but for
 * those behind `vow_shield_begin`), and the promise settles when the function has returned, with what it returned;
 * if that is a promise, it is canceled. Any thread; never waits; on immediate, and on a pool of size 0, it runs the
 * job.
 */
VOW_API VOW_NODISCARD vow_promise *vow_submit(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                              void *context);

/** The full form of `vow_submit`. Copies `job`; on failure its `drop` has run. */
VOW_API VOW_NODISCARD vow_promise *vow_submit_with(vow_scheduler *scheduler,
                                                   const struct vow_job *job);

/**
 * Runs `fn(input, context)` on a loop (or any scheduler) from another thread, as a promise at home on the
 * calling thread's current scheduler. NULL is refused: a rejected promise. All else as `vow_submit`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_call_from_thread(vow_scheduler *scheduler, vow_fn *fn,
                                                        vow_value input, void *context);

/**
 * The same, waiting: what `fn` gave, owned, or an error value. Running out of time cancels the call, which may then
 * still be running. Statuses as `vow_wait`. Any thread; waits. Cancel: of the job that waits, ends the wait and
 * cancels the call.
 */
VOW_API VOW_NODISCARD vow_value vow_call_from_thread_wait(vow_scheduler *scheduler, vow_fn *fn,
                                                          vow_value input, void *context,
                                                          vow_deadline deadline);

/**
 * Inside a job: sends a piece of progress to the listeners of its promise (`vow_handlers.notified`), as
 * `vow_notify`. Takes `value`, on failure too. VOW_INVALID: no job is running on this line, or a task (vow/task.h).
 * VOW_ALREADY_FIRED: its promise has been settled without it. VOW_NO_MEMORY. Any thread; never waits;
 * runs listeners where `vow_notify` does.
 */
VOW_API vow_status vow_report(vow_value value);

/**
 * Whether what runs here was canceled: the job by `vow_cancel`, or the line because its pool or loop is closed. Any
 * thread; never waits.
 */
VOW_API bool vow_canceled(void);

VOW_END_DECLARATIONS

#endif
