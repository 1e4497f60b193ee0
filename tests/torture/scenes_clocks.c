/*
 * scenes_clocks.c - the virtual clock, over immediate, loops and pools.
 */
#include "torture/scene.h"

static vow_value sleep_a_second(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_sleep(VOW_S(1));
    return status == VOW_OK ? input : vow_fail(status, "%s", vow_last_error());
}

static void free_clock(vow_clock **clock)
{
    (void)vow_clock_free(*clock);
}

#define CLOCK __attribute__((cleanup(free_clock))) vow_clock

static void advanced(void)
{
    static const int64_t steps[] = {VOW_S(1), VOW_S(1)};
    CLOCK *clock = vow_clock_new();
    need(clock);
    need_ok(vow_clock_install(clock));
    vow_auto_promise promise = vow_delay(VOW_S(3), vow_integer(1));
    need_ok(vow_clock_advance(clock, VOW_S(1)));
    sure(vow_state(promise) != VOW_FULFILLED);
    if (vow_state(promise) == VOW_REJECTED)
        need_integer(vow_promise_retain(promise), 1);
    need_ok(vow_clock_pump(clock, steps, 2));
    sure(vow_clock_elapsed(clock) == VOW_S(3));
    need_integer(vow_promise_retain(promise), 1);
    need_ok(vow_clock_uninstall(clock));
}

static void running_ahead(void)
{
    CLOCK *clock = vow_clock_new();
    need(clock);
    need_ok(vow_clock_install(clock));
    need_ok(vow_clock_run_ahead(clock, true));
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    need_integer(vow_submit(vow_pool_scheduler(pool), sleep_a_second, vow_integer(1), NULL), 1);
    sure(vow_clock_elapsed(clock) == VOW_S(1));
}

static void running_ahead_on_a_loop(void)
{
    CLOCK *clock = vow_clock_new();
    need(clock);
    need_ok(vow_clock_install(clock));
    need_ok(vow_clock_run_ahead(clock, true));
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    need_integer(vow_submit(vow_loop_scheduler(loop), sleep_a_second, vow_integer(1), NULL), 1);
    need_integer(vow_call_later(loop, VOW_S(5), sleep_a_second, vow_integer(2), NULL), 2);
}

const struct scene scenes_of_clocks[] = {
    SCENE_ALONE(advanced),
    SCENE_ALONE(running_ahead),
    SCENE_ALONE(running_ahead_on_a_loop),
    {0},
};
