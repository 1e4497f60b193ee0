/**
 * bench/peers/sigc.cpp - P19 by sigc++, the signals of gtkmm.
 *
 * Counted: emit a signal with an integer to which 10 slots are connected: each call of one. It knows no threads.
 *
 * The idiom: a signal of its type, slots made of functions with a bound argument.
 */
#include <sigc++/sigc++.h>

#include "../harness.h"
#include "../sizes.h"

static int64_t counts[BENCH_SUBSCRIBERS];

static void count(int64_t payload, int64_t *context)
{
    bench_keep(payload);
    ++*context;
}

static void measure_delivery(double *ret_figures)
{
    sigc::signal<void, int64_t> moved;
    long messages = bench_count(BENCH_MESSAGES);

    for (auto &each : counts)
        moved.connect(sigc::bind(sigc::ptr_fun(count), &each));
    int64_t started = bench_start();
    for (long message = 0; message < messages; message++)
        moved.emit(message);
    ret_figures[0] = bench_each(started, messages * BENCH_SUBSCRIBERS);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P19", "sigc++", "ns", {""}, measure_delivery},
    };
    return bench_main(argc, argv, "2", jobs, sizeof jobs / sizeof *jobs);
}
