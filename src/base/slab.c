/*
 * slab.c - cutting blocks into objects, and putting them together again (slab.h).
 */
#include "base/slab.h"

#include <vow/memory.h>

#include "base/child.h"

#define CLASSES (SLAB_LARGEST / VOW_CACHE_LINE)

struct place {
    struct place *next;
};

struct slab {
    struct slab *self; /* as at the start of every page that has been begun */
    void *block;       /* as the allocator gave it */
    char *fresh;       /* the next place that was never used; NULL: none is left */
    struct place *freed;
    struct slab *next, **link; /* in the class's list; link NULL: not in it */
    uint32_t live;
    uint32_t pages;
};

_Static_assert(sizeof(struct slab) <= VOW_CACHE_LINE, "a slab's record is one line");

struct class
{
    _Alignas(VOW_CACHE_LINE) struct lock lock;
    struct slab *slabs; /* those with a place */
    uint32_t pages;     /* of the last slab; 0: there was none */
};

static struct class classes[CLASSES];
VOW_CHILD_CARE(child_care,
               {.locks = &classes[0].lock, .stride = sizeof(classes[0]), .count = CLASSES});

static void list_enter(struct class *class, struct slab *slab)
{
    slab->next = class->slabs;
    slab->link = &class->slabs;
    if (slab->next != NULL)
        slab->next->link = &slab->next;
    class->slabs = slab;
}

static void list_leave(struct slab *slab)
{
    *slab->link = slab->next; // NOLINT(clang-analyzer-core.NullDereference): it is listed
    if (slab->next != NULL)
        slab->next->link = slab->link;
    slab->link = NULL;
}

static char *block_of(uint32_t pages)
{
    return vow_allocate(((size_t)pages + 1) * SLAB_PAGE - 1);
}

static struct slab *slab_new(struct class *class)
{
    uint32_t pages = class->pages == 0 ? 1 : class->pages * 2;
    if (pages > SLAB_PAGES)
        pages = SLAB_PAGES;
    char *block = block_of(pages);
    if (block == NULL && pages > 1) /* there may be room for a smaller one */
        block = block_of(pages = 1);
    if (block == NULL)
        return NULL;
    char *start = block + (0 - (uintptr_t)block) % SLAB_PAGE;
    struct slab *slab = (struct slab *)(void *)start;
    *slab = (struct slab){
        .self = slab, .block = block, .fresh = start + VOW_CACHE_LINE, .pages = pages};
    class->pages = pages;
    list_enter(class, slab);
    return slab;
}

/* The place behind `place`; it may be the first one of a page that begins with it. */
static char *after(struct slab *slab, char *place, size_t size)
{
    char *next = place + size;
    char *page = place - (uintptr_t)place % SLAB_PAGE + SLAB_PAGE;
    if (next + size <= page)
        return next;
    if (page == (char *)slab + (size_t)slab->pages * SLAB_PAGE)
        return NULL;
    ((struct slab *)(void *)page)->self = slab;
    return page + VOW_CACHE_LINE;
}

/* Out of a slab with a place. */
static void *take_one(struct slab *slab, size_t size)
{
    void *object = slab->freed;
    if (object != NULL) {
        slab->freed = slab->freed->next;
    } else {
        object = slab->fresh;
        slab->fresh = after(slab, slab->fresh, size);
    }
    slab->live++;
    if (slab->freed == NULL && slab->fresh == NULL)
        list_leave(slab);
    return object;
}

static void reverse(void **objects, uint32_t count)
{
    for (uint32_t i = 0; i < count / 2; i++) {
        void *object = objects[i];
        objects[i] = objects[count - 1 - i];
        objects[count - 1 - i] = object;
    }
}

uint32_t vow_object_slab_take(size_t size, void **into, uint32_t most)
{
    struct class *class = &classes[size / VOW_CACHE_LINE - 1];
    uint32_t count = 0;

    vow_lock_take(&class->lock);
    while (count < most && (class->slabs != NULL || slab_new(class) != NULL))
        into[count++] = take_one(class->slabs, size);
    vow_lock_give(&class->lock);
    reverse(into, count);
    return count;
}

static void give_one(struct class *class, void *object)
{
    struct slab *slab = *(struct slab **)(void *)((char *)object - (uintptr_t)object % SLAB_PAGE);
    struct place *place = object;

    place->next = slab->freed;
    slab->freed = place;
    if (slab->link == NULL)
        list_enter(class, slab);
    if (--slab->live != 0)
        return;
    list_leave(slab);
    vow_deallocate(slab->block);
}

void vow_object_slab_give(size_t size, void *const *objects, uint32_t count)
{
    struct class *class = &classes[size / VOW_CACHE_LINE - 1];

    vow_lock_take(&class->lock);
    for (uint32_t i = 0; i < count; i++)
        give_one(class, objects[i]);
    vow_lock_give(&class->lock);
}
