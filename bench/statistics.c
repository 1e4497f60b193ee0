/**
 * bench/statistics.c - medians, percentiles and spreads.
 */
#include "statistics.h"

#include <stdlib.h>

static int compare(const void *first, const void *second)
{
    double a = *(const double *)first;
    double b = *(const double *)second;
    return (a > b) - (a < b);
}

double bench_percentile(const double *sorted, size_t count, double percent)
{
    size_t index = (size_t)((double)count * percent / 100);
    return sorted[index < count ? index : count - 1];
}

struct bench_spread bench_spread_of(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return (struct bench_spread){
        .median = (samples[(count - 1) / 2] + samples[count / 2]) / 2,
        .least = samples[0],
        .greatest = samples[count - 1],
    };
}

void bench_percentiles(double *samples, size_t count, double *ret_figures)
{
    qsort(samples, count, sizeof *samples, compare);
    ret_figures[0] = bench_percentile(samples, count, 50);
    ret_figures[1] = bench_percentile(samples, count, 99);
}
