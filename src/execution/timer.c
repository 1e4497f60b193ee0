/*
 * timer.c - timers in their users' memory, on a loop's wheel.
 *
 *              start                  the moment                  its turn among the loop's calls
 *   stopped ----------> on the wheel ------------> in loop->due ---------------------------------> stopped; called
 *      ^_____________________|____________________________|                                          (or on the wheel
 *               stop, or the loop's end                                                               again: repeats)
 *
 * A stop takes the timer out of either list, so that its memory is free at once. That is why expired timers are not
 * calls in the loop's queue, which nothing can be taken out of: one call of the loop's own, `run_due`, stands for all
 * of them. It is queued again before it calls a timer while others are left: one whose function waits holds up
 * none of them.
 *
 * Invariants
 * 1. `link` is not NULL exactly while the timer is on the wheel or in loop->due.
 * 2. While loop->due is not empty `run_due` is queued, or running at a place where it will look again.
 * 3. Before a timer's function is called all of vow's work on it is done: it may free the memory.
 */
#include <vow/timer.h>

#include "base/fail.h"
#include "execution/loop_internal.h"

enum place { PLACE_WHEEL, PLACE_DUE };

struct user_timer {
    struct vow_loop *loop; /* where it was started last */
    uint32_t mark;         /* of one that was set up, here */
    uint32_t place;        /* enum place, while `link` is not NULL */
    struct timer timer;    /* what starts and stops touch lies together */
    vow_timer_fn *function;
    int64_t period; /* 0: once */
    uint64_t skipped;
};

_Static_assert(sizeof(struct user_timer) <= sizeof(struct vow_timer), "it has to fit");
_Static_assert(_Alignof(struct user_timer) <= _Alignof(struct vow_timer), "it has to fit");

static inline struct user_timer *inside(struct vow_timer *timer)
{
    return (struct user_timer *)(void *)timer;
}

static inline const struct user_timer *inside_const(const struct vow_timer *timer)
{
    return (const struct user_timer *)(const void *)timer;
}

static inline uint32_t mark_of(const struct user_timer *timer)
{
    return (uint32_t)((uintptr_t)timer >> 3) ^ 0x766f7774u;
}

static inline bool is_set_up(const struct user_timer *timer)
{
    return timer->mark == mark_of(timer);
}

/* Due */

static void append_due(struct vow_loop *loop, struct timer *timer)
{
    timer->next = NULL;
    timer->link = loop->due_end;
    *loop->due_end = timer;
    loop->due_end = &timer->next;
}

static __attribute__((noinline)) void take_from_due(struct vow_loop *loop, struct timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    else
        loop->due_end = timer->link;
    timer->link = NULL;
}

static void queue_run_due(struct vow_loop *loop)
{
    if (loop->run_due_queued)
        return;
    loop->run_due_queued = true;
    vow_loop_append(loop, &loop->run_due);
}

static void expired(struct timer *timer)
{
    struct user_timer *expired = vow_container_of(timer, struct user_timer, timer);
    struct vow_loop *loop = expired->loop;

    vow_check(vow_now() >= timer->at);
    expired->place = PLACE_DUE;
    append_due(loop, timer);
    queue_run_due(loop);
}

/* The next moment that has not passed; what lies between is skipped. */
static int64_t next_moment(struct user_timer *timer)
{
    int64_t skipped = (vow_now() - timer->timer.at) / timer->period;
    int64_t last = timer->timer.at + skipped * timer->period;
    int64_t next;

    timer->skipped = (uint64_t)skipped;
    return __builtin_add_overflow(last, timer->period, &next) ? INT64_MAX : next;
}

static void call(struct vow_loop *loop, struct user_timer *timer)
{
    take_from_due(loop, &timer->timer);
    if (timer->period != 0) {
        timer->place = PLACE_WHEEL;
        vow_wheel_start(&loop->wheel, &timer->timer, next_moment(timer));
    }
    timer->function((struct vow_timer *)(void *)timer);
}

static void run_due(struct vow_call *due)
{
    struct vow_loop *loop = vow_container_of(due, struct vow_loop, run_due);

    loop->run_due_queued = false;
    while (loop->due != NULL) {
        if (loop->due->next != NULL)
            queue_run_due(loop);
        call(loop, vow_container_of(loop->due, struct user_timer, timer));
        /* relaxed: who runs the loop acquires (T2) */
        if (atomic_load_explicit(&loop->stopping, memory_order_relaxed))
            break;
    }
    if (loop->due != NULL)
        queue_run_due(loop);
}

static void drop_due(struct vow_call *due)
{
    vow_container_of(due, struct vow_loop, run_due)->run_due_queued = false;
}

/* The loop's side */

void vow_loop_init_timers(struct vow_loop *loop)
{
    vow_wheel_init(&loop->wheel, vow_now());
    loop->alarm_at = INT64_MAX;
    loop->due = NULL;
    loop->due_end = &loop->due;
    loop->run_due = (struct vow_call){.run = run_due, .dropped = drop_due};
}

void vow_loop_stop_timers(struct vow_loop *loop)
{
    struct timer *timer, *next;

    vow_check(loop->closing);
    while ((timer = vow_wheel_any(&loop->wheel)) != NULL)
        (void)vow_wheel_stop(&loop->wheel, timer);
    for (timer = loop->due; timer != NULL; timer = next) {
        next = timer->next;
        timer->link = NULL;
    }
    loop->due = NULL;
    loop->due_end = &loop->due;
}

/* Users */

vow_status vow_timer_init(struct vow_timer *timer, vow_timer_fn *function)
{
    if (timer == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_timer_init: timer is NULL");
    struct user_timer *made = inside(timer);
    *made = (struct user_timer){.function = function};
    vow_wheel_timer_init(&made->timer, expired);
    if (function == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_timer_init: function is NULL");
    made->mark = mark_of(made);
    return VOW_OK;
}

static VOW_ALWAYS_INLINE void take_away(struct user_timer *timer)
{
    if (vow_unlikely(timer->place == PLACE_DUE))
        take_from_due(timer->loop, &timer->timer);
    else
        (void)vow_wheel_stop(&timer->loop->wheel, &timer->timer);
}

static VOW_COLD vow_status refuse(const char *function, struct vow_loop *loop,
                                  const struct user_timer *timer)
{
    const char *wrong = loop == NULL        ? "loop is NULL"
                        : timer == NULL     ? "timer is NULL"
                        : !is_set_up(timer) ? "timer was not set up by vow_timer_init, or is a copy"
                        : !vow_scheduler_is_mine(&loop->scheduler)
                            ? "loop belongs to another thread, which made it"
                            : "timer is started on another loop";
    if (loop != NULL && timer != NULL && loop->closing)
        return vow_fail_status(VOW_CLOSED, "%s: loop is being freed", function);
    return vow_fail_status(VOW_INVALID, "%s: %s", function, wrong);
}

static inline bool may_start(struct vow_loop *loop, const struct user_timer *timer)
{
    return loop != NULL && timer != NULL && is_set_up(timer) &&
           vow_scheduler_is_mine(&loop->scheduler) && !loop->closing &&
           (timer->timer.link == NULL || timer->loop == loop);
}

static inline vow_status start(const char *function, struct vow_loop *loop,
                               struct user_timer *timer, int64_t at, int64_t period)
{
    if (vow_unlikely(!may_start(loop, timer)))
        return refuse(function, loop, timer);
    if (timer->timer.link != NULL)
        take_away(timer);
    timer->loop = loop;
    timer->place = PLACE_WHEEL;
    timer->period = period;
    timer->skipped = 0;
    vow_wheel_start(&loop->wheel, &timer->timer, at > 0 ? at : 0);
    vow_loop_arm(loop);
    return VOW_OK;
}

vow_status vow_timer_start(vow_loop *loop, struct vow_timer *timer, vow_deadline deadline)
{
    return start("vow_timer_start", loop, inside(timer), deadline.at, 0);
}

vow_status vow_timer_repeat(vow_loop *loop, struct vow_timer *timer, vow_deadline first,
                            int64_t period)
{
    if (period <= 0)
        return vow_fail_literal(VOW_INVALID, "vow_timer_repeat: period is not positive");
    return start("vow_timer_repeat", loop, inside(timer), first.at, period);
}

static VOW_COLD bool refuse_stop(const struct user_timer *timer)
{
    const char *wrong = timer == NULL       ? "timer is NULL"
                        : !is_set_up(timer) ? "timer was not set up by vow_timer_init, or is a copy"
                                            : "this is not the thread of the timer's loop";
    vow_fail_status(VOW_INVALID, "vow_timer_stop: %s", wrong);
    return false;
}

bool vow_timer_stop(struct vow_timer *timer)
{
    struct user_timer *stopped = inside(timer);

    if (vow_unlikely(timer == NULL || !is_set_up(stopped)))
        return refuse_stop(stopped);
    if (stopped->timer.link == NULL)
        return false;
    if (vow_unlikely(!vow_scheduler_is_mine(&stopped->loop->scheduler)))
        return refuse_stop(stopped);
    take_away(stopped);
    vow_loop_arm(stopped->loop);
    return true;
}

bool vow_timer_started(const struct vow_timer *timer)
{
    const struct user_timer *asked = inside_const(timer);

    return timer != NULL && is_set_up(asked) && asked->timer.link != NULL;
}

uint64_t vow_timer_skipped(const struct vow_timer *timer)
{
    const struct user_timer *asked = inside_const(timer);

    return timer != NULL && is_set_up(asked) ? asked->skipped : 0;
}
