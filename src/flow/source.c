/*
 * source.c - sources: functions, arrays, lists, ranges, coroutines, readers, and users' own.
 */
#include "flow/source.h"

#include "base/fail.h"
#include "base/ledger.h"
#include "base/object.h"
#include "base/value.h"
#include "flow/channel.h"
#include "wait/coroutine.h"
#include <vow/error.h>
#include <vow/list.h>
#include <vow/memory.h>
#include <vow/wait.h>

/* Making ---------------------------------------------------------------------------------------------------------- */

vow_source *vow_source_make(const char *name,
                            vow_value (*pull)(vow_value *items, size_t count, size_t *ret_count,
                                              void *self),
                            void (*drop)(void *self), void *self, const char *function)
{
    vow_source *source = vow_object_new(sizeof(*source));
    if (source == NULL) {
        (void)vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
        if (drop != NULL)
            drop(self);
        return NULL;
    }
    *source =
        (vow_source){.ops = {.size = sizeof(source->ops), .name = name, .pull = pull, .drop = drop},
                     .self = self};
    vow_ledger_name(source, "source");
    return source;
}

vow_source *vow_source_new(const struct vow_source_ops *ops, void *self)
{
    if (ops == NULL || ops->size != sizeof(*ops)) {
        (void)vow_fail_status(VOW_INVALID, "vow_source_new: %s",
                              ops == NULL ? "ops is NULL"
                                          : "ops->size is not sizeof(struct vow_source_ops)");
        return NULL;
    }
    if (ops->pull == NULL) {
        (void)vow_fail_literal(VOW_INVALID, "vow_source_new: ops->pull is NULL");
        if (ops->drop != NULL)
            ops->drop(self);
        return NULL;
    }
    return vow_source_make(ops->name != NULL ? ops->name : "source", ops->pull, ops->drop, self,
                           "vow_source_new");
}

void vow_source_free(vow_source *source)
{
    if (source == NULL)
        return;
    vow_source_set_eager(source, false);
    if (source->ops.drop != NULL)
        source->ops.drop(source->self);
    vow_object_delete(source, sizeof(*source));
}

vow_source *vow_source_refuse(const char *function, const char *reason)
{
    (void)vow_fail_status(VOW_INVALID, "%s: %s", function, reason);
    return NULL;
}

/* Functions ------------------------------------------------------------------------------------------------------- */

struct source_function {
    vow_fn *next;
    void *context;
};

static void delete_function(void *self)
{
    vow_object_delete(self, sizeof(struct source_function));
}

static vow_value pull_function(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    const struct source_function *function = self;
    size_t done = 0;
    vow_value ends = vow_none();
    while (done < count && vow_is_none(ends)) {
        vow_value item = vow_value_take(function->next(vow_none(), function->context));
        if (vow_is_promise(item))
            item = vow_await(vow_as_promise(item), VOW_FOREVER);
        if (vow_is_end(item) || vow_is_error(item))
            ends = item;
        else if (!vow_is_skip(item))
            items[done++] = item;
    }
    *ret_count = done;
    return ends;
}

vow_source *vow_source_function(vow_fn *next, void *context)
{
    static const char function[] = "vow_source_function";
    if (next == NULL)
        return vow_source_refuse(function, "next is NULL");
    struct source_function *self = vow_object_new(sizeof(*self));
    if (self == NULL) {
        (void)vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
        return NULL;
    }
    *self = (struct source_function){next, context};
    return vow_source_make("function", pull_function, delete_function, self, function);
}

/* Arrays and lists ------------------------------------------------------------------------------------------------ */

struct source_array {
    size_t next, count;
    vow_value list; /* none: the items follow, owned */
    vow_value items[];
};

static void drop_array(void *self)
{
    struct source_array *array = self;
    for (; vow_is_none(array->list) && array->next < array->count; array->next++)
        vow_value_drop(array->items[array->next]);
    vow_value_drop(array->list);
    vow_deallocate(array);
}

static vow_value pull_array(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    struct source_array *array = self;
    size_t done = 0;
    bool listed = !vow_is_none(array->list);
    while (done < count && array->next < array->count) {
        vow_value item = listed ? vow_list_at(array->list, array->next) : array->items[array->next];
        items[done++] = vow_value_take(item);
        array->next++;
    }
    *ret_count = done;
    return array->next == array->count ? vow_end() : vow_none();
}

/* Takes `list`. */
static vow_source *array_source(const vow_value *items, size_t count, vow_value list,
                                const char *function)
{
    bool lies_here = vow_is_none(list);
    size_t kept = lies_here && items != NULL ? count : 0;
    struct source_array *array = NULL;
    if (kept <= (SIZE_MAX - sizeof(*array)) / sizeof(vow_value))
        array = vow_allocate(sizeof(*array) + kept * sizeof(vow_value));
    if (array == NULL) {
        vow_release(list);
        (void)vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
        return NULL;
    }
    *array = (struct source_array){.count = count, .list = list};
    for (size_t i = 0; i < kept; i++)
        array->items[i] = vow_value_take(vow_borrow(items[i]));
    return vow_source_make(lies_here ? "array" : "list", pull_array, drop_array, array, function);
}

vow_source *vow_source_array(const vow_value *items, size_t count)
{
    if (items == NULL && count != 0)
        return vow_source_refuse("vow_source_array", "items is NULL");
    return array_source(items, count, vow_none(), "vow_source_array");
}

vow_source *vow_source_list(vow_value list)
{
    if (!vow_is_list(list)) {
        vow_value_refuse("vow_source_list", list, "a list");
        vow_release(list);
        return NULL;
    }
    return array_source(NULL, vow_list_count(list), vow_value_take(list), "vow_source_list");
}

/* Ranges ---------------------------------------------------------------------------------------------------------- */

struct source_range {
    int64_t next;
    int64_t step;
    uint64_t left;
};

static void delete_range(void *self)
{
    vow_object_delete(self, sizeof(struct source_range));
}

static vow_value pull_range(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    struct source_range *range = self;
    if (count > range->left)
        count = (size_t)range->left;
    uint64_t next = (uint64_t)range->next;
    for (size_t i = 0; i < count; i++, next += (uint64_t)range->step)
        items[i] = vow_integer((int64_t)next);
    range->next = (int64_t)next;
    range->left -= count;
    *ret_count = count;
    return range->left == 0 ? vow_end() : vow_none();
}

/* How many steps there are from `first` to before `end`; unsigned, for the widest ranges. */
static uint64_t steps(int64_t first, int64_t end, int64_t step)
{
    bool up = step > 0;
    if (up ? first >= end : first <= end)
        return 0;
    uint64_t distance = up ? (uint64_t)end - (uint64_t)first : (uint64_t)first - (uint64_t)end;
    uint64_t stride = up ? (uint64_t)step : (uint64_t)0 - (uint64_t)step;
    return (distance - 1) / stride + 1;
}

vow_source *vow_source_range(int64_t first, int64_t end, int64_t step)
{
    static const char function[] = "vow_source_range";
    if (step == 0)
        return vow_source_refuse(function, "step is 0");
    struct source_range *range = vow_object_new(sizeof(*range));
    if (range == NULL) {
        (void)vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
        return NULL;
    }
    *range = (struct source_range){.next = first, .step = step, .left = steps(first, end, step)};
    return vow_source_make("range", pull_range, delete_range, range, function);
}

/* Coroutines ------------------------------------------------------------------------------------------------------ */

static void drop_coroutine(void *self)
{
    vow_coroutine_let_end(self); /* the body uses the task's context */
}

static vow_value pull_coroutine(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    vow_coroutine *coroutine = self;
    size_t done = 0;
    *ret_count = 0;
    while (done < count) {
        vow_value item = vow_next(coroutine);
        *ret_count = done;
        if (vow_coroutine_state(coroutine) != VOW_COROUTINE_SUSPENDED)
            return vow_is_error(item) ? item : (vow_release(item), vow_end());
        if (!vow_is_skip(item))
            items[done++] = item;
    }
    *ret_count = done;
    return vow_none();
}

vow_source *vow_source_coroutine(vow_coroutine *coroutine)
{
    static const char function[] = "vow_source_coroutine";
    if (coroutine == NULL)
        return vow_source_refuse(function, "coroutine is NULL");
    return vow_source_make("coroutine", pull_coroutine, drop_coroutine, coroutine, function);
}

/* Readers --------------------------------------------------------------------------------------------------------- */

vow_value vow_source_closed_by(const vow_reader *reader, vow_status status)
{
    vow_value error = vow_reader_error(reader);
    if (vow_is_error(error) && vow_error_status(error) == status)
        return vow_retain(error);
    return status == VOW_CLOSED ? vow_end() : vow_error_from_last(__FILE__, __LINE__, status);
}

static vow_value pull_reader(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    vow_source *source = self;
    vow_status status;
    if (source->eager) {
        vow_reader_before(source->reader, count);
        status = vow_read_some(source->reader, items, count, VOW_FOREVER, ret_count,
                               "vow_source_reader");
    } else {
        status = vow_read_many(source->reader, items, count, VOW_FOREVER, ret_count);
    }
    return status == VOW_OK ? vow_none() : vow_source_closed_by(source->reader, status);
}

static void set_reader_eager(vow_source *source, bool eager)
{
    struct channel *channel = source->reader->end.channel;
    if (eager)
        vow_channel_read_all_begin(channel);
    else
        vow_channel_read_all_end(channel);
}

static void drop_reader(void *self)
{
    vow_source *source = self;
    vow_reader_release(source->reader);
}

vow_source *vow_source_reader(vow_reader *reader)
{
    static const char function[] = "vow_source_reader";
    if (reader == NULL)
        return vow_source_refuse(function, "reader is NULL");
    vow_source *source = vow_source_make("reader", pull_reader, NULL, NULL, function);
    if (source == NULL) {
        vow_reader_release(reader);
        return NULL;
    }
    source->self = source;
    source->reader = reader;
    source->ops.drop = drop_reader;
    source->set_eager = set_reader_eager;
    return source;
}
