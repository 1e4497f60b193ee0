/*
 * switch_threads.c - each stack belongs to a thread of the system; a switch hands a baton over and sleeps.
 *
 * A stack's thread is made with the stack, runs on its memory, sleeps while the stack is kept for the next user, and ends
 * when the memory goes back. Thread-local blocks that were named (vow_stack_carry) belong to whoever has the baton: who
 * gets it copies them from the thread that gave it, which sleeps until it is given the baton again. The locals
 * (base/locals.h) that held there hold here. When a stack's thread
 * ends it forgets what it copied last, which others have gone on with, before its own end is attended to.
 *
 *   giver:  to->backend = its blocks; T1 baton = 1; wake; sleeps while its own baton is 0
 *   taker:  T2 sees baton == 1; copies the blocks; baton = 0; goes on
 *
 * Invariants
 * 1. One thread of those that hand over to each other runs; the others sleep in take_baton.
 * 2. Who leaves a stack for good goes back to the thread's lowest frame (`base`), so stacks do not grow with use.
 */
#include "wait/stack.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "base/locals.h"
#include "wait/stack_overflow.h"

#define HAS_BATON 2

#define CARRIED_BYTES 512u

struct carried {
    void *(*address)(void);
    size_t size;
};

/* Of a thread that has carried nothing yet. */
struct fresh {
    unsigned char bytes[CARRIED_BYTES];
};

/* At the upper end of the stack's memory. */
struct backing {
    pthread_t thread;
    bool begins; /* it was started: what it had to do before is forgotten */
    bool ends;
    jmp_buf base;
};

static struct carried carried[STACK_CARRIED];
static unsigned carried_count;
static size_t carried_bytes;

static VOW_THREAD_LOCAL void
    *blocks[STACK_CARRIED + 1]; /* this thread's; and the locals that hold */

void vow_stack_carry(void *(*address)(void), size_t size)
{
    vow_check(carried_count < STACK_CARRIED);
    for (unsigned i = 0; i < carried_count; i++)
        if (carried[i].address == address)
            return;
    vow_check(carried_bytes + size <= CARRIED_BYTES);
    if (carried_count == STACK_CARRIED || carried_bytes + size > CARRIED_BYTES)
        return;
    carried[carried_count++] = (struct carried){address, size};
    carried_bytes += size;
}

static void remember_fresh(struct fresh *fresh)
{
    unsigned char *to = fresh->bytes;

    for (unsigned i = 0; i < carried_count; to += carried[i++].size)
        memcpy(to, carried[i].address(), carried[i].size);
}

static void be_fresh(const struct fresh *fresh)
{
    const unsigned char *from = fresh->bytes;

    for (unsigned i = 0; i < carried_count; from += carried[i++].size)
        memcpy(carried[i].address(), from, carried[i].size);
    vow_locals_enter(&vow_locals_own);
}

static struct backing *backing_of(const struct stack *stack)
{
    return (struct backing *)(((uintptr_t)stack->highest - sizeof(struct backing)) / 64 * 64);
}

static void give_baton(struct stack *to)
{
    for (unsigned i = 0; i < carried_count; i++)
        blocks[i] = carried[i].address();
    blocks[STACK_CARRIED] = vow_locals_here();
    to->backend = blocks;
    /* T1 release: pairs with T2 */
    atomic_store_explicit(&to->baton, 1, memory_order_release);
    vow_futex_wake(&to->baton, 1); /* `to` may be gone: then it wakes nobody */
}

static void take_baton(struct stack *self)
{
    /* T2 acquire: pairs with T1; what the giver did, and its blocks, are seen */
    while (atomic_load_explicit(&self->baton, memory_order_acquire) == 0)
        vow_futex_wait(&self->baton, 0, VOW_FOREVER);
    /* relaxed: the next giver is woken, directly or not, by this thread */
    atomic_store_explicit(&self->baton, 0, memory_order_relaxed);
    void **given = self->backend;
    for (unsigned i = 0; given != NULL && i < carried_count; i++)
        memcpy(carried[i].address(), given[i], carried[i].size);
    if (given != NULL)
        vow_locals_enter(given[STACK_CARRIED]);
}

static void *run(void *argument)
{
    struct stack *stack = argument;
    struct backing *backing = backing_of(stack);
    struct fresh fresh;

    remember_fresh(&fresh);
    vow_overflow_thread_begin();
    if (setjmp(backing->base) != HAS_BATON)
        take_baton(stack);
    backing->begins = false;
    if (backing->ends) {
        be_fresh(&fresh);
        vow_overflow_thread_end();
        return NULL;
    }
    stack->entry(stack->argument);
    abort(); /* it never returns: stack.h, invariant 2 */
}

bool vow_threads_remember(struct stack *stack)
{
    struct backing *backing = backing_of(stack);
    uintptr_t end = (uintptr_t)backing / 4096 * 4096;
    pthread_attr_t attributes;

    backing->begins = backing->ends = false;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    /* signals go to the program's own threads, whose stacks these are not, but for those that a thread brings upon
       itself */
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t all, before;
    (void)sigfillset(&all);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        (void)sigdelset(&all, own[i]);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    bool made =
        pthread_attr_setstack(&attributes, stack->lowest, end - (uintptr_t)stack->lowest) == 0 &&
        pthread_create(&backing->thread, &attributes, run, stack) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return made;
}

void vow_threads_start(struct stack *stack)
{
    backing_of(stack)->begins = true;
}

void vow_threads_forget(struct stack *stack)
{
    struct backing *backing = backing_of(stack);

    backing->ends = true;
    stack->backend = NULL;
    /* T1, as in give_baton */
    atomic_store_explicit(&stack->baton, 1, memory_order_release);
    vow_futex_wake(&stack->baton, 1);
    (void)pthread_join(backing->thread, NULL);
}

void vow_threads_switch(struct stack *from, struct stack *to, bool leaving)
{
    give_baton(to);
    if (leaving)
        longjmp(backing_of(from)->base, 1);
    take_baton(from);
    if (from->lowest != NULL && (backing_of(from)->begins || backing_of(from)->ends))
        longjmp(backing_of(from)->base, HAS_BATON);
}
