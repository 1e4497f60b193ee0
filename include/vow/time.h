/**
 * vow/time.h - durations and deadlines.
 *
 * A duration is an `int64_t` of nanoseconds. A deadline is a moment of the monotonic clock, in a struct of
 * its own, so that a bare number does not compile where a deadline is meant.
 */
#ifndef VOW_TIME_H
#define VOW_TIME_H

#include <stdint.h>
#include <vow/compiler.h>

VOW_BEGIN_DECLARATIONS

/** Durations in nanoseconds; whole numbers and fractions both: `VOW_MS(200)`, `VOW_S(0.5)`. */
#define VOW_NS(count) ((int64_t)(count))
#define VOW_US(count) ((int64_t)((count)*INT64_C(1000)))
#define VOW_MS(count) ((int64_t)((count)*INT64_C(1000000)))
#define VOW_S(count) ((int64_t)((count)*INT64_C(1000000000)))

/** A moment of the monotonic clock, in nanoseconds since its start. Make one with the functions below. */
typedef struct vow_deadline {
    int64_t at; /**< INT64_MAX: never */
} vow_deadline;

/** The moment `at` nanoseconds after the monotonic clock's start. Any thread; never waits. */
static inline vow_deadline vow_at(int64_t at)
{
    vow_deadline deadline;
    deadline.at = at;
    return deadline;
}

/** Wait as long as it takes. */
#define VOW_FOREVER vow_at(INT64_MAX)

/** Look, and do not wait at all. */
#define VOW_POLL vow_at(0)

/**
 * Now, in nanoseconds of the monotonic clock (CLOCK_MONOTONIC); under a virtual clock (vow/clock.h) what that shows, and
 * after it at least as much. It never goes back. Any thread; never waits. Async-signal-safe.
 */
VOW_API int64_t vow_now(void);

/**
 * The deadline `nanoseconds` from now. Too large a sum gives VOW_FOREVER; a negative one has passed already.
 * Any thread; never waits.
 */
VOW_API vow_deadline vow_after(int64_t nanoseconds);

/** The earlier of two deadlines. Any thread; never waits. */
static inline vow_deadline vow_sooner(vow_deadline first, vow_deadline second)
{
    return first.at < second.at ? first : second;
}

VOW_END_DECLARATIONS

#endif
