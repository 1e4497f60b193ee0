/*
 * stack_name.h - what the report of a stack's overflow calls the one that overflowed it.
 */
#ifndef VOW_EXECUTION_STACK_NAME_H
#define VOW_EXECUTION_STACK_NAME_H

#include "wait/stack.h"

/* For vow_stack_name (wait/stack.h). It is put there by thread.c, which every program has: of a static library a linker takes
   only what something else names. */
const char *vow_name_of_stack(const struct stack *stack, char *name, const char **ret_advice);

#endif
