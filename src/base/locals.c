/*
 * locals.c - the calling line's locals (locals.h).
 */
#include "base/locals.h"

#include <vow/memory.h>

VOW_THREAD_LOCAL struct locals vow_locals_own;
VOW_THREAD_LOCAL intptr_t vow_locals_shift;

void vow_locals_clear(struct locals *locals)
{
    vow_deallocate(locals->sentence_buffer);
    *locals = (struct locals){.dead = NULL};
}
