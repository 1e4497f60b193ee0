/*
 * point.h - where something is about to stop, or to begin: tests may look in there, and cancel what they like.
 *
 * A line passes a point when its wait has been published and it has not stopped yet, and when it lets others go first; a
 * scheduler does before each call that it runs. In checked builds only; elsewhere nothing of it is there.
 */
#ifndef VOW_BASE_POINT_H
#define VOW_BASE_POINT_H

#include "base/platform.h"

#if defined(VOW_CHECKS) && VOW_CHECKS

/* Set while nothing happens; NULL: nobody looks. It holds up who passes, and must not call vow there. */
extern void (*_Atomic vow_point_hook)(const char *what);

static inline void vow_point(const char *what)
{
    /* relaxed: a setting */
    void (*hook)(const char *) = atomic_load_explicit(&vow_point_hook, memory_order_relaxed);

    if (vow_unlikely(hook != NULL))
        hook(what);
}

#else

static inline void vow_point(const char *what)
{
    (void)what;
}

#endif

#endif
