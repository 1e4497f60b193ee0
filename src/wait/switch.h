/*
 * switch.h - the ways to go from one stack to another; stack.h chooses between them.
 *
 * switch_x86_64.S, switch_arm64.S: our own; switch_ucontext.c; switch_threads.c. switch.c decides which, and tells
 * sanitizers of each switch.
 */
#ifndef VOW_WAIT_SWITCH_H
#define VOW_WAIT_SWITCH_H

#include "base/platform.h"
#include <stdbool.h>

struct stack;

/* What a switch hands over: the room of a value, also where a pointer has half of it. In registers where the platform can. */
struct switch_words {
    uint64_t first, second;
};

enum switch_kind {
    SWITCH_UNDECIDED,
    SWITCH_OWN,
    SWITCH_OWN_SEEN, /* our own, and all that stops is noted: never plain */
    SWITCH_UCONTEXT,
    SWITCH_THREADS
};

/* Written once, before the first stack is made (vow_switch_decide); afterwards only read. */
extern _Atomic enum switch_kind vow_switch_kind;

static inline enum switch_kind vow_switch_kind_now(void)
{
    /* relaxed: who has a stack, from here or from another thread, comes after the decision; others get the slow way */
    return atomic_load_explicit(&vow_switch_kind, memory_order_relaxed);
}

/* Nothing but our own switch is wanted: a constant false where it never is. */
static inline bool vow_switch_plain(void)
{
    return VOW_SWITCH_OWN && !VOW_SWITCH_TOLD && vow_likely(vow_switch_kind_now() == SWITCH_OWN);
}

/* Chooses a backend; called by whoever makes the first stack, under a lock. */
void vow_switch_decide(void);

/* Our own. Leaves `from`, goes on with `to`. */
#if VOW_SWITCH_OWN
struct switch_words vow_switch_own(struct stack *from, struct stack *to, uint64_t first,
                                   uint64_t second);
#endif
/* The same; cheaper where the two stopped in the same function, and dearer elsewhere (switch_x86_64.S). */
#if VOW_SWITCH_X86_64
void vow_switch_alike(struct stack *from, struct stack *to);
#else
static inline void vow_switch_alike(struct stack *from, struct stack *to);
#endif
/* What a line stops in, as the last that its caller does. Gives what that gives, and the site of the line that stopped last; its
   own, where it has stopped otherwise than by vow_switch_alike. */
typedef struct switch_words switch_body(uintptr_t a, uintptr_t b, uint64_t c, uint64_t d,
                                        uintptr_t site);
/* Calls `body`, and goes back the way that the processor expects (switch_x86_64.S). */
#if VOW_SWITCH_X86_64
int vow_switch_around(uintptr_t a, uintptr_t b, uint64_t c, uint64_t d, switch_body *body);
#else
static inline int vow_switch_around(uintptr_t a, uintptr_t b, uint64_t c, uint64_t d,
                                    switch_body *body)
{
    return (int)body(a, b, c, d, 0).first;
}
#endif
/* Where a stack begins (assembler). */
void vow_switch_begin(void);
/* What vow_switch_own expects on a stack that has not run: gives its address. */
static inline void *vow_switch_prepare(struct stack *stack, void (*entry)(void *), void *argument);

/* All backends, and sanitizers told. `leaving`: nobody comes back to `from`. */
struct switch_words vow_switch_slowly(struct stack *from, struct stack *to, uint64_t first,
                                      uint64_t second, bool leaving);
void vow_switch_start_slowly(struct stack *stack, void (*entry)(void *), void *argument);
void vow_switch_native_slowly(struct stack *record);
/* A stack was mapped. False: the backend has no thread for it. */
bool vow_switch_remember(struct stack *stack);
/* The stack's memory goes back: ends what the backend and the sanitizers keep for it. */
void vow_switch_forget(struct stack *stack);

/* What a stack begins with where backends or sanitizers are told. */
_Noreturn void vow_switch_enter(struct stack *stack);

/* switch_ucontext.c; room: what contexts take of a stack, beyond the bytes that it is to have */
size_t vow_ucontext_room(void);
void vow_ucontext_start(struct stack *stack);
void vow_ucontext_switch(struct stack *from, struct stack *to);

/* switch_threads.c */
bool vow_threads_remember(struct stack *stack);
void vow_threads_start(struct stack *stack);
void vow_threads_switch(struct stack *from, struct stack *to, bool leaving);
void vow_threads_forget(struct stack *stack);

#if VOW_SWITCH_X86_64

/* See switch_x86_64.S for the rows. */
static inline void *vow_switch_prepare(struct stack *stack, void (*entry)(void *), void *argument)
{
    uintptr_t *rows = (uintptr_t *)stack - 8;
    uint16_t control;

    /* the new stack begins with the maker's floating-point control, as a thread does */
    __asm__ volatile("fnstcw %0" : "=m"(control));
    rows[0] = control;
    rows[3] = (uintptr_t)argument;             /* r13 */
    rows[4] = (uintptr_t)entry;                /* r12 */
    rows[7] = (uintptr_t)vow_switch_begin + 1; /* behind the nop */
    return rows;
}

#elif VOW_SWITCH_ARM64

/* See switch_arm64.S for the rows. */
static inline void *vow_switch_prepare(struct stack *stack, void (*entry)(void *), void *argument)
{
    uintptr_t *rows = (uintptr_t *)stack - 22;
    uintptr_t control;

    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    rows[0] = (uintptr_t)entry;
    rows[1] = (uintptr_t)argument;
    rows[11] = (uintptr_t)vow_switch_begin + 4; /* x30: behind the nop */
    rows[20] = control;
    return rows;
}

#else

/* Neither is ever called: vow_switch_kind is never SWITCH_OWN. */
static inline struct switch_words vow_switch_own(struct stack *from, struct stack *to,
                                                 uint64_t first, uint64_t second)
{
    (void)from;
    (void)to;
    return (struct switch_words){first, second};
}

static inline void *vow_switch_prepare(struct stack *stack, void (*entry)(void *), void *argument)
{
    (void)entry;
    (void)argument;
    return stack;
}

#endif

#if !VOW_SWITCH_X86_64
static inline void vow_switch_alike(struct stack *from, struct stack *to)
{
    (void)vow_switch_own(from, to, 0, 0);
}
#endif

#endif
