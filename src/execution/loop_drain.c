/*
 * loop_drain.c - the one place where a loop's calls run, and where they are dropped.
 *
 * A round takes what is queued when it starts; what its calls queue belongs to the next, so that a ring of calls
 * that schedule each other leaves libuv its turns. A round that vow_loop_stop cuts short stays as it is, and the
 * next drain goes on with it.
 */
#include "execution/loop_internal.h"

#define AHEAD 4 /* calls between the one that runs and the one whose lines are fetched */

/* Enters one call. Calls that can be parked will be entered on a stack of their own, here. */
static inline void enter(struct vow_loop *loop, struct vow_call *call)
{
    struct here_scope outside = vow_here_enter(&loop->scheduler);

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
        __builtin_prefetch((const char *)call + VOW_CACHE_LINE, 1);
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

static size_t run_round(struct vow_loop *loop, bool stoppable)
{
    size_t count = 0;
    struct vow_call *call;

    while ((call = next_call(loop)) != NULL) {
        enter(loop, call);
        count++;
        /* relaxed: loop_run.c acquires (T2) */
        if (stoppable && atomic_load_explicit(&loop->stopping, memory_order_relaxed))
            break;
    }
    return count;
}

/* What other threads fired at promises of this thread that are at home on immediate. It keeps the loop from going on
   as its own calls do, so it runs as one of them. */
static size_t run_threads_own(struct vow_loop *loop)
{
    /* relaxed: a look; draining acquires */
    if (atomic_load_explicit(&loop->thread->immediate->inbox.head, memory_order_relaxed) == NULL)
        return 0;
    struct here_scope outside = vow_here_enter(&loop->scheduler);
    size_t count = vow_thread_drain(loop->thread);
    vow_here_leave(outside);
    return count;
}

size_t vow_loop_drain(struct vow_loop *loop, bool stoppable)
{
    vow_check(!loop->draining);
    loop->draining = true;
    size_t count = run_threads_own(loop);
    start_round(loop);
    count += run_round(loop, stoppable);
    loop->draining = false;
    return count;
}

void vow_loop_drop_calls(struct vow_loop *loop)
{
    struct here_scope outside = vow_here_enter(&loop->scheduler);
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
