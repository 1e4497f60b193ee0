/*
 * wheel_testing.h - what the tests of the timing wheel share: a wheel on a clock of its own, and timers that note when they expired.
 */
#ifndef VOW_TESTS_WAIT_WHEEL_TESTING_H
#define VOW_TESTS_WAIT_WHEEL_TESTING_H

#include "base/testing.h"
#include "wait/wheel.h"

#define START                                                                                      \
    (INT64_C(1) << 50) /* about 13 days after the clock's start, at the beginning of a tick */
#define TICK WHEEL_TICK

/* A timer that notes when it expired, and then does `also`. */
struct probe {
    struct timer timer;
    int64_t fired_at; /* -1: not yet */
    unsigned order;   /* how many expired before it */
    unsigned fires;
    void (*also)(struct probe *probe);
    int64_t again_at;
};

static struct wheel wheel;
static int64_t now;    /* of the advance under way, or of the last */
static unsigned fired; /* in all */

static inline void note(struct timer *timer)
{
    struct probe *probe = vow_container_of(timer, struct probe, timer);

    assert_null(timer->link);
    assert_true(now >= timer->at);
    probe->fired_at = now;
    probe->order = fired++;
    probe->fires++;
    if (probe->also != NULL)
        probe->also(probe);
}

static inline void probe_init(struct probe *probe)
{
    *probe = (struct probe){.fired_at = -1};
    vow_wheel_timer_init(&probe->timer, note);
}

static inline void begin_at(int64_t moment)
{
    now = moment;
    fired = 0;
    vow_wheel_init(&wheel, moment);
}

static inline size_t advance(int64_t to)
{
    now = to;
    return vow_wheel_advance(&wheel, to);
}

/* One to be started for `at`. */
static inline struct probe for_moment(int64_t at)
{
    struct probe probe;
    probe_init(&probe);
    probe.again_at = at;
    return probe;
}

static inline void start(struct probe *probe)
{
    vow_wheel_start(&wheel, &probe->timer, probe->again_at);
}

/* Up to a tick. */
static inline int64_t rounded_up(int64_t at)
{
    return (at + TICK - 1) / TICK * TICK;
}

#endif
