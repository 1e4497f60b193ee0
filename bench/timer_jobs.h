/**
 * bench/timer_jobs.h - the jobs that a program has which defines a `crowd` of timers: P10, their memory, and many of them.
 */
#ifndef BENCH_TIMER_JOBS_H
#define BENCH_TIMER_JOBS_H

#include "crowd.h"
#include "timers.h"

static void begin(long count);
static void fill(long count);
static void drain(long count);
static void end(void);

/** Where a program keeps something else for each timer, it says how many bytes. */
#ifndef BENCH_TIMER_KEPT
#define BENCH_TIMER_KEPT 0
#endif

static const struct bench_crowd crowd = {
    begin, fill, drain, end, BENCH_TIMERS_BOOKKEEPING + BENCH_TIMER_KEPT, 0};

static void measure_one(double *ret_figures)
{
    ret_figures[0] = bench_crowd_cost(&crowd, bench_count(BENCH_TIMERS));
}

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_crowd_bytes(&crowd, bench_count(BENCH_TIMERS));
}

static void measure_many(double *ret_figures)
{
    bench_crowd_costs(&crowd, ret_figures);
}

/** The rows of the jobs' table. */
#define BENCH_TIMER_JOB_ONE(subject)                                                               \
    {                                                                                              \
        "P10", subject, "ns", {""}, measure_one                                                    \
    }
#define BENCH_TIMER_JOB_BYTES(subject)                                                             \
    {                                                                                              \
        "timer-memory", subject, "bytes", {""}, measure_bytes                                      \
    }
#define BENCH_TIMER_JOB_MANY(subject)                                                              \
    {                                                                                              \
        "many-timers", subject, "ns", BENCH_CROWD_METRICS, measure_many                            \
    }

#endif
