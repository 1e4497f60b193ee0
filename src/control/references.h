/*
 * references.h - the references that several parties have to an object which nobody sees but they: a combinator's canceller,
 * its turns, its maker. (Objects of users', and what is destroyed in long chains: base/counted.h.)
 */
#ifndef VOW_CONTROL_REFERENCES_H
#define VOW_CONTROL_REFERENCES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct references {
    _Atomic uint32_t count;
};

/* Before it is published. */
static inline void vow_references_set(struct references *references, uint32_t number)
{
    /* relaxed: not published yet */
    atomic_store_explicit(&references->count, number, memory_order_relaxed);
}

/* By one who has a reference. */
static inline void vow_references_add(struct references *references)
{
    /* relaxed: the caller's own keeps the object meanwhile */
    atomic_fetch_add_explicit(&references->count, 1, memory_order_relaxed);
}

/* Gives one back; true: it was the last, and the caller frees the object. */
static inline bool vow_references_drop(struct references *references)
{
    /* acq_rel: pairs with itself; who frees the object comes after the others */
    return atomic_fetch_sub_explicit(&references->count, 1, memory_order_acq_rel) == 1;
}

#endif
