/*
 * line.h - lines of execution, and the threads that carry them.
 *
 * A *carrier* is a thread's part in this: each thread that uses vow has one. It runs work on stacks of its own, from a
 * *frame*: a place in the program (a worker's thread, a loop's drain, a thread that waits) that says "run this on a
 * line's stack" and goes on when that has returned or parked.
 *
 *        frame (the thread's own stack)                  line (a stack of its own)
 *        vow_carrier_run(work) --------------------------> work() ... a call ... vow_line_park()
 *              returns LINE_PARKED <----------------------------------------------/ |
 *              ...                                                                  |
 *        vow_carrier_resume() ----------------------------------------------------->| goes on, ... work returns
 *              returns LINE_ENDED <---------------------------------------------------------------/
 *
 * A worker's work is the worker's whole loop, a loop's is a round: many calls run on one stack, without a switch between
 * them, as long as none parks. When one does, the stack stays with it; the frame takes another stack and runs the work
 * anew. When a parked line has become ready, it goes on in the middle of its call, and with the work after that: then
 * the stack on which the work ran meanwhile is not needed any more (vow_line_replace). So work keeps nothing of
 * importance in local variables between two calls.
 *
 * A frame that *serves* runs lines that have become ready: one line that parks then switches to the next ready one
 * directly, at most LINE_TURNS times in a row; more often where the carrier's `is_wanted` says that nothing else is to be
 * done, but at most LINE_ROUNDS times that. One that does not (a call that runs at once, in the middle of another)
 * gets control back as soon as its own line parks.
 *
 * Invariants
 * 1. Everything in a carrier but `post` belongs to its thread.
 * 2. Frames form a stack: the innermost is where control returns to when a line parks or ends.
 * 3. A line is running, or stopped inside a frame that it entered, or parked with a waiter, or in `ready` or `later`;
 *    or its stack is in a cache.
 * 4. Lines never move to another carrier.
 * 5. Who goes on after a switch finds its locals (base/locals.h) and its errno; nothing else is put by. A line's are taken
 *    up by who switches to it, so that nothing is left to be done behind the switch; a frame takes up its own.
 * 6. The stack of a line that ended is given back by the next one that switches, or by the frame.
 * 7. A line is in `lines` from its begin to its end; it waits exactly while its `waiter` is not NULL. So to park and to go
 *    on touches no other line.
 * 8. A line whose waiter is WAITER_NEW is in `news`.
 */
#ifndef VOW_WAIT_LINE_H
#define VOW_WAIT_LINE_H

#include "base/locals.h"
#include "wait/known.h"
#include "wait/stack.h"
#include "wait/waiter.h"
#include "wait/wheel.h"
#include <vow/time.h>

#define LINE_TURNS 64u
#define LINE_ROUNDS 16u

enum line_end {
    LINE_ENDED,    /* the work has returned */
    LINE_PARKED,   /* it has parked, and will be ready one day */
    LINE_NO_MEMORY /* there is no stack for it: nothing was run; vow_last_error is set */
};

/* Lies in its stack's control block. */
struct line {
    struct stack *at; /* where it stopped: at `here`; or its stack, where it begins */
    struct carrier *carrier;
    struct line *next;     /* in `ready` or `later` */
    int error;             /* while it is stopped: its errno */
    struct waiter *waiter; /* while it is parked */
    struct stack here;     /* a place on its stack, or on that of a coroutine that it runs */
    struct locals locals;
    struct stack *stack;
    struct line *lines_next; /* in the carrier's `lines` */
    struct line **lines_link;
    struct line *news_next;  /* in its `news` */
    struct line **news_link; /* NULL: not there */
    void (*work)(void *argument);
    void *argument;
    const void *owner;  /* whose work it is: a pool, a loop ... */
    bool canceled;      /* its waits end with CANCELED, but those behind shields */
    struct known known; /* its wait, while others know of it */
};
_Static_assert(sizeof(struct line) <= STACK_BLOCK, "it lies in a stack's block");

struct line_queue {
    struct line *first;
    struct line *last; /* meaningful while first is not NULL */
};

/* On the stack of who runs lines. */
struct frame {
    struct stack stack; /* where it stopped */
    struct frame *outer;
    struct line *line;     /* the line that entered this frame; NULL: the thread's own stack */
    struct locals *locals; /* that stack's */
    unsigned inlined;      /* how deeply calls of pools of size 0 are nested up to here */
    enum line_end end;     /* how the last switch back came about */
    bool serves;
    bool quiet; /* its stack is not in the middle of running links or nested calls */
};

struct carrier {
    struct frame *frame;     /* innermost; NULL: none */
    struct line *line;       /* the line that runs; NULL: the thread's own stack */
    struct line_queue ready; /* lines that can go on */
    struct line_queue later; /* lines that let others go first (vow_reschedule) */
    struct line *lines;      /* all that have a stack here */
    struct line *news;       /* those that have parked since waits were looked at (known.h) */
    size_t parked_count;     /* how many of `lines` wait */
    struct outside *outside; /* waits of the thread itself, innermost first */
    bool told_all;           /* all lines that wait are known, or were passed while all had to be */
    unsigned turns;  /* switches from line to line since a frame had control, or nobody wanted it */
    unsigned rounds; /* how often nobody did */
    /* Whether the frame may have something else to do, at its own level; NULL: it may. */
    bool (*is_wanted)(const struct carrier *carrier);
    struct stack *left; /* a stack that was just left for good, to be given back */
    uintptr_t site;     /* of the line that stopped last inside of vow_switch_around (switch.h) */
    int *error;         /* its thread's errno, where lines run on that thread itself */
    size_t stack_size;
    vow_status refused; /* why the last line that could not begin had no stack */
    struct wheel wheel; /* deadlines of what waits here */
    /* Any thread: brings `call` to the carrier's thread. False: that has ended. */
    bool (*post)(struct carrier *carrier, struct vow_call *call);
};

/* The calling thread's carrier; NULL until it has one. */
extern VOW_THREAD_LOCAL struct carrier *vow_carrier_here;

/* Before it carries anything. The thread itself has to note it in vow_carrier_here. */
void vow_carrier_init(struct carrier *carrier, bool (*post)(struct carrier *, struct vow_call *));

/* The carrier's thread: runs work(argument) on a line's stack until it returns or parks. `owner` is for those who look
   through parked lines. */
enum line_end vow_carrier_run(struct carrier *carrier, bool serves, void (*work)(void *),
                              void *argument, const void *owner);

/* The carrier's thread: goes on with the next ready line, of which there is one, until it ends or parks. */
enum line_end vow_carrier_resume(struct carrier *carrier, bool serves);

/* Inside a line: leaves its stack until the waiter is awake. */
void vow_line_park(struct waiter *waiter);

/* The carrier's thread: a parked line can go on. */
static inline void vow_line_ready(struct line *line);

/* The carrier's thread: its wait has been looked at, or it has none; until it parks anew. */
void vow_line_is_no_news(struct line *line);

/* Inside a line, at the top of its work, which keeps nothing on the stack: ends the line and goes on with the next ready
   one, of which there is one. */
_Noreturn void vow_line_replace(struct carrier *carrier);

/* Inside a line: lets ready lines and other calls go first. */
void vow_line_yield(struct carrier *carrier);

/* The carrier's thread: the waits of all lines of `owner` (NULL: of all) that are parked, or can go on, end with CANCELED, this
   one and later ones, but for those behind shields. Gives how many such lines there are. */
size_t vow_carrier_cancel(struct carrier *carrier, const void *owner);

/* Whether no other line of this thread is in the middle of running links or nested calls. */
bool vow_carrier_others_are_quiet(const struct carrier *carrier);

/* Whether the calling line, or one that is stopped below it on this thread, does the work of `owner`. */
static inline bool vow_carrier_is_inside(const struct carrier *carrier, const void *owner)
{
    if (carrier->line != NULL && carrier->line->owner == owner)
        return true;
    for (const struct frame *frame = carrier->frame; frame != NULL; frame = frame->outer)
        if (frame->line != NULL && frame->line->owner == owner)
            return true;
    return false;
}

/* How deeply calls of pools of size 0 are nested on the stacks below the one that runs. */
static inline unsigned vow_carrier_inlined(const struct carrier *carrier)
{
    return carrier->frame != NULL ? carrier->frame->inlined : 0;
}

static inline void vow_line_append(struct line_queue *queue, struct line *line)
{
    line->next = NULL;
    if (queue->first == NULL)
        queue->first = line;
    else
        queue->last->next = line;
    queue->last = line;
}

static inline void vow_line_ready(struct line *line)
{
    struct carrier *carrier = line->carrier;
    line->waiter = NULL;
    carrier->parked_count--;
    vow_line_append(&carrier->ready, line);
}

/* vow_waiter_wake on the waiter's own thread. */
static inline void vow_waiter_wake_here(struct waiter *waiter)
{
    waiter->awake = true;
    if (vow_likely(waiter->line != NULL))
        vow_line_ready(waiter->line);
    else if (vow_unlikely(waiter->notice == WAITER_KNOWN))
        vow_known_awake(waiter);
}

static inline bool vow_carrier_has_ready(const struct carrier *carrier)
{
    return carrier->ready.first != NULL;
}

/* The carrier's thread: what was put off by vow_line_yield has its turn now. */
static inline void vow_carrier_ready_later(struct carrier *carrier)
{
    if (carrier->later.first == NULL)
        return;
    if (carrier->ready.first == NULL)
        carrier->ready = carrier->later;
    else {
        carrier->ready.last->next = carrier->later.first;
        carrier->ready.last = carrier->later.last;
    }
    carrier->later.first = NULL;
}

#endif
