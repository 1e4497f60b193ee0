/**
 * memory.h - memory for names and the like, without which a program as small as this one cannot go on.
 */
#ifndef VOWSUM_MEMORY_H
#define VOWSUM_MEMORY_H

#include <stddef.h>

/**
 * Room for `count` items of `size` bytes in place of `memory`, which may be NULL.
 * Ends the program with status 1 where there is none, or where the product overflows.
 */
void *memory_resize(void *memory, size_t count, size_t size);

/** The size that twice `size` and `more` make. Ends the program where that overflows. */
size_t memory_more(size_t size, size_t more);

/** A copy of `text`, which the caller frees. Ends the program where there is no memory. */
char *memory_copy(const char *text);

/** Says so and ends the program with status 1. */
_Noreturn void memory_exhausted(void);

#endif
