/**
 * bench/peers/plain_sleep.c - sleep by a thread of the system: what the kernel itself takes to wake one.
 *
 * Counted: how much later than asked `clock_nanosleep` of a millisecond returns.
 */
#include <stdlib.h>
#include <time.h>

#include "../harness.h"
#include "../memory.h"
#include "../sizes.h"
#include "../statistics.h"

static void measure_sleep(double *ret_figures)
{
    const struct timespec millisecond = {.tv_nsec = 1000000};
    size_t count = (size_t)bench_count(BENCH_SLEEPS);
    double *times = bench_memory_touched(count, sizeof *times);
    for (size_t i = 0; i < count; i++) {
        int64_t started = bench_now();
        bench_require(clock_nanosleep(CLOCK_MONOTONIC, 0, &millisecond, NULL) == 0,
                      "clock_nanosleep");
        times[i] = (double)(bench_now() - started - 1000000) / 1000;
    }
    bench_percentiles(times, count, ret_figures);
    free(times);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"sleep", "clock_nanosleep", "us", {"p50", "p99"}, measure_sleep},
    };
    return bench_main(argc, argv, BENCH_COMPILER, jobs, sizeof jobs / sizeof *jobs);
}
