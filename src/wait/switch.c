/*
 * switch.c - chooses how stacks are switched, and tells sanitizers of each switch.
 *
 * In a plain build with our own switch nothing of this is in the way: stack.h calls vow_switch_own. All else comes
 * through here: other backends, AddressSanitizer (which keeps a fake stack per stack), ThreadSanitizer (a fiber per
 * stack, which has to be told before the switch from code that it does not instrument).
 *
 * What is in `sanitizer`: address: 0 the fake stack while it does not run, 1 and 2 lowest address and size of a record
 * made by vow_stack_native (known once it has been left); thread: 0 the fiber.
 */
#include "wait/switch.h"

#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"
#include "base/threads.h"
#include "wait/stack.h"

#if VOW_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if VOW_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

#if defined(__clang__) && VOW_THREAD_SANITIZER
#define UNTOLD __attribute__((disable_sanitizer_instrumentation))
#else
#define UNTOLD __attribute__((no_sanitize_address, no_sanitize_thread))
#endif

_Atomic enum switch_kind vow_switch_kind;

/* Our switch leaves shadow stacks as they are; ucontext of a C library that has them takes them along. */
static bool shadow_stack(void)
{
    uintptr_t pointer = 0;

#if VOW_SWITCH_X86_64
    __asm__ volatile("rdsspq %0" : "+r"(pointer)); /* does nothing where there is none */
#endif
    return pointer != 0;
}

static enum switch_kind decide(void)
{
    const char *wish = getenv("VOW_SWITCH");

    if (wish != NULL && strcmp(wish, "threads") == 0)
        return SWITCH_THREADS;
    bool wished = wish != NULL && strcmp(wish, "ucontext") == 0;
    if (VOW_SWITCH_OWN && !shadow_stack() && !(wished && VOW_SWITCH_UCONTEXT))
        return vow_ledger_kept ? SWITCH_OWN_SEEN : SWITCH_OWN;
    return VOW_SWITCH_UCONTEXT ? SWITCH_UCONTEXT : SWITCH_THREADS;
}

void vow_switch_decide(void)
{
    /* relaxed: see vow_switch_kind_now */
    atomic_store_explicit(&vow_switch_kind, decide(), memory_order_relaxed);
}

#if VOW_ADDRESS_SANITIZER

/* Which stack was left: the one that goes on learns where it lies. */
static VOW_THREAD_LOCAL struct stack *left;

static void tell_start(struct stack *stack)
{
    __asan_unpoison_memory_region(stack->lowest, (size_t)(stack->highest - stack->lowest));
}

static void tell_before(struct stack *from, struct stack *to, bool leaving)
{
    const void *lowest = to->lowest != NULL ? to->lowest : to->sanitizer[1];
    size_t size = to->lowest != NULL ? (size_t)(to->highest - to->lowest)
                                     : (size_t)(uintptr_t)to->sanitizer[2];

    left = from;
    __sanitizer_start_switch_fiber(leaving ? NULL : &from->sanitizer[0], lowest, size);
}

static void tell_after(struct stack *to)
{
    const void *lowest;
    size_t size;

    __sanitizer_finish_switch_fiber(to != NULL ? to->sanitizer[0] : NULL, &lowest, &size);
    if (left->lowest == NULL) {
        left->sanitizer[1] = (void *)(uintptr_t)lowest;
        left->sanitizer[2] = (void *)size;
    }
}

static void tell_native(struct stack *record)
{
    record->sanitizer[0] = NULL;
}

static void tell_forget(struct stack *stack)
{
    __asan_unpoison_memory_region(stack->lowest, (size_t)(stack->highest - stack->lowest));
}

#elif VOW_THREAD_SANITIZER

static void tell_forget(struct stack *stack)
{
    if (stack->sanitizer[0] != NULL)
        __tsan_destroy_fiber(stack->sanitizer[0]);
    stack->sanitizer[0] = NULL;
}

/* A fiber's record of calls grows by what its stack was left with: each use has a new one. */
static void tell_start(struct stack *stack)
{
    tell_forget(stack);
    stack->sanitizer[0] = __tsan_create_fiber(0);
}

static UNTOLD VOW_ALWAYS_INLINE void tell_before(struct stack *from, struct stack *to, bool leaving)
{
    (void)from;
    (void)leaving;
    __tsan_switch_to_fiber(to->sanitizer[0], 0);
}

static UNTOLD VOW_ALWAYS_INLINE void tell_after(struct stack *to)
{
    (void)to;
}

static void tell_native(struct stack *record)
{
    record->sanitizer[0] = __tsan_get_current_fiber();
}

#else

static void tell_start(struct stack *stack)
{
    (void)stack;
}

static void tell_before(struct stack *from, struct stack *to, bool leaving)
{
    (void)from;
    (void)to;
    (void)leaving;
}

static void tell_after(struct stack *to)
{
    (void)to;
}

static void tell_native(struct stack *record)
{
    (void)record;
}

static void tell_forget(struct stack *stack)
{
    (void)stack;
}

#endif

UNTOLD void vow_switch_enter(struct stack *stack)
{
    tell_after(NULL);
    stack->entry(stack->argument);
    abort(); /* it never returns: stack.h, invariant 2 */
}

static void enter_own(void *stack)
{
    vow_switch_enter(stack);
}

void vow_switch_start_slowly(struct stack *stack, void (*entry)(void *), void *argument)
{
    stack->entry = entry;
    stack->argument = argument;
    if (vow_switch_kind_now() == SWITCH_THREADS) {
        vow_threads_start(stack);
        return;
    }
    tell_start(stack);
    if (vow_switch_kind_now() == SWITCH_UCONTEXT)
        vow_ucontext_start(stack);
    else
        stack->pointer = vow_switch_prepare(stack, enter_own, stack);
}

void vow_switch_native_slowly(struct stack *record)
{
    record->backend = NULL;
    /* relaxed: nobody knows the record yet */
    atomic_store_explicit(&record->baton, 0, memory_order_relaxed);
    if (vow_switch_kind_now() == SWITCH_THREADS)
        vow_host_begin();
    else
        tell_native(record);
}

UNTOLD struct switch_words vow_switch_slowly(struct stack *from, struct stack *to, uint64_t first,
                                             uint64_t second, bool leaving)
{
    to->words = (struct switch_words){first, second};
    if (vow_switch_kind_now() == SWITCH_THREADS) {
        vow_threads_switch(from, to, leaving);
        return from->words;
    }
    tell_before(from, to, leaving);
    if (vow_switch_kind_now() == SWITCH_UCONTEXT)
        vow_ucontext_switch(from, to);
    else
        (void)vow_switch_own(from, to, 0, 0);
    tell_after(from);
    return from->words;
}

bool vow_switch_remember(struct stack *stack)
{
    return vow_switch_kind_now() != SWITCH_THREADS || vow_threads_remember(stack);
}

void vow_switch_forget(struct stack *stack)
{
    if (vow_switch_kind_now() == SWITCH_THREADS)
        vow_threads_forget(stack);
    else
        tell_forget(stack);
}
