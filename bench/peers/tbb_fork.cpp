/**
 * bench/peers/tbb_fork.cpp - P6 by oneTBB's task_group: fib(32), without cut-off, two threads.
 *
 * Counted: the whole, inside an arena of two threads, of which the caller is one: ms.
 */
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/version.h>

#include "../harness.h"
#include "../sizes.h"

static int64_t fib(int n)
{
    if (n < 2)
        return n;
    int64_t first = 0;
    tbb::task_group group;
    group.run([&first, n] { first = fib(n - 1); });
    int64_t second = fib(n - 2);
    group.wait();
    return first + second;
}

static void measure(double *ret_figures)
{
    tbb::global_control threads(tbb::global_control::max_allowed_parallelism, BENCH_POOL_WORKERS);
    static tbb::task_arena arena(BENCH_POOL_WORKERS, 1);
    arena.execute([&] {
        int64_t started = bench_now();
        int64_t result = fib(BENCH_FIBONACCI);
        ret_figures[0] = static_cast<double>(bench_now() - started) / 1e6;
        bench_require(result == BENCH_FIBONACCI_RESULT, "the right result");
    });
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P6", "oneTBB task_group", "ms", {"", nullptr}, measure},
    };
    return bench_main(argc, argv, TBB_runtime_version(), jobs, sizeof jobs / sizeof *jobs);
}
