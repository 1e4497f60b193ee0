/**
 * bench/peers/ucontext.c - P11, P13 by the C library's ucontext.
 *
 * The idiom: as the manual page of makecontext has it; values through a variable that both see. Each switch is a system
 * call or two, for the signal mask.
 */
#include <stdlib.h>
#include <ucontext.h>

#include "context_echo.h"

static ucontext_t resumer, coroutine;
static int64_t value, total;

static void echo(void)
{
    for (;;) {
        value++;
        (void)swapcontext(&coroutine, &resumer);
    }
}

static void add_value(void)
{
    total += value;
}

static void prepare(void *stack, void (*body)(void))
{
    bench_require(getcontext(&coroutine) == 0, "getcontext");
    coroutine.uc_stack.ss_sp = stack;
    coroutine.uc_stack.ss_size = ECHO_STACK;
    coroutine.uc_link = &resumer;
    makecontext(&coroutine, body, 0);
}

static void measure_resume(double *ret_figures)
{
    long count = bench_count(BENCH_RESUMES);
    void *stack = malloc(ECHO_STACK);
    int64_t sum = 0;
    bench_require(stack != NULL, "memory for a stack");
    prepare(stack, echo);
    int64_t started = bench_start();
    for (long i = 0; i < count; i++) {
        value = i;
        (void)swapcontext(&resumer, &coroutine);
        sum += value;
    }
    ret_figures[0] = bench_each(started, count);
    check_echo(sum, count);
    free(stack);
}

static void measure_life(double *ret_figures)
{
    long count = bench_count(BENCH_COROUTINES);
    void *stack = malloc(ECHO_STACK);
    bench_require(stack != NULL, "memory for a stack");
    total = 0;
    int64_t started = bench_start();
    for (long i = 0; i < count; i++) {
        prepare(stack, add_value);
        value = i;
        (void)swapcontext(&resumer, &coroutine);
    }
    ret_figures[0] = bench_each(started, count);
    check_lives(total, count);
    free(stack);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P11", "ucontext", "ns", {""}, measure_resume},
        {"P13", "ucontext, one stack", "ns", {""}, measure_life},
    };
    return bench_main(argc, argv, BENCH_COMPILER, jobs, sizeof jobs / sizeof *jobs);
}
