/**
 * vow/box.h - boxes: counted objects with a type, of the user's own or of vow's (text, bytes, lists).
 *
 *     static const struct vow_type point_type = {.name = "point"};
 *     vow_value v = vow_box_new(&point_type, sizeof(struct point));
 *     struct point *p = vow_box_as(&point_type, v);         NULL for a box of another type
 */
#ifndef VOW_BOX_H
#define VOW_BOX_H

#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/**
 * A type of boxes: known by its address, so it must outlive every box of it; usually `static const`.
 * `drop` is called once, by whoever releases the last reference, with the object; NULL where nothing is to do.
 * For an adopted object it must free the object itself. `print` writes the object as snprintf would; NULL
 * prints its name and address.
 */
struct vow_type {
    const char *name;                                            /**< for messages; a static text */
    void (*drop)(void *object);                                  /**< the last reference has gone */
    int (*print)(const void *object, char *buffer, size_t size); /**< writes it, as snprintf */
};

/**
 * A box of `type` with `size` bytes of zeroed memory, in one allocation; `vow_box_as` gives the memory.
 * An owned value; an error value where it cannot be made: VOW_NO_MEMORY, or VOW_INVALID for a `type` that is
 * NULL or vow's own (text, bytes, list).
 * Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_box_new(const struct vow_type *type, size_t size);

/**
 * A box of `type` around an object of the caller's. Takes `object`.
 * An owned value; an error value where it cannot be made: VOW_NO_MEMORY, or VOW_INVALID for an `object` that
 * is NULL, or a `type` that is NULL or vow's own: there is no `drop` to call then, and `object` stays the
 * caller's.
 * Any thread; never waits; `drop` runs before it returns where memory is short, and `object` has gone then.
 */
VOW_API VOW_NODISCARD vow_value vow_box_adopt(const struct vow_type *type, void *object);

/**
 * The object in `value`, borrowed; NULL if it is no box of `type`, and `vow_last_error` says what it is.
 * Borrows. Any thread; never waits.
 */
VOW_API void *vow_box_as(const struct vow_type *type, vow_value value);

/** The type of the box in `value`; NULL if it is none. Borrows. Any thread; never waits. */
VOW_API const struct vow_type *vow_box_type(vow_value value);

VOW_END_DECLARATIONS

#endif
