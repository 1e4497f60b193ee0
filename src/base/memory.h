/*
 * memory.h - the allocator's third function, for the floors (vow/memory.h has the others).
 */
#ifndef VOW_BASE_MEMORY_H
#define VOW_BASE_MEMORY_H

#include <vow/memory.h>

/* As realloc, through vow's allocator; NULL leaves `memory` as it was. */
VOW_NODISCARD void *vow_reallocate(void *memory, size_t size);

#endif
