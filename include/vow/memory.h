/**
 * vow/memory.h - where vow's memory comes from, and how much of it lives.
 */
#ifndef VOW_MEMORY_H
#define VOW_MEMORY_H

#include <stddef.h>
#include <vow/compiler.h>
#include <vow/status.h>

VOW_BEGIN_DECLARATIONS

/** An allocator: the C library's three functions, with a context of its own. All three are required. */
struct vow_allocator {
    size_t size;                                   /**< sizeof(struct vow_allocator) */
    void *(*allocate)(size_t size, void *context); /**< as malloc */
    void *(*resize)(void *memory, size_t size,
                    void *context);               /**< as realloc; `memory` may be NULL */
    void (*release)(void *memory, void *context); /**< as free; `memory` may be NULL */
    void *context;                                /**< for the three; borrowed for good */
};

/**
 * Replaces the allocator of the whole process: for programs, never for libraries.
 * Copies `allocator`; NULL puts the C library's back. Its functions must be safe from any thread and align
 * as malloc does. To be called before vow allocates anything.
 * VOW_INVALID: a function is missing, or vow has already allocated. Any thread; never waits; the functions are called on any
 * thread, by whatever makes or frees something.
 */
VOW_API vow_status vow_set_allocator(const struct vow_allocator *allocator);

/**
 * Memory from vow's allocator, uninitialised; NULL if there is none. The caller owns it.
 * Any thread; never waits.
 */
VOW_API VOW_NODISCARD void *vow_allocate(size_t size);

/** Gives back what `vow_allocate` gave. Takes `memory`; NULL does nothing. Any thread; never waits. */
VOW_API void vow_deallocate(void *memory);

/**
 * How many of vow's objects live now (boxes, errors, promises, schedulers, loops, pools …): for leak
 * assertions in tests, at a moment when no other thread is at work. Threads' caches are not counted.
 * Any thread; never waits.
 */
VOW_API long vow_live_objects(void);

VOW_END_DECLARATIONS

#endif
