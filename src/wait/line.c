/*
 * line.c - running, parking and resuming lines (line.h).
 */
#include "wait/line.h"

#include <errno.h>

#include "base/ledger.h"

VOW_THREAD_LOCAL struct carrier *vow_carrier_here;

/* Queues ------------------------------------------------------------------------------------------------------ */

static inline struct line *take(struct line_queue *queue)
{
    struct line *line = queue->first;
    if (line != NULL)
        queue->first = line->next;
    return line;
}

static void link_line(struct carrier *carrier, struct line *line)
{
    line->lines_next = carrier->lines;
    line->lines_link = &carrier->lines;
    if (carrier->lines != NULL)
        carrier->lines->lines_link = &line->lines_next;
    carrier->lines = line;
}

static void unlink_line(struct line *line)
{
    *line->lines_link = line->lines_next;
    if (line->lines_next != NULL)
        line->lines_next->lines_link = line->lines_link;
    vow_line_is_no_news(line);
}

/* It parks for the first time since waits were looked at. */
static inline void link_news(struct carrier *carrier, struct line *line)
{
    line->news_next = carrier->news;
    line->news_link = &carrier->news;
    if (carrier->news != NULL)
        carrier->news->news_link = &line->news_next;
    carrier->news = line;
}

void vow_line_is_no_news(struct line *line)
{
    if (line->news_link == NULL)
        return;
    *line->news_link = line->news_next;
    if (line->news_next != NULL)
        line->news_next->news_link = line->news_link;
    line->news_link = NULL;
}

/* Stacks ------------------------------------------------------------------------------------------------------ */

/* A stack that was left for good can be given back: some time after the switch, before the next one (invariant 6). */
static inline void give_left(struct carrier *carrier)
{
    if (vow_unlikely(carrier->left != NULL)) {
        vow_stack_give(carrier->left);
        carrier->left = NULL;
    }
}

/* Ends the calling line, and goes on at `to`. */
static _Noreturn void leave(struct carrier *carrier, struct line *line, struct stack *to)
{
    give_left(carrier);
    unlink_line(line);
    carrier->left = line->stack;
    /* by its own record: a local one could lie in AddressSanitizer's fake stack, which goes before the switch */
    vow_stack_leave(line->stack, to);
}

static void line_main(void *argument)
{
    struct line *line = argument;
    struct carrier *carrier = line->carrier;
    give_left(carrier);
    line->work(line->argument);
    carrier->frame->end = LINE_ENDED;
    vow_locals_clear(&line->locals);
    leave(carrier, line, &carrier->frame->stack);
}

static struct line *line_new(struct carrier *carrier)
{
    struct stack *stack = vow_stack_take(carrier->stack_size, "vow");
    if (vow_unlikely(stack == NULL)) {
        carrier->refused = vow_stack_refusal();
        return NULL;
    }
    struct line *line = vow_stack_block(stack);
    line->stack = stack;
    line->at = stack;
    line->error = errno;
    line->locals = (struct locals){.dead = NULL};
    vow_stack_native(&line->here);
    line->carrier = carrier;
    line->waiter = NULL;
    line->canceled = false;
    line->news_link = NULL;
    link_line(carrier, line);
    vow_stack_start(stack, line_main, line);
    return line;
}

/* What comes with each switch to a line (invariant 5); `error` is where the thread's errno is. */
static inline void take_up(struct carrier *carrier, struct line *line, int *error)
{
    carrier->line = line;
    vow_locals_enter(&line->locals);
    *error = line->error;
}

/* Frames ------------------------------------------------------------------------------------------------------ */

static enum line_end enter(struct carrier *carrier, struct line *line, bool serves)
{
    struct locals *locals = vow_locals_here();
    struct frame frame = {.outer = carrier->frame,
                          .line = carrier->line,
                          .locals = locals,
                          .inlined = locals->inlined + vow_carrier_inlined(carrier),
                          .serves = serves,
                          .quiet = locals->depth == 0 && locals->firing == NULL};
    int error = errno;
    carrier->frame = &frame;
    carrier->error = &errno;
    carrier->turns = 0;
    carrier->rounds = 0;
    take_up(carrier, line, carrier->error);
    vow_stack_native(&frame.stack);
    vow_stack_switch(&frame.stack, line->at);
    give_left(carrier);
    carrier->frame = frame.outer;
    carrier->line = frame.line;
    vow_locals_enter(locals);
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

/* Whether lines may go on among themselves, after LINE_TURNS. */
static VOW_COLD bool begins_round(struct carrier *carrier)
{
    if (carrier->is_wanted == NULL || ++carrier->rounds >= LINE_ROUNDS ||
        carrier->is_wanted(carrier))
        return false;
    carrier->turns = 0;
    return true;
}

/* Whether the calling line may switch to another one directly, if there is one. */
static inline bool may_switch(struct carrier *carrier)
{
    return carrier->frame->serves &&
           (vow_likely(++carrier->turns <= LINE_TURNS) || begins_round(carrier));
}

/* Stops the calling line, which is queued or parked where somebody will find it, and goes on with `next`, or, if that is
   NULL, with the frame. The switch is the last that happens, but where backends and sanitizers are told of it: one that has
   threads behind stacks has an errno for each of them, too. */
static void stop(struct carrier *carrier, struct line *line, struct line *next)
{
    struct stack *to;
    give_left(carrier);
    line->error = errno;
    line->at = &line->here;
    if (next != NULL) {
        take_up(carrier, next, &errno);
        to = next->at;
    } else {
        carrier->frame->end = LINE_PARKED;
        carrier->line = NULL;
        to = &carrier->frame->stack;
    }
    if (vow_switch_plain()) {
        vow_switch_alike(&line->here, to);
        return;
    }
    vow_stack_native(&line->here);
    vow_stack_switch_alike(&line->here, to);
    errno = line->error;
}

/* While it is parked the ledger has it. Nothing comes behind the switch elsewhere, so this is a way of its own. */
static VOW_COLD __attribute__((noinline)) void stop_entered(struct carrier *carrier,
                                                            struct line *line, struct line *next)
{
    vow_ledger_enter(line, 0, "parked line");
    vow_ledger_note_origin(line, "submitted",
                           line->locals.job != NULL ? line->locals.job->promise : &line->locals);
    stop(carrier, line, next);
    vow_ledger_strike(line);
}

static __attribute__((noinline)) void park_slowly(struct carrier *carrier, struct line *line)
{
    struct line *next = may_switch(carrier) ? take(&carrier->ready) : NULL;
    if (vow_unlikely(vow_ledger_kept))
        stop_entered(carrier, line, next);
    else
        stop(carrier, line, next);
}

static __attribute__((noinline)) void yield_slowly(struct carrier *carrier, struct line *line)
{
    struct line *next = NULL;
    if (may_switch(carrier) && (next = take(&carrier->ready)) == NULL)
        next = take(&carrier->later);
    vow_line_append(&carrier->later, line);
    stop(carrier, line, next);
}

/* Whether nothing but the switch is to be done, if there is another line to go on with. */
static inline bool may_stop_quickly(const struct carrier *carrier)
{
    return carrier->frame->serves && carrier->turns < LINE_TURNS && carrier->left == NULL &&
           vow_switch_plain();
}

/* `stop`, where it may be quick: without a call, so that nothing has to be put by for one. */
static VOW_ALWAYS_INLINE void stop_quickly(struct carrier *carrier, struct line *line,
                                           struct line *next)
{
    carrier->turns++;
    line->error = *carrier->error;
    line->at = &line->here;
    take_up(carrier, next, carrier->error);
    vow_switch_alike(&line->here, next->at);
}

void vow_line_park(struct waiter *waiter)
{
    struct carrier *carrier = waiter->carrier;
    struct line *line = carrier->line;
    struct line *next = carrier->ready.first;
    vow_check(line != NULL && !waiter->awake);
    line->waiter = waiter;
    waiter->line = line;
    carrier->parked_count++;
    if (vow_unlikely(line->news_link == NULL))
        link_news(carrier, line);
    if (vow_likely(next != NULL && may_stop_quickly(carrier))) {
        carrier->ready.first = next->next;
        stop_quickly(carrier, line, next);
    } else {
        park_slowly(carrier, line);
    }
}

void vow_line_yield(struct carrier *carrier)
{
    struct line *line = carrier->line;
    struct line_queue *queue = carrier->ready.first != NULL ? &carrier->ready : &carrier->later;
    struct line *next = queue->first;
    if (vow_likely(next != NULL && may_stop_quickly(carrier))) {
        queue->first = next->next;
        vow_line_append(&carrier->later, line);
        stop_quickly(carrier, line, next);
    } else {
        yield_slowly(carrier, line);
    }
}

void vow_line_replace(struct carrier *carrier)
{
    struct line *line = carrier->line;
    struct line *next = take(&carrier->ready);
    vow_check(next != NULL);
    vow_locals_clear(&line->locals);
    take_up(carrier, next, &errno);
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
    for (struct line *line = carrier->lines; line != NULL; line = line->lines_next)
        if (line->waiter != NULL && (owner == NULL || line->owner == owner)) {
            cancel_parked(line);
            count++;
        }
    return count;
}

static bool all_quiet(const struct line *line)
{
    while (line != NULL && line->locals.depth == 0)
        line = line->next;
    return line == NULL;
}

bool vow_carrier_others_are_quiet(const struct carrier *carrier)
{
    const struct line *parked = carrier->lines;
    const struct frame *frame = carrier->frame;
    while (parked != NULL && (parked->waiter == NULL || parked->locals.depth == 0))
        parked = parked->lines_next;
    while (frame != NULL && frame->quiet)
        frame = frame->outer;
    return parked == NULL && frame == NULL && all_quiet(carrier->ready.first) &&
           all_quiet(carrier->later.first);
}
