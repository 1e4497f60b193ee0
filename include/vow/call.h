/**
 * vow/call.h - calls: nodes that schedulers queue.
 */
#ifndef VOW_CALL_H
#define VOW_CALL_H

#include <vow/compiler.h>

VOW_BEGIN_DECLARATIONS

/**
 * A call: a node that lies inside a structure of its maker's, so that scheduling needs no memory.
 * Exactly one of `run` and `dropped` is called, once; from then on the node is its maker's again.
 */
struct vow_call {
    struct vow_call *next;                  /**< the scheduler's, while it has the call */
    void (*run)(struct vow_call *call);     /**< does the work */
    void (*dropped)(struct vow_call *call); /**< instead, when the work never will be done */
};

VOW_END_DECLARATIONS

#endif
