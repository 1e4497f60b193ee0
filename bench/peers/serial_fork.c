/**
 * bench/peers/serial_fork.c - P6 without parallelism: fib(32) in plain C.
 *
 * Counted: the whole: ms. What compilers make of the recursion is not what they make of a call that can be forked: gcc
 * inlines it into itself several levels deep.
 */
#include "../harness.h"
#include "../sizes.h"

static int64_t fib(int n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static void measure(double *ret_figures)
{
    int number = BENCH_FIBONACCI;
    bench_keep_pointer(&number);
    int64_t started = bench_now();
    int64_t result = fib(number);
    ret_figures[0] = (double)(bench_now() - started) / 1e6;
    bench_require(result == BENCH_FIBONACCI_RESULT, "the right result");
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P6", "plain C, serial", "ms", {""}, measure},
    };
    return bench_main(argc, argv, BENCH_COMPILER, jobs, sizeof jobs / sizeof *jobs);
}
