/*
 * stack_told.h - what valgrind is told of stacks' memory; nothing where its headers are not there.
 */
#ifndef VOW_WAIT_STACK_TOLD_H
#define VOW_WAIT_STACK_TOLD_H

#include "wait/stack.h"

#if defined(__has_include) && !defined(VOW_NO_VALGRIND)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define VOW_VALGRIND 1
#endif
#endif
#ifndef VOW_VALGRIND
#define VOW_VALGRIND 0
#endif

static inline void vow_told_mapped(struct stack *stack)
{
#if VOW_VALGRIND
    if (vow_switch_kind_now() != SWITCH_THREADS) /* else it is a thread's, which valgrind knows */
        stack->valgrind = VALGRIND_STACK_REGISTER(stack->lowest, stack->highest);
#else
    (void)stack;
#endif
}

static inline void vow_told_unmapped(struct stack *stack)
{
#if VOW_VALGRIND
    if (vow_switch_kind_now() != SWITCH_THREADS)
        VALGRIND_STACK_DEREGISTER(stack->valgrind);
#else
    (void)stack;
#endif
}

#endif
