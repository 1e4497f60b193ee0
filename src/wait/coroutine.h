/*
 * coroutine.h - what a coroutine looks like in memory, and how it is switched to and from.
 *
 * It lies in its stack's control block, so that making one takes a stack and nothing else. Where whoever resumed it
 * stopped, on whatever stack, is in the locals (`resumer`), where the former one's was: so resumes nest, and lines park
 * and resume underneath, without knowing. (It is there and not here so that the way back waits for no address: three loads,
 * each waiting for the one before it, took a nanosecond.)
 *
 *                        vow_send: claim                     the body returns
 *     NEW, SUSPENDED ---------------------> RUNNING --------------------------------> DONE
 *           ^                                  |
 *           +----------------------------------+
 *                      vow_yield               (with ORPHAN: the last reference went meanwhile, and
 *                                               is the body's now)
 *
 * Whoever switches does everything before it: puts the locals right, sets the state, and hands the value over in
 * registers. So the switch is the last act of vow_send and of vow_yield, and nothing is left to do afterwards that the
 * processor would have predicted otherwise (wait/switch_x86_64.S).
 *
 * Nothing here belongs to a thread. What belongs to the line of execution (base/locals.h) is the resumer's while the body
 * runs, but for `coroutine`, the innermost one.
 *
 * Invariants
 * 1. While a coroutine runs, only the line that resumed it touches anything in it but the count and `state`.
 * 2. `state` is plain in effect: a coroutine is handed from line to line by the program. It is atomic so that a second
 *    line that comes while it runs finds RUNNING; two that come at the very same moment are found with debug checks only.
 * 3. A yield goes back only where the locals describe the same nesting of calls as at the resume (`nesting`): nothing of
 *    vow's own is then on the part of the stack that is left.
 * 4. The body's stack is left for good by leave() and given back when the last reference goes: never while it is in use
 *    (coroutine_end.c).
 * 5. After a switch nothing may be used that was read from a thread-local before, in the body's half: another thread may
 *    have come. The resumer's half goes on where it was. So vow_yield is never inlined, bodies of our own leave what
 *    looks at thread-locals to functions of other files, and the library takes no part in link-time optimisation.
 */
#ifndef VOW_WAIT_COROUTINE_H
#define VOW_WAIT_COROUTINE_H

#include "base/counted.h"
#include "base/locals.h"
#include "base/value.h"
#include "wait/stack.h"
#include <vow/coroutine.h>

enum {
    COROUTINE_NEW = VOW_COROUTINE_NEW,
    COROUTINE_SUSPENDED = VOW_COROUTINE_SUSPENDED,
    COROUTINE_RUNNING = VOW_COROUTINE_RUNNING,
    COROUTINE_DONE = VOW_COROUTINE_DONE,
    COROUTINE_STATE = 3, /* the bits of the above */
    COROUTINE_ORPHAN = 4 /* its last reference went while it ran */
};

/* In `nesting`, where no nesting has bits. One of these, or 0: yields switch, and that is all. */
#define COROUTINE_CLOSING ((uintptr_t)1) /* yields give CLOSED */
#define COROUTINE_ENDING ((uintptr_t)2)  /* the body has returned: yields give INVALID */
#define COROUTINE_TOLD ((uintptr_t)3)    /* yields switch, but not plainly (wait/switch.h) */
#define COROUTINE_MARKS ((uintptr_t)3)

struct vow_coroutine {
    struct counted counted;
    _Atomic uint32_t state;
    uint32_t refused;    /* yields since it was told to end */
    void *outer_resumer; /* where the resumer of `outer` stopped; not next to it, as in locals */
    uintptr_t nesting;   /* of the locals at the last resume, and a mark */
    struct vow_coroutine *outer; /* the one that resumed it; NULL: none did */
    vow_fn *body;
    void *context;
    void (*drop)(void *);
    const char *name;
    struct vow_coroutine *next; /* among orphans that have ended */
    vow_value input;            /* owned; the body's */
    vow_value result;           /* owned; what it returned */
    struct stack resumer;       /* its record, where switches are not plain */
};

_Static_assert(sizeof(struct vow_coroutine) <= STACK_BLOCK, "it lies in a stack's block");

static inline uint32_t vow_coroutine_word(const struct vow_coroutine *coroutine)
{
    return atomic_load_explicit(&coroutine->state, memory_order_relaxed); /* relaxed: invariant 2 */
}

static inline void vow_coroutine_set(struct vow_coroutine *coroutine, uint32_t state)
{
    atomic_store_explicit(&coroutine->state, state,
                          memory_order_relaxed); /* relaxed: invariant 2 */
}

/* What tells calls of vow's own that are under way from those at the resume: destruction, nested immediate calls,
   firings, jobs that run in place. */
static inline uintptr_t vow_coroutine_nesting(const struct locals *locals)
{
    return (uintptr_t)locals->firing + (uintptr_t)locals->job +
           ((uintptr_t)locals->depth * 2 + (locals->dead_end != NULL)) * 4;
}

static inline uintptr_t vow_coroutine_mark(const struct vow_coroutine *coroutine)
{
    return coroutine->nesting & COROUTINE_MARKS;
}

static inline struct stack *vow_coroutine_stack(struct vow_coroutine *coroutine)
{
    return vow_stack_of_block(coroutine);
}

/* Bytes left on the stack that runs now: `line`'s, or that of the coroutine which it resumed. */
static inline size_t vow_coroutine_stack_left(const struct stack *line)
{
    struct vow_coroutine *coroutine = vow_locals.coroutine;

    return vow_stack_left(coroutine != NULL ? vow_coroutine_stack(coroutine) : line);
}

/* For messages. */
static inline const char *vow_coroutine_name(const struct vow_coroutine *coroutine)
{
    return coroutine->name != NULL ? coroutine->name : "coroutine";
}

/* On its own stack: what its resumer gets when the body has returned `result`, which is taken, or was given up. It is
   done then, and must be left. */
vow_value vow_coroutine_end(struct vow_coroutine *coroutine, vow_value result);

/* Ends one that is claimed and has not begun. Takes `result`. */
void vow_coroutine_skip(struct vow_coroutine *coroutine, vow_value result);

/* Gives a reference back. If it is the last one to a coroutine that does not run, its body has ended on return: also inside of
   a destruction, which would put that off. */
void vow_coroutine_let_end(struct vow_coroutine *coroutine);

/* The destructor of the class. */
void vow_coroutine_destroy(struct counted *object);

/* Orphans that have ended on this thread: gives their stacks back. */
extern VOW_THREAD_LOCAL struct vow_coroutine *vow_coroutine_orphans;
void vow_coroutine_bury(void);

/* Whether the coroutine that runs here is being closed. */
bool vow_coroutine_is_closing(void);

#endif
