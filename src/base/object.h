/*
 * object.h - memory for vow's own small objects: per-thread magazines over the replaceable allocator.
 *
 * Sizes are rounded up to classes of 32 bytes; sizes above OBJECT_LARGEST go to the allocator directly. Each thread
 * has, per class, a loaded magazine and a spare one, of OBJECT_MAGAZINE objects each; full ones are handed to a shared
 * depot and taken from it whole, in constant time, so that objects made by one thread and freed by another travel
 * back in batches. A magazine is an array of pointers: an object that comes back from another thread is not read to
 * find the next one, so its cache line can be fetched ahead, and several at once. The depot is bounded; what is beyond
 * goes back to the allocator, as does everything when a thread or the process ends; objects of whole cache lines by way
 * of slabs (slab.h), so that two threads with neighbours in hand do not share a line. With AddressSanitizer, or
 * VOW_NO_CACHE=1 in the environment (valgrind), nothing is kept, and each object is the allocator's.
 *
 * Each object made counts as live (vow_live_objects).
 */
#ifndef VOW_BASE_OBJECT_H
#define VOW_BASE_OBJECT_H

#include <stdbool.h>

#include "base/platform.h"

#define OBJECT_GRAIN 32u
#define OBJECT_LARGEST 256u
#define OBJECT_CLASSES (OBJECT_LARGEST / OBJECT_GRAIN)
#define OBJECT_MAGAZINE 64u

#define OBJECT_AHEAD 8u /* how many objects ahead lines are fetched */

struct object_magazine {
    struct object_magazine *next; /* in the depot */
    void *objects[OBJECT_MAGAZINE];
};

struct object_cache {
    struct object_magazine *loaded;
    struct object_magazine *spare; /* full or empty; NULL: none */
    uint32_t count;                /* objects in `loaded` */
    uint16_t limit; /* how many it may take; 0 where nothing is kept, or `loaded` is NULL */
    bool spare_full;
};

struct object_thread {
    struct object_cache caches[OBJECT_CLASSES];
    _Atomic int64_t live;               /* made less freed by this thread; written by it alone */
    struct object_thread *next, **link; /* in the list of threads (object.c) */
    uint32_t state;                     /* of the thread (object.c) */
    bool listed;                        /* it is in that list: its own `live` counts */
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

void vow_object_count_slowly(const void *object, const char *name, int64_t change);

/* Whether anything was made: what depends on it is decided for good. */
bool vow_objects_have_begun(void);

/* Counts an object that lies in memory of another kind (a coroutine in its stack), as made or freed. The ledger knows it by
   `object`, and calls it `name`. */
static inline void vow_object_count_other(const void *object, const char *name, int64_t change)
{
    if (vow_likely(vow_object_thread.listed))
        vow_object_count(change);
    else
        vow_object_count_slowly(object, name, change);
}

/* Uninitialised memory for an object of `size` bytes that this thread has at hand, or NULL. */
static inline void *vow_object_new_at_hand(size_t size)
{
    if (vow_likely(size <= OBJECT_LARGEST)) {
        struct object_cache *cache = &vow_object_thread.caches[(size - 1) / OBJECT_GRAIN];
        if (vow_likely(cache->count != 0)) {
            void **objects = cache->loaded->objects;
            uint32_t count = --cache->count;
            /* below OBJECT_AHEAD this wraps to slots of the other end: harmless, a prefetch never faults */
            uintptr_t ahead = (uintptr_t)objects[(count - OBJECT_AHEAD) % OBJECT_MAGAZINE];
            vow_ask_to_write((const void *)ahead);
            if (size > VOW_CACHE_LINE)
                vow_ask_to_write((const void *)(ahead + VOW_CACHE_LINE));
            vow_object_count(1);
            return objects[count];
        }
    }
    return NULL;
}

/* Uninitialised memory for an object of `size` bytes, or NULL. */
static inline void *vow_object_new(size_t size)
{
    void *object = vow_object_new_at_hand(size);
    return vow_likely(object != NULL) ? object : vow_object_new_slowly(size);
}

/* Frees what vow_object_new(size) gave. */
static inline void vow_object_delete(void *object, size_t size)
{
    if (vow_likely(size <= OBJECT_LARGEST)) {
        struct object_cache *cache = &vow_object_thread.caches[(size - 1) / OBJECT_GRAIN];
        if (vow_likely(cache->count < cache->limit)) {
            cache->loaded->objects[cache->count++] = object;
            vow_object_count(-1);
            return;
        }
    }
    vow_object_delete_slowly(object, size);
}

#endif
