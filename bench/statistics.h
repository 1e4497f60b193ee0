/**
 * bench/statistics.h - medians, percentiles and spreads.
 */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The middle and the ends of a set of samples. */
struct bench_spread {
    double median;
    double least;
    double greatest;
};

/** The spread of `count` samples; sorts them. */
struct bench_spread bench_spread_of(double *samples, size_t count);

/** The sample below which `percent` of the `count` samples lie; they must have been sorted. */
double bench_percentile(const double *sorted, size_t count, double percent);

/** Writes the 50th and the 99th percentile of `count` samples; sorts them. */
void bench_percentiles(double *samples, size_t count, double *ret_figures);

#ifdef __cplusplus
}
#endif

#endif
