/*
 * memory.c - allocation that succeeds or ends the program. What hashes returns an error instead.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

void memory_exhausted(void)
{
    message("memory exhausted");
    exit(EXIT_FAILURE);
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    void *resized = reallocarray(memory, count, size);
    if (resized == NULL)
        memory_exhausted();
    return resized;
}

size_t memory_more(size_t size, size_t more)
{
    size_t sum;
    if (__builtin_mul_overflow(size, 2, &sum) || __builtin_add_overflow(sum, more, &sum))
        memory_exhausted();
    return sum;
}

char *memory_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_resize(NULL, size, 1), text, size);
}
