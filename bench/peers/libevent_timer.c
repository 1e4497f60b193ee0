/**
 * bench/peers/libevent_timer.c - P10 by libevent's timers.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 * The events are allocated and assigned before the clock starts. The base is made without a lock, and reads the clock
 * once (EVENT_BASE_FLAG_NO_CACHE_TIME is not set).
 */
#include <event2/event.h>
#include <event2/event_struct.h>

#include "../timers.h"

static void never(evutil_socket_t descriptor, short what, void *context)
{
    (void)descriptor;
    (void)what;
    bench_keep_pointer(context);
}

static void measure_timers(double *ret_figures)
{
    struct bench_timers timers = bench_timers_begin();
    struct event *memory = bench_memory_touched((size_t)timers.count, sizeof *memory);
    struct event_base *base = event_base_new();
    bench_require(base != NULL, "event_base_new");
    for (long index = 0; index < timers.count; index++)
        bench_require(evtimer_assign(&memory[index], base, never, NULL) == 0, "evtimer_assign");
    int64_t started = bench_start();
    for (long index = 0; index < timers.count; index++) {
        struct timeval after = {timers.milliseconds[index] / 1000,
                                timers.milliseconds[index] % 1000 * 1000};
        bench_require(evtimer_add(&memory[index], &after) == 0, "evtimer_add");
    }
    for (long index = 0; index < timers.count; index++)
        bench_require(evtimer_del(&memory[timers.order[index]]) == 0, "evtimer_del");
    ret_figures[0] = bench_each(started, timers.count);
    event_base_free(base);
    free(memory);
    bench_timers_end(&timers);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P10", "libevent evtimer_add", "ns", {""}, measure_timers},
    };
    return bench_main(argc, argv, event_get_version(), jobs, sizeof jobs / sizeof *jobs);
}
