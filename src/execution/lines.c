/*
 * lines.c - lines.h over base's objects: a line more than asked for, its place noted before the lines.
 */
#include "execution/lines.h"
#include "base/ledger.h"
#include "base/object.h"
#include <string.h>

#define EXTRA (VOW_CACHE_LINE + sizeof(void *))

void *vow_lines_new(size_t size, const char *name)
{
    char *block = vow_object_new(size + EXTRA);
    if (block == NULL)
        return NULL;
    if (name != NULL)
        vow_ledger_name(block, name);
    else
        vow_ledger_remove(block);
    size_t over = (size_t)((uintptr_t)(block + sizeof(void *)) % VOW_CACHE_LINE);
    char *lines = block + sizeof(void *) + (over == 0 ? 0 : VOW_CACHE_LINE - over);
    memcpy(lines - sizeof(block), &block, sizeof(block));
    memset(lines, 0, size);
    return lines;
}

void vow_lines_delete(void *lines, size_t size)
{
    char *block;
    memcpy(&block, (char *)lines - sizeof(block), sizeof(block));
    vow_object_delete(block, size + EXTRA);
}
