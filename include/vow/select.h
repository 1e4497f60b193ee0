/**
 * vow/select.h - waiting for the first of several: items to read, room to write, promises.
 *
 *     vow_case cases[] = {vow_case_read(requests), vow_case_promise(stop)};
 *     size_t index;
 *     while (vow_select(cases, 2, VOW_FOREVER, &index) == VOW_OK && index == 0 && cases[0].status == VOW_OK)
 *         serve(cases[0].value), vow_release(cases[0].value);
 */
#ifndef VOW_SELECT_H
#define VOW_SELECT_H

#include <vow/channel.h>

VOW_BEGIN_DECLARATIONS

/** One of those that `vow_select` waits for. Exactly one of the first three is set; none: the case never happens. */
typedef struct vow_case {
    vow_reader *reader;   /**< to read one item from; borrowed */
    vow_writer *writer;   /**< to write `value` to; borrowed */
    vow_promise *promise; /**< to settle; borrowed */
    vow_value
        value; /**< writing: the item. Chosen and VOW_OK: what was read, or the promise's value, owned */
    vow_status status; /**< chosen: VOW_OK, VOW_CLOSED, or the status of what closed the channel */
} vow_case;

/** A case that reads. Any thread; never waits. */
static inline vow_case vow_case_read(vow_reader *reader)
{
    vow_case read_case = {reader, NULL, NULL, vow_none(), VOW_OK};
    return read_case;
}

/** A case that writes `item`, which is taken if it is chosen with VOW_OK. Any thread; never waits. */
static inline vow_case vow_case_write(vow_writer *writer, vow_value item)
{
    vow_case write_case = {NULL, writer, NULL, item, VOW_OK};
    return write_case;
}

/** A case that waits for `promise`. Any thread; never waits. */
static inline vow_case vow_case_promise(vow_promise *promise)
{
    vow_case promise_case = {NULL, NULL, promise, vow_none(), VOW_OK};
    return promise_case;
}

/**
 * Waits until one of `count` cases can happen, at most until `deadline`; that one, and no other, takes effect, and its
 * number is in `*ret_index`. Of several that can happen at once each has the same chance. A closed channel is a case that
 * can happen: its `status` says so, and nothing was read or written. A promise is read as by `vow_wait`. Reader hooks run
 * for the case that is chosen (before: for all that read, with count 1); a writer's hook runs for each attempt. Borrows
 * the cases, which may be used again: of a case that has been written, set `value` anew.
 * VOW_TIMED_OUT, VOW_CANCELED, VOW_UNSUPPORTED (as `vow_wait`), VOW_NO_MEMORY: none took effect.
 * VOW_DEADLOCK: no case can ever happen (there is none, or only serial channels), and `deadline` is VOW_FOREVER.
 * VOW_INVALID: `cases` is NULL and `count` not 0, `ret_index` is NULL, a case has more than one of the three, or an end is
 * used by another line.
 * Cancel safety: on any status but VOW_OK nothing was read or written. The ends serve one line at a time; waits;
 * calls hooks, may run links of promises that are settled by it, and computes what it reads of a task without workers.
 */
VOW_API vow_status vow_select(vow_case *cases, size_t count, vow_deadline deadline,
                              size_t *ret_index);

VOW_END_DECLARATIONS

#endif
