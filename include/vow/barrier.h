/**
 * vow/barrier.h - parties that wait for each other: when all have come, all go on, and the next round begins.
 *
 *     static vow_barrier rows = VOW_BARRIER_INIT(4);
 *
 * A party that gives up (deadline, cancel) has not come: the others wait on, until as many as are wanted stand there.
 *
 * Memory: as `vow_mutex` (`vow/mutex.h`).
 */
#ifndef VOW_BARRIER_H
#define VOW_BARRIER_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>
#include <vow/wait_queue.h>

VOW_BEGIN_DECLARATIONS

/** A barrier. Its members are private; never copied. */
typedef struct vow_barrier {
    struct vow_wait_queue queue; /**< private */
    uint32_t parties;            /**< private */
} vow_barrier;

/** A barrier for `parties`, from 1 up. */
#define VOW_BARRIER_INIT(parties)                                                                  \
    {                                                                                              \
        VOW_WAIT_QUEUE_INIT(0), (parties)                                                          \
    }

/**
 * Comes to the barrier, and waits until all parties have, at most until `deadline`. `*ret_last`, which may be NULL, says
 * whether the caller was the last one of its round: it is true for one party of each. Borrows.
 * VOW_TIMED_OUT, VOW_CANCELED, VOW_CLOSED, VOW_UNSUPPORTED, VOW_LIMIT, VOW_NO_MEMORY: as `vow_mutex_lock`.
 * VOW_INVALID: as there, or the barrier has no parties. Cancel safety: who fails has not come; if its round was
 * complete in the same moment it gets VOW_OK.
 * Any thread; waits; may run links of promises.
 */
VOW_API VOW_NODISCARD vow_status vow_barrier_wait(vow_barrier *barrier, vow_deadline deadline,
                                                  bool *ret_last);

/**
 * Comes to the barrier: a promise that is fulfilled when all parties have, with 1 for the last one of its round, 0 for
 * the others. Borrows. Never NULL. Failures as `vow_barrier_wait`. Cancel safety: canceled, it has not come; if the round
 * was complete already it is fulfilled. Any thread; never waits; may run links of promises.
 */
VOW_API VOW_NODISCARD vow_promise *vow_barrier_wait_promise(vow_barrier *barrier);

/** Ends its use: who waits, or comes later, gets VOW_CLOSED. Borrows. VOW_INVALID: NULL. Any thread; never waits; may run
 *  links of promises. */
VOW_API vow_status vow_barrier_close(vow_barrier *barrier);

VOW_END_DECLARATIONS

#endif
