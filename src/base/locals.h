/*
 * locals.h - what belongs to a line of execution instead of its thread.
 *
 * Each floor keeps here what it would otherwise keep in thread-local variables of its own, where the value describes
 * the present stack: what is being destroyed, run, fired. When a line parks, all of it is put by and that of the next
 * line taken up (wait/line.c); so everything in here is cheap to copy, and zero means nothing.
 */
#ifndef VOW_BASE_LOCALS_H
#define VOW_BASE_LOCALS_H

#include "base/platform.h"
#include <stdbool.h>

struct counted;
struct interrupted;
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
    struct running_job *job;         /* the job that is running; NULL: none */
    struct vow_coroutine *coroutine; /* the innermost coroutine that runs here; NULL: none */
    /* execution */
    struct vow_scheduler
        *running; /* the loop, pool or user's scheduler that runs this call; NULL: none */
    struct vow_scheduler *home; /* the scheduler of this call, as a home; NULL outside of calls */
    struct vow_call *handing;   /* schedule.c: the call that is being handed over */
    unsigned depth;             /* how deeply immediate calls are nested */
    bool handing_over; /* park.c: what is queued behind nested calls is being run, for a wait */
    /* control */
    struct interrupted *firing; /* run.c: the innermost firing under way */
};

extern VOW_THREAD_LOCAL struct locals vow_locals;

/* A line has ended for good: gives back what its locals still hold. */
void vow_locals_clear(struct locals *locals);

#endif
