/**
 * vow/scheduler.h - where and when things run.
 *
 * A scheduler takes calls and runs each later, once. There are three kinds in the box: immediate (at once, on
 * the calling thread), the loop (`vow/loop.h`) and the pool (`vow/pool.h`); users write others by filling one
 * struct of functions.
 *
 * Which scheduler is *current*: the one that is running this call; else the loop that this thread made last;
 * else the process's default (`vow_set_scheduler`; immediate at first).
 *
 * *Immediate* belongs to the thread: what is fired on the promise's own thread runs inline; what is fired from
 * another thread waits in the home thread's queue, which its waits and `vow_run_pending()` drain. Nested
 * firings run in place to a depth of VOW_NESTING; deeper ones run, in order, when the outermost returns.
 */
#ifndef VOW_SCHEDULER_H
#define VOW_SCHEDULER_H

#include <vow/call.h>
#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/** How deep immediate calls nest in place before they queue; less where stacks are smaller, as pointers are. */
#if UINTPTR_MAX > UINT32_MAX
#define VOW_NESTING 256
#else
#define VOW_NESTING 64
#endif

/** A scheduler: counted. */
typedef struct vow_scheduler vow_scheduler;

/** What a scheduler of the user's does. The first two functions are required. */
struct vow_scheduler_ops {
    size_t size;      /**< sizeof(struct vow_scheduler_ops) */
    const char *name; /**< for messages; a static text */
    /**
     * Takes `call` and sees to it that `vow_call_run` or `vow_call_drop` is called on it later, once, on
     * whichever thread. Any thread may call; must not run the call before it returns. On any status but
     * VOW_OK the call was not taken: vow drops it.
     */
    vow_status (*schedule)(struct vow_call *call, void *self);
    /** The last reference has gone: frees `self`. No calls are left in it. */
    void (*drop)(void *self);
};

/**
 * A scheduler of the user's own, around `self`. Copies `ops`; takes `self`, which `ops->drop` frees.
 * One reference, the caller's; NULL on VOW_INVALID or VOW_NO_MEMORY (`self` is then still the caller's), with
 * the reason in `vow_last_error`. Any thread; never waits; `ops->schedule` is called by whatever hands it a call, on any
 * thread, and `ops->drop` by who gives back the last reference.
 */
VOW_API VOW_NODISCARD vow_scheduler *vow_scheduler_new(const struct vow_scheduler_ops *ops,
                                                       void *self);

/** One more reference; gives `scheduler` back. NULL is fine. Any thread; never waits. */
VOW_API vow_scheduler *vow_scheduler_retain(vow_scheduler *scheduler);

/**
 * Gives back a reference. Takes `scheduler`; NULL does nothing. Any thread; never waits; with the last reference
 * calls `ops->drop` of a user's scheduler.
 */
VOW_API void vow_scheduler_release(vow_scheduler *scheduler);

/** The name of a scheduler: "immediate", "loop", "pool", or the user's. Borrows. Any thread; never waits. */
VOW_API const char *vow_scheduler_name(const vow_scheduler *scheduler);

/**
 * Hands `call` to `scheduler`. Borrows `scheduler`; takes `call` until one of its functions is called: `run`
 * later (on immediate, and on a pool of size 0, before this returns), or `dropped` where the scheduler is closed (before
 * this returns). Needs no memory. Any thread; never waits itself; runs `call` before it returns on immediate and
 * on a pool of size 0, unless such calls nest deeper than VOW_NESTING.
 */
VOW_API void vow_scheduler_call(vow_scheduler *scheduler, struct vow_call *call);

/**
 * For schedulers of the user's: runs `call`, with `scheduler` current meanwhile. Takes `call`.
 * The thread that shall run it; waits as long as the call does; runs `call` before it returns.
 */
VOW_API void vow_call_run(vow_scheduler *scheduler, struct vow_call *call);

/**
 * For schedulers of the user's: gives `call` up; its maker settles what hangs on it with VOW_CANCELED. Takes `call`.
 * Any thread; never waits; may run links of what is settled by it.
 */
VOW_API void vow_call_drop(struct vow_call *call);

/**
 * The immediate scheduler. Borrowed; never freed. As a home it stands for the thread that names it.
 * Any thread; never waits.
 */
VOW_API vow_scheduler *vow_immediate(void);

/** The current scheduler (see above). Borrowed. Any thread; never waits. */
VOW_API vow_scheduler *vow_current_scheduler(void);

/**
 * Makes `scheduler` the process's default: for programs, never for libraries. Shares it; NULL puts immediate
 * back. Promises made before keep their homes. Any thread; never waits.
 */
VOW_API void vow_set_scheduler(vow_scheduler *scheduler);

/**
 * Runs `fn(input, context)` on `scheduler`, later, with no promise: what it returns is released, an error
 * goes to the report hook. NULL stands for the default pool. Borrows `scheduler`; takes `input`, on failure
 * too; borrows `context` until the call has ended.
 * VOW_INVALID: `fn` is NULL. VOW_NO_MEMORY. VOW_CLOSED: the scheduler is closed. Any thread; never waits
 * (on immediate, it runs the function).
 */
VOW_API vow_status vow_schedule(vow_scheduler *scheduler, vow_fn *fn, vow_value input,
                                void *context);

/**
 * Runs what other threads have fired at promises whose home is immediate on this thread, and goes on with lines of this
 * thread that can (`vow_spawn`). Gives how many calls it ran. Any thread; waits only as long as those calls do; runs them
 * before it returns.
 */
VOW_API size_t vow_run_pending(void);

VOW_END_DECLARATIONS

#endif
