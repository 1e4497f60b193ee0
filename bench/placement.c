/**
 * bench/placement.c - keeps threads on processors, as chosen on the command line.
 *
 * The processors are counted among those that the program was allowed when it started.
 */
#include "placement.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>

enum placement { FREE, ONE, APART, PLACEMENTS };

static const char *const names[PLACEMENTS] = {"free", "one", "apart"};
static enum placement placement = FREE;

static const cpu_set_t *allowed_processors(void)
{
    static cpu_set_t allowed;
    static bool known;
    if (!known)
        known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    return &allowed;
}

static int processor_number(int index)
{
    for (int processor = 0; processor < CPU_SETSIZE; processor++)
        if (CPU_ISSET((size_t)processor, allowed_processors()) && index-- == 0)
            return processor;
    return -1;
}

bool bench_pin(int index)
{
    cpu_set_t wanted;
    int processor = processor_number(index);
    if (processor < 0)
        return false;
    CPU_ZERO(&wanted);
    CPU_SET((size_t)processor, &wanted);
    return sched_setaffinity(0, sizeof wanted, &wanted) == 0;
}

void bench_unpin(void)
{
    if (placement != ONE)
        sched_setaffinity(0, sizeof(cpu_set_t), allowed_processors());
}

bool bench_placement_set(const char *name)
{
    for (placement = FREE; placement < PLACEMENTS; placement++)
        if (strcmp(name, names[placement]) == 0)
            break;
    if (placement == ONE)
        return bench_pin(0);
    if (placement == APART)
        return processor_number(1) >= 0;
    return placement == FREE;
}

const char *bench_placement_name(void)
{
    return names[placement];
}

void bench_place_asking(void)
{
    if (placement == APART)
        bench_pin(0);
}

void bench_place_serving(void)
{
    if (placement == APART)
        bench_pin(1);
}
