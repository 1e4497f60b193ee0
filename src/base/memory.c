/*
 * memory.c - the one allocator of the process, and the rule that it never changes once it was used.
 *
 * Invariants
 * 1. `allocator` is written under `lock`, and only while `used` is false.
 * 2. `used` turns true once, under `lock`; whoever sees it true sees the final allocator.
 */
#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/fail.h"

static void *standard_allocate(size_t size, void *context)
{
    (void)context;
    return malloc(size);
}

static void *standard_resize(void *memory, size_t size, void *context)
{
    (void)context;
    return realloc(memory, size);
}

static void standard_release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static const struct vow_allocator standard = {
    .size = sizeof(struct vow_allocator),
    .allocate = standard_allocate,
    .resize = standard_resize,
    .release = standard_release,
};

static struct vow_allocator allocator = {
    .size = sizeof(struct vow_allocator),
    .allocate = standard_allocate,
    .resize = standard_resize,
    .release = standard_release,
};

static struct lock lock;
VOW_CHILD_LOCK(lock);
static _Atomic bool used;

static VOW_COLD void use(void)
{
    vow_lock_take(&lock);
    /* M2 release: pairs with M1 */
    atomic_store_explicit(&used, true, memory_order_release);
    vow_lock_give(&lock);
}

static const struct vow_allocator *current(void)
{
    /* M1 acquire: pairs with M2; the allocator that was set before it is seen */
    if (vow_unlikely(!atomic_load_explicit(&used, memory_order_acquire)))
        use();
    return &allocator;
}

static bool set(const struct vow_allocator *chosen)
{
    vow_lock_take(&lock);
    /* relaxed: written under the lock that we hold */
    bool open = !atomic_load_explicit(&used, memory_order_relaxed);
    if (open)
        allocator = *chosen;
    vow_lock_give(&lock);
    return open;
}

/* The sentences are literals: formatting one would allocate, and so forbid the next try. */
vow_status vow_set_allocator(const struct vow_allocator *chosen)
{
    if (chosen == NULL)
        chosen = &standard;
    if (chosen->size < sizeof *chosen)
        return vow_fail_literal(VOW_INVALID, "vow_set_allocator: allocator->size is too small");
    if (chosen->allocate == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_set_allocator: allocator->allocate is NULL");
    if (chosen->resize == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_set_allocator: allocator->resize is NULL");
    if (chosen->release == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_set_allocator: allocator->release is NULL");
    if (!set(chosen))
        return vow_fail_literal(VOW_INVALID, "vow_set_allocator: vow has already allocated memory");
    return VOW_OK;
}

void *vow_allocate(size_t size)
{
    const struct vow_allocator *by = current();

    return by->allocate(size != 0 ? size : 1, by->context); /* NULL means one thing only */
}

void *vow_reallocate(void *memory, size_t size)
{
    const struct vow_allocator *by = current();

    return by->resize(memory, size != 0 ? size : 1, by->context);
}

void vow_deallocate(void *memory)
{
    if (memory != NULL)
        allocator.release(memory, allocator.context); /* its owner's allocation made `used` true */
}
