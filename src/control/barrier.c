/*
 * barrier.c - the queue holds those of the present round who have come (wait_queue.h). The last one takes all of them
 * out, in one step: that is the round. Who gave up in that very moment finds itself `passed`, and has been there.
 */
#include <vow/barrier.h>

#include "control/wait_queue.h"
#include "execution/detour.h"

static bool enter(struct vow_wait_queue *queue, struct place *place, struct told *told)
{
    struct place *other;
    if (queue->count + 1 < vow_container_of(queue, vow_barrier, queue)->parties)
        return false;
    while ((other = vow_wait_queue_first(queue)) != NULL) {
        other->passed = true;
        other->value = vow_integer(0);
        (void)vow_wait_queue_serve(queue, other, told);
    }
    place->value = vow_integer(1);
    return true;
}

static const struct queue_kind barrier_kind = {.noun = "barrier", .enter = enter};

static vow_status check(const vow_barrier *barrier, const char *function)
{
    if (vow_unlikely(barrier == NULL))
        return vow_wait_queue_null(&barrier_kind, function);
    if (vow_unlikely(barrier->parties == 0))
        return vow_fail_status(VOW_INVALID, "%s: the barrier has no parties", function);
    return VOW_OK;
}

vow_status vow_barrier_wait(vow_barrier *barrier, vow_deadline deadline, bool *ret_last)
{
    static const char function[] = "vow_barrier_wait";
    struct place place = {.value = vow_integer(0)};
    vow_status status = check(barrier, function);
    vow_detour(deadline);
    if (status == VOW_OK)
        status = vow_wait_queue_wait(&barrier_kind, &barrier->queue, &place, deadline, function);
    if (status == VOW_OK && ret_last != NULL)
        *ret_last = vow_as_integer(place.value) == 1;
    return status;
}

vow_promise *vow_barrier_wait_promise(vow_barrier *barrier)
{
    static const char function[] = "vow_barrier_wait_promise";
    vow_status status = check(barrier, function);
    if (status != VOW_OK)
        return vow_promise_refused(status);
    return vow_wait_queue_promise(&barrier_kind, vow_wait_queue_of(barrier), 1, function);
}

vow_status vow_barrier_close(vow_barrier *barrier)
{
    return vow_wait_queue_close(&barrier_kind, vow_wait_queue_of(barrier), "vow_barrier_close");
}
