/*
 * counted.c - destruction without nesting.
 *
 * The first destruction on a thread is the outermost; it destroys its object and then, in order, whatever was
 * queued meanwhile. A queued object must keep its flags (a promise's destroy reads them) and its class, and
 * has two words for them and for the link: the link takes the place of the class pointer; the class goes,
 * as a distance of 32 bits from a class of this library, where the count was.
 *
 *     alive     word = count << 32 | flags        class
 *     queued    word = distance << 32 | flags     next_dead
 *     destroyed word = flags                      class
 *
 * Invariants
 * 1. `dead_end` is NULL exactly when no destruction is under way in this line (locals.h).
 * 2. A queued object has no references left: only this thread knows it.
 */
#include "base/counted.h"

#include "base/locals.h"
#include <stdbool.h>

enum { KNOWN_MOST = 32 };

static const struct counted_class origin = {.name = "origin"};

/* Written before main, by constructors. */
static const struct counted_class *known_classes[KNOWN_MOST];
static int known_count;

void vow_counted_know(const struct counted_class *known)
{
    vow_check(known_count < KNOWN_MOST);
    if (known_count < KNOWN_MOST)
        known_classes[known_count++] = known;
}

bool vow_counted_is_known(const struct counted_class *maybe)
{
    for (int i = 0; i < known_count; i++)
        if (known_classes[i] == maybe)
            return true;
    return false;
}

/* Where `dead_end` points while nothing is queued: never NULL while a destruction is under way. */
static struct counted *nothing;

/* All classes lie in this library, so the distance fits; if one ever does not, its destruction nests. */
static bool distance_of(const struct counted_class *target, int32_t *ret_distance)
{
    intptr_t distance = (intptr_t)((uintptr_t)target - (uintptr_t)&origin);

    if (distance < INT32_MIN || distance > INT32_MAX)
        return false;
    *ret_distance = (int32_t)distance;
    return true;
}

static const struct counted_class *class_at(uint64_t word)
{
    intptr_t distance = (int32_t)(uint32_t)(word >> 32);

    return (const struct counted_class *)((uintptr_t)&origin + (uintptr_t)distance);
}

static bool queue(struct locals *locals, struct counted *object)
{
    int32_t distance;

    if (!distance_of(object->class, &distance))
        return false;
    /* relaxed, here and below: by invariant 2 nobody else looks */
    uint64_t flags = atomic_load_explicit(&object->word, memory_order_relaxed) & COUNTED_FLAGS;
    atomic_store_explicit(&object->word, (uint64_t)(uint32_t)distance << 32 | flags,
                          memory_order_relaxed);
    object->next_dead = NULL;
    if (locals->dead == NULL)
        locals->dead = object;
    else
        *locals->dead_end = object;
    locals->dead_end = &object->next_dead;
    return true;
}

static struct counted *unqueue(struct locals *locals)
{
    struct counted *object = locals->dead;

    if (object == NULL)
        return NULL;
    locals->dead = object->next_dead;
    if (locals->dead == NULL)
        locals->dead_end = &nothing;
    uint64_t word = atomic_load_explicit(&object->word, memory_order_relaxed);
    object->class = class_at(word);
    atomic_store_explicit(&object->word, word & COUNTED_FLAGS, memory_order_relaxed);
    return object;
}

void vow_counted_destroy(struct counted *object)
{
    struct locals *locals = &vow_locals;

    if (locals->dead_end != NULL) {
        if (!queue(locals, object))
            object->class->destroy(object);
        return;
    }
    locals->dead_end = &nothing;
    do
        object->class->destroy(object);
    while ((object = unqueue(locals)) != NULL);
    locals->dead_end = NULL;
}
