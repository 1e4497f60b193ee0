/*
 * times.c - timers and calls for later, whose functions wait.
 */
#include "everything.h"

#include <string.h>

enum { TIMERS = 12 };

static struct {
    struct vow_timer timers[TIMERS];
    bool begun;
} of_loops[LOOPS]; /* each its loop's thread's */

static vow_value wait_later(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    if (one_in(4))
        act_a_little();
    if (one_in(4))
        act_sleep();
    return input;
}

void act_later(void)
{
    vow_loop *loop;
    (void)some_loop(&loop);
    if (atomic_load(&everything_ends))
        return;
    struct context *context = context_new();
    vow_handlers at_end = {.size = sizeof(at_end), .context = context, .drop = context_drop};
    vow_promise *promise = vow_add_callbacks(
        vow_call_later(loop, VOW_MS((int64_t)below(3)), wait_later, vow_text("later"), context),
        &at_end);
    if (one_in(2))
        vow_cancel(promise);
    vow_promise_release(promise);
}

static void ring(struct vow_timer *timer)
{
    (void)vow_timer_skipped(timer);
    if (one_in(4))
        act_sleep();
    if (one_in(8))
        act_a_little();
    if (one_in(4))
        (void)vow_timer_stop(timer);
}

void timers_init(struct vow_timer *timers, int count)
{
    for (int i = 0; i < count; i++)
        must(vow_timer_init(&timers[i], ring) == VOW_OK);
}

void timers_use(vow_loop *loop, struct vow_timer *timers, int count)
{
    struct vow_timer *timer = &timers[below((unsigned)count)];
    vow_deadline deadline = vow_after(VOW_US((int64_t)below(3000)));
    switch (below(4)) {
    case 0:
        (void)vow_timer_stop(timer);
        break;
    case 1:
        must(vow_timer_repeat(loop, timer, deadline, VOW_US(500 + (int64_t)below(2000))) == VOW_OK);
        break;
    default:
        must(vow_timer_start(loop, timer, deadline) == VOW_OK);
    }
}

static vow_value use_timers(vow_value input, void *context)
{
    int which = (int)vow_as_integer(input);
    if (!of_loops[which].begun)
        timers_init(of_loops[which].timers, TIMERS);
    of_loops[which].begun = true;
    if (!atomic_load(&everything_ends))
        timers_use(context, of_loops[which].timers, TIMERS);
    return vow_none();
}

void act_timer(void)
{
    vow_loop *loop;
    int which = some_loop(&loop);
    must(vow_schedule(vow_loop_scheduler(loop), use_timers, vow_integer(which), loop) == VOW_OK);
}
