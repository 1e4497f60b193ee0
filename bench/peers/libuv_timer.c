/**
 * bench/peers/libuv_timer.c - P10, many timers and their memory by libuv's timers.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 * The handles are allocated and initialised before the clock starts.
 */
#include <uv.h>

#include "../timer_jobs.h"

static struct bench_timers plan;
static uv_timer_t *memory;
static uv_loop_t loop;

static void never(uv_timer_t *timer)
{
    bench_keep_pointer(timer);
}

static void begin(long count)
{
    plan = bench_timers_plan(count);
    memory = bench_memory_touched((size_t)count, sizeof *memory);
    bench_require(uv_loop_init(&loop) == 0, "uv_loop_init");
    for (long index = 0; index < count; index++)
        bench_require(uv_timer_init(&loop, &memory[index]) == 0, "uv_timer_init");
}

static void fill(long count)
{
    for (long index = 0; index < count; index++)
        bench_require(
            uv_timer_start(&memory[index], never, (uint64_t)plan.milliseconds[index], 0) == 0,
            "uv_timer_start");
}

static void drain(long count)
{
    for (long index = 0; index < count; index++)
        bench_require(uv_timer_stop(&memory[plan.order[index]]) == 0, "uv_timer_stop");
}

static void end(void)
{
    for (long index = 0; index < plan.count; index++)
        uv_close((uv_handle_t *)&memory[index], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_require(uv_loop_close(&loop) == 0, "uv_loop_close");
    free(memory);
    bench_timers_end(&plan);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        BENCH_TIMER_JOB_ONE("libuv uv_timer_start"),
        BENCH_TIMER_JOB_BYTES("libuv uv_timer_start"),
        BENCH_TIMER_JOB_MANY("libuv uv_timer_start"),
    };
    return bench_main(argc, argv, uv_version_string(), jobs, sizeof jobs / sizeof *jobs);
}
