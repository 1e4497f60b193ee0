/*
 * make.h - the frequent way to make a promise, which calls nothing: at home on this thread's immediate, with memory at hand,
 * and not in debug mode. For those who make them by the million; all others call vow_promise_make.
 */
#ifndef VOW_CONTROL_MAKE_H
#define VOW_CONTROL_MAKE_H

#include "control/run.h"

extern const struct counted_class vow_promise_class;

static inline void vow_promise_fill(vow_promise *promise, vow_scheduler *home, uint32_t references,
                                    uint64_t flags, unsigned bits)
{
    vow_counted_init(&promise->counted, &vow_promise_class, references, (uint32_t)flags);
    promise->home = home;
    promise->call.run = vow_promise_call_run;
    promise->call.dropped = vow_promise_call_dropped;
    promise->value = vow_none();
    promise->links = NULL;
    /* relaxed, both: not published yet */
    atomic_store_explicit(&promise->lock.word, 0, memory_order_relaxed);
    atomic_store_explicit(&promise->delivery, 0, memory_order_relaxed);
    promise->pauses = 0;
    promise->bits = (uint8_t)bits;
}

static inline bool vow_home_is_ordinary(const vow_scheduler *home)
{
    /* relaxed: a setting, read alone */
    return home != NULL && atomic_load_explicit(&home->ordinary, memory_order_relaxed) &&
           vow_scheduler_is_mine(home);
}

/* NULL: not so; nothing was done. `bits` are the promise's first ones. */
static inline vow_promise *vow_promise_make_at_once(vow_scheduler *home, uint32_t references,
                                                    uint64_t flags, unsigned bits)
{
    vow_promise *promise =
        vow_likely(vow_home_is_ordinary(home)) ? vow_object_new_at_hand(sizeof(*promise)) : NULL;
    if (vow_unlikely(promise == NULL))
        return NULL;
    vow_promise_fill(promise, home, references, flags, bits);
    home->local++; /* vow_home_retain, by its owner */
    return promise;
}

#endif
