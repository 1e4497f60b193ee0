/*
 * value.c - values: references, and reading the plain kinds.
 */
#include "base/value.h"

#include "base/box.h"
#include "base/fail.h"

static const char *const kind_names[] = {
    [VOW_NONE] = "none",       [VOW_INTEGER] = "integer", [VOW_REAL] = "real",
    [VOW_POINTER] = "pointer", [VOW_END] = "end",         [VOW_SKIP] = "skip",
    [VOW_BOX] = "box",         [VOW_ERROR] = "error",     [VOW_PROMISE] = "promise",
};

#define KINDS (sizeof kind_names / sizeof *kind_names)

const char *vow_kind_name(enum vow_kind kind)
{
    return (size_t)kind < KINDS ? kind_names[kind] : "unknown";
}

const char *vow_value_noun(vow_value value)
{
    const struct vow_type *type = vow_box_type(value);

    return type != NULL ? vow_type_name(type) : vow_kind_name(vow_kind_of(value));
}

vow_value vow_retain(vow_value value)
{
    if (!vow_kind_is_counted(vow_kind_of(value)))
        return value;
    vow_counted_retain(vow_value_object(value));
    value.kind |= VOW_OWNED_BIT;
    return value;
}

void vow_release(vow_value value)
{
    vow_value_drop(value);
}

void vow_value_refuse(const char *function, vow_value value, const char *wanted)
{
    vow_fail_status(VOW_INVALID, "%s: value is %s, not %s", function, vow_value_noun(value),
                    wanted);
}

int64_t vow_not_an_integer(vow_value value)
{
    vow_value_refuse("vow_as_integer", value, "an integer");
    return 0;
}

double vow_as_real(vow_value value)
{
    if (vow_is_real(value))
        return value.as.real;
    if (vow_is_integer(value))
        return (double)value.as.integer;
    vow_value_refuse("vow_as_real", value, "a number");
    return 0;
}

void *vow_as_pointer(vow_value value)
{
    if (vow_is_pointer(value))
        return value.as.pointer;
    vow_value_refuse("vow_as_pointer", value, "a pointer");
    return NULL;
}
