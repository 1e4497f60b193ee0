/*
 * box.c - boxes (box.h).
 */
#include "base/box.h"

#include <string.h>
#include <vow/error.h>

#include "base/fail.h"
#include "base/object.h"

static void drop_content(const struct vow_type *type, void *object)
{
    if (type->drop != NULL)
        type->drop(object);
}

static void destroy_inline(struct counted *object)
{
    struct box *box = (struct box *)object;

    drop_content(box->type, vow_box_content(box));
    vow_object_delete(box, BOX_HEADER + box->size);
}

static void destroy_adopted(struct counted *object)
{
    struct box *box = (struct box *)object;

    drop_content(box->type, box->adopted);
    vow_object_delete(box, sizeof *box);
}

static const char *detail(const struct counted *object)
{
    return vow_type_name(((const struct box *)object)->type);
}

static const struct counted_class inline_class = {
    .name = "box", .destroy = destroy_inline, .detail = detail};
COUNTED_KNOWN(inline_class)
static const struct counted_class adopted_class = {
    .name = "box", .destroy = destroy_adopted, .detail = detail};
COUNTED_KNOWN(adopted_class)

struct box *vow_box_inline(const struct vow_type *type, size_t size)
{
    if (size > PTRDIFF_MAX - BOX_HEADER)
        return NULL;
    struct box *box = vow_object_new(BOX_HEADER + size);
    if (box == NULL)
        return NULL;
    vow_counted_init(&box->counted, &inline_class, 1, 0);
    box->type = type;
    box->size = size;
    return box;
}

const char *vow_type_name(const struct vow_type *type)
{
    return type->name != NULL ? type->name : "box";
}

static bool is_own(const struct vow_type *type)
{
    return type == &vow_text_type || type == &vow_bytes_type || type == &vow_list_type;
}

static vow_value refuse_type(const char *function, const struct vow_type *type)
{
    if (type == NULL)
        vow_fail_status(VOW_INVALID, "%s: type is NULL", function);
    else
        vow_fail_status(VOW_INVALID, "%s: type is vow's own type %s", function, type->name);
    return vow_error_from_last(__FILE__, __LINE__, VOW_INVALID);
}

vow_value vow_box_new(const struct vow_type *type, size_t size)
{
    if (type == NULL || is_own(type))
        return refuse_type("vow_box_new", type);
    struct box *box = vow_box_inline(type, size);
    if (box == NULL) {
        vow_fail_literal(VOW_NO_MEMORY, "vow_box_new: out of memory");
        return vow_error_static(VOW_NO_MEMORY);
    }
    memset(vow_box_content(box), 0, size);
    return vow_box_value(box);
}

vow_value vow_box_adopt(const struct vow_type *type, void *object)
{
    if (type == NULL || is_own(type))
        return refuse_type("vow_box_adopt", type);
    if (object == NULL) {
        vow_fail_literal(VOW_INVALID, "vow_box_adopt: object is NULL");
        return vow_error_from_last(__FILE__, __LINE__, VOW_INVALID);
    }
    struct box *box = vow_object_new(sizeof *box);
    if (box == NULL) {
        drop_content(type, object);
        vow_fail_literal(VOW_NO_MEMORY, "vow_box_adopt: out of memory");
        return vow_error_static(VOW_NO_MEMORY);
    }
    vow_counted_init(&box->counted, &adopted_class, 1, 0);
    box->type = type;
    box->adopted = object;
    return vow_box_value(box);
}

static VOW_COLD void *refuse_as(const struct vow_type *type, vow_value value)
{
    if (type == NULL)
        vow_fail_literal(VOW_INVALID, "vow_box_as: type is NULL");
    else if (vow_is_box(value))
        vow_fail_status(VOW_INVALID, "vow_box_as: value is a box of type %s, not of type %s",
                        vow_value_noun(value), vow_type_name(type));
    else
        vow_fail_status(VOW_INVALID, "vow_box_as: value is %s, not a box of type %s",
                        vow_value_noun(value), vow_type_name(type));
    return NULL;
}

void *vow_box_as(const struct vow_type *type, vow_value value)
{
    struct box *box = vow_box_of(type, value);

    if (vow_unlikely(box == NULL))
        return refuse_as(type, value);
    return box->counted.class == &inline_class ? vow_box_content(box) : box->adopted;
}

const struct vow_type *vow_box_type(vow_value value)
{
    return vow_is_box(value) ? ((struct box *)value.as.pointer)->type : NULL;
}
