/*
 * event.c - `state` is SET or not, and SLOW (wait_queue.h). While it is set, nobody waits.
 */
#include <vow/event.h>

#include "control/wait_queue.h"
#include "execution/detour.h"

#define SET 1u

/* Without the lock. Who finds it set may free it: who has set it has left then. */
static inline bool is_set(const struct vow_wait_queue *queue)
{
    /* E1 acquire: pairs with Q2 in vow_event_set: what was done before it is seen */
    bool set = (atomic_load_explicit(vow_wait_queue_word(queue), memory_order_acquire) & SET) != 0;
    if (set)
        vow_wait_queue_meet((struct vow_wait_queue *)(uintptr_t)queue);
    return set;
}

static bool enter(struct vow_wait_queue *queue, struct place *place, struct told *told)
{
    (void)place;
    (void)told;
    return (vow_wait_queue_state(queue) & SET) != 0;
}

static void clear(struct vow_wait_queue *queue)
{
    vow_wait_queue_set_state(queue, vow_wait_queue_state(queue) & ~SET);
}

static const struct queue_kind event_kind = {.noun = "event", .enter = enter, .closed = clear};

vow_status vow_event_wait(vow_event *event, vow_deadline deadline)
{
    static const char function[] = "vow_event_wait";
    struct place place = {.wants = 1};
    if (vow_unlikely(event == NULL))
        return vow_wait_queue_null(&event_kind, function);
    vow_detour(deadline);
    if (is_set(&event->queue))
        return VOW_OK;
    return vow_wait_queue_wait(&event_kind, &event->queue, &place, deadline, function);
}

vow_promise *vow_event_wait_promise(vow_event *event)
{
    return vow_wait_queue_promise(&event_kind, vow_wait_queue_of(event), 1,
                                  "vow_event_wait_promise");
}

vow_status vow_event_set(vow_event *event)
{
    struct told told = {NULL, NULL};
    struct place *place;
    if (vow_unlikely(event == NULL))
        return vow_wait_queue_null(&event_kind, "vow_event_set");
    struct vow_wait_queue *queue = &event->queue;
    vow_wait_queue_open(queue);
    if (!queue->closed)
        vow_wait_queue_set_state(queue, vow_wait_queue_state(queue) | SET);
    while ((place = vow_wait_queue_first(queue)) != NULL)
        (void)vow_wait_queue_serve(queue, place, &told);
    vow_wait_queue_shut(queue, &told);
    return VOW_OK;
}

vow_status vow_event_clear(vow_event *event)
{
    struct told told = {NULL, NULL};
    if (vow_unlikely(event == NULL))
        return vow_wait_queue_null(&event_kind, "vow_event_clear");
    vow_wait_queue_open(&event->queue);
    clear(&event->queue);
    vow_wait_queue_shut(&event->queue, &told);
    return VOW_OK;
}

bool vow_event_is_set(const vow_event *event)
{
    return event != NULL && is_set(&event->queue);
}

vow_status vow_event_close(vow_event *event)
{
    return vow_wait_queue_close(&event_kind, vow_wait_queue_of(event), "vow_event_close");
}
