/*
 * file.c - files in boxes of vow's: whoever releases one last, worker or main thread, frees it.
 */
#include "file.h"

#include <stdlib.h>
#include <unistd.h>

void file_close(struct file *file)
{
    if (file->descriptor >= 0 && file->origin == BY_NAME)
        close(file->descriptor);
    file->descriptor = -1;
}

static void drop(void *object)
{
    struct file *file = object;
    file_close(file);
    free(file->name);
}

static const struct vow_type file_type = {.name = "file", .drop = drop};

vow_value file_value(const struct file *file)
{
    vow_value value = vow_box_new(&file_type, sizeof *file);
    if (vow_is_error(value)) {
        free(file->name);
        return value;
    }
    *file_of(value) = *file;
    file_of(value)->descriptor = -1;
    file_of(value)->size = -1;
    return value;
}

struct file *file_of(vow_value value)
{
    return vow_box_as(&file_type, value);
}
