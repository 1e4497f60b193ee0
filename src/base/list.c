/*
 * list.c - lists: an inline box around a growing array.
 */
#include "base/list.h"

#include <vow/error.h>

#include "base/fail.h"
#include "base/memory.h"

#define SMALLEST 4u
#define MOST (PTRDIFF_MAX / sizeof(vow_value))

static void drop(void *object)
{
    struct list *list = (struct list *)object;

    for (size_t i = 0; i < list->count; i++)
        vow_value_drop(list->items[i]);
    vow_deallocate(list->items);
}

const struct vow_type vow_list_type = {.name = "list", .drop = drop};

/* Room for `capacity` items; false leaves the list as it was. */
static bool reserve(struct list *list, size_t capacity)
{
    if (capacity > MOST)
        return false;
    vow_value *items = vow_reallocate(list->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

static bool grow(struct list *list)
{
    if (list->capacity >= MOST / 2) /* doubling must not pass the bound, nor wrap */
        return list->capacity < MOST && reserve(list, MOST);
    return reserve(list, list->capacity < SMALLEST ? SMALLEST : list->capacity * 2);
}

vow_value vow_list_new(size_t capacity)
{
    struct box *box = vow_box_inline(&vow_list_type, sizeof(struct list));

    if (box != NULL) {
        vow_value value = vow_box_value(box);
        struct list *list = (struct list *)vow_box_content(box);
        *list = (struct list){0};
        if (capacity == 0 || reserve(list, capacity))
            return value;
        vow_release(value);
    }
    vow_fail_literal(VOW_NO_MEMORY, "vow_list_new: out of memory");
    return vow_error_static(VOW_NO_MEMORY);
}

vow_value vow_list_of_none(size_t count)
{
    vow_value value = vow_list_new(count);
    struct list *list = vow_list_of(value);

    for (size_t i = 0; list != NULL && i < count; i++)
        list->items[list->count++] = vow_none();
    return value;
}

bool vow_is_list(vow_value value)
{
    return vow_list_of(value) != NULL;
}

static vow_status refuse_item(vow_value item, vow_status status)
{
    vow_release(item);
    return status;
}

vow_status vow_list_append(vow_value value, vow_value item)
{
    struct list *list = vow_list_of(value);

    if (list == NULL) {
        vow_value_refuse("vow_list_append", value, "a list");
        return refuse_item(item, VOW_INVALID);
    }
    if (vow_is_box(item) && item.as.pointer == value.as.pointer) {
        vow_fail_literal(VOW_INVALID, "vow_list_append: item is the list itself");
        return refuse_item(item, VOW_INVALID);
    }
    if (list->count == list->capacity && !grow(list)) {
        vow_fail_literal(VOW_NO_MEMORY, "vow_list_append: out of memory");
        return refuse_item(item, VOW_NO_MEMORY);
    }
    list->items[list->count++] = vow_value_take(item);
    return VOW_OK;
}

size_t vow_list_count(vow_value value)
{
    struct list *list = vow_list_of(value);

    if (list != NULL)
        return list->count;
    vow_value_refuse("vow_list_count", value, "a list");
    return 0;
}

vow_value vow_list_at(vow_value value, size_t index)
{
    struct list *list = vow_list_of(value);

    if (list == NULL) {
        vow_value_refuse("vow_list_at", value, "a list");
        return vow_none();
    }
    if (index >= list->count) {
        vow_fail_status(VOW_INVALID, "vow_list_at: index is %zu, but the list has %zu items", index,
                        list->count);
        return vow_none();
    }
    return vow_borrow(list->items[index]);
}
