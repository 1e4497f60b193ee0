/**
 * bench/sizes.h - how much work each job is, the same for vow and for its peers in C and C++.
 *
 * `peers/go/sizes.go` and `peers/node_….js` repeat what they need of it.
 */
#ifndef BENCH_SIZES_H
#define BENCH_SIZES_H

enum {
    BENCH_PROMISES = 2000000,          /* P1: promises made and fired, one after the other */
    BENCH_CHAINS = 500000,             /* P2, P3: chains made and fired, one after the other */
    BENCH_LINKS = 10,                  /* P2, P3: links of a chain */
    BENCH_PENDING = 1000000,           /* P4: promises pending at the same time */
    BENCH_GATHERED = 1000,             /* all: promises gathered into one */
    BENCH_GATHERINGS = 1000,           /* all: how often */
    BENCH_JOBS = 1000000,              /* P5: empty jobs */
    BENCH_POOL_WORKERS = 2,            /* P5, P8: workers of the pool */
    BENCH_FIBONACCI = 32,              /* P6: which number */
    BENCH_FIBONACCI_RESULT = 2178309,  /* P6: and what it is */
    BENCH_ROUND_TRIPS = 100000,        /* P7: round trips, one at a time, to a pool of one worker */
    BENCH_IN_FLIGHT = 10000,           /* P8: round trips under way at the same time */
    BENCH_ROUND_TRIPS_TOTAL = 1000000, /* P8: round trips in all */
    BENCH_POSTS = 1000000,             /* P9: functions posted to a loop */
    BENCH_TIMERS = 1000000,            /* P10: timers started at the same time */
    BENCH_RESUMES = 5000000,           /* P11: resumes of one coroutine, each yielding */
    BENCH_COROUTINES = 2000000, /* P13: coroutines made, run and freed, one after the other */
    BENCH_YIELDS = 1000000,     /* P12: turns of each of two lines */
    BENCH_PARKED = 100000,      /* P14: lines parked at the same time */
    BENCH_PING_PONGS = 1000000, /* P15: round trips between two lines */
    BENCH_SUBSCRIBERS = 10,     /* P19: handlers of one message */
    BENCH_MESSAGES = 1000000,   /* P19: messages published */
    BENCH_NESTED = 10000,       /* nested: waits inside of each other */
    BENCH_SLEEPS = 300,         /* sleep: sleeps of a millisecond */
    BENCH_RENDEZVOUS = 1000000, /* P15: round trips between two lines of one worker */
    BENCH_ITEMS = 4000000,      /* P16, P17: items from writers to readers, in all */
    BENCH_CAPACITY = 1024,      /* P16, P17: of the channel */
    BENCH_BATCH = 64,           /* P16, P17: items at a time, where they go in batches */
    BENCH_PIPELINE = 1000000,   /* P18: items through a pipeline */
    BENCH_CROWD = 1000000,      /* memory, many: objects alive at the same time, at most */
    BENCH_SLOW_ITEMS = 20000,   /* slow: items through a pipeline with a slow stage … */
    BENCH_SLOW_STAGE = 10000,   /* … that takes so many nanoseconds for each */
};

#endif
