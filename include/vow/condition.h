/**
 * vow/condition.h - waiting for something to become true that a mutex guards.
 *
 *     status = vow_mutex_lock(&shop.mutex, VOW_FOREVER);
 *     while (status == VOW_OK && shop.bread == 0)
 *         status = vow_condition_wait(&shop.baked, &shop.mutex, VOW_FOREVER);
 *     if (status == VOW_OK)
 *         shop.bread--;
 *     vow_mutex_unlock(&shop.mutex);             also after a failed wait (but for VOW_ABANDONED: the mutex is closed)
 *
 * There are no wake-ups for no reason, but between a signal and the mutex others may come first: look again.
 *
 * Memory: as `vow_mutex` (`vow/mutex.h`).
 */
#ifndef VOW_CONDITION_H
#define VOW_CONDITION_H

#include <vow/mutex.h>

VOW_BEGIN_DECLARATIONS

/** A condition. Its member is private; never copied. */
typedef struct vow_condition {
    struct vow_wait_queue queue; /**< private */
} vow_condition;

/** A condition that nobody waits for. */
#define VOW_CONDITION_INIT                                                                         \
    {                                                                                              \
        VOW_WAIT_QUEUE_INIT(0)                                                                     \
    }

/**
 * Unlocks `mutex`, which the caller holds, and waits for a signal, at most until `deadline`; then locks it again, however
 * long that takes. Borrows both. VOW_TIMED_OUT, VOW_CANCELED, VOW_CLOSED (the condition), VOW_DEADLOCK, VOW_UNSUPPORTED,
 * VOW_NO_MEMORY: as `vow_mutex_lock`. VOW_INVALID: an argument is NULL, or `mutex` is not locked. VOW_ABANDONED: the mutex
 * could not be locked again, because it was closed meanwhile (or, in a closed world, nobody will unlock it).
 * Cancel safety: the mutex is held when this returns, whatever the status, canceled or not (as asyncio has it); only with
 * VOW_ABANDONED it is not. A signal is never lost to a wait that gave up. Any thread; waits; may run links
 * of a promise that gets the mutex.
 */
VOW_API VOW_NODISCARD vow_status vow_condition_wait(vow_condition *condition, vow_mutex *mutex,
                                                    vow_deadline deadline);

/**
 * Unlocks `mutex`, which the caller holds, and gives a promise that is fulfilled when a signal has come and the mutex is
 * the caller's again, with a pointer to the mutex. Borrows both until it has settled. Never NULL: rejected with VOW_CLOSED
 * (either of them, before or meanwhile), VOW_NO_MEMORY, or, with nothing done, VOW_INVALID (an argument is NULL, or
 * `mutex` is not locked).
 * Cancel safety: only a fulfilled promise holds the mutex. A rejected one does not, unlike the parking face, also where it
 * is rejected at once; canceled when the mutex is the caller's already, it is fulfilled all the same. Who does not want it any
 * more cancels it and sees what it has come to: what is released before may lock the mutex for nobody.
 * Any thread; never waits; may run links of a promise that gets the mutex.
 */
VOW_API VOW_NODISCARD vow_promise *vow_condition_wait_promise(vow_condition *condition,
                                                              vow_mutex *mutex);

/**
 * Lets who has waited longest go on; does nothing if nobody waits. Call it with the mutex held or not. Borrows.
 * VOW_INVALID: NULL. Any thread; never waits; may run links of a promise.
 */
VOW_API vow_status vow_condition_signal(vow_condition *condition);

/** Lets all who wait go on, in the order in which they came. All else as `vow_condition_signal`. */
VOW_API vow_status vow_condition_broadcast(vow_condition *condition);

/**
 * Ends its use: who waits for it, or comes later, gets VOW_CLOSED. Borrows. VOW_INVALID: NULL. Any thread; never
 * waits; may run links of promises.
 */
VOW_API vow_status vow_condition_close(vow_condition *condition);

VOW_END_DECLARATIONS

#endif
