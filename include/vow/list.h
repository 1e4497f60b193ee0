/**
 * vow/list.h - lists of values, in a box.
 *
 * A list may be filled by whoever made it and must not change once others can see it: vow does not lock it.
 */
#ifndef VOW_LIST_H
#define VOW_LIST_H

#include <vow/box.h>

VOW_BEGIN_DECLARATIONS

/**
 * An empty list with room for `capacity` items before it grows; 0 is fine. An owned value; an error value
 * (VOW_NO_MEMORY) where it cannot be made. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_list_new(size_t capacity);

/** Whether `value` is a list. Borrows. Any thread; never waits. */
VOW_API bool vow_is_list(vow_value value);

/**
 * Adds `item` at the end. Borrows `list`; takes `item`, on failure too.
 * VOW_INVALID: `list` is no list, or `item` is the list itself (a ring through several lists is not found, and
 * never freed). VOW_NO_MEMORY. One thread at a time; never
 * waits.
 */
VOW_API vow_status vow_list_append(vow_value list, vow_value item);

/**
 * How many items `list` has; 0 if it is no list, and `vow_last_error` says so. Borrows. Any thread, while no other
 * one appends; never waits.
 */
VOW_API size_t vow_list_count(vow_value list);

/**
 * Item number `index`, counted from 0, borrowed from the list; none if there is no such item or no list, and
 * `vow_last_error` says so. Any thread, while no other one appends; never waits.
 */
VOW_API vow_value vow_list_at(vow_value list, size_t index);

VOW_END_DECLARATIONS

#endif
