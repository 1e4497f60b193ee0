/*
 * batch.c - files in a box of vow's: whoever releases it last, job or main thread, frees it.
 */
#include "batch.h"

#include <stdlib.h>
#include <sys/stat.h>

static void drop(void *object)
{
    struct batch *batch = object;
    for (int i = 0; i < batch->count; i++)
        free(batch->files[i].name);
}

static const struct vow_type batch_type = {.name = "batch", .drop = drop};

vow_value batch_new(void)
{
    return vow_box_new(&batch_type, sizeof(struct batch));
}

struct batch *batch_of(vow_value value)
{
    return vow_box_as(&batch_type, value);
}

/* How many bytes a file will bring. What cannot tell, a pipe, counts as much: nothing shall queue behind it. */
static int64_t weight(const struct file *file)
{
    struct stat status;
    if (file->origin == STANDARD_INPUT)
        return BATCH_BYTES;
    if (file->origin != BY_NAME || stat(file->name, &status) != 0)
        return 0;
    return S_ISREG(status.st_mode) ? (int64_t)status.st_size : BATCH_BYTES;
}

void batch_add(struct batch *batch, const struct file *file)
{
    int64_t bytes = weight(file);
    batch->files[batch->count++] = *file;
    batch->bytes = bytes < BATCH_BYTES ? batch->bytes + bytes : BATCH_BYTES;
}

bool batch_full(const struct batch *batch)
{
    return batch->count == BATCH_FILES || batch->bytes >= BATCH_BYTES;
}
