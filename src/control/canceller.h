/*
 * canceller.h - what a producer leaves behind for the one who cancels.
 *
 * Kept in the promise's `value` while it is PENDING and CANCELLER is set; taken once, by the cancel or by the firing.
 */
#ifndef VOW_CONTROL_CANCELLER_H
#define VOW_CONTROL_CANCELLER_H

#include "control/promise.h"

struct canceller {
    void (*run)(void *context);
    void *context;
    void (*drop)(void *context);
};

/* The canceller, now the caller's; NULL if it was taken before. Not inside. */
struct canceller *vow_canceller_take(vow_promise *promise);

/* Runs the drop function, frees. NULL is fine. */
void vow_canceller_drop(struct canceller *canceller);

#endif
