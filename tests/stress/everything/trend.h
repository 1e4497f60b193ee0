/*
 * trend.h - whether figures that were read again and again rise: by more than is tolerated, and by more than their noise.
 */
#ifndef VOW_TESTS_STRESS_EVERYTHING_TREND_H
#define VOW_TESTS_STRESS_EVERYTHING_TREND_H

#include <stdbool.h>
#include <stddef.h>

struct trend {
    double
        each; /* from one figure to the next: the median of the slopes between any two of them (Theil and Sen) */
    double whole; /* from the first to the last, at that slope */
    double
        certainty; /* how many standard deviations of chance the order of the figures is away from none (Mann and Kendall) */
};

/* Of fewer than three figures there is none: all zero. */
struct trend trend_of(const long *figures, size_t count);

bool trend_rises(struct trend trend, long tolerated);

#endif
