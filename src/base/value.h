/*
 * value.h - keeping values: the inline halves of vow_retain and vow_release, and what is built on them.
 *
 * Invariant: the owned bit is set only on kinds that refer to a counted object; `as.pointer` is then the
 * address of its struct counted.
 */
#ifndef VOW_BASE_VALUE_H
#define VOW_BASE_VALUE_H

#include <vow/value.h>

#include "base/counted.h"

/* Whether values of `kind` refer to counted objects. */
static inline bool vow_kind_is_counted(enum vow_kind kind)
{
    return kind >= VOW_BOX;
}

static inline struct counted *vow_value_object(vow_value value)
{
    return (struct counted *)value.as.pointer;
}

/* The owned value of `kind` around a reference of the caller's. */
static inline vow_value vow_value_owning(enum vow_kind kind, struct counted *object)
{
    vow_value value = vow_word(kind, 0);

    value.kind |= VOW_OWNED_BIT;
    value.as.pointer = object;
    return value;
}

static inline vow_value vow_value_borrowing(enum vow_kind kind, struct counted *object)
{
    return vow_borrow(vow_value_owning(kind, object));
}

/* vow_release, inline. */
static inline void vow_value_drop(vow_value value)
{
    if (vow_is_owned(value))
        vow_counted_release(vow_value_object(value));
}

/* What to keep of a value that a function takes: itself if it is owned, a new reference if it is borrowed. */
static inline vow_value vow_value_take(vow_value value)
{
    if (vow_kind_is_counted(vow_kind_of(value)) && !vow_is_owned(value)) {
        vow_counted_retain(vow_value_object(value));
        value.kind |= VOW_OWNED_BIT;
    }
    return value;
}

/* What a sentence calls `value`: the name of its box's type, or of its kind. Borrowed from the value. */
const char *vow_value_noun(vow_value value);

/* Leaves "function: value is …, not wanted" behind. */
void vow_value_refuse(const char *function, vow_value value, const char *wanted);

#endif
