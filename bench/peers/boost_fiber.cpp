/**
 * bench/peers/boost_fiber.cpp - P12, P14, P15, nested, sleep by Boost.Fiber, on one thread.
 *
 * Counted as vow's. P12, `this_fiber::yield`. P14, 100,000 fibers that wait for one condition variable, their stacks of
 * 256 KiB (`fixedsize_stack`, which does not guard them). P15, `unbuffered_channel`, one each way. nested, a fiber that
 * makes a fiber by `async` and waits for its future. sleep, `this_fiber::sleep_for`.
 */
#include <boost/fiber/all.hpp>
#include <boost/version.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "../crowd.h"
#include "../harness.h"
#include "../sizes.h"
#include "../statistics.h"

namespace fibers = boost::fibers;

static const std::size_t STACK = 256 * 1024; /* as vow's */

static void measure_yields(double *ret_figures)
{
    long count = bench_count(BENCH_YIELDS);
    auto yield_often = [count] {
        for (long i = 0; i < count; i++)
            boost::this_fiber::yield();
    };
    int64_t started = bench_start();
    fibers::fiber one{yield_often}, other{yield_often};
    one.join();
    other.join();
    ret_figures[0] = bench_each(started, count);
}

static void measure_ping_pong(double *ret_figures)
{
    long count = bench_count(BENCH_PING_PONGS);
    fibers::unbuffered_channel<long> ping, pong;
    int64_t started = bench_start();
    fibers::fiber serving{[&, count] {
        for (long i = 0; i < count; i++) {
            ping.push(i);
            bench_require(pong.value_pop() == i, "the same comes back");
        }
    }};
    fibers::fiber answering{[&, count] {
        for (long i = 0; i < count; i++)
            pong.push(ping.value_pop());
    }};
    serving.join();
    answering.join();
    ret_figures[0] = bench_each(started, count);
}

static struct {
    std::vector<fibers::fiber> fibers;
    fibers::mutex mutex;
    fibers::condition_variable gone;
    bool may_go;
} parked;

static void begin(long count)
{
    parked.fibers.resize(static_cast<std::size_t>(count));
    parked.may_go = false;
}

static void fill(long)
{
    for (auto &fiber : parked.fibers)
        fiber = fibers::fiber{fibers::launch::dispatch, std::allocator_arg,
                              fibers::fixedsize_stack{STACK}, [] {
                                  std::unique_lock<fibers::mutex> lock{parked.mutex};
                                  parked.gone.wait(lock, [] { return parked.may_go; });
                              }};
}

static void drain(long)
{
    parked.may_go = true;
    parked.gone.notify_all();
    for (auto &fiber : parked.fibers)
        fiber.join();
}

static void end()
{
    parked.fibers.clear();
}

static const bench_crowd crowd = {begin, fill, drain, end, sizeof(fibers::fiber), 12000};

static void measure_bytes(double *ret_figures)
{
    ret_figures[0] = bench_crowd_bytes(&crowd, bench_count(BENCH_PARKED));
}

static void measure_many(double *ret_figures)
{
    bench_crowd_costs(&crowd, ret_figures);
}

static long down(long depth)
{
    if (depth == 0)
        return 0;
    return fibers::async(fibers::launch::post, std::allocator_arg, fibers::fixedsize_stack{STACK},
                         down, depth - 1)
               .get() +
           1;
}

static void measure_nested(double *ret_figures)
{
    long deep = bench_count(BENCH_NESTED);
    for (int turn = 0; turn < 2; turn++) {
        int64_t started = bench_start();
        bench_require(down(deep) == deep, "all waits have ended");
        ret_figures[0] = bench_each(started, deep);
    }
}

static void measure_sleep(double *ret_figures)
{
    std::size_t count = static_cast<std::size_t>(bench_count(BENCH_SLEEPS));
    std::vector<double> times(count);
    fibers::fiber{[&] {
        for (auto &time : times) {
            int64_t started = bench_now();
            boost::this_fiber::sleep_for(std::chrono::milliseconds(1));
            time = static_cast<double>(bench_now() - started - 1000000) / 1000;
        }
    }}.join();
    bench_percentiles(times.data(), count, ret_figures);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P12", "Boost.Fiber", "ns", {""}, measure_yields},
        {"P14", "Boost.Fiber", "bytes", {""}, measure_bytes},
        {"many-lines", "Boost.Fiber", "ns", BENCH_CROWD_METRICS, measure_many},
        {"P15", "Boost.Fiber unbuffered_channel", "ns", {""}, measure_ping_pong},
        {"nested", "Boost.Fiber async", "ns", {""}, measure_nested},
        {"sleep", "Boost.Fiber", "us", {"p50", "p99"}, measure_sleep},
    };
    return bench_main(argc, argv, BOOST_LIB_VERSION, jobs, sizeof jobs / sizeof *jobs);
}
