/*
 * stack_slab.h - the memory of stacks: mappings of many stacks, each with a guard.
 *
 * One lock is over all of it. Nothing here is fast: stack.c keeps stacks in front of it.
 */
#ifndef VOW_WAIT_STACK_SLAB_H
#define VOW_WAIT_STACK_SLAB_H

#include "wait/stack.h"

#define STACK_CLASSES 17u /* STACK_SMALLEST << 16 is STACK_LARGEST */

/* Makes a stack of `class`. NULL, with `ret_status` VOW_LIMIT or VOW_NO_MEMORY. */
struct stack *vow_slab_take(unsigned class, vow_status *ret_status);

/* Gives the stack's memory back to the system. */
void vow_slab_give(struct stack *stack);

/* Gives the stack's memory back, but for the page at its upper end. Who uses the stack calls it. */
void vow_slab_trim(struct stack *stack);

/* In a signal handler: the stack whose guard holds `address`. NULL: none, or `ret_sure` is false and nobody knows. */
struct stack *vow_slab_guarding(const void *address, bool *ret_sure);

#endif
