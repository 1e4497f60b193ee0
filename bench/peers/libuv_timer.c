/**
 * bench/peers/libuv_timer.c - P10 by libuv's timers.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 * The handles are allocated and initialised before the clock starts.
 */
#include <uv.h>

#include "../timers.h"

static void never(uv_timer_t *timer)
{
    bench_keep_pointer(timer);
}

static void measure_timers(double *ret_figures)
{
    struct bench_timers timers = bench_timers_begin();
    uv_timer_t *memory = bench_memory_touched((size_t)timers.count, sizeof *memory);
    uv_loop_t loop;
    bench_require(uv_loop_init(&loop) == 0, "uv_loop_init");
    for (long index = 0; index < timers.count; index++)
        bench_require(uv_timer_init(&loop, &memory[index]) == 0, "uv_timer_init");
    int64_t started = bench_start();
    for (long index = 0; index < timers.count; index++)
        bench_require(
            uv_timer_start(&memory[index], never, (uint64_t)timers.milliseconds[index], 0) == 0,
            "uv_timer_start");
    for (long index = 0; index < timers.count; index++)
        bench_require(uv_timer_stop(&memory[timers.order[index]]) == 0, "uv_timer_stop");
    ret_figures[0] = bench_each(started, timers.count);
    for (long index = 0; index < timers.count; index++)
        uv_close((uv_handle_t *)&memory[index], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_require(uv_loop_close(&loop) == 0, "uv_loop_close");
    free(memory);
    bench_timers_end(&timers);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P10", "libuv uv_timer_start", "ns", {""}, measure_timers},
    };
    return bench_main(argc, argv, uv_version_string(), jobs, sizeof jobs / sizeof *jobs);
}
