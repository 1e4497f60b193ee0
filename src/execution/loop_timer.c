/*
 * loop_timer.c - the loop's wheel, and calls at a later time on it.
 *
 * All timers of a loop are on its wheel; libuv has one timer, the alarm, for the earliest of them, and of the thread's
 * own, on which its waits are. While an own loop runs, loop_run.c looks at the wheels whenever it has read the clock
 * and sets the alarm before it sleeps. Over a user's uv_loop_t the alarm is kept right at all times, because uv_run may
 * begin at any time (vow_loop_arm).
 *
 * The deadline is fixed where the timer is started, on whichever thread; what the way to the loop takes is not
 * added to it.
 *
 * Invariants
 * 1. Advancing a wheel runs no call: it only queues them.
 * 2. Over a user's loop, outside of our own runs and of drains: the alarm is active exactly while something is to come
 *    due, not later than that (rounded up to a millisecond), and referenced exactly while a timer of this loop's, or
 *    of a wait on its thread, is started.
 */
#include "execution/loop_event.h"

/* The wheel of the waits on the loop's thread. */
static inline struct wheel *waits_of(const struct vow_loop *loop)
{
    return &loop->thread->carrier.wheel;
}

int64_t vow_loop_next_due(const struct vow_loop *loop)
{
    int64_t own = vow_wheel_next(&loop->wheel);
    int64_t others = vow_wheel_next(waits_of(loop));

    return own < others ? own : others;
}

void vow_loop_advance(struct vow_loop *loop, int64_t now)
{
    struct wheel *waits = waits_of(loop);

    if (loop->wheel.count != 0)
        (void)vow_wheel_advance(&loop->wheel, now);
    if (waits->count != 0)
        (void)vow_wheel_advance(waits, now);
}

/* The alarm */

static void reference_alarm(uv_handle_t *alarm, bool wanted)
{
    if (wanted)
        uv_ref(alarm);
    else
        uv_unref(alarm);
}

void vow_loop_arm_slowly(struct vow_loop *loop)
{
    if (loop->running || loop->draining || loop->handles == NULL)
        return;
    int64_t due = vow_loop_next_due(loop);
    bool wanted = loop->wheel.count != 0 || waits_of(loop)->count != 0;
    if (due != INT64_MAX || wanted)
        vow_loop_set_alarm(loop, vow_at(due));
    else
        vow_loop_unset_alarm(loop);
    reference_alarm((uv_handle_t *)&loop->handles->alarm, wanted);
}

/* Calls */

struct loop_timer {
    struct loop_event event;
    struct timer timer;
};

static struct loop_timer *timer_of(struct loop_event *event)
{
    return vow_container_of(event, struct loop_timer, event);
}

static void disarm(struct loop_event *event)
{
    if (vow_wheel_stop(&event->loop->wheel, &timer_of(event)->timer))
        vow_loop_arm(event->loop);
}

static const struct event_kind timer_kind = {sizeof(struct loop_timer), disarm};

static void expired(struct timer *timer)
{
    vow_check(vow_now() >= timer->at);
    vow_event_due(&vow_container_of(timer, struct loop_timer, timer)->event);
}

/* The loop's thread. */
static void start_here(struct loop_event *event)
{
    struct vow_loop *loop = event->loop;
    struct timer *timer = &timer_of(event)->timer;
    /* relaxed: if the stop comes a moment later, `fire` or the posted stop finds it */
    bool stopped = atomic_load_explicit(&event->stopped, memory_order_relaxed);

    if (stopped || loop->closing) {
        /* relaxed: read by this thread */
        atomic_store_explicit(&event->stopped, true, memory_order_relaxed);
        vow_event_due(event);
        return;
    }
    vow_wheel_start(&loop->wheel, timer, timer->at);
    vow_event_arm(event);
    vow_loop_arm(loop);
}

static void start_run(struct vow_call *call)
{
    start_here(vow_container_of(call, struct loop_event, fire));
}

/* What is never to come is started all the same, and keeps its loop from being idle: it can be stopped. */
static int64_t moment_after(int64_t nanoseconds)
{
    int64_t at = vow_after(nanoseconds).at;
    return at != INT64_MAX ? at : INT64_MAX - 1;
}

struct loop_timer *vow_loop_timer_start(struct vow_loop *loop, int64_t nanoseconds,
                                        struct vow_call *call)
{
    struct loop_event *event = vow_event_new(loop, &timer_kind, call);
    if (event == NULL)
        return NULL;
    struct loop_timer *started = timer_of(event);
    vow_wheel_timer_init(&started->timer, expired);
    started->timer.at = moment_after(nanoseconds);
    if (vow_scheduler_is_mine(&loop->scheduler)) {
        start_here(event);
    } else {
        event->fire.run = start_run; /* dropped on the way: as if it had fired and was dropped */
        vow_scheduler_call(&loop->scheduler, &event->fire);
    }
    return started;
}

struct vow_call *vow_loop_timer_stop(struct loop_timer *timer)
{
    return vow_event_stop(&timer->event);
}

void vow_loop_timer_release(struct loop_timer *timer)
{
    if (timer != NULL)
        vow_event_release(&timer->event);
}
