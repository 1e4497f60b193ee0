/**
 * bench/harness.c - the command line, the rounds and the rows of a benchmark program.
 */
#include "harness.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"
#include "placement.h"
#include "statistics.h"

enum { MOST_ROUNDS = 1000, WARM_UP_DIVISOR = 10, WARM_UP_TIME = 300000000 };

static struct {
    bool list;
    bool json;
    bool warm_up;
    bool marks;
    long rounds;
    double scale;
    const char *version;
    char **wanted;
} options = {.warm_up = true, .rounds = 5, .scale = 1};

static double scale_now = 1;

long bench_count(long count)
{
    long scaled = (long)((double)count * scale_now);
    return scaled > 0 ? scaled : 1;
}

void bench_fail(const char *what)
{
    fprintf(stderr, "benchmark failed: %s\n", what);
    exit(1);
}

int64_t bench_start(void)
{
    bench_mark_start();
    return bench_now();
}

double bench_each(int64_t started, long count)
{
    double each = (double)(bench_now() - started) / (double)count;
    bench_mark_end(count);
    return each;
}

static void read_option(const char *option, const char *value)
{
    bench_require(value != NULL, "an option lacks its value");
    if (strcmp(option, "--rounds") == 0)
        options.rounds = strtol(value, NULL, 10);
    else if (strcmp(option, "--scale") == 0)
        options.scale = strtod(value, NULL);
    else if (strcmp(option, "--placement") == 0)
        bench_require(bench_placement_set(value),
                      "--placement is free, one or apart, or lacks its cores");
    else
        bench_fail("unknown option");
    bench_require(options.rounds > 0 && options.rounds <= MOST_ROUNDS,
                  "--rounds is from 1 to 1000");
    bench_require(options.scale > 0, "--scale is above 0");
}

static void read_command_line(char **argument)
{
    for (argument++; *argument != NULL && strncmp(*argument, "--", 2) == 0; argument++) {
        if (strcmp(*argument, "--list") == 0)
            options.list = true;
        else if (strcmp(*argument, "--json") == 0)
            options.json = true;
        else if (strcmp(*argument, "--cold") == 0)
            options.warm_up = false;
        else if (strcmp(*argument, "--marks") == 0)
            options.marks = true;
        else {
            read_option(argument[0], argument[1]);
            argument++;
        }
    }
    options.wanted = argument;
}

static bool is_wanted(const struct bench_job *job)
{
    if (*options.wanted == NULL)
        return true;
    for (char **name = options.wanted; *name != NULL; name++)
        if (strcmp(*name, job->name) == 0)
            return true;
    return false;
}

/** JSON has no NaN. */
static void print_number(double number)
{
    if (isnan(number))
        printf("null");
    else
        printf("%.4g", number);
}

static void print_json(const struct bench_job *job, const char *metric, const double *samples)
{
    printf("{\"job\": \"%s\", \"subject\": \"%s\", \"metric\": \"%s\", \"unit\": \"%s\", ",
           job->name, job->subject, metric, job->unit);
    printf("\"version\": \"%s\", \"placement\": \"%s\", \"samples\": [", options.version,
           bench_placement_name());
    for (long round = 0; round < options.rounds; round++) {
        printf("%s", round == 0 ? "" : ", ");
        print_number(samples[round]);
    }
    printf("]}\n");
}

static void print_text(const struct bench_job *job, const char *metric, double *samples)
{
    struct bench_spread spread = bench_spread_of(samples, (size_t)options.rounds);
    printf("%-4s %-34s %-4s %10.4g %-5s %10.4g to %.4g\n", job->name, job->subject, metric,
           spread.median, job->unit, spread.least, spread.greatest);
}

static void print_rows(const struct bench_job *job, double samples[BENCH_FIGURES][MOST_ROUNDS])
{
    for (int figure = 0; figure < BENCH_FIGURES && job->metrics[figure] != NULL; figure++) {
        if (options.json)
            print_json(job, job->metrics[figure], samples[figure]);
        else
            print_text(job, job->metrics[figure], samples[figure]);
    }
    fflush(stdout);
}

/** Once at a tenth of the size, which shows whether there is time for whole rounds. */
static void warm_up(const struct bench_job *job)
{
    double figures[BENCH_FIGURES];
    int64_t started = bench_now();
    scale_now = options.scale / WARM_UP_DIVISOR;
    job->measure(figures);
    scale_now = options.scale;
    while (options.warm_up && bench_now() - started < WARM_UP_TIME)
        job->measure(figures);
}

static void run_job(const struct bench_job *job)
{
    static double samples[BENCH_FIGURES][MOST_ROUNDS];
    double figures[BENCH_FIGURES] = {0};
    warm_up(job);
    bench_marks_set(options.marks, job->subject);
    for (long round = 0; round < options.rounds; round++) {
        job->measure(figures);
        for (int figure = 0; figure < BENCH_FIGURES; figure++)
            samples[figure][round] = figures[figure];
    }
    bench_marks_set(false, NULL);
    print_rows(job, samples);
}

int bench_main(int argc, char **argv, const char *version, const struct bench_job *jobs,
               size_t count)
{
    (void)argc;
    options.version = version;
    read_command_line(argv);
    for (size_t index = 0; index < count; index++) {
        if (!is_wanted(&jobs[index]))
            continue;
        if (options.list)
            printf("%s\n", jobs[index].name);
        else
            run_job(&jobs[index]);
    }
    return 0;
}
