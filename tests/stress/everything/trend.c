/*
 * trend.c - medians of slopes, which single figures that are far off do not change.
 */
#include "trend.h"

#include <math.h>
#include <stdlib.h>

/* More figures are thinned out: the pairs grow with the square. */
enum { MOST = 1000 };

/* One in a hundred series of noise alone looks as certain. */
#define CERTAIN 2.3

static int compare(const void *first, const void *second)
{
    double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

/* The slopes of all pairs; gives how many more of them rise than fall. */
static double slopes_of(const long *figures, size_t count, size_t step, double *slopes)
{
    double more = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            double difference = (double)(figures[j * step] - figures[i * step]);
            more += (difference > 0) - (difference < 0);
            *slopes++ = difference / (double)((j - i) * step);
        }
    return more;
}

struct trend trend_of(const long *figures, size_t all)
{
    size_t step = 1 + all / MOST;
    size_t count = all / step, pairs = count * (count - 1) / 2;
    if (count < 3)
        return (struct trend){0};
    double *slopes = malloc(pairs * sizeof(*slopes));
    if (slopes == NULL)
        abort();
    double more = slopes_of(figures, count, step, slopes);
    double number = (double)count;
    qsort(slopes, pairs, sizeof(slopes[0]), compare);
    double each = slopes[pairs / 2];
    free(slopes);
    return (struct trend){.each = each,
                          .whole = each * (double)(all - 1),
                          .certainty = more / sqrt(number * (number - 1) * (2 * number + 5) / 18)};
}

bool trend_rises(struct trend trend, long tolerated)
{
    return trend.whole > (double)tolerated && trend.certainty > CERTAIN;
}
