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
    bool
        patient; /* its deferred fires later, when all has ended: a cancel that it does not answer rejects nothing */
};

/* vow_set_canceller, with a canceller that is patient: whoever sets it sees to it that the deferred fires. */
vow_status vow_set_patient_canceller(vow_deferred *deferred, void (*canceller)(void *),
                                     void *context, void (*drop)(void *));

/* The canceller, now the caller's; NULL if it was taken before. Not inside. */
struct canceller *vow_canceller_take(vow_promise *promise);

/* Runs the drop function, frees. NULL is fine. */
void vow_canceller_drop(struct canceller *canceller);

#endif
