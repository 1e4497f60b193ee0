/**
 * vow/task.h - tasks: pipelines that compute what somebody reads.
 *
 *     vow_reader *squares = vow_pool_add_task(
 *         pool, vow_task_new("squares", vow_source_range(0, 10, 1), square, NULL, NULL));
 *     vow_reader *doubles = vow_pool_add_task(
 *         pool, vow_task_new("doubles", vow_source_reader(squares), twice, NULL, NULL));
 *     vow_value all = vow_read_all(doubles, VOW_FOREVER);          0, 2, 8, 18, …, computed by the pool's workers
 *
 * A task is a named stage: a source of items, and a function for each. Adding it to a pool gives a reader; nothing is
 * computed before somebody reads. A task whose source is another task's reader continues that one: reading from the last
 * asks the first for as much as is missing, and a worker carries a chunk of items through all of them. In a pool of size 0
 * the thread that reads does the work.
 *
 * **Demand.** A read of n items has n computed, less what lies there already; `min_count` of any task of a chain lifts that.
 * What was demanded is cut into chunks: of `max_chunk` items where a task says so, and otherwise as it suits the time that
 * the items take, between the workers. `vow_read_all` and `vow_read_each` want everything: then the chain works ahead of
 * the reader, as far as two chunks for each worker, or as `concurrency` says if that is more; `max_chunk` is then the
 * most that a chunk has. Without workers nothing is computed ahead.
 *
 * **What a function gives** for an item: the item that takes its place; a skip: none does; a promise: its value, when
 * it is there; the end: that was all, from this item on; an error: the chain fails here. None is an item. With `batch` the
 * function gets a list of items, and gives a list of any length, which may end with the end.
 *
 * **Order.** Items come out in the order in which they went in, whoever computed them, unless a task is `unordered`. The
 * first item in that order that fails decides: those before it are delivered, then reading gives the error's status
 * (`vow_reader_error` gives the error itself), nothing more is asked from the source, and what was computed too much is
 * released. The end is the same, without an error.
 *
 * **Going.** A task is done when its source has ended, it failed, or nobody reads it any more: when its last reader is
 * released, it and the tasks above that only it read are removed. Pools may be resized meanwhile; a chunk
 * that is being worked on is finished. A pool that closes fails its tasks with VOW_CLOSED or VOW_CANCELED.
 */
#ifndef VOW_TASK_H
#define VOW_TASK_H

#include <stdio.h>
#include <vow/pool.h>
#include <vow/source.h>

VOW_BEGIN_DECLARATIONS

/** A stage of a pipeline: counted. */
typedef struct vow_task vow_task;

/** What can be chosen about a task; zero is the default. */
typedef struct vow_task_options {
    size_t size;      /**< sizeof(vow_task_options) */
    size_t min_count; /**< a read computes at least so many items */
    size_t
        max_chunk; /**< items that are worked on at once, at most; 0: as demanded, or as it suits */
    int concurrency; /**< chunks in this task at the same time, at most; 1: in order, one after the other; 0: no limit */
    bool batch;     /**< the function gets lists, of `max_chunk` items at most, and gives lists */
    bool unordered; /**< items come out as they are finished */
    void (*drop)(
        void *
            context); /**< called once when the task has ended, before who reads is told, for whom it must not wait; or when it could not be made; NULL: nothing to do */
} vow_task_options;

/** What a task has done so far. */
struct vow_task_counts {
    size_t size;         /**< sizeof(struct vow_task_counts) */
    uint64_t taken;      /**< items that went in */
    uint64_t given;      /**< items that came out */
    uint64_t calls;      /**< how often the function was called */
    uint64_t chunks;     /**< chunks that it worked on */
    int64_t nanoseconds; /**< time in the function and what it waited for, all workers together */
    size_t buffered;     /**< items that are ready, and were not read yet */
    size_t
        in_flight; /**< items that are being computed: with those of the tasks that are carried together */
};

/**
 * A task, not yet in a pool: `fn(item, context)` is called when somebody reads, on workers of the pool that it is
 * added to. `fn` NULL passes items on. Copies `name` and `options`; takes `source`; borrows `context` until
 * `options->drop`. On failure too `source` is freed, and `options->drop` called where it can be read. One reference,
 * the caller's; NULL on VOW_INVALID (`name` or `source` is NULL, a size or a concurrency makes no sense) or
 * VOW_NO_MEMORY; where `source` is NULL, the reason is what `vow_last_error` says of that. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_task *vow_task_new(const char *name, vow_source *source, vow_fn *fn,
                                             void *context, const vow_task_options *options);

/** One more reference; gives it back. NULL is fine. Any thread; never waits. */
VOW_API vow_task *vow_task_retain(vow_task *task);

/**
 * Gives back a reference. Takes `task`; NULL does nothing. Any thread; never waits; with the last reference to a task that
 * was never added calls `options->drop`, and frees the source as `vow_source_free` does.
 */
VOW_API void vow_task_release(vow_task *task);

/**
 * Adds `task` to `pool` (NULL: the default pool), and gives the reader of what it computes, the caller's. Borrows `pool`;
 * takes a reference to `task`, on failure too: keep one of your own for the functions below.
 * NULL on VOW_INVALID (`task` is NULL, or is in a pool already), VOW_NO_MEMORY; where `task` is NULL, the reason is what
 * `vow_last_error` says of that. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_reader *vow_pool_add_task(vow_pool *pool, vow_task *task);

/**
 * Removes `task` from `pool` (NULL: the default pool): nothing more is computed; what is buffered can be read, then VOW_CLOSED.
 * The tasks above that only it read go with it; those below come to their end. Borrows both. VOW_INVALID: NULL, or the task
 * is not in that pool. Already done: VOW_OK. Any thread; never waits; may run links of promises that are settled by it, and
 * `options->drop`.
 */
VOW_API vow_status vow_pool_remove_task(vow_pool *pool, vow_task *task);

/** The tasks of `pool` (NULL: the default pool) that are not done, in the order in which they were added: at most `most` of them
 *  into `tasks`, a reference each. Gives how many there are. Borrows. Any thread; never waits. */
VOW_API size_t vow_tasks(vow_pool *pool, vow_task **tasks, size_t most);

/** The name; "" of NULL. Borrowed from `task`. Any thread; never waits. */
VOW_API const char *vow_task_name(const vow_task *task);

/** Whether nothing more will be computed: its source has gone, and `options->drop` alone may be called still. Borrows; true of
 *  NULL. Any thread; never waits. */
VOW_API bool vow_task_is_done(const vow_task *task);

/** The error that this task failed with, of its own function or source; none if it did not. Owned. Borrows `task`; of NULL:
 *  none. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_value vow_task_error(const vow_task *task);

/** What `task` has done so far. Borrows. VOW_INVALID: a NULL, or `counts->size` is not set. Any thread; never waits. */
VOW_API vow_status vow_task_count(const vow_task *task, struct vow_task_counts *counts);

/**
 * Writes the tasks of `pool` (NULL: the default pool) that are not done as a graph in the language of Graphviz: for each its
 * name, where its items come from, how many went in and came out, its rate (items that came out in a second, since it was
 * first read), how many lie ready and are under way, and whether it works; an edge from each task to those that read it,
 * also from one of another pool. Borrows both. VOW_INVALID: `stream` is NULL. VOW_NO_MEMORY: nothing was written.
 * VOW_SYSTEM: not all could be. Any thread; waits for nothing but the stream.
 */
VOW_API vow_status vow_tasks_dot(vow_pool *pool, FILE *stream);

/**
 * Calls `fn(item, context)` for each item that comes out of `reader`, here, in order, until the end: none; or an
 * error: the one that closed the channel, of the wait (VOW_CANCELED, VOW_TIMED_OUT, VOW_INVALID), or the one that
 * `fn` gave, which ends it. A promise that `fn` gives is waited for; other results are released. Items read by then
 * and not seen by `fn` are released. `fn` NULL: all are, where the last task itself is the sink, and this waits for
 * its end. Borrows `reader`, and `context`. One line at a time; waits; runs `fn` on the calling line. Cancel: ends
 * the wait.
 */
VOW_API VOW_NODISCARD vow_value vow_read_each(vow_reader *reader, vow_fn *fn, void *context,
                                              vow_deadline deadline);

VOW_END_DECLARATIONS

#endif
