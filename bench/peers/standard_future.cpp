/**
 * bench/peers/standard_future.cpp - P1 by the C++ standard library.
 *
 * Counted: create a promise and its future, set an integer, get it and hand it to a function,
 * release both ends: each. (A std::future has no callbacks.)
 *
 * The idiom: std::promise and std::future on one thread; std::async would start a thread for each.
 */
#include <future>

#include "../harness.h"
#include "../sizes.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static int64_t add_one(int64_t value)
{
    return value + 1;
}

static int64_t (*volatile callback)(int64_t) = add_one;

static void measure_promise(double *ret_figures)
{
    long count = bench_count(BENCH_PROMISES);
    int64_t started = bench_start();
    for (long life = 0; life < count; life++) {
        std::promise<int64_t> promise;
        std::future<int64_t> future = promise.get_future();
        promise.set_value(life);
        bench_keep(callback(future.get()));
    }
    ret_figures[0] = bench_each(started, count);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P1", "C++ std::promise, std::future", "ns", {"", nullptr}, measure_promise},
    };
#ifdef _GLIBCXX_RELEASE
    static const char version[] = "libstdc++ " TEXT(_GLIBCXX_RELEASE);
#else
    static const char version[] = "C++ standard library";
#endif
    return bench_main(argc, argv, version, jobs, sizeof jobs / sizeof *jobs);
}
