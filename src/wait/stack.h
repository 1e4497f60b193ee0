/*
 * stack.h - stacks of our own, and the switch from one to another.
 *
 * A stack is mapped lazily, with a guard below it, and carries a control block of STACK_BLOCK bytes for whoever uses it
 * at its upper end, so that a stack that has just begun to be used touches one page. `struct stack` is the record of
 * where a line of execution stopped; a thread's own stack gets one, too (vow_stack_native), so that one function
 * switches between all of them.
 *
 *   high addresses   | control block | struct stack | frames …   … | guard |   low addresses
 *
 * Switching saves what the platform's calling convention has a function save, and nothing else: neither signal masks
 * nor errno (who needs errno saves it).
 *
 * Backends, chosen when the process makes its first stack: our own switch (x86-64, arm64), ucontext elsewhere or with
 * VOW_SWITCH=ucontext in the environment, and VOW_SWITCH=threads: each stack belongs to a thread of the system, and a
 * switch hands over to that one and sleeps. For debugging, and for platforms without anything else. Thread-locals
 * that have to be the same on all stacks of one carrier are handed over through `vow_stack_moved`.
 *
 * Invariants
 * 1. A stack is switched to only after it has been left, or started: never one that is running.
 * 2. What vow_stack_start's entry function has done when it switches away for the last time is all that happens on it:
 *    it never returns.
 */
#ifndef VOW_WAIT_STACK_H
#define VOW_WAIT_STACK_H

#include "base/platform.h"
#include <stdbool.h>
#include <vow/status.h>

#define STACK_DEFAULT ((size_t)256 * 1024)
#define STACK_SMALLEST ((size_t)16 * 1024)
#define STACK_LARGEST ((size_t)1 << 30)
#define STACK_BLOCK 512u /* bytes for the control block of whoever uses the stack */

struct stack {
    void *pointer;      /* where it stopped, while it does not run */
    struct stack *next; /* for whoever has it while it does not run */
    char *lowest;       /* usable memory, lowest to highest; NULL: a thread's own stack */
    char *highest;
    void *backend; /* ucontext, thread: theirs */
    void *sanitizer[3]; /* what sanitizers and valgrind want to know of it */
};

/* A stack with at least `size` usable bytes (rounded up to pages), out of the calling thread's cache where it has one.
   NULL, with vow_last_error set by `function`: VOW_NO_MEMORY, or VOW_LIMIT where there are as many as may be. */
struct stack *vow_stack_take(size_t size, const char *function);

/* Puts a stack that is not running, and never will again, into the calling thread's cache, or unmaps it. */
void vow_stack_give(struct stack *stack);

/* The control block of a stack that is not a thread's own. Not cleared. */
void *vow_stack_block(struct stack *stack);

/* The first switch to `stack` calls entry(argument), which never returns. */
void vow_stack_start(struct stack *stack, void (*entry)(void *), void *argument);

/* Leaves the present stack, noting in `from` where, and goes on with `to`. Returns when somebody switches back. */
void vow_stack_switch(struct stack *from, struct stack *to);

/* The same, for one who never comes back: `from` may be given to another use afterwards. */
_Noreturn void vow_stack_leave(struct stack *from, struct stack *to);

/* Sets `record` up for the calling thread's own stack. */
void vow_stack_native(struct stack *record);

/* Bytes left below the caller's frame on the stack `stack`. */
size_t vow_stack_left(const struct stack *stack);

/* Gives memory of cached stacks back to the system: the calling thread has nothing to do. */
void vow_stack_trim(void);

#endif
