/*
 * pool_inline.c - a pool of size 0: calls run in the threads that make them, or that wait for them.
 *
 * A call runs inside vow_scheduler_call. Calls that make calls nest, to VOW_NESTING deep in a thread; deeper ones are
 * queued in the pool and run when the thread's outermost call of that pool has returned, so that the stack stays
 * bounded. Each call has a line's stack of its own: one that parks gives control back to who made it, and goes on
 * when its thread waits. Frames say which pools the thread is inside of: each stack has a list of its own, in its locals;
 * those that are under way are found by way of the carrier's frames. Without memory for a stack a call runs on its maker's,
 * where it cannot wait for long (park.c); when it parks, that line stops with the frames on it.
 *
 * What is queued when a resize comes to 0 runs in whoever waits (pool_help.c) or closes (pool_close.c).
 *
 * A call that has parked is a *guest* of its thread: it is in the pool's list, under the pool's lock, until it ends, so that
 * who closes the pool by VOW_CANCEL can have that thread end its waits.
 */
#include "base/point.h"
#include "execution/park.h"
#include "execution/pool_inside.h"

struct inlining {
    const struct vow_pool *pool;
    struct inlining *outer;
    bool owes; /* something was queued for this frame to run at its end */
};

/* How many frames are under way on this thread. */
static unsigned depth_here(void)
{
    const struct carrier *carrier = vow_carrier_here;
    return vow_locals.inlined + (carrier != NULL ? vow_carrier_inlined(carrier) : 0);
}

/* The outermost frame of `pool` on one stack; `inner` if there is none. */
static struct inlining *outermost_on(const struct locals *locals, const struct vow_pool *pool,
                                     struct inlining *inner)
{
    for (struct inlining *frame = locals->inlining; frame != NULL; frame = frame->outer)
        if (frame->pool == pool)
            inner = frame;
    return inner;
}

/* The thread's outermost frame of `pool`, or NULL. */
static struct inlining *outermost_of(const struct vow_pool *pool)
{
    const struct carrier *carrier = vow_carrier_here;
    struct inlining *found = outermost_on(vow_locals_here(), pool, NULL);
    if (carrier == NULL)
        return found;
    for (const struct frame *frame = carrier->frame; frame != NULL; frame = frame->outer)
        found = outermost_on(frame->locals, pool, found);
    return found;
}

/* Around calls that run outside of workers, and around the taking of them: closers wait for them, and the pool lives until
   they end. Gives the sleep word: who does not see CLOSING in it is seen by the closer. */
static uint64_t count_in(struct vow_pool *pool)
{
    vow_home_retain(&pool->scheduler);
    /* I1 seq_cst: pairs with the closer's look, which follows its change of the sleep word */
    atomic_fetch_add_explicit(&pool->inlined, 1, memory_order_seq_cst);
    return vow_sleep_word(&pool->sleep);
}

static void count_out(struct vow_pool *pool)
{
    atomic_fetch_sub_explicit(&pool->inlined, 1, memory_order_seq_cst);
    if (vow_unlikely((vow_sleep_word(&pool->sleep) & SLEEP_CLOSING) != 0))
        vow_pool_event(pool);
    vow_home_release(&pool->scheduler);
}

/* On the stack of a call's line; in the list from its first park on. */
struct guest {
    struct guest *next; /* under the pool's lock, with the next: neighbours write it */
    struct guest **link;
    struct carrier *carrier;
    bool listed; /* its own thread's */
};

struct inline_call {
    struct vow_pool *pool;
    struct vow_call *call;
    struct guest *guest; /* of the line that runs it; valid while that has not ended */
};

static void list_guest(struct vow_pool *pool, struct guest *guest)
{
    guest->listed = true;
    vow_lock_take(&pool->lock);
    guest->next = pool->guests;
    guest->link = &pool->guests;
    if (pool->guests != NULL)
        pool->guests->link = &guest->next;
    pool->guests = guest;
    bool closed = (vow_sleep_word(&pool->sleep) & SLEEP_CLOSED) != 0;
    vow_lock_give(&pool->lock);
    if (vow_unlikely(closed)) /* too late for who closed it */
        (void)vow_carrier_cancel(guest->carrier, pool);
}

static void unlist_guest(struct vow_pool *pool, struct guest *guest)
{
    vow_lock_take(&pool->lock);
    *guest->link = guest->next;
    if (guest->next != NULL)
        guest->next->link = guest->link;
    vow_lock_give(&pool->lock);
}

/* On a line's stack, which may outlast the caller's: the call may park. It has been counted in. */
static void run_inlined(void *argument)
{
    struct inline_call inlined = *(struct inline_call *)argument;
    struct guest guest = {.carrier = vow_carrier_here};
    ((struct inline_call *)argument)->guest = &guest;
    struct here_scope saved = vow_here_enter(&inlined.pool->scheduler);
    vow_point("a call");
    inlined.call->run(inlined.call);
    vow_here_leave(saved);
    if (guest.listed)
        unlist_guest(inlined.pool, &guest);
    /* relaxed: a figure */
    atomic_fetch_add_explicit(&inlined.pool->outside_completed, 1, memory_order_relaxed);
    count_out(inlined.pool); // NOLINT(clang-analyzer-core.StackAddressEscape): struct inline_call
}

static bool is_closed_guest(const struct line *line)
{
    const struct vow_pool *pool = line->owner;
    return line->work == run_inlined && (vow_sleep_word(&pool->sleep) & SLEEP_CLOSED) != 0;
}

/* The thread of guests: those of pools that have been closed are to end. Each lives in a line, which keeps its pool alive.
   One that has asked for what is served here is neither parked nor queued: it sees it when it waits next. */
static void end_guests_here(struct carrier *carrier)
{
    for (struct line *line = carrier->lines; line != NULL; line = line->lines_next)
        if (!line->canceled && is_closed_guest(line)) {
            (void)vow_carrier_cancel(carrier, line->owner);
            line->canceled = true;
        }
}

static void ending_drop(struct vow_call *call)
{
    struct guests_end *ending = vow_container_of(call, struct guests_end, call);
    /* G2 release: whoever finds it so may use the call again */
    atomic_store_explicit(&ending->called, false, memory_order_release);
}

static void ending_run(struct vow_call *call)
{
    struct guests_end *ending = vow_container_of(call, struct guests_end, call);
    /* G2 acq_rel: pairs with G1; who comes from here on calls once more */
    (void)atomic_exchange_explicit(&ending->called, false, memory_order_acq_rel);
    end_guests_here(vow_carrier_here);
}

/* Under the pool's lock: a guest is listed, so its thread lives, and its inbox takes the call. */
static void end_on(struct carrier *carrier)
{
    struct guests_end *ending = &vow_container_of(carrier, struct thread, carrier)->ending;
    /* G1 acq_rel: pairs with G2; if the call is on its way it will see that the pool is closed */
    if (atomic_exchange_explicit(&ending->called, true, memory_order_acq_rel))
        return;
    ending->call.run = ending_run;
    ending->call.dropped = ending_drop;
    if (!carrier->post(carrier, &ending->call))
        ending_drop(&ending->call);
}

void vow_pool_end_guests(struct vow_pool *pool)
{
    const struct carrier *told = NULL;
    vow_lock_take(&pool->lock);
    for (struct guest *guest = pool->guests; guest != NULL; guest = guest->next)
        if (guest->carrier != told) {
            told = guest->carrier;
            end_on(guest->carrier);
        }
    vow_lock_give(&pool->lock);
}

/* On a stack of the pool's size; what else runs on this carrier may want another. */
static enum line_end run_on_stack(struct carrier *carrier, struct inline_call *inlined)
{
    size_t size = carrier->stack_size;
    size_t wanted = inlined->pool->stack_size;
    carrier->stack_size = wanted != 0 ? wanted : STACK_DEFAULT;
    enum line_end end = vow_carrier_run(carrier, false, run_inlined, inlined, inlined->pool);
    carrier->stack_size = size;
    return end;
}

static VOW_COLD __attribute__((noinline)) void run_lent(struct inline_call *inlined)
{
    vow_run_lent(run_inlined, inlined);
}

static void run_in(struct vow_pool *pool, struct vow_call *call)
{
    struct inline_call inlined = {.pool = pool, .call = call};
    struct thread *thread = vow_thread_here();
    struct lane *lane = vow_fork_leave();
    enum line_end end = LINE_NO_MEMORY;
    if (thread != NULL)
        end = run_on_stack(&thread->carrier, &inlined);
    if (end == LINE_PARKED) /* it cannot go on before this thread lets it */
        list_guest(pool, inlined.guest);
    vow_fork_return(lane);
    if (end == LINE_NO_MEMORY)
        run_lent(&inlined);
}

/* Runs `call`, which has been counted in, and then what it owes. */
static void run_framed(struct vow_pool *pool, struct vow_call *call)
{
    struct locals *locals = vow_locals_here();
    struct inlining frame = {.pool = pool, .outer = locals->inlining, .owes = false};
    locals->inlining = &frame;
    locals->inlined++;
    run_in(pool, call);
    while (frame.owes && (call = vow_pool_take(pool)) != NULL) {
        (void)count_in(pool);
        run_in(pool, call);
    }
    locals->inlined--;
    locals->inlining = frame.outer;
}

static void drop_counted(struct vow_pool *pool, struct vow_call *call)
{
    vow_pool_drop(pool, call);
    count_out(pool);
}

void vow_pool_run_inline(struct vow_pool *pool, struct vow_call *call)
{
    struct inlining *outermost = depth_here() >= VOW_NESTING ? outermost_of(pool) : NULL;
    /* relaxed: a figure */
    atomic_fetch_add_explicit(&pool->outside_submitted, 1, memory_order_relaxed);
    if (outermost == NULL) {
        uint64_t word = count_in(pool);
        /* the pool may have been closed since the caller looked */
        if (vow_unlikely((word & SLEEP_CLOSED) != 0 ||
                         ((word & SLEEP_CLOSING) != 0 && !vow_pool_is_inside(pool))))
            drop_counted(pool, call);
        else
            run_framed(pool, call);
        return;
    }
    outermost->owes = true;
    vow_injector_push(&pool->injector, call);
}

bool vow_pool_run_queued(struct vow_pool *pool)
{
    uint64_t word = count_in(
        pool); /* before the call leaves the queue: a closer sees it in one place or the other */
    struct vow_call *call = vow_pool_take(pool);
    if (call == NULL)
        count_out(pool);
    else if (vow_unlikely((word & SLEEP_CLOSED) != 0))
        drop_counted(pool, call);
    else
        run_framed(pool, call);
    return call != NULL;
}
