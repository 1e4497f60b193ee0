/*
 * immediate.h - the immediate homes of threads.
 */
#ifndef VOW_EXECUTION_IMMEDIATE_H
#define VOW_EXECUTION_IMMEDIATE_H

#include "execution/scheduler.h"

/* The home of the thread whose record `thread` is: the caller, or one that has not begun. NULL without memory. */
struct immediate *vow_immediate_make(struct thread *thread);

/* The thread ends: drops what its home holds, which may run users' code. Gives whether there was anything. */
bool vow_immediate_drop_calls(struct immediate *immediate);

/* And, when its inbox is closed, lets go of it; or when it has not begun: then nobody knows of the inbox. */
void vow_immediate_let_go(struct immediate *immediate);

/* Gives `call` to a line of this thread, so that it may park without its maker; without a stack for it, it runs on this one.
   `home` is immediate, on this thread. */
void vow_immediate_run_on_line(vow_scheduler *home, struct vow_call *call);

/* The calling thread: may one more call nest in place? If so it has been counted; vow_nest_end takes it back, and
   runs, at the outermost, what had to queue. */
static inline bool vow_nest_begin(void)
{
    if (vow_unlikely(vow_locals.depth >= VOW_NESTING))
        return false;
    vow_locals.depth++;
    return true;
}

void vow_nest_run_ready(struct thread *thread);

static inline void vow_nest_end(struct thread *thread)
{
    if (--vow_locals.depth == 0 && vow_unlikely(thread->ready.first != NULL))
        vow_nest_run_ready(thread);
}

#endif
