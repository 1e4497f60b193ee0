/**
 * bench/vow/coroutine.c - P11, P13 by vow's coroutines.
 *
 * Counted: P11, send an integer to a coroutine that yields it back plus one: one resume and one yield, a value each
 * way. P13, make a coroutine, resume it with an integer, which its body returns, release it: each.
 */
#include <vow/coroutine.h>
#include <vow/version.h>

#include "../harness.h"
#include "../sizes.h"

static vow_value echo(vow_value value, void *context)
{
    bench_keep_pointer(context);
    while (!vow_is_error(value))
        value = vow_yield(vow_integer(vow_as_integer(value) + 1));
    return value;
}

static void measure_resume(double *ret_figures)
{
    long count = bench_count(BENCH_RESUMES);
    vow_coroutine *coroutine = vow_coroutine_new(echo, NULL);
    bench_require(coroutine != NULL, "vow_coroutine_new");
    int64_t sum = 0;
    int64_t started = bench_start();
    for (long i = 0; i < count; i++)
        sum += vow_as_integer(vow_send(coroutine, vow_integer(i)));
    ret_figures[0] = bench_each(started, count);
    bench_require(sum == (int64_t)count * (count + 1) / 2, "each value went there and back");
    vow_coroutine_release(coroutine);
}

static vow_value give_back(vow_value value, void *context)
{
    int64_t *sum = context;
    *sum += vow_as_integer(value);
    return value;
}

static void measure_life(double *ret_figures)
{
    long count = bench_count(BENCH_COROUTINES);
    int64_t sum = 0;
    int64_t started = bench_start();
    for (long i = 0; i < count; i++) {
        vow_coroutine *coroutine = vow_coroutine_new(give_back, &sum);
        vow_release(vow_send(coroutine, vow_integer(i)));
        vow_coroutine_release(coroutine);
    }
    ret_figures[0] = bench_each(started, count);
    bench_require(sum == (int64_t)count * (count - 1) / 2, "each coroutine has run");
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P11", "vow", "ns", {""}, measure_resume},
        {"P13", "vow", "ns", {""}, measure_life},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
