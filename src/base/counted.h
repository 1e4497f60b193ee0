/*
 * counted.h - reference-counted objects: what boxes, errors, promises, schedulers begin with.
 *
 * One atomic word: the upper 32 bits count references, the lower 32 belong to the object's own kind (a
 * promise keeps flags there, so that one operation can change both). A class says how to destroy.
 *
 * Invariants
 * 1. An object is destroyed exactly once, by whoever takes the count from 1 to 0.
 * 2. A holder that sees a count of 1 is the only one: nobody else has a reference to count up from. It may
 *    skip the read-modify-write.
 * 3. Destruction never nests: what is released inside a `destroy` is destroyed after it, in order of release
 *    (counted.c), so that chains of any length die in constant stack.
 * 4. `destroy` finds the object's flags as they were at the last release; the count in the word means nothing
 *    any more.
 */
#ifndef VOW_BASE_COUNTED_H
#define VOW_BASE_COUNTED_H

#include "base/platform.h"
#include <stdbool.h>

struct counted;

struct counted_class {
    const char *name;
    void (*destroy)(struct counted *object); /* releases what it holds, frees it */
    /* What the ledger adds to the name, a static text; may be NULL, and may give NULL. */
    const char *(*detail)(const struct counted *object);
};

/* After each class that is defined: the ledger knows its objects by it (ledger.h). */
#define COUNTED_KNOWN(class_)                                                                      \
    __attribute__((constructor)) static void know_##class_(void)                                   \
    {                                                                                              \
        vow_counted_know(&(class_));                                                               \
    }

void vow_counted_know(const struct counted_class *known);
bool vow_counted_is_known(const struct counted_class *maybe);

struct counted {
    _Atomic uint64_t word;
    union {
        const struct counted_class *class;
        struct counted *next_dead; /* while queued for destruction (counted.c) */
    };
};

#define COUNTED_ONE (UINT64_C(1) << 32)
#define COUNTED_FLAGS (COUNTED_ONE - 1)

static inline void vow_counted_init(struct counted *object, const struct counted_class *class,
                                    uint32_t references, uint32_t flags)
{
    /* relaxed: the object has not been published yet */
    atomic_store_explicit(&object->word, references * COUNTED_ONE + flags, memory_order_relaxed);
    object->class = class;
}

static inline void vow_counted_retain(struct counted *object)
{
    /* relaxed: the caller holds a reference, so the object cannot die meanwhile, and nothing is read by it */
    atomic_fetch_add_explicit(&object->word, COUNTED_ONE, memory_order_relaxed);
}

/* Destroys `object`, whose last reference has gone, or queues it behind the destruction under way. */
void vow_counted_destroy(struct counted *object);

static inline void vow_counted_release(struct counted *object)
{
    /* C1 acquire: pairs with C2, so that a last holder sees what former holders did */
    uint64_t word = atomic_load_explicit(&object->word, memory_order_acquire);
    if (word >> 32 != 1) {
        /* C2 acq_rel: releases our writes to the last holder; acquires theirs if we are the last */
        word = atomic_fetch_sub_explicit(&object->word, COUNTED_ONE, memory_order_acq_rel);
        if (word >> 32 != 1)
            return;
    }
    vow_counted_destroy(object);
}

#endif
