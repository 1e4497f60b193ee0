/*
 * object.c - the slow half of object.h: refilling and emptying magazines, the depot, the threads' life.
 *
 * A thread becomes known at its first slow call and is forgotten by its exit hook. Its state:
 *
 *     FRESH --first slow call--> CACHING | PLAIN --exit hook--> OUTSIDE
 *       \--------no memory for the exit hook, a ledger-----------^
 *
 * CACHING keeps magazines; PLAIN has caching switched off; OUTSIDE has no counter of its own: what it does
 * counts in `outside` (also what destructors of others do after our hook has run).
 *
 * Invariants
 * 1. In a thread that is not CACHING all counts and limits are 0, so that the inline paths never hit.
 * 2. A magazine in the depot's list of full ones holds exactly OBJECT_MAGAZINE objects, as does a `spare` that is
 *    spare_full; all other spares and the depot's empty ones hold none.
 * 3. Objects up to OBJECT_LARGEST are allocated in their class's full size, so any of a class fits.
 * 4. live objects = sum of `live` over the list of threads + `outside`.
 * 5. All objects of a class come from slabs, or all from the allocator: decided before the first of them is made.
 */
#include "base/object.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <vow/memory.h>

#include "base/child.h"
#include "base/ledger.h"
#include "base/slab.h"
#include "base/threads.h"

enum { FRESH, CACHING, PLAIN, OUTSIDE };

#define DEPOT_BYTES (8u << 20) /* kept per class at most */

struct depot {
    _Alignas(VOW_CACHE_LINE) struct lock lock;
    uint32_t count; /* full magazines in it */
    bool closed;    /* the process is ending: keep nothing more */
    struct object_magazine *full;
    struct object_magazine *empty;
};

VOW_THREAD_LOCAL struct object_thread vow_object_thread;
static VOW_THREAD_LOCAL struct thread_exit exit_hook;

static struct depot depots[OBJECT_CLASSES];
VOW_CHILD_CARE(depots_care,
               {.locks = &depots[0].lock, .stride = sizeof(depots[0]), .count = OBJECT_CLASSES});
static struct lock threads_lock; /* for `threads` and the links in it */
static struct object_thread *threads;
static _Atomic int64_t outside;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool caching;
static _Atomic bool begun;

static size_t class_of(size_t size)
{
    return (size - 1) / OBJECT_GRAIN;
}

static size_t class_size(size_t index)
{
    return (index + 1) * OBJECT_GRAIN;
}

/* Whether objects of this class come from slabs: those of whole cache lines, where anything is kept at all. */
static bool is_slabbed(size_t index)
{
    return caching && class_size(index) % VOW_CACHE_LINE == 0;
}

static void free_objects(size_t index, void *const *objects, uint32_t count)
{
    if (is_slabbed(index)) {
        vow_object_slab_give(class_size(index), objects, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        vow_deallocate(objects[i]);
}

static void free_magazine(size_t index, struct object_magazine *magazine, uint32_t count)
{
    free_objects(index, magazine->objects, count);
    vow_deallocate(magazine);
}

/* The depot ------------------------------------------------------------------------------------------- */

static struct object_magazine *pop(struct object_magazine **list)
{
    struct object_magazine *magazine = *list;
    if (magazine != NULL)
        *list = magazine->next;
    return magazine;
}

static void push(struct object_magazine **list, struct object_magazine *magazine)
{
    magazine->next = *list;
    *list = magazine;
}

/* Takes `full` in, gives an empty one for it; NULL if there is none, or nothing more is kept: then `full` is gone. */
static struct object_magazine *depot_give(size_t index, struct object_magazine *full)
{
    struct depot *depot = &depots[index];
    uint32_t bound = (uint32_t)(DEPOT_BYTES / (OBJECT_MAGAZINE * class_size(index)));

    vow_lock_take(&depot->lock);
    bool kept = !depot->closed && depot->count < bound;
    struct object_magazine *empty = kept ? pop(&depot->empty) : NULL;
    if (kept) {
        push(&depot->full, full);
        depot->count++;
    }
    vow_lock_give(&depot->lock);
    if (!kept)
        free_magazine(index, full, OBJECT_MAGAZINE);
    return empty;
}

/* Gives a full magazine, taking `empty` (or NULL) for it; NULL if there is none, and `empty` is the caller's still. */
static struct object_magazine *depot_take(size_t index, struct object_magazine *empty)
{
    struct depot *depot = &depots[index];

    vow_lock_take(&depot->lock);
    struct object_magazine *full = pop(&depot->full);
    if (full != NULL) {
        depot->count--;
        if (empty != NULL)
            push(&depot->empty, empty);
    }
    vow_lock_give(&depot->lock);
    return full;
}

static void depot_close(size_t index)
{
    struct depot *depot = &depots[index];
    struct object_magazine *magazine;

    vow_lock_take(&depot->lock);
    depot->closed = true;
    vow_lock_give(&depot->lock);
    while ((magazine = depot_take(index, NULL)) != NULL)
        free_magazine(index, magazine, OBJECT_MAGAZINE);
    while ((magazine = pop(&depot->empty)) != NULL)
        free_magazine(index, magazine, 0);
}

static void depots_close(void)
{
    for (size_t index = 0; index < OBJECT_CLASSES; index++)
        depot_close(index);
}

/* Threads --------------------------------------------------------------------------------------------- */

static void decide(void)
{
    const char *no_cache = getenv("VOW_NO_CACHE");

    caching = !VOW_ADDRESS_SANITIZER && !vow_ledger_kept &&
              (no_cache == NULL || *no_cache == '\0' || strcmp(no_cache, "0") == 0);
    vow_process_at_exit(depots_close);
    /* relaxed: for who sets a switch before anything is made, on the same thread */
    atomic_store_explicit(&begun, true, memory_order_relaxed);
}

bool vow_objects_have_begun(void)
{
    return atomic_load_explicit(&begun, memory_order_relaxed); /* relaxed: as in `decide` */
}

static void list_enter(struct object_thread *thread)
{
    vow_lock_take(&threads_lock);
    thread->next = threads;
    thread->link = &threads;
    if (threads != NULL)
        threads->link = &thread->next;
    threads = thread;
    thread->listed = true;
    vow_lock_give(&threads_lock);
}

/* In a forked child: what other threads had is counted, but they are not there any more; their memory will be other
   threads'. */
static void begin_child(void)
{
    struct object_thread *own = vow_object_thread.listed ? &vow_object_thread : NULL;

    for (const struct object_thread *thread = threads; thread != NULL; thread = thread->next)
        if (thread != own) /* relaxed, both: nobody else is here */
            atomic_fetch_add_explicit(&outside,
                                      atomic_load_explicit(&thread->live, memory_order_relaxed),
                                      memory_order_relaxed);
    threads = own;
    if (own == NULL)
        return;
    own->next = NULL;
    own->link = &threads;
}

VOW_CHILD_CARE(threads_care, {.locks = &threads_lock,
                              .stride = sizeof(threads_lock),
                              .count = 1,
                              .begin = begin_child});

/* Moves the count and the thread in one step, so that vow_live_objects sees it once. */
static void list_leave(struct object_thread *thread)
{
    vow_lock_take(&threads_lock);
    *thread->link = thread->next;
    if (thread->next != NULL)
        thread->next->link = thread->link;
    thread->listed = false;
    /* relaxed: the lock orders both against vow_live_objects; others only add to `outside` */
    int64_t live = atomic_load_explicit(&thread->live, memory_order_relaxed);
    atomic_store_explicit(&thread->live, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&outside, live, memory_order_relaxed);
    vow_lock_give(&threads_lock);
}

static void cache_flush(size_t index)
{
    struct object_cache *cache = &vow_object_thread.caches[index];
    struct object_cache last = *cache;

    *cache = (struct object_cache){0};
    if (last.spare != NULL && last.spare_full)
        last.spare = depot_give(index, last.spare);
    if (last.spare != NULL)
        free_magazine(index, last.spare, 0);
    if (last.loaded != NULL)
        free_magazine(index, last.loaded, last.count);
}

static void thread_end(struct thread_exit *hook)
{
    (void)hook;
    vow_object_thread.state = OUTSIDE;
    for (size_t index = 0; index < OBJECT_CLASSES; index++)
        cache_flush(index);
    list_leave(&vow_object_thread);
}

static void thread_begin(struct object_thread *thread)
{
    pthread_once(&once, decide);
    thread->state = OUTSIDE;
    exit_hook.run = thread_end;
    if (vow_ledger_kept || !vow_thread_at_exit(&exit_hook))
        return;
    list_enter(thread);
    thread->state = caching ? CACHING : PLAIN;
}

static struct object_thread *this_thread(void)
{
    struct object_thread *thread = &vow_object_thread;

    if (vow_unlikely(thread->state == FRESH))
        thread_begin(thread);
    return thread;
}

static void count(const struct object_thread *thread, int64_t change)
{
    if (thread->state != OUTSIDE)
        vow_object_count(change);
    else /* relaxed: a sum for a quiet moment */
        atomic_fetch_add_explicit(&outside, change, memory_order_relaxed);
}

void vow_object_count_slowly(const void *object, const char *name, int64_t change)
{
    count(this_thread(), change);
    if (change > 0)
        vow_ledger_add(object, 0, name);
    else
        vow_ledger_remove(object);
}

long vow_live_objects(void)
{
    vow_lock_take(&threads_lock);
    /* relaxed: whoever wants an exact sum asks at a quiet moment, which other means have ordered */
    int64_t sum = atomic_load_explicit(&outside, memory_order_relaxed);
    for (const struct object_thread *thread = threads; thread != NULL; thread = thread->next)
        sum += atomic_load_explicit(&thread->live, memory_order_relaxed);
    vow_lock_give(&threads_lock);
    return (long)sum;
}

/* Magazines ------------------------------------------------------------------------------------------- */

/* Puts `magazine` with `count` objects where the loaded one was, and that one, which is the opposite, in the spare's
   place. */
static void load(struct object_cache *cache, struct object_magazine *magazine, uint32_t count)
{
    cache->spare = cache->loaded;
    cache->spare_full = count == 0;
    cache->loaded = magazine;
    cache->count = count;
    cache->limit = OBJECT_MAGAZINE;
}

/* `loaded` is empty, or there is none: loads a full magazine. False if there is none. */
static bool load_full(struct object_cache *cache, size_t index)
{
    bool spare_full = cache->spare != NULL && cache->spare_full;
    struct object_magazine *full = spare_full ? cache->spare : depot_take(index, cache->spare);

    if (full == NULL)
        return false;
    load(cache, full, OBJECT_MAGAZINE);
    return true;
}

/* `loaded` is full, or there is none: loads an empty magazine. False without memory for one. */
static bool load_empty(struct object_cache *cache, size_t index)
{
    struct object_magazine *empty = cache->spare;

    if (empty != NULL && cache->spare_full)
        empty = depot_give(index, empty);
    cache->spare = NULL;
    if (empty == NULL)
        empty = vow_allocate(sizeof(*empty));
    if (empty == NULL)
        return false;
    load(cache, empty, 0);
    return true;
}

/* `loaded` is empty, or there is none: fills it with new objects. False without memory, or where there are no slabs. */
static bool load_new(struct object_cache *cache, size_t index)
{
    if (!is_slabbed(index) || (cache->loaded == NULL && !load_empty(cache, index)))
        return false;
    cache->count = vow_object_slab_take(class_size(index), cache->loaded->objects, OBJECT_MAGAZINE);
    return cache->count != 0;
}

static void *new_of_class(struct object_thread *thread, size_t index)
{
    struct object_cache *cache = &thread->caches[index];
    void *object = NULL;

    if (thread->state == CACHING && (load_full(cache, index) || load_new(cache, index)))
        object = cache->loaded->objects[--cache->count];
    else if (!is_slabbed(index))
        object = vow_allocate(class_size(index));
    else
        (void)vow_object_slab_take(class_size(index), &object, 1);
    return object;
}

VOW_COLD void *vow_object_new_slowly(size_t size)
{
    struct object_thread *thread = this_thread();

    vow_check(size != 0);
    void *object =
        size <= OBJECT_LARGEST ? new_of_class(thread, class_of(size)) : vow_allocate(size);
    if (object != NULL)
        count(thread, 1);
    vow_ledger_add(object, size, NULL);
    return object;
}

VOW_COLD void vow_object_delete_slowly(void *object, size_t size)
{
    struct object_thread *thread = this_thread();

    count(thread, -1);
    vow_ledger_remove(object);
    if (size > OBJECT_LARGEST) {
        vow_deallocate(object);
        return;
    }
    size_t index = class_of(size);
    struct object_cache *cache = &thread->caches[index];
    if (thread->state == CACHING && load_empty(cache, index))
        cache->loaded->objects[cache->count++] = object;
    else
        free_objects(index, &object, 1);
}
