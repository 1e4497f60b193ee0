/**
 * bench/peers/libevent_timer.c - P10, many timers and their memory by libevent's timers.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 * The events are allocated and assigned before the clock starts. The base is made without a lock, and reads the clock
 * once (EVENT_BASE_FLAG_NO_CACHE_TIME is not set).
 */
#include <event2/event.h>
#include <event2/event_struct.h>

#include "../timer_jobs.h"

static struct bench_timers plan;
static struct event *memory;
static struct event_base *base;

static void never(evutil_socket_t descriptor, short what, void *context)
{
    (void)descriptor;
    (void)what;
    bench_keep_pointer(context);
}

static void begin(long count)
{
    plan = bench_timers_plan(count);
    memory = bench_memory_touched((size_t)count, sizeof *memory);
    base = event_base_new();
    bench_require(base != NULL, "event_base_new");
    for (long index = 0; index < count; index++)
        bench_require(evtimer_assign(&memory[index], base, never, NULL) == 0, "evtimer_assign");
}

static void fill(long count)
{
    for (long index = 0; index < count; index++) {
        struct timeval after = {plan.milliseconds[index] / 1000,
                                plan.milliseconds[index] % 1000 * 1000};
        bench_require(evtimer_add(&memory[index], &after) == 0, "evtimer_add");
    }
}

static void drain(long count)
{
    for (long index = 0; index < count; index++)
        bench_require(evtimer_del(&memory[plan.order[index]]) == 0, "evtimer_del");
}

static void end(void)
{
    event_base_free(base);
    free(memory);
    bench_timers_end(&plan);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        BENCH_TIMER_JOB_ONE("libevent evtimer_add"),
        BENCH_TIMER_JOB_BYTES("libevent evtimer_add"),
        BENCH_TIMER_JOB_MANY("libevent evtimer_add"),
    };
    return bench_main(argc, argv, event_get_version(), jobs, sizeof jobs / sizeof *jobs);
}
