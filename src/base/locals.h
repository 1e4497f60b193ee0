/*
 * locals.h - what belongs to a line of execution instead of its thread.
 *
 * Each floor keeps here what it would otherwise keep in thread-local variables of its own, where the value describes
 * the present stack: what is being destroyed, run, fired. Zero means nothing.
 *
 * A thread has one for what it runs outside of lines, each line one of its own (wait/line.c), which stays where it is;
 * `vow_locals` is that of who runs. A switch from one to another changes the thread's `vow_locals_shift` alone: a
 * distance and no pointer, for the thread's own have to be found before anything was set up.
 */
#ifndef VOW_BASE_LOCALS_H
#define VOW_BASE_LOCALS_H

#include "base/platform.h"
#include <stdbool.h>
#include <stdint.h>

struct counted;
struct inlining;
struct interrupted;
struct outside;
struct running_job;
struct vow_call;
struct vow_coroutine;
struct vow_scheduler;

struct locals {
    /* base */
    struct counted *dead;      /* counted.c: what is to be destroyed yet */
    struct counted **dead_end; /* NULL: no destruction is under way */
    const char *sentence;      /* fail.c: of vow_last_error; NULL: none */
    char *sentence_buffer;     /* where it lies, if it was formatted */
    /* wait */
    void *resumer;                   /* where the resumer of `coroutine` stopped; not next to it:
                                        compilers would load both at once, and wait for both stores */
    struct running_job *job;         /* the job that is running; NULL: none */
    struct vow_coroutine *coroutine; /* the innermost coroutine that runs here; NULL: none */
    unsigned shields;                /* rest.c: of what is no job */
    struct outside
        *outside; /* known.c: the innermost wait of this stack that does not park; NULL: none */
    /* execution */
    struct vow_scheduler
        *running; /* the loop, pool or user's scheduler that runs this call; NULL: none */
    struct vow_scheduler *home; /* the scheduler of this call, as a home; NULL outside of calls */
    struct vow_call *handing;   /* schedule.c: the call that is being handed over */
    unsigned depth;             /* how deeply immediate calls are nested */
    unsigned inlined;           /* pool_inline.c: how many calls are in `inlining` */
    struct inlining *inlining;  /* the innermost call of a pool of size 0 on this stack */
    bool handing_over; /* park.c: what is queued behind nested calls is being run, for a wait */
    /* control */
    struct interrupted *firing; /* run.c: the innermost firing under way */
};

/* The thread's own. */
extern VOW_THREAD_LOCAL struct locals vow_locals_own;

/* How far behind them those lie that hold now. */
extern VOW_THREAD_LOCAL intptr_t vow_locals_shift;

static inline struct locals *vow_locals_here(void)
{
    return (struct locals *)((uintptr_t)&vow_locals_own + (uintptr_t)vow_locals_shift);
}

#define vow_locals (*vow_locals_here())

/* From now on `locals` hold on the calling thread. */
static inline void vow_locals_enter(struct locals *locals)
{
    vow_locals_shift = (intptr_t)((uintptr_t)locals - (uintptr_t)&vow_locals_own);
}

/* A line has ended for good: gives back what its locals still hold. */
void vow_locals_clear(struct locals *locals);

#endif
