/**
 * vow/split.h - tasks with several outputs: every item to each of them, or each item to one.
 *
 *     vow_reader *outputs[2];
 *     vow_task *frames = vow_task_new("frames", vow_source_reader(camera), NULL, NULL, NULL);
 *     if (vow_pool_add_broadcast(pool, frames, 2, NULL, outputs) != VOW_OK)
 *         return report(vow_last_error());
 *     ... one line writes what it reads from outputs[0], another one shows what it reads from outputs[1] ...
 *
 * The task is one like any other (vow/task.h), worked on with those above it by the workers of its pool; its end, its error
 * and its items reach each output in order. It computes on demand: when somebody reads from any of the outputs.
 *
 * **Bound.** What one output has asked for lies in the others until it is read there. No more is computed while in one of
 * them `bound` items lie or are on their way: all go at the pace of the slowest. So they are to be read by several lines, or
 * in turns: a line that reads one output to its end before it begins with another one waits for good as soon as that is
 * full (in a closed world with VOW_DEADLOCK). Without bound (VOW_UNBOUNDED) it does not; then all that one output
 * lags behind is kept.
 *
 * **Going.** An output whose last reader has gone, or that is closed, is left out: it gets nothing, and slows nobody down. When all have gone
 * the task is removed, with those above that only it read.
 */
#ifndef VOW_SPLIT_H
#define VOW_SPLIT_H

#include <vow/task.h>

VOW_BEGIN_DECLARATIONS

/** What can be chosen about several outputs; zero is the default. */
typedef struct vow_split_options {
    size_t size;  /**< sizeof(vow_split_options) */
    size_t bound; /**< items that lie in an output, at most; 0: 1024; VOW_UNBOUNDED */
} vow_split_options;

/**
 * Adds `task` to `pool` (NULL: the default pool) with `count` outputs, of which each gets every item: shared, not copied.
 * Their readers, the caller's, are in `ret_readers`. Borrows `pool`; copies `options` (NULL: the defaults); takes a reference to
 * `task`, on failure too. VOW_INVALID: `task` or `ret_readers` is NULL, `count` is 0, `options->size` is unknown, or the task
 * is in a pool already. VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API vow_status vow_pool_add_broadcast(vow_pool *pool, vow_task *task, size_t count,
                                          const vow_split_options *options,
                                          vow_reader **ret_readers);

/**
 * The same with outputs of which each item goes to one: `choose(item, context)` gives its number, from 0 on; a skip: the
 * item goes to none; the end, or an error: the task ends before this item. Anything else fails the task with VOW_INVALID.
 * `choose` is called on a worker, for one item after the other, in order unless the task is `unordered`; what it gives is not
 * waited for. Borrows `context` until the task is done. VOW_INVALID also: `choose` is NULL.
 */
VOW_API vow_status vow_pool_add_partition(vow_pool *pool, vow_task *task, size_t count,
                                          const vow_split_options *options, vow_fn *choose,
                                          void *context, vow_reader **ret_readers);

VOW_END_DECLARATIONS

#endif
