/*
 * mutex.c - one holder at a time, handed over directly (wait_queue.h).
 *
 *   state          lock                        unlock
 *   0              one swap: HELD              refused
 *   HELD           waits: HELD | SLOW          one swap: 0
 *   HELD | SLOW    waits                       hands it to the first who waits; 0 or HELD when nobody does
 *   SLOW           refused: closed             refused
 *
 * `owner` is the thread that locked it by the parking face, outside of calls and jobs; or whom the holder named; 0 where that is
 * not known. It is written by the holder alone, so who finds itself there wrote it and has not seen an unlock since.
 */
#include "control/mutex.h"

#include "base/threads.h"
#include "control/hold.h"
#include "execution/detour.h"

#define HELD 1u

/* Owners ------------------------------------------------------------------------------------------------------------------ */

static inline _Atomic uintptr_t *owner_of(vow_mutex *mutex)
{
    return (_Atomic uintptr_t *)&mutex->owner;
}

static inline void set_owner(vow_mutex *mutex, uintptr_t owner)
{
    /* relaxed: only compared with what the reader itself may have written */
    atomic_store_explicit(owner_of(mutex), owner, memory_order_relaxed);
}

/* The calling thread, where all that it does until it unlocks is one line: outside of calls, jobs and functions of promises.
   A call leaves its stack to the next one, which cannot be told from it; a spawned line waits without its thread. */
static inline uintptr_t line_here(void)
{
    const struct locals *locals = vow_locals_here();
    bool plain = locals->home == NULL && locals->firing == NULL && locals->job == NULL;
    return plain ? (uintptr_t)vow_host_here() : 0;
}

void vow_mutex_set_holder(vow_mutex *mutex, uintptr_t holder)
{
    set_owner(mutex, holder);
}

bool vow_mutex_has_holder(vow_mutex *mutex, uintptr_t holder)
{
    /* relaxed: see set_owner */
    return atomic_load_explicit(owner_of(mutex), memory_order_relaxed) == holder &&
           (vow_wait_queue_state(&mutex->queue) & HELD) != 0;
}

static bool is_mine(vow_mutex *mutex)
{
    uintptr_t here = line_here();
    return here != 0 && vow_mutex_has_holder(mutex, here);
}

/* Under the queue's lock -------------------------------------------------------------------------------------------------- */

static bool enter(struct vow_wait_queue *queue, struct place *place, struct told *told)
{
    uint32_t state = vow_wait_queue_state(queue);
    (void)place;
    (void)told;
    if (state & HELD)
        return false;
    vow_wait_queue_set_state(queue, state | HELD);
    return true;
}

static const struct queue_kind mutex_kind = {.noun = "mutex", .enter = enter};

/* Hands it on; free if nobody waits. */
static void pass(struct vow_wait_queue *queue, struct told *told)
{
    struct place *place;
    while ((place = vow_wait_queue_first(queue)) != NULL)
        if (vow_wait_queue_serve(queue, place, told))
            return;
    vow_wait_queue_set_state(queue, vow_wait_queue_state(queue) & ~HELD);
}

/* Locking ------------------------------------------------------------------------------------------------------------------- */

static VOW_COLD vow_status lock_slowly(vow_mutex *mutex, vow_deadline deadline,
                                       const char *function)
{
    struct place place = {.wants = 1};
    if (deadline.at > 0 && is_mine(mutex))
        return vow_fail_status(VOW_DEADLOCK,
                               "%s: this thread has locked the mutex, and would wait for itself",
                               function);
    vow_status status = vow_wait_queue_wait(&mutex_kind, &mutex->queue, &place, deadline, function);
    if (status == VOW_OK)
        set_owner(mutex, line_here());
    return status;
}

vow_status vow_mutex_lock_as(vow_mutex *mutex, vow_deadline deadline, const char *function)
{
    if (vow_unlikely(mutex == NULL))
        return vow_wait_queue_null(&mutex_kind, function);
    vow_detour(deadline);
    if (vow_unlikely(!vow_wait_queue_swap(&mutex->queue, 0, HELD)))
        return lock_slowly(mutex, deadline, function);
    vow_wait_queue_meet(&mutex->queue);
    set_owner(mutex, line_here());
    return VOW_OK;
}

vow_status vow_mutex_lock(vow_mutex *mutex, vow_deadline deadline)
{
    return vow_mutex_lock_as(mutex, deadline, "vow_mutex_lock");
}

bool vow_mutex_try_lock(vow_mutex *mutex)
{
    if (vow_unlikely(mutex == NULL)) {
        (void)vow_wait_queue_null(&mutex_kind, "vow_mutex_try_lock");
        return false;
    }
    if (vow_likely(vow_wait_queue_swap(&mutex->queue, 0, HELD)))
        vow_wait_queue_meet(&mutex->queue);
    else if (vow_mutex_is_locked(mutex) || !vow_wait_queue_try(&mutex_kind, &mutex->queue, 1))
        return false;
    set_owner(mutex, line_here());
    return true;
}

vow_promise *vow_mutex_lock_promise_as(vow_mutex *mutex, const char *function, bool *granted)
{
    return vow_wait_queue_promise_noted(&mutex_kind, vow_wait_queue_of(mutex), 1, function,
                                        granted);
}

vow_promise *vow_mutex_lock_promise(vow_mutex *mutex)
{
    return vow_mutex_lock_promise_as(mutex, "vow_mutex_lock_promise", NULL);
}

/* Unlocking ----------------------------------------------------------------------------------------------------------------- */

static VOW_COLD vow_status unlock_slowly(vow_mutex *mutex, const char *function)
{
    struct told told = {NULL, NULL};
    vow_wait_queue_open(&mutex->queue);
    bool held = (vow_wait_queue_state(&mutex->queue) & HELD) != 0;
    if (held)
        pass(&mutex->queue, &told);
    vow_wait_queue_shut(&mutex->queue, &told);
    return held ? VOW_OK : vow_fail_status(VOW_INVALID, "%s: the mutex is not locked", function);
}

bool vow_mutex_is_locked(const vow_mutex *mutex)
{
    return (vow_wait_queue_state(&mutex->queue) & HELD) != 0;
}

vow_status vow_mutex_unlock_as(vow_mutex *mutex, const char *function)
{
    if (vow_unlikely(mutex == NULL))
        return vow_wait_queue_null(&mutex_kind, function);
    set_owner(mutex, 0);
    if (vow_likely(vow_wait_queue_swap(&mutex->queue, HELD, 0)))
        return VOW_OK;
    return unlock_slowly(mutex, function);
}

vow_status vow_mutex_unlock(vow_mutex *mutex)
{
    return vow_mutex_unlock_as(mutex, "vow_mutex_unlock");
}

/* Running with it held ------------------------------------------------------------------------------------------------------ */

static vow_promise *take_to_hold(const struct hold *hold, bool *granted)
{
    return vow_mutex_lock_promise_as(hold->object, hold->function, granted);
}

static void give_back_held(const struct hold *hold)
{
    (void)vow_mutex_unlock_as(hold->object, hold->function);
}

vow_promise *vow_mutex_run_as(vow_mutex *mutex, vow_fn *fn, void *context, void (*drop)(void *),
                              const char *function)
{
    static const struct hold_kind kind = {take_to_hold, give_back_held};
    const struct hold hold = {.kind = &kind, .object = mutex, .function = function};
    return vow_hold_and_run(&hold, fn, context, drop);
}

vow_promise *vow_mutex_run(vow_mutex *mutex, vow_fn *fn, void *context)
{
    return vow_mutex_run_as(mutex, fn, context, NULL, "vow_mutex_run");
}

vow_status vow_mutex_close(vow_mutex *mutex)
{
    return vow_wait_queue_close(&mutex_kind, vow_wait_queue_of(mutex), "vow_mutex_close");
}
