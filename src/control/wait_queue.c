/*
 * wait_queue.c - waiting in line for an object (wait_queue.h).
 */
#include "control/wait_queue.h"

/* A place that belongs to a promise: two references, one of the queue's (then the teller's), one of the canceller's. */
struct promised {
    struct place place;
    _Atomic uint32_t references;
    const struct queue_kind *kind;
    struct vow_wait_queue *queue;
    vow_deferred *deferred; /* the queue's, then the teller's */
    const char *function;   /* for the sentence, should it be closed */
    bool *granted;          /* NULL, or set under the lock when its turn comes */
    enum outcome outcome;   /* what it is told: DONE, CLOSED, or CANCELED where nobody hears it */
};

static inline struct promised *promised_of(struct place *place)
{
    return vow_container_of(place, struct promised, place);
}

static inline struct lock *lock_of(struct vow_wait_queue *queue)
{
    return (struct lock *)(void *)&queue->lock;
}

vow_status vow_wait_queue_null(const struct queue_kind *kind, const char *function)
{
    return vow_fail_status(VOW_INVALID, "%s: %s is NULL", function, kind->noun);
}

/* Going inside --------------------------------------------------------------------------------------------------------- */

void vow_wait_queue_open(struct vow_wait_queue *queue)
{
    vow_lock_take(lock_of(queue));
    if ((vow_wait_queue_state(queue) & QUEUE_SLOW) == 0) /* acq_rel: as Q1 */
        (void)atomic_fetch_or_explicit(vow_wait_queue_word(queue), QUEUE_SLOW,
                                       memory_order_acq_rel);
}

void vow_wait_queue_meet_slowly(struct vow_wait_queue *queue)
{
    vow_lock_take(lock_of(queue));
    vow_lock_give(lock_of(queue));
}

static void shut(struct vow_wait_queue *queue)
{
    if (queue->count == 0 && !queue->closed)
        vow_wait_queue_set_state(queue, vow_wait_queue_state(queue) & ~QUEUE_SLOW);
    vow_lock_give(lock_of(queue));
}

/* Places, inside ------------------------------------------------------------------------------------------------------- */

static void append(struct vow_wait_queue *queue, struct place *place)
{
    struct place *last = queue->last;
    place->next = NULL;
    place->previous = last;
    if (last != NULL)
        last->next = place;
    else
        queue->first = place;
    queue->last = place;
    queue->count++;
    place->queued = true;
}

static void take_out(struct vow_wait_queue *queue, struct place *place)
{
    vow_check(place->queued);
    if (place->previous != NULL)
        place->previous->next = place->next;
    else
        queue->first = place->next;
    if (place->next != NULL)
        place->next->previous = place->previous;
    else
        queue->last = place->previous;
    queue->count--;
    place->queued = false;
}

static void tell_later(struct told *told, struct place *place)
{
    place->next = NULL;
    if (told->first == NULL)
        told->first = place;
    else
        told->last->next = place;
    told->last = place;
}

/* Nobody but the producer knows the promise, and nothing hangs on it: its turn would be lost. */
static bool is_unheard(const struct promised *promised)
{
    const vow_promise *promise = (const vow_promise *)promised->deferred;
    /* acquire: pairs with the release of who gave the last other reference back; `links` is ours then */
    uint64_t word = atomic_load_explicit(&promise->counted.word, memory_order_acquire);
    return word >> 32 == 1 && promise->links == NULL;
}

/* Takes `place` out and decides its wait. False if that was decided otherwise. */
static bool decide(struct vow_wait_queue *queue, struct place *place, enum outcome outcome,
                   struct told *told)
{
    take_out(queue, place);
    if (place->waiter != NULL) {
        if (!vow_waiter_claim(place->waiter, outcome))
            return false;
        tell_later(told, place);
        return true;
    }
    struct promised *promised = promised_of(place);
    bool unheard = outcome == WAITER_DONE && is_unheard(promised);
    promised->outcome = unheard ? WAITER_CANCELED : outcome;
    if (outcome == WAITER_DONE && !unheard && promised->granted != NULL)
        *promised->granted = true;
    tell_later(told, place);
    return !unheard;
}

bool vow_wait_queue_serve(struct vow_wait_queue *queue, struct place *place, struct told *told)
{
    return decide(queue, place, WAITER_DONE, told);
}

/* Telling, outside ------------------------------------------------------------------------------------------------------ */

static void release_promised(void *context)
{
    struct promised *promised = context;
    /* acq_rel: pairs with itself; who frees it comes after the other */
    if (atomic_fetch_sub_explicit(&promised->references, 1, memory_order_acq_rel) == 1)
        vow_object_delete(promised, sizeof(*promised));
}

static vow_value value_for(const struct promised *promised)
{
    if (vow_likely(promised->outcome == WAITER_DONE))
        return promised->place.value;
    if (promised->outcome == WAITER_CLOSED)
        return vow_fail(VOW_CLOSED, "%s: the %s is closed", promised->function,
                        promised->kind->noun);
    return vow_fail(VOW_CANCELED, "%s: canceled", promised->function);
}

static void tell_promised(struct promised *promised)
{
    (void)vow_fire(promised->deferred, value_for(promised)); /* give_up may have fired it */
    release_promised(promised);
}

/* Promises that are being told: what one of them runs may wait for another one, and that wait tells the rest. */
struct telling {
    struct interrupted interrupted;
    struct place *next;
};

static void tell_rest(struct interrupted *interrupted)
{
    struct telling *telling = vow_container_of(interrupted, struct telling, interrupted);
    while (telling->next != NULL) {
        struct promised *promised = promised_of(telling->next);
        telling->next = promised->place.next;
        tell_promised(promised);
    }
}

static void tell_promises(struct place *first)
{
    struct telling telling = {.interrupted = {.hand_over = tell_rest, .outer = vow_locals.firing},
                              .next = first};
    vow_locals.firing = &telling.interrupted;
    tell_rest(&telling.interrupted);
    vow_locals.firing = telling.interrupted.outer;
}

/* Lines first: nothing of users' runs in between. */
static void tell(struct told *told)
{
    struct told promises = {NULL, NULL};
    struct place *next;
    for (struct place *place = told->first; place != NULL; place = next) {
        next = place->next;
        if (place->waiter != NULL)
            vow_waiter_wake(place->waiter);
        else
            tell_later(&promises, place);
    }
    if (promises.first != NULL)
        tell_promises(promises.first);
}

void vow_wait_queue_shut(struct vow_wait_queue *queue, struct told *told)
{
    shut(queue);
    tell(told);
}

/* Parking ---------------------------------------------------------------------------------------------------------------- */

static VOW_COLD vow_status refuse_closed(const struct queue_kind *kind, const char *function)
{
    return vow_fail_status(VOW_CLOSED, "%s: the %s is closed", function, kind->noun);
}

/* Enters or, where `may_wait`, stands in the queue. VOW_CLOSED. */
static vow_status enter(const struct queue_kind *kind, struct vow_wait_queue *queue,
                        struct place *place, bool may_wait, bool *ret_entered)
{
    struct told told = {NULL, NULL};
    place->queued = false;
    place->passed = false;
    *ret_entered = false;
    vow_wait_queue_open(queue);
    vow_status status = queue->closed ? VOW_CLOSED : VOW_OK;
    if (status == VOW_OK)
        *ret_entered = kind->enter(queue, place, &told);
    if (status == VOW_OK && !*ret_entered && may_wait)
        append(queue, place);
    vow_wait_queue_shut(queue, &told);
    return status;
}

VOW_COLD bool vow_wait_queue_try(const struct queue_kind *kind, struct vow_wait_queue *queue,
                                 uint32_t wants)
{
    struct place place = {.wants = wants};
    bool entered;
    (void)enter(kind, queue, &place, false, &entered);
    return entered;
}

/* The waiter was not needed after all. */
static void end_unused(struct waiter *waiter)
{
    if (vow_waiter_claim(waiter, WAITER_DONE))
        vow_waiter_wake(waiter);
    (void)vow_wait_end(waiter, VOW_FOREVER);
}

vow_status vow_wait_queue_join(const struct queue_kind *kind, struct vow_wait_queue *queue,
                               struct place *place, struct waiter *waiter, vow_deadline deadline,
                               const char *function, bool *ret_entered)
{
    vow_status may_wait = VOW_TIMED_OUT;
    *ret_entered = false;
    if (vow_unlikely(queue == NULL))
        return vow_wait_queue_null(kind, function);
    if (deadline.at > 0)
        may_wait = vow_wait_begin(waiter, function, queue);
    place->waiter = waiter;
    vow_status status = enter(kind, queue, place, may_wait == VOW_OK, ret_entered);
    if (vow_likely(may_wait == VOW_OK)) {
        if (vow_unlikely(status != VOW_OK || *ret_entered))
            end_unused(waiter);
    } else if (status == VOW_OK && !*ret_entered) {
        if (deadline.at <= 0)
            return vow_fail_status(VOW_TIMED_OUT, "%s: the deadline passed first", function);
        return may_wait;
    }
    return vow_likely(status == VOW_OK) ? VOW_OK : refuse_closed(kind, function);
}

vow_status vow_wait_queue_stay(const struct queue_kind *kind, struct vow_wait_queue *queue,
                               struct place *place, vow_deadline deadline)
{
    struct told told = {NULL, NULL};
    enum outcome outcome = vow_wait_end(place->waiter, deadline);
    if (vow_likely(outcome == WAITER_DONE))
        return VOW_OK;
    if (outcome == WAITER_CLOSED) /* it was taken out, and the object may be gone */
        return refuse_closed(kind, place->waiter->function);
    vow_wait_queue_open(queue);
    if (place->queued) {
        take_out(queue, place);
        if (kind->left != NULL)
            kind->left(queue, &told);
    }
    vow_wait_queue_shut(queue, &told);
    return place->passed ? VOW_OK : vow_wait_failed(place->waiter, outcome);
}

vow_status vow_wait_queue_wait(const struct queue_kind *kind, struct vow_wait_queue *queue,
                               struct place *place, vow_deadline deadline, const char *function)
{
    struct waiter waiter;
    bool entered;
    vow_status status =
        vow_wait_queue_join(kind, queue, place, &waiter, deadline, function, &entered);
    if (status != VOW_OK || entered)
        return status;
    return vow_wait_queue_stay(kind, queue, place, deadline);
}

/* Promises ------------------------------------------------------------------------------------------------------------------ */

/* The canceller: gives the place up. If its turn has come meanwhile that stands. */
static void give_up(void *context)
{
    struct promised *promised = context;
    struct told told = {NULL, NULL};
    vow_wait_queue_open(promised->queue);
    bool waits = promised->place.queued;
    if (waits) {
        take_out(promised->queue, &promised->place);
        if (promised->kind->left != NULL)
            promised->kind->left(promised->queue, &told);
    }
    vow_wait_queue_shut(promised->queue, &told);
    if (waits) {
        promised->outcome = WAITER_CANCELED;
        tell_promised(promised);
    } else if (!vow_deferred_fired(promised->deferred)) {
        (void)vow_resolve(promised->deferred, value_for(promised));
    }
}

static struct promised *promised_new(const struct queue_kind *kind, struct vow_wait_queue *queue,
                                     uint32_t wants, const char *function)
{
    struct promised *promised = vow_object_new(sizeof(*promised));
    if (promised == NULL)
        return NULL;
    *promised = (struct promised){.place = {.value = vow_pointer(queue), .wants = wants},
                                  .references = 2,
                                  .kind = kind,
                                  .queue = queue,
                                  .function = function};
    return promised;
}

/* Puts `promised` in the queue, or fires it. */
static void stand(struct promised *promised)
{
    bool entered;
    vow_status status = enter(promised->kind, promised->queue, &promised->place, true, &entered);
    if (status == VOW_OK && !entered)
        return; /* and it may have been told, and be gone */
    promised->outcome = status == VOW_OK ? WAITER_DONE : WAITER_CLOSED;
    if (status == VOW_OK && promised->granted != NULL)
        *promised->granted = true;
    tell_promised(promised);
}

static VOW_COLD vow_promise *no_memory(const char *function)
{
    return vow_promise_refused(vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
}

vow_promise *vow_wait_queue_promise(const struct queue_kind *kind, struct vow_wait_queue *queue,
                                    uint32_t wants, const char *function)
{
    return vow_wait_queue_promise_noted(kind, queue, wants, function, NULL);
}

vow_promise *vow_wait_queue_promise_noted(const struct queue_kind *kind,
                                          struct vow_wait_queue *queue, uint32_t wants,
                                          const char *function, bool *granted)
{
    vow_promise *promise;
    if (vow_unlikely(queue == NULL))
        return vow_promise_refused(vow_wait_queue_null(kind, function));
    struct promised *promised = promised_new(kind, queue, wants, function);
    vow_deferred *deferred = promised != NULL ? vow_deferred_new(&promise) : NULL;
    if (deferred == NULL) {
        if (promised != NULL)
            vow_object_delete(promised, sizeof(*promised));
        return no_memory(function);
    }
    promised->deferred = deferred;
    promised->granted = granted;
    if (vow_set_canceller(deferred, give_up, promised, release_promised) != VOW_OK) {
        (void)vow_fire(deferred, vow_error_from_last(__FILE__, __LINE__, VOW_NO_MEMORY));
        release_promised(promised);
        return promise;
    }
    stand(promised);
    return promise;
}

/* Closing -------------------------------------------------------------------------------------------------------------------- */

vow_status vow_wait_queue_close(const struct queue_kind *kind, struct vow_wait_queue *queue,
                                const char *function)
{
    struct told told = {NULL, NULL};
    struct place *place;
    if (queue == NULL)
        return vow_wait_queue_null(kind, function);
    vow_wait_queue_open(queue);
    queue->closed = 1;
    if (kind->closed != NULL)
        kind->closed(queue);
    while ((place = vow_wait_queue_first(queue)) != NULL)
        (void)decide(queue, place, WAITER_CLOSED, &told);
    vow_wait_queue_shut(queue, &told);
    return VOW_OK;
}
