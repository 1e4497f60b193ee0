/*
 * async.h - whether asynchrony is disabled in this process (vow/async.h).
 */
#ifndef VOW_EXECUTION_ASYNC_H
#define VOW_EXECUTION_ASYNC_H

#include <vow/async.h>

#include "execution/scheduler.h"

enum async { ASYNC_UNSETTLED, ASYNC_ENABLED, ASYNC_DISABLED };

extern _Atomic int vow_async_settled;

/* Settles it, by what was asked for or by the environment. */
enum async vow_async_settle(void);

static inline bool vow_async_is_settled(void)
{
    /* relaxed: as below */
    return atomic_load_explicit(&vow_async_settled, memory_order_relaxed) != ASYNC_UNSETTLED;
}

static inline bool vow_async_off(void)
{
    /* relaxed: it is settled once; who sees that it is not, takes a lock */
    int settled = atomic_load_explicit(&vow_async_settled, memory_order_relaxed);
    if (vow_unlikely(settled == ASYNC_UNSETTLED))
        settled = (int)vow_async_settle();
    return vow_unlikely(settled == ASYNC_DISABLED);
}

/* Where what is submitted to `scheduler` runs at once, in place of it; NULL: there. Of pools, which have size 0, other threads'
   loops, and users' schedulers, which have it their own way, nothing is taken away. */
vow_scheduler *vow_async_place(vow_scheduler *scheduler);

#endif
