/*
 * futex_linux.c - futex.h on Linux: the system call, with absolute deadlines of the monotonic clock.
 */
#include "base/futex.h"

#if VOW_LINUX_FUTEX

#include "base/clock.h"
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

/* WAIT_BITSET takes an absolute CLOCK_MONOTONIC time; plain WAIT a duration, which interruptions stretch */
static long wait_until(long call, _Atomic uint32_t *word, uint32_t expected, const void *time)
{
    return syscall(call, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, time, NULL,
                   FUTEX_BITSET_MATCH_ANY);
}

#ifdef SYS_futex_time64

/* Where long has 32 bits, each of two system calls has a layout of its own for the time, whatever the program's time_t is. */
static long wait_for(_Atomic uint32_t *word, uint32_t expected, int64_t at)
{
    struct {
        int64_t seconds, nanoseconds;
    } time = {at / SECOND, at % SECOND};
    struct {
        int32_t seconds, nanoseconds;
    } narrow = {time.seconds < INT32_MAX ? (int32_t)time.seconds : INT32_MAX,
                (int32_t)time.nanoseconds};
    long result = wait_until(SYS_futex_time64, word, expected, at == INT64_MAX ? NULL : &time);
    if (result >= 0 || errno != ENOSYS)
        return result;
    return wait_until(SYS_futex, word, expected, at == INT64_MAX ? NULL : &narrow); /* before 5.1 */
}

#else

static long wait_for(_Atomic uint32_t *word, uint32_t expected, int64_t at)
{
    struct timespec time = {.tv_sec = (time_t)(at / SECOND), .tv_nsec = (long)(at % SECOND)};
    return wait_until(SYS_futex, word, expected, at == INT64_MAX ? NULL : &time);
}

#endif

bool vow_futex_wait(_Atomic uint32_t *word, uint32_t expected, vow_deadline deadline)
{
    int kept = errno;
    deadline = vow_clock_to_real(deadline);
    int64_t at = deadline.at > 0 ? deadline.at : 0; /* the kernel refuses negative times */
    bool timed_out = wait_for(word, expected, at) < 0 && errno == ETIMEDOUT;

    errno = kept;
    return !timed_out;
}

void vow_futex_wake(_Atomic uint32_t *word, int count)
{
    int kept = errno;

    (void)syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, NULL, NULL, 0);
    errno = kept;
}

#endif
