/**
 * bench/item_jobs.h - the jobs that a program has which defines a `crowd` of items: their memory, and many of them.
 */
#ifndef BENCH_ITEM_JOBS_H
#define BENCH_ITEM_JOBS_H

#include "crowd.h"
#include "harness.h"
#include "sizes.h"

static void begin(long count);
static void fill(long count);
static void drain(long count);
static void end(void);

static const struct bench_crowd crowd = {begin, fill, drain, end, 0, 0};

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_crowd_bytes(&crowd, bench_count(BENCH_CROWD));
}

static void measure_many(double *ret_figures)
{
    bench_crowd_costs(&crowd, ret_figures);
}

/** The rows of the jobs' table. */
#define BENCH_ITEM_JOB_BYTES(subject)                                                              \
    {                                                                                              \
        "item-memory", subject, "bytes", {""}, measure_bytes                                       \
    }
#define BENCH_ITEM_JOB_MANY(subject)                                                               \
    {                                                                                              \
        "many-items", subject, "ns", BENCH_CROWD_METRICS, measure_many                             \
    }

#endif
