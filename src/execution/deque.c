/*
 * deque.c - the rare half of deque.h: growth, stealing, and an owner who meets a thief.
 */
#include "execution/deque.h"
#include <vow/memory.h>

#define FIRST_SIZE 64u

void vow_deque_init(struct deque *deque)
{
    /* relaxed, both: not published yet */
    atomic_store_explicit(&deque->bottom, 0, memory_order_relaxed);
    atomic_store_explicit(&deque->head, 0, memory_order_relaxed);
    deque->room = 0;
    deque->array = NULL;
    deque->cheap = vow_barrier_available();
    deque->lock = (struct lock){0};
}

void vow_deque_free(struct deque *deque)
{
    vow_check(vow_deque_seems(deque) == 0);
    vow_deallocate(deque->array);
    deque->array = NULL;
}

static struct deque_array *array_new(size_t size)
{
    struct deque_array *array =
        vow_allocate(sizeof(*array) + size * sizeof(_Atomic(struct vow_call *)));
    if (array != NULL)
        array->size = size;
    return array;
}

/* Under the lock: the same calls in an array of twice the size. */
static bool grow(struct deque *deque, size_t head, size_t bottom)
{
    struct deque_array *old = deque->array;
    struct deque_array *array = array_new(old == NULL ? FIRST_SIZE : old->size * 2);
    if (array == NULL)
        return false;
    for (size_t i = head; old != NULL && i != bottom;
         i++) /* relaxed: thieves read it under the lock only */
        atomic_store_explicit(&array->slots[i & (array->size - 1)], vow_deque_slot(deque, i),
                              memory_order_relaxed);
    deque->array = array;
    vow_deallocate(old);
    return true;
}

VOW_COLD bool vow_deque_make_room(struct deque *deque)
{
    vow_lock_take(&deque->lock);
    /* relaxed, both: the lock keeps thieves off, and the bottom is ours */
    size_t head = atomic_load_explicit(&deque->head, memory_order_relaxed);
    size_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    bool full = deque->array == NULL || bottom - head == deque->array->size;
    bool done = !full || grow(deque, head, bottom);
    if (done)
        deque->room = head + deque->array->size;
    vow_lock_give(&deque->lock);
    return done;
}

VOW_COLD struct vow_call *vow_deque_pop_surely(struct deque *deque)
{
    struct vow_call *call = NULL;
    vow_lock_take(&deque->lock);
    /* relaxed, all: the lock keeps thieves off, and the bottom is ours */
    size_t head = atomic_load_explicit(&deque->head, memory_order_relaxed);
    size_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    if (bottom != head) {
        call = vow_deque_slot(deque, bottom - 1);
        atomic_store_explicit(&deque->bottom, bottom - 1, memory_order_release); /* as E3 */
    }
    vow_lock_give(&deque->lock);
    return call;
}

/* Under the lock: moves the head over at most `most` calls that nobody else can get. Gives how many. */
static size_t claim(struct deque *deque, size_t head, size_t most)
{
    /* relaxed: how many to try; E2 looks again */
    size_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    ptrdiff_t there = (ptrdiff_t)(bottom - head);
    if (there <= 0)
        return 0;
    size_t half = ((size_t)there + 1) / 2;
    size_t count = half < most ? half : most;
    /* E4 relaxed: the fence orders it before E2 */
    atomic_store_explicit(&deque->head, head + count, memory_order_relaxed);
    vow_fence_rare(deque->cheap);
    /* E2 acquire: pairs with E1 and E3 */
    bottom = atomic_load_explicit(&deque->bottom, memory_order_acquire);
    there = (ptrdiff_t)(bottom - head);
    if (there >= (ptrdiff_t)count)
        return count;
    count = there > 0 ? (size_t)there : 0;
    /* relaxed: an owner that saw the claim waits for the lock */
    atomic_store_explicit(&deque->head, head + count, memory_order_relaxed);
    return count;
}

size_t vow_deque_steal(struct deque *deque, struct vow_call **into, size_t most, bool surely)
{
    if (!surely && vow_deque_seems(deque) == 0)
        return 0;
    if (surely)
        vow_lock_take(&deque->lock);
    else if (!vow_lock_try(&deque->lock))
        return 0;
    /* relaxed: written under the lock */
    size_t head = atomic_load_explicit(&deque->head, memory_order_relaxed);
    size_t count = claim(deque, head, most);
    for (size_t i = 0; i < count; i++)
        into[i] = vow_deque_slot(deque, head + i);
    vow_lock_give(&deque->lock);
    return count;
}
