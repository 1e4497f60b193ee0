/*
 * pace.h - whether an emulator runs the tests, and how many times slower than usual all is: VOW_TEST_SLOWER=n.
 *
 * What tests repeat is then repeated that many times less often, and what takes that many times longer does not count as
 * hanging. Of sanitizers, which are slow as well, a test knows when it is compiled.
 */
#ifndef VOW_TESTS_PACE_H
#define VOW_TESTS_PACE_H

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

static inline int times_slower(void)
{
    const char *text = getenv("VOW_TEST_SLOWER");
    int times = text != NULL ? atoi(text) : 1;
    return times > 0 ? times : 1;
}

/* Whether an emulator stands between this program and the kernel, as qemu's for programs: it takes advice on memory that does
   not exist, sets no limits to memory, and (7.2) ends children of fork that begin threads while their parent had some. */
static inline bool kernel_is_emulated(void)
{
    return madvise(NULL, 0, -1) == 0;
}

/* So many times, or fewer; once at least. */
static inline int fewer(int number)
{
    int times = times_slower();
    return number > times ? number / times : 1;
}

/* So many seconds, or more. */
static inline int longer(int seconds)
{
    return seconds * times_slower();
}

#endif
