/**
 * bench/peers/boost_context.cpp - P11, P13 by Boost.Context: its fiber, and the raw jump beneath.
 *
 * The idiom: a fiber is resumed through a moved handle, the value goes through a variable that both see, as the
 * tutorial's Fibonacci numbers do; stacks come from `pooled_fixedsize_stack`. The raw jump is `jump_fcontext`, which is
 * not documented, but is what other libraries build upon; it passes one word.
 */
#include <boost/context/detail/fcontext.hpp>
#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <boost/version.hpp>
#include <memory>

#include "context_echo.h"

namespace ctx = boost::context;

static void measure_fiber(double *ret_figures)
{
    long count = bench_count(BENCH_RESUMES);
    int64_t value = 0, sum = 0;
    ctx::fiber fiber{[&value](ctx::fiber &&resumer) {
        while (value >= 0) {
            value++;
            resumer = std::move(resumer).resume();
        }
        return std::move(resumer);
    }};
    int64_t started = bench_start();
    for (long i = 0; i < count; i++) {
        value = i;
        fiber = std::move(fiber).resume();
        sum += value;
    }
    ret_figures[0] = bench_each(started, count);
    check_echo(sum, count);
    value = -1;
    fiber = std::move(fiber).resume();
}

static void echo(ctx::detail::transfer_t transfer)
{
    for (;;) {
        auto value = reinterpret_cast<intptr_t>(transfer.data);
        transfer = ctx::detail::jump_fcontext(transfer.fctx, reinterpret_cast<void *>(value + 1));
    }
}

static void measure_jump(double *ret_figures)
{
    long count = bench_count(BENCH_RESUMES);
    std::unique_ptr<char[]> stack(new char[ECHO_STACK]);
    int64_t sum = 0;
    ctx::detail::fcontext_t context =
        ctx::detail::make_fcontext(stack.get() + ECHO_STACK, ECHO_STACK, echo);
    int64_t started = bench_start();
    for (long i = 0; i < count; i++) {
        auto transfer = ctx::detail::jump_fcontext(context, reinterpret_cast<void *>(i));
        context = transfer.fctx;
        sum += reinterpret_cast<intptr_t>(transfer.data);
    }
    ret_figures[0] = bench_each(started, count);
    check_echo(sum, count);
}

static void measure_life(double *ret_figures)
{
    long count = bench_count(BENCH_COROUTINES);
    ctx::pooled_fixedsize_stack stacks(ECHO_STACK);
    int64_t sum = 0;
    int64_t started = bench_start();
    for (int64_t i = 0; i < count; i++) {
        ctx::fiber fiber{std::allocator_arg, stacks, [&sum, i](ctx::fiber &&resumer) {
                             sum += i;
                             return std::move(resumer);
                         }};
        fiber = std::move(fiber).resume();
    }
    ret_figures[0] = bench_each(started, count);
    check_lives(sum, count);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P11", "Boost.Context fiber", "ns", {""}, measure_fiber},
        {"P11", "Boost.Context raw jump", "ns", {""}, measure_jump},
        {"P13", "Boost.Context fiber, pooled stacks", "ns", {""}, measure_life},
    };
    return bench_main(argc, argv, BOOST_LIB_VERSION, jobs, sizeof jobs / sizeof *jobs);
}
