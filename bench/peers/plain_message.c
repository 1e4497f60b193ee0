/**
 * bench/peers/plain_message.c - P19 by an array of functions in plain C.
 *
 * Counted: call each of 10 functions with an integer: each call. It knows neither threads nor names; who is called must
 * neither subscribe nor unsubscribe.
 */
#include <stdlib.h>

#include "../harness.h"
#include "../sizes.h"

struct handler {
    void (*fn)(int64_t payload, void *context);
    void *context;
};

static int64_t counts[BENCH_SUBSCRIBERS];

static void count(int64_t payload, void *context)
{
    bench_keep(payload);
    ++*(int64_t *)context;
}

static void measure_delivery(double *ret_figures)
{
    struct handler *handlers = calloc(BENCH_SUBSCRIBERS, sizeof *handlers);
    long messages = bench_count(BENCH_MESSAGES);

    bench_require(handlers != NULL, "memory for the handlers");
    for (int index = 0; index < BENCH_SUBSCRIBERS; index++)
        handlers[index] = (struct handler){count, &counts[index]};
    int64_t started = bench_start();
    for (long message = 0; message < messages; message++) {
        bench_keep_pointer(handlers);
        for (int index = 0; index < BENCH_SUBSCRIBERS; index++)
            handlers[index].fn(message, handlers[index].context);
    }
    ret_figures[0] = bench_each(started, messages * BENCH_SUBSCRIBERS);
    free(handlers);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P19", "plain C array of functions", "ns", {""}, measure_delivery}};
    return bench_main(argc, argv, BENCH_COMPILER, jobs, sizeof jobs / sizeof *jobs);
}
