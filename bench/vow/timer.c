/**
 * bench/vow/timer.c - P10, many timers and their memory by vow's timers.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 * `vow_timer_start` with timers in the caller's memory, set up before the clock starts; once with deadlines that are
 * counted from one reading of the clock, as libuv counts from its loop's, and once with a reading for each, as Go
 * does it; and `vow_call_later` with its promise, canceled and released. Many, the first of these for other numbers, and the
 * growth of resident memory by 1,000,000 timers, the caller's memory included.
 */
#include <vow.h>

#include "../crowd.h"
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

static struct {
    struct bench_timers plan;
    struct vow_timer *memory;
    vow_loop *loop;
} crowd;

static void begin_timers(long count)
{
    crowd.plan = bench_timers_plan(count);
    crowd.memory = bench_memory_touched((size_t)count, sizeof *crowd.memory);
    crowd.loop = new_loop();
    for (long index = 0; index < count; index++)
        bench_require(vow_timer_init(&crowd.memory[index], never) == VOW_OK, "vow_timer_init");
}

static void start(long index, int64_t now)
{
    vow_deadline deadline = vow_at(now + VOW_MS(crowd.plan.milliseconds[index]));
    bench_require(vow_timer_start(crowd.loop, &crowd.memory[index], deadline) == VOW_OK,
                  "vow_timer_start");
}

static void fill_timers(long count)
{
    int64_t now = vow_now();
    for (long index = 0; index < count; index++)
        start(index, now);
}

static void fill_timers_and_read_clock(long count)
{
    for (long index = 0; index < count; index++)
        start(index, vow_now());
}

static void drain_timers(long count)
{
    for (long index = 0; index < count; index++)
        bench_require(vow_timer_stop(&crowd.memory[crowd.plan.order[index]]), "vow_timer_stop");
}

static void end_timers(void)
{
    vow_loop_free(crowd.loop);
    free(crowd.memory);
    bench_timers_end(&crowd.plan);
}

static const struct bench_crowd crowd_of_timers = {
    .begin = begin_timers,
    .fill = fill_timers,
    .drain = drain_timers,
    .end = end_timers,
    .bookkeeping = BENCH_TIMERS_BOOKKEEPING,
};

static void measure_timers(double *ret_figures)
{
    ret_figures[0] = bench_crowd_cost(&crowd_of_timers, bench_count(BENCH_TIMERS));
}

static void measure_timers_and_clock(double *ret_figures)
{
    struct bench_crowd reading = crowd_of_timers;
    reading.fill = fill_timers_and_read_clock;
    ret_figures[0] = bench_crowd_cost(&reading, bench_count(BENCH_TIMERS));
}

static void measure_many(double *ret_figures)
{
    bench_crowd_costs(&crowd_of_timers, ret_figures);
}

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_crowd_bytes(&crowd_of_timers, bench_count(BENCH_TIMERS));
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
        {"timer-memory", "vow, vow_timer_start", "bytes", {""}, measure_bytes},
        {"many-timers", "vow, vow_timer_start", "ns", BENCH_CROWD_METRICS, measure_many},
        {"P10", "vow, vow_call_later", "ns", {""}, measure_promises},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
