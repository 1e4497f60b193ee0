/**
 * vow/line.h - lines of execution: what a function may do with the line that it runs in.
 *
 * A *line* is what waits when something waits: a job, a call of a loop, a plain thread. A job or call that waits is
 * parked with its stack, and its worker or loop goes on with others; it continues later on the same thread, so
 * thread-local variables are the same before and after, although others may have changed them. A thread's mutex must
 * not be held across a wait: use vow's locks, or submit the job as `blocking` (vow/submit.h).
 */
#ifndef VOW_LINE_H
#define VOW_LINE_H

#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/**
 * Waits for `nanoseconds`; not less, and as a rule not a millisecond more. VOW_CANCELED: the job was canceled before
 * or meanwhile. VOW_INVALID: `nanoseconds` is negative. VOW_UNSUPPORTED: as `vow_wait`. VOW_LIMIT, VOW_NO_MEMORY.
 * Any thread; waits.
 */
VOW_API vow_status vow_sleep(int64_t nanoseconds);

/** The same until a moment; one that has passed, VOW_POLL too, is VOW_OK at once. VOW_FOREVER: until a cancel. */
VOW_API vow_status vow_sleep_until(vow_deadline deadline);

/**
 * Lets others go first: lines that can go on, and calls that wait on this worker or loop. For long computations, as
 * politeness; costs nanoseconds. On a plain thread it runs what others have sent there. VOW_CANCELED: the job was
 * canceled. Any thread; waits only as long as the others run; runs these before it returns.
 */
VOW_API vow_status vow_reschedule(void);

/**
 * Runs `fn(input, context)` as a line of its own on `scheduler` (NULL: the current one), as a promise of what it
 * returns: an asynchronous function, as Twisted's inlineCallbacks or a coroutine that is awaited. On immediate it
 * begins at once, inside this call, until it waits or ends; then this returns, and the line goes on whenever its
 * thread waits or calls `vow_run_pending`; without a stack for it, its waits without a deadline are refused (vow_wait: VOW_LIMIT,
 * VOW_NO_MEMORY). On any other scheduler it is a job. All else as `vow_submit`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_spawn(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                             void *context);

/**
 * Around something that blocks the thread in the system (a read from a disk, a name to look up): another worker takes
 * over what is queued on this one meanwhile. Lines that are parked on this thread wait until the section ends. Sections
 * nest; each begin needs its end, in the same line, without a wait in between. Outside of a pool's workers they do
 * nothing. Any thread; never waits.
 */
VOW_API void vow_blocking_begin(void);
/** Ends what the `vow_blocking_begin` before it began. Any thread; never waits. */
VOW_API void vow_blocking_end(void);

/**
 * Around what has to be finished even when the job is canceled (giving something back, telling a peer): waits in
 * between do not see the cancel; those after it do. Shields nest; each begin needs its end, in the same job. In calls
 * that are no jobs, a promise's functions or a timer's, the same when their loop is freed or their pool closed. Any
 * thread; never waits.
 */
VOW_API void vow_shield_begin(void);
/** Ends what the `vow_shield_begin` before it began. Any thread; never waits. */
VOW_API void vow_shield_end(void);

/**
 * A key of job-local storage: a static variable of the program's. What a job keeps under it stays with the job, wherever
 * it waits, as a thread-local variable stays with a thread.
 */
struct vow_local {
    const char *name;            /**< for whoever debugs; may be NULL */
    void (*drop)(void *pointer); /**< gets the job's pointer when the job has ended; NULL: nobody */
};

/**
 * Keeps `pointer` under `key` in the job that is running; what was there before is dropped. NULL takes it out. The
 * job takes `pointer`. VOW_INVALID: no job is running, or `key` is NULL. VOW_NO_MEMORY. On failure `pointer` stays
 * the caller's. Any thread; never waits; calls `key->drop` for what was there before.
 */
VOW_API vow_status vow_local_set(const struct vow_local *key, void *pointer);

/** What the running job keeps under `key`, borrowed; NULL: nothing, or no job is running. Any thread; never waits. */
VOW_API void *vow_local_get(const struct vow_local *key);

VOW_END_DECLARATIONS

#endif
