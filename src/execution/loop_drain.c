/*
 * loop_drain.c - the one place where a loop's calls run, and where they are dropped.
 *
 * A round takes what is queued when it starts; what its calls queue belongs to the next, so that a ring of calls
 * that schedule each other leaves libuv its turns. A round that vow_loop_stop cuts short stays as it is, and the
 * next drain goes on with it.
 *
 * Calls run on the stacks of lines (wait/line.h): a round on one stack, as long as no call parks. libuv's own stack is
 * the frame: a line that parks comes back here, and what is left of the round goes on on another stack.
 */
#include "base/point.h"
#include "execution/fork.h"
#include "execution/loop_internal.h"

#define TURNS 64u /* stacks entered before libuv has its turn: lines may wake each other for ever */
#define AHEAD 4   /* calls between the one that runs and the one whose lines are fetched */

static inline void enter(struct vow_loop *loop, struct vow_call *call)
{
    struct here_scope outside = vow_here_enter(&loop->scheduler);

    vow_point("a call");
    call->run(call);
    vow_here_leave(outside);
}

bool vow_loop_mark_asleep(struct vow_loop *loop)
{
    if (!vow_inbox_sleep(&loop->inbox))
        return false;
    loop->marked = true;
    return true;
}

/* The mark, if there was one, has gone: with calls in its place, somebody replaced it and will wake us. */
static struct vow_call *unmark(struct vow_loop *loop, struct vow_call *calls)
{
    if (loop->marked && calls != NULL)
        loop->wakes_due++;
    loop->marked = false;
    return calls;
}

/* What other threads posted was written on other processors, and long chains do not stay in this one's cache: the chain is
   walked a second time, some calls ahead of those that run, so that their lines come while others run. */
static inline void look_ahead(struct vow_loop *loop)
{
    struct vow_call *call = loop->ahead;

    vow_here.ahead = call;
    if (call == NULL)
        return;
    loop->ahead = call = call->next;
    if (call != NULL) /* a promise's links lie behind its call */
        vow_ask_to_write((const char *)call + VOW_CACHE_LINE);
}

static void start_looking_ahead(struct vow_loop *loop)
{
    loop->ahead = loop->taken;
    for (int i = 0; i < AHEAD && loop->ahead != NULL; i++)
        loop->ahead = loop->ahead->next;
}

static void start_round(struct vow_loop *loop)
{
    if (loop->round.first == NULL) {
        loop->round = loop->ready;
        loop->ready.first = NULL;
    }
    if (loop->taken == NULL) {
        loop->taken = unmark(loop, vow_inbox_take(&loop->inbox));
        start_looking_ahead(loop);
    }
}

/* The round's next call, or NULL. */
static inline struct vow_call *next_call(struct vow_loop *loop)
{
    struct vow_call *call = vow_queue_take(&loop->round);

    if (call == NULL && (call = loop->taken) != NULL) {
        loop->taken = call->next;
        look_ahead(loop);
    }
    return call;
}

static bool is_cut_short(const struct vow_loop *loop)
{
    /* relaxed: loop_run.c acquires (T2) */
    return (loop->stoppable || loop->lost) &&
           atomic_load_explicit(&loop->stopping, memory_order_relaxed);
}

/* What other threads fired at promises of this thread that are at home on immediate. It keeps the loop from going on
   as its own calls do, so it runs as one of them. */
static void run_threads_own(struct vow_loop *loop)
{
    if (!vow_thread_has_calls(loop->thread))
        return;
    struct here_scope outside = vow_here_enter(&loop->scheduler);
    loop->ran += vow_thread_drain(loop->thread);
    vow_here_leave(outside);
}

static void run_round(struct vow_loop *loop)
{
    struct vow_call *call;

    /* a line that parked may go on while another loop of the thread drains */
    while (loop->draining && !is_cut_short(loop) && (call = next_call(loop)) != NULL) {
        loop->ran++;
        enter(loop, call);
        if (vow_unlikely(vow_carrier_has_ready(&loop->thread->carrier)))
            break;
    }
}

/* A line's work: what is left of the round, and lines that can go on. */
static void work(void *argument)
{
    struct vow_loop *loop = argument;
    struct carrier *carrier = &loop->thread->carrier;

    run_threads_own(loop);
    run_round(loop);
    if (vow_carrier_has_ready(carrier) && carrier->line != NULL && !is_cut_short(loop))
        vow_line_replace(carrier);
}

static bool has_calls_left(const struct vow_loop *loop)
{
    return loop->round.first != NULL || loop->taken != NULL || vow_thread_has_calls(loop->thread);
}

/* One more stack's worth of work: calls or lines, in turns where there are both, for lines may wake each other for ever.
   Without a stack, calls run on the thread's own, and cannot park. Loops of one thread may want stacks of different
   sizes. */
static void go_on(struct vow_loop *loop, bool calls_first)
{
    struct carrier *carrier = &loop->thread->carrier;
    struct lane *lane = vow_fork_leave();
    size_t size = carrier->stack_size;

    carrier->stack_size = loop->stack_size;
    if (vow_carrier_has_ready(carrier) && !(calls_first && has_calls_left(loop)))
        (void)vow_carrier_resume(carrier, true);
    else if (vow_carrier_run(carrier, true, work, loop, loop) == LINE_NO_MEMORY)
        work(loop);
    carrier->stack_size = size;
    vow_fork_return(lane);
}

static bool is_left(const struct vow_loop *loop)
{
    return loop->round.first != NULL || loop->taken != NULL || loop->thread->taken.first != NULL ||
           vow_carrier_has_ready(&loop->thread->carrier);
}

size_t vow_loop_drain(struct vow_loop *loop, bool stoppable)
{
    vow_check(!loop->draining);
    loop->draining = true;
    loop->stoppable = stoppable;
    loop->ran = 0;
    start_round(loop);
    vow_carrier_ready_later(&loop->thread->carrier);
    go_on(loop, true);
    for (unsigned turn = 1; turn < TURNS && is_left(loop) && !is_cut_short(loop); turn++)
        go_on(loop, turn % 2 == 0);
    loop->draining = false;
    return loop->ran;
}

void vow_loop_drop_calls(struct vow_loop *loop)
{
    struct here_scope outside = vow_here_enter(&loop->scheduler);
    vow_locals.running =
        outside.running; /* what is told by it may wait as whoever frees the loop may */
    struct vow_call *left = unmark(loop, vow_inbox_close(&loop->inbox));
    struct vow_call *call;

    while (left != NULL) {
        call = left;
        left = call->next;
        vow_queue_append(&loop->ready, call);
    }
    do { /* dropping may queue more */
        while ((call = next_call(loop)) != NULL)
            call->dropped(call);
        start_round(loop);
    } while (loop->round.first != NULL);
    vow_here_leave(outside);
}
