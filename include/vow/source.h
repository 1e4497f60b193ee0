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
    /** No more is wanted, or everything was given: frees `self`, before who reads the task is told. NULL: nothing to free. */
    void (*drop)(void *self);
};

/**
 * A source of the user's own. Copies `ops`; takes `self`, which `ops->drop` frees, on failure too (unless `ops` cannot be
 * read). NULL on VOW_INVALID or VOW_NO_MEMORY. Any thread; never waits; `ops->pull` is called by the task, when somebody
 * reads, `ops->drop` when no more is wanted.
 */
VOW_API VOW_NODISCARD vow_source *vow_source_new(const struct vow_source_ops *ops, void *self);

/**
 * What `next(none, context)` gives, called by the task, one call after the other, when somebody reads: the end ends
 * it, an error fails it, a skip is asked again, a promise is waited for. Borrows `context` until the source has
 * gone. NULL on VOW_INVALID (`next` is NULL) or VOW_NO_MEMORY. Any thread; never waits.
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

/**
 * The lines of what can be read from the descriptor `fd`: texts, without the newline; what follows the last newline is a
 * line, if it is not empty. A line of any length; one with a zero byte in it is bytes, since no text can hold it. Bytes are
 * not looked at otherwise: a carriage return stays. Reads ahead, in large pieces. Borrows `fd` until the source has gone,
 * alone: its position moves. Where reading has to wait it does so in a blocking section (vow/line.h); a wait that nobody
 * needs any more ends after a short time, but for files on disks, which are read to the end of the piece. A failure of
 * the system's fails the task with VOW_SYSTEM and its `errno`, after the lines before it. NULL on VOW_INVALID (`fd` is
 * negative) or VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_source *vow_source_lines(int fd);

/** The same for bytes: `size` of them in each item, fewer in the last one. VOW_INVALID also: `size` is 0. */
VOW_API VOW_NODISCARD vow_source *vow_source_chunks(int fd, size_t size);

/**
 * The items of several readers, as they come: of each in its order, between them in none; those who have items take turns.
 * Each is asked for its share of what is wanted, and what the quicker ones bring for the slower ones; what is not taken
 * stays in its channel. An error of one ends it, once the items before it have been given; the end of all is the end; none
 * at all is one that ends at once. Takes the readers, on failure too; copies the array. NULL on VOW_INVALID (`readers` or
 * one of them is NULL) or VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_source *vow_source_merge(vow_reader *const *readers, size_t count);

/**
 * Lists with one item of each of several readers, in their order. The first one that has no more ends it, with its error if it has
 * one; what was read from the others for a list that cannot be whole is given back, as their next item, for those who
 * read there at another end; where nobody does, or in a rendezvous, it is released. None at all is one that ends
 * at once. Otherwise as `vow_source_merge`.
 */
VOW_API VOW_NODISCARD vow_source *vow_source_zip(vow_reader *const *readers, size_t count);

/**
 * Frees a source that was given to no task. Takes it; NULL does nothing. Any thread; never waits, but as long as the body
 * of a coroutine does that it releases; calls `ops->drop` of a user's source.
 */
VOW_API void vow_source_free(vow_source *source);

VOW_END_DECLARATIONS

#endif
