/**
 * bench/peers/context_echo.h - P11, P13 by switches of other libraries: what the programs share.
 *
 * Counted as vow's: P11, an integer to a coroutine that gives it back plus one. P13, make a coroutine, resume it once
 * with an integer, let it end, free it. Stacks are of 256 KiB, as vow's; where a peer leaves them to its user, a freed
 * one is kept for the next, as its documentation advises.
 */
#ifndef BENCH_CONTEXT_ECHO_H
#define BENCH_CONTEXT_ECHO_H

#include "../harness.h"
#include "../sizes.h"

enum { ECHO_STACK = 256 * 1024 };

static inline void check_echo(int64_t sum, long count)
{
    bench_require(sum == (int64_t)count * (count + 1) / 2, "each value went there and back");
}

static inline void check_lives(int64_t sum, long count)
{
    bench_require(sum == (int64_t)count * (count - 1) / 2, "each coroutine has run");
}

#endif
