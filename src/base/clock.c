/*
 * clock.c - the monotonic clock, and deadlines from now.
 */
#include <time.h>
#include <vow/time.h>

int64_t vow_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

vow_deadline vow_after(int64_t nanoseconds)
{
    int64_t at;

    if (__builtin_add_overflow(vow_now(), nanoseconds, &at))
        return VOW_FOREVER; /* upwards only: the clock is never negative */
    return vow_at(at > 0 ? at : 0);
}
