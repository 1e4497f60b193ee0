/*
 * fence.h - the two sides of "store mine, then look at yours" between workers.
 *
 * Two threads that each store one word and then load the other's must not both miss the other's store. Where one
 * side is hot (a worker pushes or pops, a thread submits) and the other rare (a thief, a worker that goes to
 * sleep), the hot side pays nothing but program order and the rare side makes every running thread execute a
 * fence (base/barrier.h). Where that is not to be had, both sides pay a full fence.
 */
#ifndef VOW_EXECUTION_FENCE_H
#define VOW_EXECUTION_FENCE_H

#include "base/barrier.h"
#include "base/platform.h"
#include <stdbool.h>

/* A full fence of the calling thread. ThreadSanitizer does not know fences: a read-modify-write there. */
static inline void vow_fence_full(void)
{
#if VOW_THREAD_SANITIZER
    static _Atomic int word;
    atomic_fetch_add_explicit(&word, 1, memory_order_seq_cst);
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

/* After a seq_cst read-modify-write, before relaxed looks: it is a full fence already on x86. Elsewhere (arm64 without
   LSE: ldaxr, stlxr) later loads may pass its store. */
static inline void vow_fence_after_change(void)
{
#if defined(__x86_64__) || defined(__i386__)
    vow_compiler_fence();
#else
    vow_fence_full();
#endif
}

/* The hot side. `cheap` is what vow_barrier_available() said, kept where it is near. */
static inline void vow_fence_hot(bool cheap)
{
    if (vow_likely(cheap))
        vow_compiler_fence();
    else
        vow_fence_full();
}

/* The rare side: a full fence here too. */
static inline void vow_fence_rare(bool cheap)
{
    vow_fence_full();
    if (cheap)
        vow_barrier_everywhere();
}

#endif
