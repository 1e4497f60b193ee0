/**
 * bench/vow/timer.c - P10 by vow's timers.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 * `vow_timer_start` with timers in the caller's memory, set up before the clock starts; once with deadlines that are
 * counted from one reading of the clock, as libuv counts from its loop's, and once with a reading for each, as Go
 * does it; and `vow_call_later` with its promise, canceled and released.
 */
#include <vow.h>

#include "../timers.h"

static void never(struct vow_timer *timer)
{
    bench_keep_pointer(timer);
}

static vow_loop *new_loop(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    bench_require(loop != NULL, "vow_loop_new");
    return loop;
}

static void measure(double *ret_figures, bool reads_each_time)
{
    struct bench_timers timers = bench_timers_begin();
    struct vow_timer *memory = bench_memory_touched((size_t)timers.count, sizeof *memory);
    vow_loop *loop = new_loop();
    for (long index = 0; index < timers.count; index++)
        bench_require(vow_timer_init(&memory[index], never) == VOW_OK, "vow_timer_init");
    int64_t started = bench_start();
    for (long index = 0; index < timers.count; index++) {
        int64_t from = reads_each_time ? vow_now() : started;
        vow_deadline deadline = vow_at(from + VOW_MS(timers.milliseconds[index]));
        bench_require(vow_timer_start(loop, &memory[index], deadline) == VOW_OK, "start");
    }
    for (long index = 0; index < timers.count; index++)
        bench_require(vow_timer_stop(&memory[timers.order[index]]), "vow_timer_stop");
    ret_figures[0] = bench_each(started, timers.count);
    vow_loop_free(loop);
    free(memory);
    bench_timers_end(&timers);
}

static void measure_timers(double *ret_figures)
{
    measure(ret_figures, false);
}

static void measure_timers_and_clock(double *ret_figures)
{
    measure(ret_figures, true);
}

static vow_value never_called(vow_value input, void *context)
{
    bench_keep_pointer(context);
    return input;
}

static void measure_promises(double *ret_figures)
{
    struct bench_timers timers = bench_timers_begin();
    vow_promise **promises = bench_memory_touched((size_t)timers.count, sizeof(vow_promise *));
    vow_loop *loop = new_loop();
    vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE);
    int64_t started = bench_start();
    for (long index = 0; index < timers.count; index++)
        promises[index] = vow_call_later(loop, VOW_MS(timers.milliseconds[index]), never_called,
                                         vow_none(), NULL);
    for (long index = 0; index < timers.count; index++) {
        vow_cancel(promises[timers.order[index]]);
        vow_promise_release(promises[timers.order[index]]);
    }
    bench_require(vow_loop_run_until_idle(loop) == VOW_OK, "vow_loop_run_until_idle");
    ret_figures[0] = bench_each(started, timers.count);
    vow_loop_free(loop);
    free(promises);
    bench_timers_end(&timers);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P10", "vow, vow_timer_start", "ns", {""}, measure_timers},
        {"P10", "vow, clock read for each", "ns", {""}, measure_timers_and_clock},
        {"P10", "vow, vow_call_later", "ns", {""}, measure_promises},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
