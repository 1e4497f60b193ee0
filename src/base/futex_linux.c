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

bool vow_futex_wait(_Atomic uint32_t *word, uint32_t expected, vow_deadline deadline)
{
    int kept = errno;
    deadline = vow_clock_to_real(deadline);
    int64_t at = deadline.at > 0 ? deadline.at : 0; /* the kernel refuses negative times */
    struct timespec time = {.tv_sec = (time_t)(at / SECOND), .tv_nsec = (long)(at % SECOND)};
    /* WAIT_BITSET takes an absolute CLOCK_MONOTONIC time; plain WAIT a duration, which interruptions stretch */
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                          deadline.at == INT64_MAX ? NULL : &time, NULL, FUTEX_BITSET_MATCH_ANY);
    bool timed_out = result < 0 && errno == ETIMEDOUT;

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
