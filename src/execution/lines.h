/*
 * lines.h - zeroed memory on cache line boundaries, for structures that keep their writers apart.
 */
#ifndef VOW_EXECUTION_LINES_H
#define VOW_EXECUTION_LINES_H

#include <stddef.h>
#include <vow/compiler.h>

/* Counts as a live object, which the ledger calls `name`; where that is NULL it does neither: it is part of one that does. NULL
   without memory. */
VOW_NODISCARD void *vow_lines_new(size_t size, const char *name);
void vow_lines_delete(void *lines, size_t size);

#endif
