/*
 * semaphore.c - permits: `state` is how many are left, and SLOW (wait_queue.h).
 *
 * Permits that are left while somebody waits are too few for the first one.
 */
#include <vow/semaphore.h>

#include "control/hold.h"
#include "control/wait_queue.h"
#include "execution/detour.h"

static inline uint32_t permits(uint32_t state)
{
    return state & ~QUEUE_SLOW;
}

/* Under the queue's lock -------------------------------------------------------------------------------------------------- */

static bool take(struct vow_wait_queue *queue, uint32_t count)
{
    uint32_t state = vow_wait_queue_state(queue);
    if (permits(state) < count)
        return false;
    vow_wait_queue_set_state(queue, state - count);
    return true;
}

static void put(struct vow_wait_queue *queue, uint32_t count)
{
    vow_wait_queue_set_state(queue, vow_wait_queue_state(queue) + count);
}

static bool enter(struct vow_wait_queue *queue, struct place *place, struct told *told)
{
    (void)told;
    return vow_wait_queue_first(queue) == NULL && take(queue, place->wants);
}

static void serve(struct vow_wait_queue *queue, struct told *told)
{
    struct place *place = vow_wait_queue_first(queue);
    while (place != NULL && take(queue, place->wants)) {
        uint32_t count = place->wants;
        if (!vow_wait_queue_serve(queue, place, told))
            put(queue, count);
        place = vow_wait_queue_first(queue);
    }
}

static const struct queue_kind semaphore_kind = {
    .noun = "semaphore", .enter = enter, .left = serve};

/* Acquiring ----------------------------------------------------------------------------------------------------------------- */

/* What can be had without waiting, by one swap; again where another one was quicker. */
static inline bool take_quickly(struct vow_wait_queue *queue, uint32_t count)
{
    uint32_t state = vow_wait_queue_state(queue);
    while ((state & QUEUE_SLOW) == 0 && state >= count) {
        if (vow_likely(vow_wait_queue_swap(queue, state, state - count))) {
            vow_wait_queue_meet(queue);
            return true;
        }
        state = vow_wait_queue_state(queue);
    }
    return false;
}

/* Whether the arguments are right. */
static vow_status check(const vow_semaphore *semaphore, uint32_t count, const char *function)
{
    if (vow_unlikely(semaphore == NULL))
        return vow_wait_queue_null(&semaphore_kind, function);
    if (vow_unlikely(count == 0 || count > VOW_SEMAPHORE_LARGEST))
        return vow_fail_status(VOW_INVALID, "%s: count is %u, not 1 to %d", function,
                               (unsigned)count, VOW_SEMAPHORE_LARGEST);
    return VOW_OK;
}

vow_status vow_semaphore_acquire(vow_semaphore *semaphore, uint32_t count, vow_deadline deadline)
{
    static const char function[] = "vow_semaphore_acquire";
    struct place place = {.wants = count};
    vow_status status = check(semaphore, count, function);
    if (vow_unlikely(status != VOW_OK))
        return status;
    vow_detour(deadline);
    if (vow_likely(take_quickly(&semaphore->queue, count)))
        return VOW_OK;
    return vow_wait_queue_wait(&semaphore_kind, &semaphore->queue, &place, deadline, function);
}

bool vow_semaphore_try_acquire(vow_semaphore *semaphore, uint32_t count)
{
    if (vow_unlikely(check(semaphore, count, "vow_semaphore_try_acquire") != VOW_OK))
        return false;
    struct vow_wait_queue *queue = &semaphore->queue;
    if (vow_likely(take_quickly(queue, count)))
        return true;
    return permits(vow_wait_queue_state(queue)) >= count &&
           vow_wait_queue_try(&semaphore_kind, queue, count);
}

static vow_promise *promise_as(vow_semaphore *semaphore, uint32_t count, const char *function,
                               bool *granted)
{
    vow_status status = check(semaphore, count, function);
    if (vow_unlikely(status != VOW_OK))
        return vow_promise_refused(status);
    return vow_wait_queue_promise_noted(&semaphore_kind, vow_wait_queue_of(semaphore), count,
                                        function, granted);
}

vow_promise *vow_semaphore_acquire_promise(vow_semaphore *semaphore, uint32_t count)
{
    return promise_as(semaphore, count, "vow_semaphore_acquire_promise", NULL);
}

/* Releasing ----------------------------------------------------------------------------------------------------------------- */

static inline bool is_too_many(uint32_t state, uint32_t count)
{
    return count > VOW_SEMAPHORE_LARGEST - permits(state);
}

static VOW_COLD vow_status refuse_too_many(void)
{
    return vow_fail_status(VOW_LIMIT, "vow_semaphore_release: there would be more than %d permits",
                           VOW_SEMAPHORE_LARGEST);
}

static VOW_COLD vow_status release_slowly(struct vow_wait_queue *queue, uint32_t count)
{
    struct told told = {NULL, NULL};
    vow_wait_queue_open(queue);
    bool too_many = is_too_many(vow_wait_queue_state(queue), count);
    if (!too_many) {
        put(queue, count);
        serve(queue, &told);
    }
    vow_wait_queue_shut(queue, &told);
    return too_many ? refuse_too_many() : VOW_OK;
}

vow_status vow_semaphore_release(vow_semaphore *semaphore, uint32_t count)
{
    if (vow_unlikely(semaphore == NULL))
        return vow_wait_queue_null(&semaphore_kind, "vow_semaphore_release");
    struct vow_wait_queue *queue = &semaphore->queue;
    uint32_t state = vow_wait_queue_state(queue);
    while ((state & QUEUE_SLOW) == 0) {
        if (vow_unlikely(is_too_many(state, count)))
            return refuse_too_many();
        if (vow_likely(vow_wait_queue_swap(queue, state, state + count)))
            return VOW_OK;
        state = vow_wait_queue_state(queue);
    }
    return release_slowly(queue, count);
}

/* Running with permits held ------------------------------------------------------------------------------------------------- */

static vow_promise *take_to_hold(const struct hold *hold, bool *granted)
{
    return promise_as(hold->object, hold->count, hold->function, granted);
}

static void give_back_held(const struct hold *hold)
{
    (void)vow_semaphore_release(hold->object, hold->count);
}

vow_promise *vow_semaphore_run(vow_semaphore *semaphore, uint32_t count, vow_fn *fn, void *context)
{
    static const struct hold_kind kind = {take_to_hold, give_back_held};
    const struct hold hold = {&kind, semaphore, count, "vow_semaphore_run"};
    return vow_hold_and_run(&hold, fn, context, NULL);
}

/* Looking, closing ---------------------------------------------------------------------------------------------------------- */

uint32_t vow_semaphore_permits(const vow_semaphore *semaphore)
{
    return semaphore != NULL ? permits(vow_wait_queue_state(&semaphore->queue)) : 0;
}

vow_status vow_semaphore_close(vow_semaphore *semaphore)
{
    return vow_wait_queue_close(&semaphore_kind, vow_wait_queue_of(semaphore),
                                "vow_semaphore_close");
}
