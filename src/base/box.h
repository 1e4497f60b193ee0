/*
 * box.h - what a box looks like in memory.
 *
 * Two classes: an inline box carries its content behind the header, in one allocation; an adopted one points
 * at an object of the user's. Text, bytes and lists are inline boxes of types of vow's own, which users can
 * neither make nor adopt: their content can be relied upon.
 */
#ifndef VOW_BASE_BOX_H
#define VOW_BASE_BOX_H

#include <vow/box.h>

#include "base/value.h"

struct box {
    struct counted counted;
    const struct vow_type *type;
    union {
        size_t size;   /* of an inline box's content */
        void *adopted; /* an adopted box's object */
    };
};

/* Where the content begins: aligned for any type. */
#define BOX_ALIGNMENT _Alignof(max_align_t)
#define BOX_HEADER ((sizeof(struct box) + BOX_ALIGNMENT - 1) / BOX_ALIGNMENT * BOX_ALIGNMENT)

extern const struct vow_type vow_text_type, vow_bytes_type, vow_list_type;

static inline void *vow_box_content(struct box *box)
{
    return (char *)box + BOX_HEADER;
}

/* The box in `value` if it is one of `type`, else NULL; says nothing. */
static inline struct box *vow_box_of(const struct vow_type *type, vow_value value)
{
    if (vow_unlikely(!vow_is_box(value)))
        return NULL;
    struct box *box = (struct box *)value.as.pointer;
    return vow_likely(box->type == type) ? box : NULL;
}

static inline vow_value vow_box_value(struct box *box)
{
    return vow_value_owning(VOW_BOX, &box->counted);
}

/* An inline box with uninitialised content; NULL if there is no memory. */
struct box *vow_box_inline(const struct vow_type *type, size_t size);

/* The name of a type that may have none. */
const char *vow_type_name(const struct vow_type *type);

#endif
