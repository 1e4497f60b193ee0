/**
 * vow/channel.h - channels: items on their way from those who write to those who read.
 *
 *     vow_writer *writer;
 *     vow_reader *reader;
 *     if (vow_channel_new(100, NULL, &writer, &reader) != VOW_OK)
 *         return report(vow_last_error());
 *     ... in one job ...                                    ... in another ...
 *     vow_write(writer, vow_integer(42), VOW_FOREVER);      vow_value item;
 *     vow_writer_release(writer);                           while (vow_read(reader, VOW_FOREVER, &item) == VOW_OK)
 *                                                               use(item), vow_release(item);
 *
 * A channel has *ends*: writers and readers, each a counted object of its own, any number of each
 * (`vow_writer_another`, `vow_reader_another`). It is closed by the release of the last writer, or by `vow_writer_close`:
 * then what it holds can still be read, and after that reading gives VOW_CLOSED. The release of the last reader closes it
 * as well, and gives up what it holds. The channel itself goes with its last end.
 *
 * A *bounded* channel keeps as many items as its capacity; who writes more waits. With capacity 0, a *rendezvous*, an item
 * passes directly from who writes to who reads: both wait for each other. An *unbounded* one (VOW_UNBOUNDED) never makes
 * writers wait. A *serial* one (`vow_channel_options`) is used by one thread at a time and never waits at all.
 *
 * Items are read in the order in which they were written, each by one reader; those who wait are served in the order in
 * which they came. A promise is an item like any other: plain data, which nobody waits for.
 *
 * Threads: an end serves one line of execution at a time, and may move from line to line; lines that read or write at
 * the same time have an end each. An end that another line is using gives VOW_INVALID, as far as that is noticed.
 * `…_close`, `…_size`, `…_is_closed` and the promise faces may be called on an end while a line waits at it.
 *
 * Waiting: as `vow/wait.h`, in threads, jobs, calls of loops and coroutines alike. An item is never lost when a wait ends
 * by its deadline, a cancel or a close: what has arrived is given, what has not left is still the writer's.
 */
#ifndef VOW_CHANNEL_H
#define VOW_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <vow/promise.h>
#include <vow/time.h>
#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/** The end of a channel that writes: counted. */
typedef struct vow_writer vow_writer;

/** The end of a channel that reads: counted. */
typedef struct vow_reader vow_reader;

/** The capacity of a channel without bound. */
#define VOW_UNBOUNDED SIZE_MAX

/** What can be chosen about a channel; zero is the default. */
typedef struct vow_channel_options {
    size_t size; /**< sizeof(vow_channel_options) */
    bool serial; /**< unsynchronised: one thread at a time, nobody ever waits */
} vow_channel_options;

/**
 * A channel that keeps `capacity` items (0: a rendezvous; VOW_UNBOUNDED), with one writer and one reader, the caller's.
 * Copies `options`; NULL: the defaults.
 * VOW_INVALID: a `ret_…` is NULL, `options->size` is unknown, or a serial rendezvous, where nobody could meet. VOW_NO_MEMORY.
 * Any thread; never waits.
 */
VOW_API vow_status vow_channel_new(size_t capacity, const vow_channel_options *options,
                                   vow_writer **ret_writer, vow_reader **ret_reader);

/* Ends ---------------------------------------------------------------------------------------------------------- */

/** One more reference to the same end; gives it back. NULL is fine. Any thread; never waits. */
VOW_API vow_writer *vow_writer_retain(vow_writer *writer);

/**
 * Gives back a reference; the last one ends this writer, and the last writer's end closes the channel. Takes `writer`;
 * NULL does nothing. Any thread; never waits; may run links of promises that are settled by it.
 */
VOW_API void vow_writer_release(vow_writer *writer);

/** A further writer of the same channel, the caller's, without hooks. Borrows. NULL on VOW_INVALID (`writer` is NULL) or
 *  VOW_NO_MEMORY. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_writer *vow_writer_another(vow_writer *writer);

/**
 * Closes the channel, for all: those who wait to write get VOW_CLOSED; those who wait to read get what they have; what it
 * holds can still be read. Closing again does nothing. Borrows. VOW_INVALID: NULL. Any thread; never waits; may run links
 * of promises that are settled by it.
 */
VOW_API vow_status vow_writer_close(vow_writer *writer);

/**
 * Closes the channel as `vow_writer_close`, because of `error`: who reads gets the items before it, and then, instead of
 * VOW_CLOSED, the status and the sentence of `error`, which `vow_reader_error` gives as well. Borrows `writer`; takes
 * `error`, on failure too. VOW_INVALID: `writer` is NULL, or `error` is none. VOW_CLOSED: it was closed before; nothing has changed. Any
 * thread; never waits; may run links of promises that are settled by it.
 */
VOW_API vow_status vow_writer_fail(vow_writer *writer, vow_value error);

/** How many items the channel holds at this moment. Borrows; NULL gives 0. Any thread; never waits. */
VOW_API size_t vow_writer_size(const vow_writer *writer);

/** How many items the channel can hold; VOW_UNBOUNDED: any number. Borrows; NULL gives 0. Any thread; never waits. */
VOW_API size_t vow_writer_capacity(const vow_writer *writer);

/** Whether the channel is closed: writing gives VOW_CLOSED. Borrows; true of NULL. Any thread; never waits. */
VOW_API bool vow_writer_is_closed(const vow_writer *writer);

/** One more reference to the same end; gives it back. NULL is fine. Any thread; never waits. */
VOW_API vow_reader *vow_reader_retain(vow_reader *reader);

/**
 * Gives back a reference; the last one ends this reader, and the last reader's end closes the channel and releases what
 * it holds. Takes `reader`; NULL does nothing. Any thread; never waits; may run links of promises that are settled by it.
 */
VOW_API void vow_reader_release(vow_reader *reader);

/** A further reader of the same channel, the caller's, without hooks: each item goes to one of them. Borrows. NULL on
 *  VOW_INVALID (`reader` is NULL) or VOW_NO_MEMORY. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_reader *vow_reader_another(vow_reader *reader);

/** Closes the channel from the other side: no more is wanted. All else as `vow_writer_close`. */
VOW_API vow_status vow_reader_close(vow_reader *reader);

/** The error that closed the channel, borrowed from it; none if there is none. Borrows `reader`. Any thread; never waits. */
VOW_API vow_value vow_reader_error(const vow_reader *reader);

/** How many items the channel holds at this moment. Borrows; NULL gives 0. Any thread; never waits. */
VOW_API size_t vow_reader_size(const vow_reader *reader);

/** How many items the channel can hold; VOW_UNBOUNDED: any number. Borrows; NULL gives 0. Any thread; never waits. */
VOW_API size_t vow_reader_capacity(const vow_reader *reader);

/** Whether the channel is closed: nothing more will be written; it may still hold items. Borrows; true of NULL. Any
 *  thread; never waits. */
VOW_API bool vow_reader_is_closed(const vow_reader *reader);

/* Writing ------------------------------------------------------------------------------------------------------- */

/**
 * Writes `item`, waiting for room, or in a rendezvous for a reader, at most until `deadline`; what is possible at once is
 * done whatever the deadline. Borrows `writer`; takes `item` only on VOW_OK: on failure it is still the caller's.
 * VOW_CLOSED. VOW_TIMED_OUT. VOW_CANCELED: the job that waits was canceled. VOW_DEADLOCK: a serial channel is full, and
 * `deadline` is not VOW_POLL. VOW_INVALID: `writer` is NULL, or another line uses it. VOW_UNSUPPORTED: this is no place
 * to wait, as in `vow_wait`. VOW_LIMIT, VOW_NO_MEMORY.
 * Cancel safety: on any status but VOW_OK nothing was written. One line at a time; waits; calls the
 * writer's hook, and may run links of promises that are settled by it.
 */
VOW_API vow_status vow_write(vow_writer *writer, vow_value item, vow_deadline deadline);

/**
 * Writes `count` items, in order; other writers' items may come between. `*ret_written` (may be NULL) is how many have been written, on
 * every status: those were taken, the rest is still the caller's. Borrows `writer` and the array. Statuses as `vow_write`;
 * VOW_INVALID also: `items` is NULL, and `count` is not 0. VOW_OK: all have been written.
 * Cancel safety: `*ret_written` counts what is written. One line at a time; waits; runs what `vow_write` does.
 */
VOW_API vow_status vow_write_many(vow_writer *writer, const vow_value *items, size_t count,
                                  vow_deadline deadline, size_t *ret_written);

/**
 * A promise that is fulfilled with none when `item` has been written; in one queue with those who wait. Borrows `writer`,
 * and keeps it until then; takes `item`, always. Never NULL: rejected with VOW_CLOSED, VOW_DEADLOCK (a serial channel is
 * full), VOW_INVALID (`writer` is NULL), VOW_NO_MEMORY.
 * Cancel safety: canceling it gives up the place, and `item` is released; if it has been written already it is fulfilled.
 * A promise that is released is written all the same. Any thread; never waits; calls the writer's hook, and may run links of
 * promises that are settled by it.
 */
VOW_API VOW_NODISCARD vow_promise *vow_write_promise(vow_writer *writer, vow_value item);

/* Reading ------------------------------------------------------------------------------------------------------- */

/**
 * Reads one item, waiting for it at most until `deadline`; what is there is read whatever the deadline. The item, owned, is
 * in `*ret_item`. Borrows `reader`.
 * VOW_CLOSED, or the status of the error that closed the channel (`vow_writer_fail`): nothing is left. VOW_TIMED_OUT.
 * VOW_CANCELED: the job that waits was canceled. VOW_DEADLOCK: a serial channel is empty, and `deadline` is not VOW_POLL; or
 * a task reads what nobody but itself has to give.
 * VOW_INVALID: `reader` or `ret_item` is NULL, or another line uses `reader`. VOW_UNSUPPORTED: this is no place to wait,
 * as in `vow_wait`. VOW_LIMIT, VOW_NO_MEMORY.
 * Cancel safety: on any status but VOW_OK no item was taken. One line at a time; waits; calls the reader's
 * hooks, may run links of promises that are settled by it, and computes what it reads of a task without workers.
 */
VOW_API vow_status vow_read(vow_reader *reader, vow_deadline deadline, vow_value *ret_item);

/**
 * Reads `count` items into `items`, waiting until they are there, the deadline has passed, the channel is closed, or nobody but
 * the caller, at work for the task that fills it, has to give more.
 * VOW_OK whenever at least one came, with `*ret_count` of them, owned, in `items`; and where `count` is 0. Otherwise
 * `*ret_count` is 0, and the status as of `vow_read`. Borrows `reader`. VOW_INVALID also: `items` is NULL and `count` is
 * not 0, or `ret_count` is NULL.
 * Cancel safety: what has arrived is in `items`. One line at a time; waits; runs what `vow_read` does.
 */
VOW_API vow_status vow_read_many(vow_reader *reader, vow_value *items, size_t count,
                                 vow_deadline deadline, size_t *ret_count);

/**
 * Reads until the channel is closed and empty, or until `deadline`: a list of what came, owned, in order; the list may be
 * empty if the channel was closed. An error value: nothing came, because of the error that closed the channel, the
 * deadline, a cancel; or VOW_NO_MEMORY, and what had come is lost. Of a task without workers it computes all that there
 * is, with VOW_POLL too: a source without end is not for this. Borrows `reader`. Statuses as `vow_read`. One line at a
 * time; waits; runs what `vow_read` does.
 */
VOW_API VOW_NODISCARD vow_value vow_read_all(vow_reader *reader, vow_deadline deadline);

/**
 * The next item, owned, for loops: `while (!vow_is_end(item = vow_read_next(reader)))`. The end when the channel is closed
 * and empty; an error value if it was closed because of an error, or the wait failed (statuses as `vow_read`). Borrows
 * `reader`. Where items may be ends or errors themselves use `vow_read`. One line at a time; waits; runs what
 * `vow_read` does.
 */
VOW_API VOW_NODISCARD vow_value vow_read_next(vow_reader *reader);

/**
 * A promise of the next item; in one queue with those who wait. Borrows `reader`, and keeps it until it has settled. An
 * error as an item rejects the promise, and a promise as an item is waited for, as ever where a promise is fired. Never
 * NULL: rejected with VOW_CLOSED or the error that closed the channel, VOW_DEADLOCK (a serial channel is empty),
 * VOW_INVALID (`reader` is NULL), VOW_NO_MEMORY.
 * Cancel safety: canceling it gives up the place, and no item is lost: if its turn had come already it is fulfilled. A
 * promise that was released, with nothing added to it, takes no item, unless the reader has a hook after.
 * Any thread; never waits; calls the reader's hooks (the one after at the promise's home), may run links of promises that
 * are settled by it, and computes what it reads of a task without workers.
 */
VOW_API VOW_NODISCARD vow_promise *vow_read_promise(vow_reader *reader);

/* Hooks --------------------------------------------------------------------------------------------------------- */

/** Called before a reader reads, outside of any lock: `count` items are wanted; SIZE_MAX: all that will come. It may
 *  write to the channel through another end. */
typedef struct vow_read_begin_hook {
    void (*call)(vow_reader *reader, size_t count, void *context); /**< NULL: none */
    void *context; /**< borrowed until the hook is replaced or the end gone */
} vow_read_begin_hook;

/** Called after a reader has read `count` items, at least one, before the caller gets them: it may replace each, releasing
 *  what it takes out and leaving an owned value. */
typedef struct vow_read_end_hook {
    void (*call)(vow_reader *reader, vow_value *items, size_t count,
                 void *context); /**< NULL: none */
    void *context;               /**< borrowed until the hook is replaced or the end gone */
} vow_read_end_hook;

/** Called before each item is written: what it gives is written instead; its input comes back unchanged if it returns
 *  that. If the item cannot be written after all, what it gave is released, and the item stays the caller's. */
typedef struct vow_write_hook {
    vow_fn *call;  /**< NULL: none */
    void *context; /**< borrowed until the hook is replaced or the end gone */
} vow_write_hook;

/**
 * Sets `hook`, which is called before `reader` reads, on the line that does, and gives the previous hook. Hooks
 * belong to the end, not to the channel. Borrows; of NULL: none. One line at a time; never waits.
 */
VOW_API vow_read_begin_hook vow_reader_set_begin(vow_reader *reader, vow_read_begin_hook hook);

/**
 * Sets `hook`, which is called after `reader` has read, on the line that did, and gives the previous hook. For
 * promises it runs at their home, before other links. Borrows; of NULL: none. One line at a time; never waits.
 */
VOW_API vow_read_end_hook vow_reader_set_end(vow_reader *reader, vow_read_end_hook hook);

/**
 * Sets `hook`, which is called before `writer` writes, on the line that does, and gives the previous hook. Borrows;
 * of NULL: none. One line at a time; never waits.
 */
VOW_API vow_write_hook vow_writer_set_hook(vow_writer *writer, vow_write_hook hook);

VOW_END_DECLARATIONS

#endif
