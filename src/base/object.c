/*
 * object.c - the slow half of object.h: refilling and emptying magazines, the depot, the threads' life.
 *
 * A thread becomes known at its first slow call and is forgotten by its exit hook. Its state:
 *
 *     FRESH --first slow call--> CACHING | PLAIN --exit hook--> OUTSIDE
 *       \--------no memory for the exit hook---------------------^
 *
 * CACHING keeps magazines; PLAIN has caching switched off; OUTSIDE has no counter of its own: what it does
 * counts in `outside` (also what destructors of others do after our hook has run).
 *
 * Invariants
 * 1. In a CACHING thread `head` holds OBJECT_MAGAZINE - room objects; in all others head and spare are NULL
 *    and room is 0, so that the inline paths never hit.
 * 2. A magazine in `spare` or in the depot holds exactly OBJECT_MAGAZINE objects.
 * 3. Objects up to OBJECT_LARGEST are allocated in their class's full size, so any of a class fits.
 * 4. live objects = sum of `live` over the list of threads + `outside`.
 */
#include "base/object.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <vow/memory.h>

#include "base/lock.h"
#include "base/threads.h"

enum { FRESH, CACHING, PLAIN, OUTSIDE };

#define DEPOT_BYTES (2u << 20) /* kept per class at most */

struct depot {
    _Alignas(VOW_CACHE_LINE) struct lock lock;
    uint32_t count;            /* magazines in it */
    bool closed;               /* the process is ending: keep nothing more */
    struct object_free *first; /* linked by `batch` */
};

VOW_THREAD_LOCAL struct object_thread vow_object_thread;
static VOW_THREAD_LOCAL struct thread_exit exit_hook;

static struct depot depots[OBJECT_CLASSES];
static struct lock threads_lock; /* for `threads` and the links in it */
static struct object_thread *threads;
static _Atomic int64_t outside;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool caching;

static size_t class_of(size_t size)
{
    return (size - 1) / OBJECT_GRAIN;
}

static size_t class_size(size_t index)
{
    return (index + 1) * OBJECT_GRAIN;
}

static void free_all(struct object_free *object)
{
    while (object != NULL) {
        struct object_free *next = object->next;
        vow_deallocate(object);
        object = next;
    }
}

/* The depot ------------------------------------------------------------------------------------------- */

static bool depot_put(struct depot *depot, uint32_t bound, struct object_free *batch)
{
    vow_lock_take(&depot->lock);
    bool kept = !depot->closed && depot->count < bound;
    if (kept) {
        batch->batch = depot->first;
        depot->first = batch;
        depot->count++;
    }
    vow_lock_give(&depot->lock);
    return kept;
}

static void depot_give(size_t index, struct object_free *batch)
{
    uint32_t bound = (uint32_t)(DEPOT_BYTES / (OBJECT_MAGAZINE * class_size(index)));

    if (!depot_put(&depots[index], bound, batch))
        free_all(batch);
}

static struct object_free *depot_take(size_t index)
{
    struct depot *depot = &depots[index];

    vow_lock_take(&depot->lock);
    struct object_free *batch = depot->first;
    if (batch != NULL) {
        depot->first = batch->batch;
        depot->count--;
    }
    vow_lock_give(&depot->lock);
    return batch;
}

static void depot_close(size_t index)
{
    struct object_free *batch;

    vow_lock_take(&depots[index].lock);
    depots[index].closed = true;
    vow_lock_give(&depots[index].lock);
    while ((batch = depot_take(index)) != NULL)
        free_all(batch);
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

    caching = !VOW_ADDRESS_SANITIZER &&
              (no_cache == NULL || *no_cache == '\0' || strcmp(no_cache, "0") == 0);
    vow_process_at_exit(depots_close);
}

static void list_enter(struct object_thread *thread)
{
    vow_lock_take(&threads_lock);
    thread->next = threads;
    thread->link = &threads;
    if (threads != NULL)
        threads->link = &thread->next;
    threads = thread;
    vow_lock_give(&threads_lock);
}

/* Moves the count and the thread in one step, so that vow_live_objects sees it once. */
static void list_leave(struct object_thread *thread)
{
    vow_lock_take(&threads_lock);
    *thread->link = thread->next;
    if (thread->next != NULL)
        thread->next->link = thread->link;
    /* relaxed: the lock orders both against vow_live_objects; others only add to `outside` */
    int64_t live = atomic_load_explicit(&thread->live, memory_order_relaxed);
    atomic_store_explicit(&thread->live, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&outside, live, memory_order_relaxed);
    vow_lock_give(&threads_lock);
}

static void magazine_flush(size_t index)
{
    struct object_magazine *magazine = &vow_object_thread.magazines[index];
    struct object_magazine full = *magazine;

    *magazine = (struct object_magazine){0};
    if (full.spare != NULL)
        depot_give(index, full.spare);
    free_all(full.head);
}

static void thread_end(struct thread_exit *hook)
{
    (void)hook;
    vow_object_thread.state = OUTSIDE;
    for (size_t index = 0; index < OBJECT_CLASSES; index++)
        magazine_flush(index);
    list_leave(&vow_object_thread);
}

static void thread_begin(struct object_thread *thread)
{
    pthread_once(&once, decide);
    thread->state = OUTSIDE;
    exit_hook.run = thread_end;
    if (!vow_thread_at_exit(&exit_hook))
        return;
    list_enter(thread);
    thread->state = caching ? CACHING : PLAIN;
    for (size_t index = 0; caching && index < OBJECT_CLASSES; index++)
        thread->magazines[index].room = OBJECT_MAGAZINE;
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

static void *take_from_full(size_t index)
{
    struct object_magazine *magazine = &vow_object_thread.magazines[index];
    struct object_free *batch = magazine->spare != NULL ? magazine->spare : depot_take(index);

    if (batch == NULL)
        return NULL;
    magazine->spare = NULL;
    magazine->head = batch->next;
    magazine->room = 1;
    return batch;
}

static void make_room(size_t index)
{
    struct object_magazine *magazine = &vow_object_thread.magazines[index];

    if (magazine->spare != NULL)
        depot_give(index, magazine->spare);
    magazine->spare = magazine->head;
    magazine->head = NULL;
    magazine->room = OBJECT_MAGAZINE;
}

VOW_COLD void *vow_object_new_slowly(size_t size)
{
    struct object_thread *thread = this_thread();
    void *object = NULL;

    vow_check(size != 0);
    if (size <= OBJECT_LARGEST) {
        size_t index = class_of(size);
        if (thread->state == CACHING)
            object = take_from_full(index);
        size = class_size(index);
    }
    if (object == NULL)
        object = vow_allocate(size);
    if (object != NULL)
        count(thread, 1);
    return object;
}

VOW_COLD void vow_object_delete_slowly(void *object, size_t size)
{
    struct object_thread *thread = this_thread();

    count(thread, -1);
    if (size > OBJECT_LARGEST || thread->state != CACHING) {
        vow_deallocate(object);
        return;
    }
    struct object_magazine *magazine = &thread->magazines[class_of(size)];
    if (magazine->room == 0)
        make_room(class_of(size));
    struct object_free *freed = (struct object_free *)object;
    freed->next = magazine->head;
    magazine->head = freed;
    magazine->room--;
}
