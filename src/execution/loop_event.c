/*
 * loop_event.c - the common life of timers and signals (loop_event.h has its states and invariants).
 *
 * Why a call of one's own (`fire`) instead of the user's in the list of ready calls: between the moment and the
 * run a stop may come, and must win; and what is dropped at free comes out of the same list.
 */
#include "execution/loop_event.h"

#include "base/object.h"

static void post_stop_run(struct vow_call *call);
static void post_stop_dropped(struct vow_call *call);
static void fire_run(struct vow_call *call);
static void fire_dropped(struct vow_call *call);

struct loop_event *vow_event_new(struct vow_loop *loop, const struct event_kind *kind,
                                 struct vow_call *call)
{
    struct loop_event *event = vow_object_new(kind->size);
    if (event == NULL)
        return NULL;
    *event = (struct loop_event){
        .fire = {.run = fire_run, .dropped = fire_dropped},
        .stop = {.run = post_stop_run, .dropped = post_stop_dropped},
        .call = call,
        .loop = loop,
        .kind = kind,
        .state = EVENT_POSTED,
    };
    /* relaxed: not published yet */
    atomic_store_explicit(&event->references, 2, memory_order_relaxed);
    vow_home_retain(&loop->scheduler);
    return event;
}

void vow_event_retain(struct loop_event *event)
{
    /* relaxed: the caller has a reference */
    atomic_fetch_add_explicit(&event->references, 1, memory_order_relaxed);
}

void vow_event_release(struct loop_event *event)
{
    /* R1 acq_rel: with itself; who frees sees what all others did */
    if (atomic_fetch_sub_explicit(&event->references, 1, memory_order_acq_rel) != 1)
        return;
    vow_scheduler *scheduler = &event->loop->scheduler;
    vow_object_delete(event, event->kind->size);
    vow_home_release(scheduler);
}

/* Armed */

void vow_event_arm(struct loop_event *event)
{
    struct vow_loop *loop = event->loop;

    vow_check(event->state == EVENT_POSTED);
    event->state = EVENT_ARMED;
    event->next = loop->events;
    event->link = &loop->events;
    if (event->next != NULL)
        event->next->link = &event->next;
    loop->events = event;
}

static inline void disarm(struct loop_event *event)
{
    *event->link = event->next;
    if (event->next != NULL)
        event->next->link = event->link;
    event->kind->disarm(event);
}

/* The end */

static bool is_stopped(struct loop_event *event)
{
    /* E1 acquire: pairs with E2 */
    return atomic_load_explicit(&event->stopped, memory_order_acquire);
}

static void fire_dropped(struct vow_call *call)
{
    struct loop_event *event = vow_container_of(call, struct loop_event, fire);

    event->state = EVENT_OVER;
    event->call->dropped(event->call);
    vow_event_release(event);
}

static void fire_run(struct vow_call *call)
{
    struct loop_event *event = vow_container_of(call, struct loop_event, fire);

    if (is_stopped(event)) {
        fire_dropped(call);
        return;
    }
    event->state = EVENT_OVER;
    event->call->run(event->call);
    vow_event_release(event);
}

void vow_event_due(struct loop_event *event)
{
    if (event->state == EVENT_ARMED)
        disarm(event);
    event->state = EVENT_DUE;
    event->fire.run = fire_run;
    event->fire.dropped = fire_dropped;
    vow_loop_append(event->loop, &event->fire);
}

/* Stopping */

/* The loop's thread. */
static struct vow_call *stop_here(struct loop_event *event)
{
    if (event->state != EVENT_ARMED)
        return NULL;
    struct vow_call *call = event->call;
    disarm(event);
    event->state = EVENT_OVER;
    vow_event_release(event);
    return call;
}

static void post_stop_dropped(struct vow_call *call)
{
    vow_event_release(vow_container_of(call, struct loop_event, stop)); /* free sees to the call */
}

static void post_stop_run(struct vow_call *call)
{
    struct vow_call *stopped = stop_here(vow_container_of(call, struct loop_event, stop));
    if (stopped != NULL)
        stopped->dropped(stopped);
    post_stop_dropped(call);
}

struct vow_call *vow_event_stop(struct loop_event *event)
{
    /* E2 acq_rel: pairs with E1; and only one of several stops goes on, for there is one node to post */
    if (atomic_exchange_explicit(&event->stopped, true, memory_order_acq_rel))
        return NULL;
    if (vow_scheduler_is_mine(&event->loop->scheduler))
        return stop_here(event);
    vow_event_retain(event);
    vow_scheduler_call(&event->loop->scheduler, &event->stop);
    return NULL;
}

void vow_event_stop_all(struct vow_loop *loop)
{
    while (loop->events != NULL) {
        /* release: as E2 */
        atomic_store_explicit(&loop->events->stopped, true, memory_order_release);
        vow_event_due(loop->events);
    }
}
