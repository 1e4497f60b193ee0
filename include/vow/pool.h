/**
 * vow/pool.h - a pool of worker threads that steal work from each other.
 *
 *     vow_pool *pool = vow_pool_new(VOW_EVERY_CPU, NULL);
 *     vow_promise *p = vow_submit(vow_pool_scheduler(pool), work, input, context);
 *
 * The size is an argument. At size 0 there are no threads: a job runs inside `vow_submit`, in the calling
 * thread, and a settled promise comes back, or a pending one if the job waits: it then goes on when this thread waits,
 * or calls `vow_run_pending`.
 *
 * Jobs may wait: they are parked, and their worker goes on with others (vow/wait.h, vow/line.h). Each that waits keeps
 * its stack, and there is no bound before the last one: a pool takes whatever it is given, until the process has as many
 * stacks as it may have (VOW_STACKS_MOST in the environment) or as there is memory for. Who takes work in faster than it
 * ends bounds it, by a semaphore or a channel's capacity. Where no stack can be had, jobs run on the stack of their
 * worker's thread, which then waits with them, while another one takes its place; where no thread can be started either, the
 * job of the last worker is refused to wait (vow_wait: VOW_LIMIT, VOW_NO_MEMORY), for its pool would stand still. At size 0
 * they run on the stack of who submits them, so that jobs that submit jobs are calls within calls there, up to VOW_NESTING
 * deep, and that stack has to hold them all; they are refused to wait without a deadline, for who submits could not go on.
 */
#ifndef VOW_POOL_H
#define VOW_POOL_H

#include <limits.h>
#include <vow/scheduler.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** A pool: one owner, who frees it. */
typedef struct vow_pool vow_pool;

/** As a size: one worker for each processor that the process may use. */
#define VOW_EVERY_CPU INT_MAX

/** The most workers a pool may have. */
#define VOW_POOL_LARGEST 1024

/** Options of a pool; zero means default. */
struct vow_pool_options {
    size_t size;      /**< sizeof(struct vow_pool_options) */
    const char *name; /**< threads are called name-0, name-1 …; default "vow" */
    /** Bytes of the stacks that jobs run on; default 256 KiB (64 where pointers have 32 bits). Given, the threads' own have
     *  it, too. */
    size_t stack_size;
    void (*started)(int worker, void *context);  /**< runs first on each worker's thread */
    void (*stopping)(int worker, void *context); /**< runs last on each worker's thread */
    void *context; /**< for the two; borrowed until the pool is freed */
};

/** How a pool is closed. */
enum vow_close_mode {
    VOW_DRAIN, /**< what is queued still runs */
    VOW_CANCEL /**< what has not begun is dropped: its promises are rejected with VOW_CANCELED */
};

/** What a pool has done so far. Counts are exact only while it is quiet. */
struct vow_pool_statistics {
    size_t size;        /**< sizeof(struct vow_pool_statistics), to be set by the caller */
    int workers;        /**< its size now */
    uint64_t submitted; /**< calls taken */
    uint64_t completed; /**< calls run to their end, or dropped */
    uint64_t stolen;    /**< calls that another worker than the one who queued them took */
    uint64_t slept;     /**< times a worker went to sleep */
};

/**
 * A pool of `workers` threads: 0 to VOW_POOL_LARGEST, or VOW_EVERY_CPU. Copies `options`, which may be NULL.
 * The threads block all signals that can be, so that those of the process reach the program's own threads. They do
 * not exist in a child after fork(): there the pool takes nothing (VOW_CLOSED), and closing or freeing it waits for nobody;
 * new pools work. At size 0 it goes on.
 * NULL on VOW_INVALID (a negative or too large size, an absurd stack size), VOW_NO_MEMORY or VOW_SYSTEM, with
 * the reason in `vow_last_error`. Any thread; never waits; `options->started` runs first and `options->stopping` last on
 * each thread of the pool.
 */
VOW_API VOW_NODISCARD vow_pool *vow_pool_new(int workers, const struct vow_pool_options *options);

/** The pool as a scheduler. Borrowed from it; retain it to keep it longer. Any thread; never waits. */
VOW_API vow_scheduler *vow_pool_scheduler(vow_pool *pool);

/** How many workers the pool has, as last asked for. Borrows. Any thread; never waits. */
VOW_API int vow_pool_size(const vow_pool *pool);

/**
 * Asks for `workers` threads, from 0 up, while work goes on. Returns at once: workers that are one too many end
 * after the call they are in, and the lines that are parked with them; what they had queued passes to others. At 0,
 * what is still queued runs in whoever drains (`vow_pool_close`), waits, or asks for items of a task of the pool's, also by
 * VOW_POLL. Borrows. Any thread, a worker included; never waits; `started` and `stopping` (of the options) run on threads that
 * begin and end.
 * VOW_INVALID: a size as in `vow_pool_new`. VOW_CLOSED. VOW_NO_MEMORY, VOW_SYSTEM: fewer could be started; the size is then
 * what it was, or as much more as could. Workers that block count: they come back.
 */
VOW_API vow_status vow_pool_resize(vow_pool *pool, int workers);

/**
 * Closes the pool: takes no more calls (jobs are refused with VOW_CLOSED), ends what it has in the way that `mode`
 * says, and its threads. While it drains, calls that its own running calls make are still taken, so that work which
 * is under way comes to its end. Calling it again goes on waiting; VOW_CANCEL then gives up what a drain has left,
 * and ends the waits of its jobs with VOW_CANCELED. Borrows. Any thread; waits until all have ended; runs what
 * is queued where no worker is left, and links of what is rejected by VOW_CANCEL.
 * VOW_TIMED_OUT: the pool is closed and valid, some still work. VOW_CANCELED: the job that closes was canceled.
 * VOW_INVALID: from one of its own calls.
 */
VOW_API vow_status vow_pool_close(vow_pool *pool, enum vow_close_mode mode, vow_deadline deadline);

/**
 * Closes the pool, draining, and frees it. Takes `pool`; NULL does nothing. VOW_INVALID, and nothing is freed: from
 * one of its own calls. Any thread; waits until all have ended; runs what is queued where no worker is
 * left. Cancel: does not end the wait.
 */
VOW_API vow_status vow_pool_free(vow_pool *pool);

/** Fills `stats`, whose `size` is set. Borrows. VOW_INVALID: `size` is not. Any thread; never waits. */
VOW_API vow_status vow_pool_stats(vow_pool *pool, struct vow_pool_statistics *stats);

/**
 * The scheduler of the process's default pool: every processor, made at first use, drained and closed when the process
 * exits; waits for what only others could bring then end with VOW_CANCELED. A forked child has one of its own. Borrowed;
 * never NULL: where threads cannot be had it is a pool of size 0. Any thread; never waits.
 */
VOW_API vow_scheduler *vow_default_pool(void);

VOW_END_DECLARATIONS

#endif
