/*
 * table.h - uthash, hash tables: with vow's allocator, and without ending the process for want of
 * memory.
 */
#ifndef VOW_BASE_TABLE_H
#define VOW_BASE_TABLE_H

#include <vow/memory.h>

/* An element that found no memory is not in the table: who adds looks at `table_full`. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (table_full = true)
#define uthash_malloc(size) vow_allocate(size)
#define uthash_free(memory, size) vow_deallocate(memory)
#include <uthash.h>

#endif
