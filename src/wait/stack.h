/*
 * stack.h - stacks of our own, and the switch from one to another.
 *
 * A stack is mapped lazily, with a guard below it, and carries a control block of STACK_BLOCK bytes for whoever uses it
 * at its upper end, so that a stack that has just begun to be used touches one page. `struct stack` is the record of
 * where a line of execution stopped; a thread's own stack gets one, too (vow_stack_native), so that one function
 * switches between all of them.
 *
 *   high addresses   | colour | control block | struct stack | frames …   … | guard |   low addresses
 *
 * (The colour, some lines of nothing, differs from stack to stack: else the busiest lines of all of them would compete
 * for the same few places in the processor's cache.)
 *
 * Switching saves what the platform's calling convention has a function save, and nothing else: neither signal masks
 * nor errno (who needs errno saves it). Of the floating-point environment the control bits stay with the stack (rounding
 * and exception masks, as <fenv.h> sets them), the status flags with the thread, as do MXCSR's flush-to-zero and
 * denormals-are-zero.
 *
 * Backends, chosen when the process makes its first stack: our own switch (x86-64, arm64), ucontext elsewhere or with
 * VOW_SWITCH=ucontext in the environment, where the C library has it (signal masks then stay with the stacks), and
 * VOW_SWITCH=threads: each stack
 * belongs to a thread of the system, and a switch hands over to that one and sleeps. For debugging, and for platforms
 * without anything else. Thread-locals that have to be the same on all stacks of one carrier are named by
 * vow_stack_carry, and copied from thread to thread at each switch.
 *
 * Where stacks are kept: each thread has two piles of STACK_PILE for each size (stack.c); behind those is a
 * bounded depot of piles; behind that are slabs, mappings of many stacks (stack_slab.c). There may be VOW_STACKS_MOST
 * (environment) stacks at a time, by default as many as the machine has pages, 2,000 with
 * VOW_SWITCH=threads.
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

#include "wait/switch.h"

/* Where addresses have 32 bits there is no room for thousands of larger ones. */
#if UINTPTR_MAX > UINT32_MAX
#define STACK_DEFAULT ((size_t)256 * 1024)
#else
#define STACK_DEFAULT ((size_t)64 * 1024)
#endif
#define STACK_SMALLEST ((size_t)16 * 1024)
#define STACK_LARGEST ((size_t)1 << 30)
#define STACK_BLOCK 768u /* bytes for the control block of whoever uses the stack */
#define STACK_PILE 32u   /* stacks in a full pile */

struct slab;

struct stack {
    void *pointer;      /* where it stopped, while it does not run */
    struct stack *next; /* for whoever has it while it does not run */
    char *lowest;       /* usable memory, lowest to highest; NULL: a thread's own stack */
    char *highest;
    struct slab *slab;         /* where it comes from; NULL: a thread's own stack */
    uint8_t class;             /* its size is STACK_SMALLEST << class */
    bool touched;              /* it ran since its memory was last given back */
    uint32_t valgrind;         /* valgrind's number for it */
    void (*entry)(void *);     /* what it began with, and with what: for backends that are told */
    void *argument;            /* the same */
    struct switch_words words; /* what was passed to it: the same */
    void *backend;             /* threads: the blocks that come with the baton */
    void *sanitizer[3];        /* what sanitizers want to know of it */
    _Atomic uint32_t baton;    /* threads: 1 once its thread may go on */
    uint32_t unused[3];        /* the control block begins with a cache line */
};
_Static_assert(sizeof(void *) != 8 || sizeof(struct stack) % VOW_CACHE_LINE == 0, "lines");

/* A stack with at least `size` usable bytes (rounded up to a power of two, the control block included), out of the
   calling thread's cache where it has one. NULL, with vow_last_error set by `function`: VOW_INVALID for a size above
   STACK_LARGEST, VOW_NO_MEMORY, or VOW_LIMIT where there are as many as may be. */
struct stack *vow_stack_take(size_t size, const char *function);

/* The status of the calling thread's last vow_stack_take that gave NULL. */
vow_status vow_stack_refusal(void);

/* Puts a stack that is not running, and never will again, into the calling thread's cache, or unmaps it. */
void vow_stack_give(struct stack *stack);

/* The control block of a stack that is not a thread's own. Not cleared. */
static inline void *vow_stack_block(struct stack *stack)
{
    return stack + 1;
}

/* The stack whose control block this is. */
static inline struct stack *vow_stack_of_block(void *block)
{
    return (struct stack *)block - 1;
}

/* The first switch to `stack` calls entry(argument), which never returns. */
static inline void vow_stack_start(struct stack *stack, void (*entry)(void *), void *argument)
{
    vow_check(stack->lowest != NULL);
    if (!vow_switch_plain())
        vow_switch_start_slowly(stack, entry, argument);
    else
        stack->pointer = vow_switch_prepare(stack, entry, argument);
}

/* Leaves the present stack, noting in `from` where, and goes on with `to`, handing over two words. Returns when somebody
   switches back, with the words that that one passed. On x86-64 it is cheapest as the last act of the function that
   calls it: then no return follows that the processor would predict wrongly (switch_x86_64.S). */
static inline struct switch_words vow_stack_pass(struct stack *from, struct stack *to,
                                                 uint64_t first, uint64_t second)
{
    if (!vow_switch_plain())
        return vow_switch_slowly(from, to, first, second, false);
    return vow_switch_own(from, to, first, second);
}

/* The same without words. */
static inline void vow_stack_switch(struct stack *from, struct stack *to)
{
    (void)vow_stack_pass(from, to, 0, 0);
}

/* The same, for one who stops where the other one has stopped: in the same function, called by the same ones. On x86-64
   the returns that follow are then predicted rightly. */
static inline void vow_stack_switch_alike(struct stack *from, struct stack *to)
{
    if (!vow_switch_plain())
        (void)vow_switch_slowly(from, to, 0, 0, false);
    else
        vow_switch_alike(from, to);
}

/* The same, for one who never comes back: `from` may be given to another use afterwards. */
_Noreturn static inline void vow_stack_leave(struct stack *from, struct stack *to)
{
    if (!vow_switch_plain())
        (void)vow_switch_slowly(from, to, 0, 0, true);
    else
        (void)vow_switch_own(from, to, 0, 0);
    __builtin_unreachable();
}

/* Sets `record` up for the stack on which the calling thread runs, whichever that is: to switch back to it. */
static inline void vow_stack_native(struct stack *record)
{
    record->lowest = NULL;
    record->slab = NULL;
    if (!vow_switch_plain())
        vow_switch_native_slowly(record);
}

/* Bytes left below the caller's frame on `stack`, the one that it runs on: a native record only on the thread's own. */
size_t vow_stack_left(const struct stack *stack);

/* Gives memory of cached stacks back to the system: the calling thread has nothing to do. Takes a millisecond at most;
   true: there is more to give back, if it still has nothing to do. */
bool vow_stack_trim(void);

/* The most stacks that there may be at a time, and how many there are: taken or kept. */
size_t vow_stack_most(void);
size_t vow_stack_count(void);

/* How many of them are kept in the depot and by the calling thread, for the next user. All but these, what other threads keep
   (2 * STACK_PILE of each size at most) and what is in use would be lost: for tests. */
size_t vow_stack_kept(void);

/*
 * What a report of an overflow calls the one that runs on a stack; may be NULL, and may give NULL. The name may be put into
 * `room`, of STACK_NAME_SIZE bytes. `*ret_advice` is how its stack is made larger, and may be left as it is. Called within a
 * signal handler, on the thread that runs the stack. Set before the first stack is made.
 */
#define STACK_NAME_SIZE 160
extern const char *(*vow_stack_name)(const struct stack *stack, char *room,
                                     const char **ret_advice);

/*
 * Names a block of thread-local memory that belongs to the carrier of stacks instead of the system's thread: the
 * thread-backed backend copies it at each switch from the thread that leaves to the one that goes on. `address` gives
 * the calling thread's. At most STACK_CARRIED of them; any thread, before it makes its first stack.
 */
#define STACK_CARRIED 16u
void vow_stack_carry(void *(*address)(void), size_t size);

#endif
