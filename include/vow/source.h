/**
 * vow/source.h - where the items of a task come from.
 *
 *     vow_task *squares = vow_task_new("squares", vow_source_range(0, 10, 1), square, NULL, NULL);
 *     vow_task *doubles = vow_task_new("doubles", vow_source_reader(reader), twice, NULL, NULL);
 *
 * A source is asked for items only when somebody wants what is made of them, by one line at a time, on a worker of the
 * task's pool. It may wait. It belongs to the task that it is given to, on failure too; each function that makes one
 * gives NULL where it cannot, and `vow_task_new` passes that on, so that the two calls need one check.
 */
#ifndef VOW_SOURCE_H
#define VOW_SOURCE_H

#include <vow/channel.h>
#include <vow/coroutine.h>
#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/** A source of items: one owner. */
typedef struct vow_source vow_source;

/** What a source of the user's does. `pull` is required. */
struct vow_source_ops {
    size_t size;      /**< sizeof(struct vow_source_ops) */
    const char *name; /**< for people; a static text; NULL: "source" */
    /**
     * Puts at most `count` items, owned, into `items`, and how many into `*ret_count`. Gives none where there may be more:
     * then it has put at least one; the end where these were the last ones; or an error that comes after them.
     * One line at a time; may wait.
     */
    vow_value (*pull)(vow_value *items, size_t count, size_t *ret_count, void *self);
    /** No more is wanted, or everything was given: frees `self`. NULL: nothing to free. */
    void (*drop)(void *self);
};

/**
 * A source of the user's own. Copies `ops`; takes `self`, which `ops->drop` frees, on failure too (unless `ops` cannot be
 * read). NULL on VOW_INVALID or VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_source *vow_source_new(const struct vow_source_ops *ops, void *self);

/**
 * What `next(none, context)` gives, item by item: the end ends it, an error fails it, a skip is asked again, a promise is
 * waited for. Borrows `context` until the source has gone. NULL on VOW_INVALID (`next` is NULL) or VOW_NO_MEMORY. Any
 * thread; never waits.
 */
VOW_API VOW_NODISCARD vow_source *vow_source_function(vow_fn *next, void *context);

/** The `count` items of an array, each shared. Copies the array. NULL on VOW_INVALID (`items` is NULL and `count` is not 0)
 *  or VOW_NO_MEMORY. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_source *vow_source_array(const vow_value *items, size_t count);

/** The items of a list, which is taken. NULL on VOW_INVALID (no list) or VOW_NO_MEMORY. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_source *vow_source_list(vow_value list);

/** The integers `first`, `first + step`, … before `end` (after it, where `step` is negative). NULL on VOW_INVALID (`step` is
 *  0) or VOW_NO_MEMORY. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_source *vow_source_range(int64_t first, int64_t end, int64_t step);

/** What `coroutine` yields; skips are left out. Takes `coroutine`, on failure too. NULL on VOW_INVALID (it is NULL) or
 *  VOW_NO_MEMORY. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_source *vow_source_coroutine(vow_coroutine *coroutine);

/**
 * What comes out of `reader`: of a channel, or of another task, which then depends on this demand. Takes `reader`, on failure
 * too. Other readers of the same task get other items. NULL on VOW_INVALID (it is NULL) or VOW_NO_MEMORY. Any thread;
 * never waits.
 */
VOW_API VOW_NODISCARD vow_source *vow_source_reader(vow_reader *reader);

/** Frees a source that was given to no task. Takes it; NULL does nothing. Any thread; never waits. */
VOW_API void vow_source_free(vow_source *source);

VOW_END_DECLARATIONS

#endif
