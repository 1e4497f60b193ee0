/*
 * barrier.h - a memory barrier paid by one side only.
 *
 * Two threads that each store one word and then load the other's must not both miss the other's store. Usually
 * each needs a full fence. Where one side is hot and the other rare, the hot side keeps program order with
 * vow_compiler_fence() and the rare side calls vow_barrier_everywhere(), which makes every running thread of
 * the process execute a full fence (Linux: membarrier, private expedited).
 */
#ifndef VOW_BASE_BARRIER_H
#define VOW_BASE_BARRIER_H

#include <stdbool.h>

/* Whether vow_barrier_everywhere() works here; decided once, before any promise is made. False without the
   system call, under ThreadSanitizer (which cannot see it), and with VOW_NO_MEMBARRIER=1. */
bool vow_barrier_available(void);

/* A full fence in every running thread of the process. Only where vow_barrier_available(). */
void vow_barrier_everywhere(void);

#endif
