/*
 * queue.h - a first-in first-out list of calls, for one thread.
 */
#ifndef VOW_EXECUTION_QUEUE_H
#define VOW_EXECUTION_QUEUE_H

#include <vow/scheduler.h>

struct call_queue {
    struct vow_call *first;
    struct vow_call *last; /* meaningful while first is not NULL */
};

static inline void vow_queue_append(struct call_queue *queue, struct vow_call *call)
{
    call->next = NULL;
    if (queue->first == NULL)
        queue->first = call;
    else
        queue->last->next = call;
    queue->last = call;
}

static inline struct vow_call *vow_queue_take(struct call_queue *queue)
{
    struct vow_call *call = queue->first;
    if (call != NULL)
        queue->first = call->next;
    return call;
}

#endif
