/*
 * starving.h - an allocator that fails when it is told to, for tests without memory: programs of their own, because the
 * allocator is the whole process's.
 */
#ifndef VOW_TESTS_BASE_STARVING_H
#define VOW_TESTS_BASE_STARVING_H

#include <stdbool.h>
#include <stdlib.h>
#include <vow/memory.h>

static int until_failure = -1; /* allocations that still succeed; negative: all do */

static inline bool fails(void)
{
    return until_failure == 0 || (until_failure > 0 && until_failure-- == 0);
}

static inline void *allocate(size_t size, void *context)
{
    (void)context;
    return fails() ? NULL : malloc(size);
}

static inline void *resize(void *memory, size_t size, void *context)
{
    (void)context;
    return fails() ? NULL : realloc(memory, size);
}

static inline void release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

/* First: it must precede every allocation. Together with VOW_NO_CACHE=1, so that no magazine hides one. */
static inline bool starving_allocator_set(void)
{
    const struct vow_allocator allocator = {
        .size = sizeof allocator, .allocate = allocate, .resize = resize, .release = release};
    return vow_set_allocator(&allocator) == VOW_OK;
}

#endif
