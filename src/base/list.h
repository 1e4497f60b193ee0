/*
 * list.h - what is in a list's box, for those who walk it.
 */
#ifndef VOW_BASE_LIST_H
#define VOW_BASE_LIST_H

#include <vow/list.h>

#include "base/box.h"

/* Items 0 to count - 1 are owned where they are counted. */
struct list {
    vow_value *items;
    size_t count, capacity;
};

/* A list of `count` nones, to be written by index; an error value without memory. */
vow_value vow_list_of_none(size_t count);

/* The list in `value`, which is one. */
static inline struct list *vow_list_in(vow_value value)
{
    struct box *box = (struct box *)value.as.pointer;
    vow_check(vow_box_of(&vow_list_type, value) == box);
    return (struct list *)vow_box_content(box);
}

/* The list in `value`, or NULL; says nothing. */
static inline struct list *vow_list_of(vow_value value)
{
    struct box *box = vow_box_of(&vow_list_type, value);

    return box != NULL ? (struct list *)vow_box_content(box) : NULL;
}

#endif
