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
    if (name != NULL) {
        vow_ledger_name(block, name);
    } else {
        vow_ledger_remove(block);
        vow_object_count(-1);
    }
    size_t over = (size_t)((uintptr_t)(block + sizeof(void *)) % VOW_CACHE_LINE);
    char *lines = block + sizeof(void *) + (over == 0 ? 0 : VOW_CACHE_LINE - over);
    uintptr_t noted = (uintptr_t)block | (name == NULL); /* blocks are aligned */
    memcpy(lines - sizeof(noted), &noted, sizeof(noted));
    memset(lines, 0, size);
    return lines;
}

void vow_lines_delete(void *lines, size_t size)
{
    uintptr_t noted;
    memcpy(&noted, (char *)lines - sizeof(noted), sizeof(noted));
    if ((noted & 1) != 0)
        vow_object_count(1);
    vow_object_delete((void *)(noted & ~(uintptr_t)1), size + EXTRA);
}
