/*
 * canceller.c - setting, taking and dropping cancellers.
 *
 * CANCELLER is set in the word before the canceller is put in: from then on whoever fires takes the lock (run.c), so
 * that `value` is guarded by it.
 */
#include "control/canceller.h"

struct canceller *vow_canceller_take(vow_promise *promise)
{
    struct canceller *canceller = NULL;
    vow_promise_enter(promise);
    if (vow_promise_phase(promise) == PROMISE_PENDING && vow_is_pointer(promise->value)) {
        canceller = vow_as_pointer(promise->value);
        promise->value = vow_none();
    }
    vow_promise_leave(promise);
    return canceller;
}

void vow_canceller_drop(struct canceller *canceller)
{
    if (canceller == NULL)
        return;
    if (canceller->drop != NULL)
        canceller->drop(canceller->context);
    vow_object_delete(canceller, sizeof(*canceller));
}

/* Puts `canceller` in; gives what there was. False if the promise has fired. */
static bool swap(vow_promise *promise, struct canceller *canceller, struct canceller **ret_former)
{
    _Atomic uint64_t *word = &promise->counted.word;
    vow_promise_enter(promise);
    uint64_t now = vow_promise_word(promise);
    bool pending;
    /* acq_rel: pairs with vow_promise_claim; who fires after us finds the bit and waits for the lock. CANCELLER is never
       set after FIRED: who fired without it writes `value` without the lock. It is set inside: who cancels and finds
       it finds the canceller. */
    do
        pending = (now & PROMISE_FIRED) == 0 && vow_promise_phase(promise) == PROMISE_PENDING;
    while (pending &&
           !atomic_compare_exchange_weak_explicit(word, &now, now | PROMISE_CANCELLER,
                                                  memory_order_acq_rel, memory_order_relaxed));
    if (pending) {
        *ret_former = vow_is_pointer(promise->value) ? vow_as_pointer(promise->value) : NULL;
        promise->value = vow_pointer(canceller);
    }
    vow_promise_leave(promise);
    return pending;
}

static vow_status refuse(void (*drop)(void *), void *context, vow_status status,
                         const char *sentence)
{
    if (drop != NULL)
        drop(context);
    return vow_fail_literal(status, sentence);
}

static vow_status set_canceller(vow_deferred *deferred, void (*canceller)(void *), void *context,
                                void (*drop)(void *), bool patient)
{
    vow_promise *promise = (vow_promise *)deferred;
    if (deferred == NULL)
        return refuse(drop, context, VOW_INVALID, "vow_set_canceller: deferred is NULL");
    if (canceller == NULL)
        return refuse(drop, context, VOW_INVALID, "vow_set_canceller: canceller is NULL");
    struct canceller *set = vow_object_new(sizeof(*set));
    if (set == NULL)
        return refuse(drop, context, VOW_NO_MEMORY, "vow_set_canceller: out of memory");
    *set =
        (struct canceller){.run = canceller, .context = context, .drop = drop, .patient = patient};
    struct canceller *former = NULL;
    if (!swap(promise, set, &former)) {
        vow_canceller_drop(set);
        return vow_fail_literal(VOW_ALREADY_FIRED, "vow_set_canceller: deferred has fired");
    }
    vow_canceller_drop(former);
    return VOW_OK;
}

vow_status vow_set_canceller(vow_deferred *deferred, void (*canceller)(void *), void *context,
                             void (*drop)(void *))
{
    return set_canceller(deferred, canceller, context, drop, false);
}

vow_status vow_set_patient_canceller(vow_deferred *deferred, void (*canceller)(void *),
                                     void *context, void (*drop)(void *))
{
    return set_canceller(deferred, canceller, context, drop, true);
}
