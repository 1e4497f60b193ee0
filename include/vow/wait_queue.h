/**
 * vow/wait_queue.h - what the locks are made of: those who wait for an object, in the order in which they came.
 *
 * Its members, and those of the locks, are the library's own: they stand here so that locks can lie anywhere (in a
 * structure, in static memory) and need no memory of their own.
 */
#ifndef VOW_WAIT_QUEUE_H
#define VOW_WAIT_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <vow/compiler.h>

VOW_BEGIN_DECLARATIONS

/** Private. All zero: free, open, nobody waits. */
struct vow_wait_queue {
    uint32_t state;  /**< the object's: held, how many, set … */
    uint32_t lock;   /**< guards the rest */
    uint32_t count;  /**< how many wait */
    uint32_t closed; /**< not 0: closed */
    void *first;     /**< who came first; NULL: nobody waits */
    void *last;      /**< who came last */
};

/** Private: a wait queue whose object begins in `state`. */
#define VOW_WAIT_QUEUE_INIT(state)                                                                 \
    {                                                                                              \
        (state), 0, 0, 0, NULL, NULL                                                               \
    }

VOW_END_DECLARATIONS

#endif
