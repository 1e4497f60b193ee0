/*
 * rwlock.c - many readers or one writer, first come, first served (wait_queue.h).
 *
 *   state: how many read (bits 0-29), WRITER, SLOW
 *
 * Invariant: who stands first in the queue cannot go on; behind a writer who waits, readers wait.
 */
#include <vow/rwlock.h>

#include "control/wait_queue.h"
#include "execution/detour.h"

#define READERS UINT32_C(0x3fffffff)
#define WRITER UINT32_C(0x40000000)

enum { TO_READ, TO_WRITE }; /* what a place wants */

static inline uint32_t share(uint32_t wants)
{
    return wants == TO_WRITE ? WRITER : 1;
}

/* Whether `state` lets one more in. */
static inline bool admits(uint32_t state, uint32_t wants)
{
    if (wants == TO_WRITE)
        return (state & (READERS | WRITER)) == 0;
    return (state & WRITER) == 0 && (state & READERS) != READERS;
}

/* Under the queue's lock -------------------------------------------------------------------------------------------------- */

static bool take(struct vow_wait_queue *queue, uint32_t wants)
{
    uint32_t state = vow_wait_queue_state(queue);
    if (!admits(state, wants))
        return false;
    vow_wait_queue_set_state(queue, state + share(wants));
    return true;
}

static void put(struct vow_wait_queue *queue, uint32_t wants)
{
    vow_wait_queue_set_state(queue, vow_wait_queue_state(queue) - share(wants));
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
        uint32_t wants = place->wants;
        if (!vow_wait_queue_serve(queue, place, told))
            put(queue, wants);
        place = vow_wait_queue_first(queue);
    }
}

static const struct queue_kind rwlock_kind = {.noun = "lock", .enter = enter, .left = serve};

/* Locking ------------------------------------------------------------------------------------------------------------------- */

static inline bool take_quickly(struct vow_wait_queue *queue, uint32_t wants)
{
    uint32_t state = vow_wait_queue_state(queue);
    while ((state & QUEUE_SLOW) == 0 && admits(state, wants)) {
        if (vow_likely(vow_wait_queue_swap(queue, state, state + share(wants)))) {
            vow_wait_queue_meet(queue);
            return true;
        }
        state = vow_wait_queue_state(queue);
    }
    return false;
}

static vow_status lock(vow_rwlock *lock, uint32_t wants, vow_deadline deadline,
                       const char *function)
{
    struct place place = {.wants = wants};
    if (vow_unlikely(lock == NULL))
        return vow_wait_queue_null(&rwlock_kind, function);
    vow_detour(deadline);
    if (vow_likely(take_quickly(&lock->queue, wants)))
        return VOW_OK;
    return vow_wait_queue_wait(&rwlock_kind, &lock->queue, &place, deadline, function);
}

static bool try_lock(vow_rwlock *lock, uint32_t wants, const char *function)
{
    if (vow_unlikely(lock == NULL)) {
        (void)vow_wait_queue_null(&rwlock_kind, function);
        return false;
    }
    struct vow_wait_queue *queue = &lock->queue;
    if (vow_likely(take_quickly(queue, wants)))
        return true;
    return admits(vow_wait_queue_state(queue), wants) &&
           vow_wait_queue_try(&rwlock_kind, queue, wants);
}

vow_status vow_rwlock_read_lock(vow_rwlock *it, vow_deadline deadline)
{
    return lock(it, TO_READ, deadline, "vow_rwlock_read_lock");
}

vow_status vow_rwlock_write_lock(vow_rwlock *it, vow_deadline deadline)
{
    return lock(it, TO_WRITE, deadline, "vow_rwlock_write_lock");
}

bool vow_rwlock_try_read_lock(vow_rwlock *it)
{
    return try_lock(it, TO_READ, "vow_rwlock_try_read_lock");
}

bool vow_rwlock_try_write_lock(vow_rwlock *it)
{
    return try_lock(it, TO_WRITE, "vow_rwlock_try_write_lock");
}

vow_promise *vow_rwlock_read_lock_promise(vow_rwlock *it)
{
    return vow_wait_queue_promise(&rwlock_kind, vow_wait_queue_of(it), TO_READ,
                                  "vow_rwlock_read_lock_promise");
}

vow_promise *vow_rwlock_write_lock_promise(vow_rwlock *it)
{
    return vow_wait_queue_promise(&rwlock_kind, vow_wait_queue_of(it), TO_WRITE,
                                  "vow_rwlock_write_lock_promise");
}

/* Unlocking ----------------------------------------------------------------------------------------------------------------- */

static inline bool is_held(uint32_t state, uint32_t wants)
{
    return wants == TO_WRITE ? (state & WRITER) != 0 : (state & READERS) != 0;
}

static VOW_COLD vow_status refuse_free(uint32_t wants, const char *function)
{
    return vow_fail_status(VOW_INVALID, "%s: nobody has locked it to %s", function,
                           wants == TO_WRITE ? "write" : "read");
}

static VOW_COLD vow_status unlock_slowly(struct vow_wait_queue *queue, uint32_t wants,
                                         const char *function)
{
    struct told told = {NULL, NULL};
    vow_wait_queue_open(queue);
    bool held = is_held(vow_wait_queue_state(queue), wants);
    if (held) {
        put(queue, wants);
        serve(queue, &told);
    }
    vow_wait_queue_shut(queue, &told);
    return held ? VOW_OK : refuse_free(wants, function);
}

static vow_status unlock(vow_rwlock *lock, uint32_t wants, const char *function)
{
    if (vow_unlikely(lock == NULL))
        return vow_wait_queue_null(&rwlock_kind, function);
    struct vow_wait_queue *queue = &lock->queue;
    uint32_t state = vow_wait_queue_state(queue);
    while ((state & QUEUE_SLOW) == 0) {
        if (vow_unlikely(!is_held(state, wants)))
            return refuse_free(wants, function);
        if (vow_likely(vow_wait_queue_swap(queue, state, state - share(wants))))
            return VOW_OK;
        state = vow_wait_queue_state(queue);
    }
    return unlock_slowly(queue, wants, function);
}

vow_status vow_rwlock_read_unlock(vow_rwlock *it)
{
    return unlock(it, TO_READ, "vow_rwlock_read_unlock");
}

vow_status vow_rwlock_write_unlock(vow_rwlock *it)
{
    return unlock(it, TO_WRITE, "vow_rwlock_write_unlock");
}

vow_status vow_rwlock_close(vow_rwlock *it)
{
    return vow_wait_queue_close(&rwlock_kind, vow_wait_queue_of(it), "vow_rwlock_close");
}
