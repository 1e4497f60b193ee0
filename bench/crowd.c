/**
 * bench/crowd.c - many objects of one kind alive at the same time: what each costs, and what memory each takes.
 */
#include "crowd.h"

#include <math.h>
#include <stdbool.h>
#include <unistd.h>

#include "harness.h"
#include "marks.h"
#include "memory.h"
#include "sizes.h"

enum { LEAST = 1000, STEP = 10, OBJECTS_IN_ALL = 200000 };

/** What the child measures; `bench_in_child` hands nothing over. */
static struct {
    const struct bench_crowd *crowd;
    long count;
} measured;

/** No more than half of what is free: others are there too. */
static bool has_room(const struct bench_crowd *crowd, long count)
{
    double needed = (double)crowd->bytes_at_most * (double)count;
    return needed * 2 < (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

double bench_crowd_cost(const struct bench_crowd *crowd, long count)
{
    crowd->begin(count);
    int64_t started = bench_start();
    crowd->fill(count);
    crowd->drain(count);
    double each = bench_each(started, count);
    crowd->end();
    return each;
}

/** Small crowds are measured as often as it takes to handle as many objects. */
static double cost(const struct bench_crowd *crowd, long count)
{
    long times = count < OBJECTS_IN_ALL && !bench_marks_are_on() ? OBJECTS_IN_ALL / count : 1;
    double sum = 0;
    for (long time = 0; time < times; time++)
        sum += bench_crowd_cost(crowd, count);
    return sum / (double)times;
}

void bench_crowd_costs(const struct bench_crowd *crowd, double *ret_figures)
{
    long count = LEAST;
    for (int figure = 0; figure < BENCH_FIGURES; figure++, count *= STEP) {
        bool wanted = count <= LEAST || count <= bench_count(BENCH_CROWD);
        ret_figures[figure] = wanted && has_room(crowd, count) ? cost(crowd, count) : NAN;
    }
}

static double bytes_of_one(void)
{
    const struct bench_crowd *crowd = measured.crowd;
    long before = bench_resident_bytes();
    crowd->begin(measured.count);
    crowd->fill(measured.count);
    double each = (double)(bench_resident_bytes() - before) / (double)measured.count;
    crowd->drain(measured.count);
    crowd->end();
    return each - (double)crowd->bookkeeping;
}

double bench_crowd_bytes(const struct bench_crowd *crowd, long count)
{
    measured.crowd = crowd;
    measured.count = count;
    return bench_in_child(bytes_of_one);
}
