/*
 * locals.c - the calling line's locals (locals.h).
 */
#include "base/locals.h"

#include <vow/memory.h>

VOW_THREAD_LOCAL struct locals vow_locals;

void vow_locals_clear(struct locals *locals)
{
    vow_deallocate(locals->sentence_buffer);
    *locals = (struct locals){.dead = NULL};
}
