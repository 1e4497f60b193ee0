/*
 * line.c - running, parking and resuming lines (line.h).
 */
#include "wait/line.h"

#include <errno.h>

VOW_THREAD_LOCAL struct carrier *vow_carrier_here;

/* Queues ------------------------------------------------------------------------------------------------------ */

static inline void append(struct line_queue *queue, struct line *line)
{
    line->next = NULL;
    if (queue->first == NULL)
        queue->first = line;
    else
        queue->last->next = line;
    queue->last = line;
}

static inline struct line *take(struct line_queue *queue)
{
    struct line *line = queue->first;
    if (line != NULL)
        queue->first = line->next;
    return line;
}

static inline void link_parked(struct carrier *carrier, struct line *line)
{
    line->parked_next = carrier->parked;
    line->parked_link = &carrier->parked;
    if (carrier->parked != NULL)
        carrier->parked->parked_link = &line->parked_next;
    carrier->parked = line;
    carrier->parked_count++;
}

static inline void unlink_parked(struct carrier *carrier, struct line *line)
{
    *line->parked_link = line->parked_next;
    if (line->parked_next != NULL)
        line->parked_next->parked_link = line->parked_link;
    carrier->parked_count--;
}

void vow_line_ready(struct line *line)
{
    unlink_parked(line->carrier, line);
    append(&line->carrier->ready, line);
}

/* Stacks ------------------------------------------------------------------------------------------------------ */

/* First thing after each switch: the stack that was left for good can be given back now. */
static inline void give_left(struct carrier *carrier)
{
    if (carrier->left != NULL) {
        vow_stack_give(carrier->left);
        carrier->left = NULL;
    }
}

/* Ends the calling line, and goes on at `to`. */
static _Noreturn void leave(struct carrier *carrier, struct line *line, struct stack *to)
{
    vow_locals_clear(&vow_locals);
    carrier->left = line->stack;
    /* by its own record: a local one could lie in AddressSanitizer's fake stack, which goes before the switch */
    vow_stack_leave(line->stack, to);
}

static void line_main(void *argument)
{
    struct line *line = argument;
    struct carrier *carrier = line->carrier;
    give_left(carrier);
    vow_locals = (struct locals){.dead = NULL};
    line->work(line->argument);
    carrier->frame->end = LINE_ENDED;
    leave(carrier, line, &carrier->frame->stack);
}

static struct line *line_new(struct carrier *carrier)
{
    struct stack *stack = vow_stack_take(carrier->stack_size, "vow");
    if (stack == NULL)
        return NULL;
    struct line *line = vow_stack_block(stack);
    line->stack = stack;
    line->at = stack;
    line->carrier = carrier;
    line->waiter = NULL;
    line->stops = 0;
    line->canceled = false;
    vow_stack_start(stack, line_main, line);
    return line;
}

/* Frames ------------------------------------------------------------------------------------------------------ */

static enum line_end enter(struct carrier *carrier, struct line *line, bool serves)
{
    struct locals locals = vow_locals;
    struct frame frame = {.outer = carrier->frame,
                          .line = carrier->line,
                          .serves = serves,
                          .quiet = locals.depth == 0 && locals.firing == NULL};
    int error = errno;
    carrier->frame = &frame;
    carrier->line = line;
    carrier->turns = 0;
    vow_stack_native(&frame.stack);
    vow_stack_switch(&frame.stack, line->at);
    give_left(carrier);
    carrier->frame = frame.outer;
    carrier->line = frame.line;
    vow_locals = locals;
    errno = error;
    return frame.end;
}

enum line_end vow_carrier_run(struct carrier *carrier, bool serves, void (*work)(void *),
                              void *argument, const void *owner)
{
    struct line *line = line_new(carrier);
    if (line == NULL)
        return LINE_NO_MEMORY;
    line->work = work;
    line->argument = argument;
    line->owner = owner;
    return enter(carrier, line, serves);
}

enum line_end vow_carrier_resume(struct carrier *carrier, bool serves)
{
    struct line *line = take(&carrier->ready);
    vow_check(line != NULL);
    return enter(carrier, line, serves);
}

/* Parking ----------------------------------------------------------------------------------------------------- */

/* The line to switch to directly, or NULL. */
static inline struct line *next_line(struct carrier *carrier, struct line_queue *queue)
{
    if (!carrier->frame->serves || queue->first == NULL || ++carrier->turns > LINE_TURNS)
        return NULL;
    return take(queue);
}

/* On the stack of a line that has stopped. */
struct stopped {
    struct stack here;
    struct locals locals;
};

const struct locals *vow_line_locals(const struct line *line)
{
    return &vow_container_of(line->at, struct stopped, here)->locals;
}

/* Stops the calling line, which is queued or linked where somebody will find it. */
static VOW_ALWAYS_INLINE void stop(struct carrier *carrier, struct line *line, struct line *next)
{
    struct stopped stopped;
    int *number = &errno; /* stays where it is: a line goes on on its own thread */
    int error = *number;
    struct stack *to = &carrier->frame->stack;
    stopped.locals = vow_locals;
    carrier->frame->end = LINE_PARKED;
    if (next != NULL)
        to = next->at;
    carrier->line = next;
    line->stops++;
    // cppcheck-suppress autoVariables ; this function returns only when the line has been found there
    line->at = &stopped.here;
    vow_stack_native(&stopped.here);
    vow_stack_switch_alike(&stopped.here, to);
    give_left(carrier);
    vow_locals = stopped.locals;
    *number = error;
}

void vow_line_park(struct waiter *waiter)
{
    struct carrier *carrier = waiter->carrier;
    struct line *line = carrier->line;
    vow_check(line != NULL && !waiter->awake);
    line->waiter = waiter;
    waiter->line = line;
    link_parked(carrier, line);
    stop(carrier, line, next_line(carrier, &carrier->ready));
    line->waiter = NULL;
    vow_check(waiter->awake);
}

void vow_line_yield(struct carrier *carrier)
{
    struct line *line = carrier->line;
    struct line *next = next_line(carrier, &carrier->ready);
    if (next == NULL)
        next = next_line(carrier, &carrier->later);
    append(&carrier->later, line);
    stop(carrier, line, next);
}

void vow_line_replace(struct carrier *carrier)
{
    struct line *line = carrier->line;
    struct line *next = take(&carrier->ready);
    vow_check(next != NULL);
    carrier->line = next;
    leave(carrier, line, next->at);
}

/* The carrier ------------------------------------------------------------------------------------------------- */

void vow_carrier_init(struct carrier *carrier, bool (*post)(struct carrier *, struct vow_call *))
{
    *carrier = (struct carrier){.post = post, .stack_size = STACK_DEFAULT};
    vow_wheel_init(&carrier->wheel, vow_now());
}

static void cancel_parked(struct line *line)
{
    struct waiter *waiter = line->waiter;
    line->canceled = true;
    if (!waiter->shielded && vow_waiter_claim(waiter, WAITER_CANCELED))
        vow_waiter_wake(waiter);
}

/* Those that can go on see it when they wait next. */
static size_t cancel_queued(const struct line_queue *queue, const void *owner)
{
    size_t count = 0;
    for (struct line *line = queue->first; line != NULL; line = line->next)
        if (owner == NULL || line->owner == owner) {
            line->canceled = true;
            count++;
        }
    return count;
}

size_t vow_carrier_cancel(struct carrier *carrier, const void *owner)
{
    size_t count = cancel_queued(&carrier->ready, owner) + cancel_queued(&carrier->later, owner);
    struct line *line = carrier->parked;
    while (line != NULL) {
        struct line *next = line->parked_next;
        if (owner == NULL || line->owner == owner) {
            cancel_parked(line);
            count++;
        }
        line = next;
    }
    return count;
}

static bool all_quiet(const struct line *line)
{
    while (line != NULL && vow_line_locals(line)->depth == 0)
        line = line->next;
    return line == NULL;
}

bool vow_carrier_others_are_quiet(const struct carrier *carrier)
{
    const struct line *parked = carrier->parked;
    const struct frame *frame = carrier->frame;
    while (parked != NULL && vow_line_locals(parked)->depth == 0)
        parked = parked->parked_next;
    while (frame != NULL && frame->quiet)
        frame = frame->outer;
    return parked == NULL && frame == NULL && all_quiet(carrier->ready.first) &&
           all_quiet(carrier->later.first);
}
