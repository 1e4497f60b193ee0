/**
 * bench/memory.h - memory prepared before the clock starts, and memory counted.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Zeroed memory for `count` objects of `size` bytes, all touched; ends the program without. */
void *bench_memory_touched(size_t count, size_t size);

/**
 * Runs `measure` in a child process and gives what it returned: memory that an earlier round has
 * freed, but not given back to the system, would hide what the next one takes. For programs of one
 * thread.
 */
double bench_in_child(double (*measure)(void));

/** The bytes of memory that this process has resident now. */
long bench_resident_bytes(void);

#ifdef __cplusplus
}
#endif

#endif
