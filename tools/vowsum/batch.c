/*
 * batch.c - files in a box of vow's: whoever releases it last, job or main thread, frees it.
 */
#include "batch.h"

#include <stdlib.h>

static void drop(void *object)
{
    struct batch *batch = object;
    for (int i = 0; i < batch->count; i++)
        free(batch->files[i].name);
    vow_cancel(batch->rest);
    vow_promise_release(batch->rest);
}

static const struct vow_type batch_type = {.name = "batch", .drop = drop};

vow_value batch_new(int room)
{
    return vow_box_new(&batch_type, sizeof(struct batch) + (size_t)room * sizeof(struct file));
}

struct batch *batch_of(vow_value value)
{
    return vow_box_as(&batch_type, value);
}

void batch_add(struct batch *batch, const struct file *file)
{
    batch->files[batch->count++] = *file;
}

vow_value batch_split(struct batch *batch, int count)
{
    vow_value value = batch_new(count);
    if (vow_is_error(value))
        return value;
    struct batch *second = batch_of(value);
    batch->count -= count;
    for (int i = 0; i < count; i++)
        batch_add(second, &batch->files[batch->count + i]);
    second->rest = batch_take_rest(batch);
    return value;
}

vow_promise *batch_take_rest(struct batch *batch)
{
    vow_promise *rest = batch->rest;
    batch->rest = NULL;
    return rest;
}
