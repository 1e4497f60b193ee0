/*
 * loop_timer.c - calls at a later time, each on a libuv timer of its own.
 *
 * The deadline is fixed where the timer is started, on whichever thread; what the way to the loop takes is not
 * added to it.
 */
#include "execution/loop_event.h"

struct loop_timer {
    struct loop_event event;
};

static void on_timer(uv_timer_t *handle)
{
    struct loop_event *event = vow_container_of(handle, struct loop_event, handle.timer);

    vow_check(vow_now() >= event->due.at);
    vow_event_due(event);
}

/* The loop's thread. */
static void start_here(struct loop_event *event)
{
    struct vow_loop *loop = event->loop;
    /* relaxed: if the stop comes a moment later, `fire` or the posted stop finds it */
    bool stopped = atomic_load_explicit(&event->stopped, memory_order_relaxed);

    if (stopped || loop->closing) {
        /* relaxed: read by this thread */
        atomic_store_explicit(&event->stopped, true, memory_order_relaxed);
        vow_event_due(event);
        return;
    }
    uv_timer_t *timer = &event->handle.timer;
    (void)uv_timer_init(loop->uv, timer); /* neither can fail */
    (void)uv_timer_start(timer, on_timer, vow_loop_milliseconds(loop->uv, event->due), 0);
    vow_event_arm(event);
}

static void start_run(struct vow_call *call)
{
    start_here(vow_container_of(call, struct loop_event, fire));
}

struct loop_timer *vow_loop_timer_start(struct vow_loop *loop, int64_t nanoseconds,
                                        struct vow_call *call)
{
    struct loop_event *event = vow_event_new(loop, call);
    if (event == NULL)
        return NULL;
    event->due = vow_after(nanoseconds);
    if (vow_scheduler_is_mine(&loop->scheduler)) {
        start_here(event);
    } else {
        event->fire.run = start_run; /* dropped on the way: as if it had fired and was dropped */
        vow_scheduler_call(&loop->scheduler, &event->fire);
    }
    return vow_container_of(event, struct loop_timer, event);
}

void vow_loop_timer_stop(struct loop_timer *timer)
{
    vow_event_stop(&timer->event);
}

void vow_loop_timer_release(struct loop_timer *timer)
{
    if (timer != NULL)
        vow_event_release(&timer->event);
}
