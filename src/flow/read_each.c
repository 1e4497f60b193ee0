/*
 * read_each.c - a function for all that comes out of a reader.
 */
#include "flow/channel.h"

#include <vow/error.h>
#include <vow/task.h>
#include <vow/wait.h>

enum { BATCH = 256 }; /* items at most that are read at once */

/* What `fn` gave for an item, where it is no plain word: an error, or none. */
static vow_value settle(vow_value result)
{
    result = vow_value_take(result);
    if (vow_is_promise(result))
        result = vow_await(vow_as_promise(result), VOW_FOREVER);
    if (vow_is_error(result))
        return result;
    vow_release(result);
    return vow_none();
}

/* Items that are plain words, as far as they go and words come of them; gives how many. Nothing is owned. */
static size_t call_words(const vow_value *items, size_t count, vow_fn *fn, void *context,
                         vow_value *ret_result)
{
    const vow_value *item = items, *end = items + count;
    vow_value result = vow_none();
    while (item != end && item->kind <= VOW_POINTER && result.kind <= VOW_POINTER)
        result = fn(*item++, context);
    *ret_result = result;
    return (size_t)(item - items);
}

/* Gives an error of `fn`, or none; the items are dropped. */
static vow_value call_each(const vow_value *items, size_t count, vow_fn *fn, void *context)
{
    vow_value error = vow_none();
    size_t i = 0;
    while (fn != NULL && i < count && vow_is_none(error)) {
        vow_value result;
        i += call_words(items + i, count - i, fn, context, &result);
        error = settle(result);
        if (i == count || vow_is_error(error) || items[i].kind <= VOW_POINTER)
            continue;
        error = settle(fn(vow_borrow(items[i]), context));
        vow_value_drop(items[i++]);
    }
    for (; i < count; i++)
        vow_value_drop(items[i]);
    return error;
}

/* What reading until `status` ends with. */
static vow_value end_of(vow_reader *reader, vow_status status)
{
    vow_value error = vow_reader_error(reader);
    if (vow_is_error(error) && vow_error_status(error) == status)
        return vow_retain(error);
    return status == VOW_CLOSED ? vow_none() : vow_error_from_last(__FILE__, __LINE__, status);
}

vow_value vow_read_each(vow_reader *reader, vow_fn *fn, void *context, vow_deadline deadline)
{
    static const char function[] = "vow_read_each";
    vow_value items[BATCH];
    vow_value error = vow_none();
    vow_status status = VOW_OK;
    if (reader == NULL)
        return vow_fail(VOW_INVALID, "%s: reader is NULL", function);
    vow_reader_before(reader, SIZE_MAX);
    vow_channel_read_all_begin(reader->end.channel);
    while (status == VOW_OK && !vow_is_error(error)) {
        size_t count;
        status = vow_read_some(reader, items, BATCH, deadline, &count, function);
        error = call_each(items, count, fn, context);
    }
    vow_channel_read_all_end(reader->end.channel);
    return vow_is_error(error) ? error : end_of(reader, status);
}
