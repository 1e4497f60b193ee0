/*
 * chance.h - a little randomness: enough to keep those who try again from doing so all at once.
 *
 * (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014: splitmix64.)
 */
#ifndef VOW_CONTROL_CHANCE_H
#define VOW_CONTROL_CHANCE_H

#include <stdint.h>
#include <vow/time.h>

struct chance {
    uint64_t state;
};

/* Another stream for each moment and each address. */
static inline void vow_chance_init(struct chance *chance, const void *address)
{
    chance->state = (uint64_t)vow_now() ^ (uint64_t)(uintptr_t)address << 20;
}

/* A number from 0 up to, but not including, 1. */
static inline double vow_chance_part(struct chance *chance)
{
    uint64_t mixed = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((mixed ^ mixed >> 31) >> 11) * 0x1p-53;
}

#endif
