/*
 * switch_ucontext.c - switches with the C library's swapcontext.
 *
 * A context lies on its own stack, in the frame that left it (or above the first frame), so records need no room for it.
 */
#include "wait/stack.h"

#if VOW_SWITCH_UCONTEXT

#include <ucontext.h>

/* The first context and that of a switch. An even number of pages, as stack_slab.c wants it; none where they are small. */
size_t vow_ucontext_room(void)
{
    size_t pair = (size_t)8 * 1024;
    return sizeof(ucontext_t) > 1024 ? (2 * sizeof(ucontext_t) + pair - 1) / pair * pair : 0;
}

static void begin(unsigned high, unsigned low)
{
    uintptr_t stack = (uintptr_t)high << 31 << 1 | low;
    vow_switch_enter((struct stack *)stack);
}

void vow_ucontext_start(struct stack *stack)
{
    uintptr_t place = ((uintptr_t)stack->highest - sizeof(ucontext_t)) / 64 * 64;
    ucontext_t *context = (ucontext_t *)place;

    (void)getcontext(context);
    context->uc_link = NULL;
    context->uc_stack.ss_sp = stack->lowest;
    context->uc_stack.ss_size = place - (uintptr_t)stack->lowest;
    makecontext(context, (void (*)(void))begin, 2, (unsigned)((uintptr_t)stack >> 31 >> 1),
                (unsigned)(uintptr_t)stack);
    stack->pointer = context;
}

void vow_ucontext_switch(struct stack *from, struct stack *to)
{
    ucontext_t here;

    // cppcheck-suppress autoVariables ; the frame lies on the stack that it describes
    from->pointer = &here;
    (void)swapcontext(&here, to->pointer);
}

#else

/* None is ever called: vow_switch_kind is never SWITCH_UCONTEXT. */
size_t vow_ucontext_room(void)
{
    return 0;
}

void vow_ucontext_start(struct stack *stack)
{
    (void)stack;
}

void vow_ucontext_switch(struct stack *from, struct stack *to)
{
    (void)from;
    (void)to;
}

#endif
