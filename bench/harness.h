/**
 * bench/harness.h - runs jobs by the clock and prints one row for each of their figures.
 *
 * A program fills a table of `struct bench_job` and hands it to `bench_main`, which reads the
 * command line, warms each wanted job up (once at a tenth of its size, then whole until 0.3 s have
 * passed), runs it for as many rounds as asked, and prints the median, the least and the greatest
 * figure: as text for people, as JSON lines for `bench/run`.
 *
 *     program [--list] [--json] [--cold] [--marks] [--rounds N] [--scale FACTOR]
 *             [--placement free|one|apart] [JOB…]
 *
 * `--cold` leaves all but the tenth of the warm-up out, and `--marks` shows where the clock starts
 * and stops (marks.h): for profilers.
 *
 * Each call of `measure` is one round: it prepares, reads the clock, works, reads the clock, and
 * clears up.
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The compiler's version, for programs that measure no library. */
#ifdef __clang__
#define BENCH_COMPILER "clang " __clang_version__
#else
#define BENCH_COMPILER "gcc " __VERSION__
#endif

/** The most figures that one round may give. */
#define BENCH_FIGURES 4

/** A job as one program does it. */
struct bench_job {
    const char *name;    /**< the row of the table in README.md: "P1" */
    const char *subject; /**< who does it, and how: "libuv, locked list" */
    const char *unit;    /**< "ns", "us", "M/s", "bytes", "GB/s" */
    const char
        *metrics[BENCH_FIGURES]; /**< names of the figures: "p50", "p99"; {""} for a single one */
    void (*measure)(double *ret_figures);
};

/** Runs what the command line asks for; what `main` returns. `version`: of the library measured. */
int bench_main(int argc, char **argv, const char *version, const struct bench_job *jobs,
               size_t count);

/** `count` times the factor of `--scale`, at least 1: the length of every loop of a job. */
long bench_count(long count);

/** Ends the program with a message: no figures of jobs that failed. */
__attribute__((noreturn)) void bench_fail(const char *what);

/** Ends the program with a message if `condition` is false. */
static inline void bench_require(int condition, const char *what)
{
    if (!condition)
        bench_fail(what);
}

/** Nanoseconds of the monotonic clock. */
static inline int64_t bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** `bench_now`, where what is counted begins: marks it for profilers. `bench_each` ends it. */
int64_t bench_start(void);

/** Nanoseconds for each of `count` operations since `started`. */
double bench_each(int64_t started, long count);

/** Makes the compiler believe that `value` is used. */
static inline void bench_keep(int64_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

/** Makes the compiler believe that what `pointer` points to is read, and may have changed. */
static inline void bench_keep_pointer(const void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

#ifdef __cplusplus
}
#endif

#endif
