/*
 * starving_testing.h - an allocator that fails when a test wants it to.
 *
 * For programs of their own, because the allocator is the whole process's: `set_allocator` is the set-up of their group
 * of tests.
 */
#ifndef VOW_TESTS_BASE_STARVING_TESTING_H
#define VOW_TESTS_BASE_STARVING_TESTING_H

#include "base/testing.h"

#include <vow/scheduler.h>

static _Atomic int until_failure = -1; /* allocations that still succeed; negative: all do */

static void (*at_allocation)(void); /* called before each one; NULL: nothing is */

static inline bool fails(void)
{
    if (at_allocation != NULL)
        at_allocation();
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

/* It must precede every allocation; the thread's record is made here, while there is memory. */
static inline int set_allocator(void **state)
{
    const struct vow_allocator allocator = {
        .size = sizeof allocator, .allocate = allocate, .resize = resize, .release = release};
    (void)state;
    return vow_set_allocator(&allocator) == VOW_OK && vow_current_scheduler() != NULL ? 0 : -1;
}

#endif
