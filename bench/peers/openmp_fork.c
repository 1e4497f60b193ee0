/**
 * bench/peers/openmp_fork.c - P6 by OpenMP's tasks: fib(32), without cut-off, two threads.
 *
 * Counted: the whole, from within a parallel region: ms.
 */
#include <omp.h>

#include "../harness.h"
#include "../sizes.h"

static int64_t fib(int n)
{
    if (n < 2)
        return n;
    int64_t first;
#pragma omp task shared(first) firstprivate(n)
    first = fib(n - 1);
    int64_t second = fib(n - 2);
#pragma omp taskwait
    return first + second;
}

static void measure(double *ret_figures)
{
    int64_t result = 0;
    double time = 0;
#pragma omp parallel num_threads(BENCH_POOL_WORKERS) shared(result, time)
#pragma omp single
    {
        int64_t started = bench_now();
        result = fib(BENCH_FIBONACCI);
        time = (double)(bench_now() - started) / 1e6;
    }
    bench_require(result == BENCH_FIBONACCI_RESULT, "the right result");
    ret_figures[0] = time;
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P6", "OpenMP tasks", "ms", {""}, measure},
    };
    return bench_main(argc, argv, BENCH_COMPILER, jobs, sizeof jobs / sizeof *jobs);
}
