/*
 * processors.c - how many processors there are for this process.
 */
#include <unistd.h>

#include "base/platform.h"
#include "base/threads.h"

#if VOW_LINUX
#include <sched.h>

#define MASKS 8 /* of 1024 processors each: the kernel refuses a mask smaller than its own */

/* How many processors the affinity mask allows; 0 if the kernel does not say. */
static int allowed(void)
{
    cpu_set_t masks[MASKS];

    if (sched_getaffinity(0, sizeof masks, masks) != 0)
        return 0;
    return CPU_COUNT_S(sizeof masks, masks);
}

#else

static int allowed(void)
{
    return 0;
}

#endif

int vow_processors(void)
{
    int count = allowed();

    if (count < 1)
        count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count;
}
