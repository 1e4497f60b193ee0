/*
 * immediate.c - the scheduler that runs calls at once, on the thread to which they belong.
 *
 * There is one object that users see (vow_immediate) and, behind it, a home for each thread. A call made on the
 * home's own thread runs inside it; one made elsewhere goes to the home's inbox, which the thread drains when it
 * waits or asks (vow_run_pending). What nests deeper than VOW_NESTING queues in the thread's record and runs, in
 * order, when the outermost call returns.
 */
#include "execution/immediate.h"
#include "base/point.h"

#include "execution/fork.h"
#include "execution/park.h"

#include <string.h>
#include <vow/memory.h>

/* A home --------------------------------------------------------------------------------------------------- */

static void run_here(vow_scheduler *home, struct vow_call *call)
{
    vow_scheduler *saved = vow_locals.home;
    vow_locals.home = home;
    vow_point("a call");
    call->run(call);
    vow_locals.home = saved;
}

void vow_nest_run_ready(struct thread *thread)
{
    vow_locals.depth++;
    struct vow_call *call;
    while ((call = vow_queue_take(&thread->ready)) != NULL)
        run_here(&thread->immediate->scheduler, call);
    vow_locals.depth--;
}

static void run_nested(struct thread *thread, vow_scheduler *home, struct vow_call *call)
{
    if (!vow_nest_begin()) {
        vow_queue_append(&thread->ready, call);
        return;
    }
    run_here(home, call);
    vow_nest_end(thread);
}

bool vow_immediate_post(struct immediate *immediate, struct vow_call *call)
{
    struct thread *thread = immediate->thread;
    enum inbox_push pushed = vow_inbox_push(&immediate->inbox, call);
    if (pushed == INBOX_WAKE)
        vow_thread_wake(thread);
    return pushed != INBOX_REFUSED;
}

static void home_call(vow_scheduler *scheduler, struct vow_call *call)
{
    struct immediate *immediate = vow_container_of(scheduler, struct immediate, scheduler);
    if (vow_scheduler_is_mine(scheduler))
        run_nested(vow_here.thread, scheduler, call);
    else if (!vow_immediate_post(immediate, call))
        call->dropped(call);
}

static void home_destroy(vow_scheduler *scheduler)
{
    struct immediate *immediate = vow_container_of(scheduler, struct immediate, scheduler);
    vow_deallocate(immediate);
}

static const struct scheduler_kind home_kind = {
    .name = "immediate", .immediate = true, .call = home_call, .destroy = home_destroy};

struct immediate *vow_immediate_make(struct thread *thread)
{
    struct immediate *immediate = vow_allocate(sizeof(*immediate));
    if (immediate == NULL)
        return NULL;
    memset(immediate, 0, sizeof(*immediate));
    immediate->thread = thread;
    vow_scheduler_init(&immediate->scheduler, &home_kind, thread);
    return immediate;
}

bool vow_immediate_drop_calls(struct immediate *immediate)
{
    struct vow_call *call = vow_inbox_take(&immediate->inbox);
    bool any = call != NULL;
    while (call != NULL) {
        struct vow_call *next = call->next;
        call->dropped(call);
        call = next;
    }
    return any;
}

void vow_immediate_let_go(struct immediate *immediate)
{
    vow_scheduler_disown(&immediate->scheduler);
    vow_home_release(&immediate->scheduler);
}

/* The thread ------------------------------------------------------------------------------------------------ */

/* A call that parks leaves the rest to whoever drains next: `taken` is the thread's, not this stack's. */
size_t vow_thread_drain(struct thread *thread)
{
    size_t count = 0;
    struct vow_call *call = vow_inbox_take(&thread->immediate->inbox);
    while (call != NULL) {
        struct vow_call *next = call->next;
        vow_queue_append(&thread->taken, call);
        call = next;
    }
    while ((call = vow_queue_take(&thread->taken)) != NULL) {
        thread->drained++;
        count++;
        run_nested(thread, &thread->immediate->scheduler, call);
    }
    return count;
}

size_t vow_run_pending(void)
{
    struct thread *thread = vow_here.thread;
    if (thread == NULL)
        return 0;
    size_t before = thread->drained;
    vow_thread_serve_all(thread);
    return thread->drained - before;
}

/* On a line of its own ---------------------------------------------------------------------------------------- */

static void run_alone(void *argument)
{
    struct vow_call *call = argument;
    vow_point("a call");
    call->run(call);
}

struct lent_call {
    vow_scheduler *home;
    struct vow_call *call;
};

static void run_at_home(void *argument)
{
    const struct lent_call *lent = argument;
    vow_scheduler_call(lent->home, lent->call);
}

void vow_immediate_run_on_line(vow_scheduler *home, struct vow_call *call)
{
    struct thread *thread = vow_thread_here();
    struct lane *lane = vow_fork_leave();
    bool ran = thread != NULL &&
               vow_carrier_run(&thread->carrier, false, run_alone, call, thread) != LINE_NO_MEMORY;
    vow_fork_return(lane);
    if (!ran)
        vow_run_lent(run_at_home, &(struct lent_call){home, call});
}

/* The object that users see --------------------------------------------------------------------------------- */

static void shared_call(vow_scheduler *scheduler, struct vow_call *call)
{
    (void)scheduler;
    struct thread *thread = vow_thread_here();
    if (thread == NULL)
        call->dropped(call);
    else
        run_nested(thread, &thread->immediate->scheduler, call);
}

static void shared_destroy(vow_scheduler *scheduler)
{
    (void)scheduler; /* static: never destroyed, its count starts out of reach */
}

static const struct scheduler_kind shared_kind = {
    .name = "immediate", .immediate = true, .call = shared_call, .destroy = shared_destroy};

static vow_scheduler shared_immediate = {
    .kind = &shared_kind, .owner = VOW_NOBODY, .local = 0, .shared = SCHEDULER_OWNED};

vow_scheduler *vow_immediate(void)
{
    return &shared_immediate;
}

vow_scheduler *vow_home_of(vow_scheduler *scheduler)
{
    if (scheduler != &shared_immediate)
        return scheduler;
    struct thread *thread = vow_thread_here();
    return thread != NULL ? &thread->immediate->scheduler : NULL;
}
