/**
 * bench/timers.h - what P10's programs share: how long each timer is set for, and in which order they are cancelled.
 *
 * Both come from one generator with a fixed seed, so that every program and every round has the same.
 */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include <stdint.h>
#include <stdlib.h>

#include "harness.h"
#include "memory.h"
#include "sizes.h"

/** What a plan takes for each timer. */
#define BENCH_TIMERS_BOOKKEEPING (sizeof(int64_t) + sizeof(uint32_t))

struct bench_timers {
    long count;
    int64_t *milliseconds; /**< for each timer, from now: 10 s to 70 s; none comes due in a round */
    uint32_t *order;       /**< every index once */
};

static inline uint64_t bench_timers_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline void bench_timers_shuffle(struct bench_timers *timers, uint64_t *state)
{
    for (long index = timers->count - 1; index > 0; index--) {
        uint64_t other = bench_timers_random(state) % (uint64_t)(index + 1);
        uint32_t kept = timers->order[index];
        timers->order[index] = timers->order[other];
        timers->order[other] = kept;
    }
}

/** Made before the clock starts; given back by `bench_timers_end`. */
static inline struct bench_timers bench_timers_plan(long count)
{
    struct bench_timers timers = {.count = count};
    uint64_t state = 88172645463325252u;
    timers.milliseconds =
        (int64_t *)bench_memory_touched((size_t)timers.count, sizeof *timers.milliseconds);
    timers.order = (uint32_t *)bench_memory_touched((size_t)timers.count, sizeof *timers.order);
    for (long index = 0; index < timers.count; index++) {
        timers.milliseconds[index] = 10000 + (int64_t)(bench_timers_random(&state) % 60000);
        timers.order[index] = (uint32_t)index;
    }
    bench_timers_shuffle(&timers, &state);
    return timers;
}

/** The plan of P10. */
static inline struct bench_timers bench_timers_begin(void)
{
    return bench_timers_plan(bench_count(BENCH_TIMERS));
}

static inline void bench_timers_end(struct bench_timers *timers)
{
    free(timers->milliseconds);
    free(timers->order);
}

#endif
