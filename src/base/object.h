/*
 * object.h - memory for vow's own small objects: per-thread magazines over the replaceable allocator.
 *
 * Sizes are rounded up to classes of 32 bytes; sizes above OBJECT_LARGEST go to the allocator directly. Each
 * thread keeps, per class, a list in use and a full spare one of OBJECT_MAGAZINE objects; full lists are handed
 * to a shared depot and taken from it whole, in constant time, so that objects made by one thread and freed
 * by another travel back in batches. The depot is bounded; what is beyond goes back to the allocator, as does
 * everything when a thread or the process ends. With AddressSanitizer, or VOW_NO_CACHE=1 in the environment
 * (valgrind), nothing is kept.
 *
 * Each object made counts as live (vow_live_objects).
 */
#ifndef VOW_BASE_OBJECT_H
#define VOW_BASE_OBJECT_H

#include "base/platform.h"

#define OBJECT_GRAIN 32u
#define OBJECT_LARGEST 256u
#define OBJECT_CLASSES (OBJECT_LARGEST / OBJECT_GRAIN)
#define OBJECT_MAGAZINE 64u

struct object_free {
    struct object_free *next;  /* in its magazine */
    struct object_free *batch; /* in the depot: the next magazine */
};

struct object_magazine {
    struct object_free *head;  /* objects ready for use */
    struct object_free *spare; /* NULL, or a full magazine */
    uint32_t room;             /* how many more `head` may take; 0 in a fresh thread */
};

struct object_thread {
    struct object_magazine magazines[OBJECT_CLASSES];
    _Atomic int64_t live;               /* made less freed by this thread; written by it alone */
    struct object_thread *next, **link; /* in the list of threads (object.c) */
    uint32_t state;                     /* of the thread (object.c) */
};

extern VOW_THREAD_LOCAL struct object_thread vow_object_thread;

/* Refills, or asks the allocator; NULL if it has none. */
void *vow_object_new_slowly(size_t size);
/* Hands a full magazine on, or gives the object back to the allocator. */
void vow_object_delete_slowly(void *object, size_t size);

static inline void vow_object_count(int64_t change)
{
    _Atomic int64_t *live = &vow_object_thread.live;

    /* relaxed, and no read-modify-write: only this thread writes it; readers want a sum at a quiet moment */
    atomic_store_explicit(live, atomic_load_explicit(live, memory_order_relaxed) + change,
                          memory_order_relaxed);
}

/* Uninitialised memory for an object of `size` bytes (at least 1), or NULL. */
static inline void *vow_object_new(size_t size)
{
    if (vow_likely(size <= OBJECT_LARGEST)) {
        struct object_magazine *magazine = &vow_object_thread.magazines[(size - 1) / OBJECT_GRAIN];
        struct object_free *object = magazine->head;
        if (vow_likely(object != NULL)) {
            magazine->head = object->next;
            magazine->room++;
            vow_object_count(1);
            return object;
        }
    }
    return vow_object_new_slowly(size);
}

/* Frees what vow_object_new(size) gave. */
static inline void vow_object_delete(void *object, size_t size)
{
    if (vow_likely(size <= OBJECT_LARGEST)) {
        struct object_magazine *magazine = &vow_object_thread.magazines[(size - 1) / OBJECT_GRAIN];
        if (vow_likely(magazine->room != 0)) {
            struct object_free *freed = (struct object_free *)object;
            freed->next = magazine->head;
            magazine->head = freed;
            magazine->room--;
            vow_object_count(-1);
            return;
        }
    }
    vow_object_delete_slowly(object, size);
}

#endif
