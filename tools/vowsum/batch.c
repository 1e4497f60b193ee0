/*
 * batch.c - files in a box of vow's: whoever releases it last, job or main thread, frees it.
 */
#include "batch.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Asks the system what a file is. */
static bool ask(const struct file *file, struct stat *ret_status)
{
    switch (file->origin) {
    case BY_NAME:
        return stat(file->name, ret_status) == 0;
    case STANDARD_INPUT:
        return fstat(STDIN_FILENO, ret_status) == 0;
    case NOTHING_LEFT:
    case NOWHERE:
    default:
        return false;
    }
}

/*
 * How many bytes a file will bring, and whether reading it may take patience. What does counts as a whole batch:
 * nothing shall queue behind it.
 */
static int64_t weigh(struct file *file)
{
    struct stat status;
    if (!ask(file, &status))
        return 0;
    file->patient = !S_ISREG(status.st_mode);
    return file->patient ? BATCH_BYTES : (int64_t)status.st_size;
}

void batch_add(struct batch *batch, const struct file *file)
{
    struct file *added = &batch->files[batch->count++];
    *added = *file;
    int64_t bytes = weigh(added);
    batch->bytes = bytes < BATCH_BYTES ? batch->bytes + bytes : BATCH_BYTES;
}

bool batch_full(const struct batch *batch)
{
    return batch->count == BATCH_FILES || batch->bytes >= BATCH_BYTES;
}
