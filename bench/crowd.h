/**
 * bench/crowd.h - many objects of one kind alive at the same time: what each costs, and what memory each takes.
 *
 * A program says how so many of them are made alive and how all are ended; this does it with a thousand to a million
 * of them, which shows how the cost grows, and counts the growth of resident memory by a million.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The names of the figures of `bench_crowd_costs`: numbers of objects. */
#define BENCH_CROWD_METRICS                                                                        \
    {                                                                                              \
        "1,000", "10,000", "100,000", "1,000,000"                                                  \
    }

struct bench_crowd {
    void (*begin)(long count); /**< before the clock starts: what they need to be made */
    void (*fill)(long count);  /**< makes all alive */
    void (*drain)(long count); /**< ends all */
    void (*end)(void);         /**< after the clock has stopped */
    size_t bookkeeping;        /**< bytes for each that `begin` takes, and are not the object's */
    size_t bytes_at_most;      /**< bytes for each that it needs about, where that is a lot; or 0 */
};

/**
 * Writes the ns for each of a thousand, …, a million objects, fill and drain together. NaN for numbers
 * that the machine's memory is too small for, or that are above a million times the scale.
 */
void bench_crowd_costs(const struct bench_crowd *crowd, double *ret_figures);

/** The ns for each of `count` objects, fill and drain together. */
double bench_crowd_cost(const struct bench_crowd *crowd, long count);

/** The bytes that each of `count` objects takes. In a child, as `bench_in_child` says. */
double bench_crowd_bytes(const struct bench_crowd *crowd, long count);

#ifdef __cplusplus
}
#endif

#endif
