/**
 * bench/placement.h - on which processors the threads of a job run.
 *
 * Latencies between two threads mostly show where the system put them, so they are measured in
 * three ways: `free` leaves it to the system; `one` keeps the whole program on one processor;
 * `apart` keeps the thread that asks on the first processor and the one that serves on the second.
 */
#ifndef BENCH_PLACEMENT_H
#define BENCH_PLACEMENT_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Chooses a placement. False if there is none of that name, or too few processors for it. */
bool bench_placement_set(const char *name);

/** The name of the placement chosen; "free" at first. */
const char *bench_placement_name(void);

/** The calling thread is the one that asks: puts it where the placement wants it. */
void bench_place_asking(void);

/** The calling thread is the one that serves: puts it where the placement wants it. */
void bench_place_serving(void);

/** Keeps the calling thread on number `index` of the processors allowed. False if there is none. */
bool bench_pin(int index);

/** Lets the calling thread run wherever the placement allows threads that neither ask nor serve. */
void bench_unpin(void);

#ifdef __cplusplus
}
#endif

#endif
