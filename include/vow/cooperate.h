/**
 * vow/cooperate.h - sharing a loop, or any scheduler, fairly among long iterations (Twisted's Cooperator).
 *
 *     static vow_value copy_a_block(vow_value copied, void *file)      one step; vow_end() when nothing is left
 *
 *     vow_cooperator *cooperator = vow_cooperator_new(NULL);           on the current scheduler
 *     vow_promise *copied = vow_coiterate(cooperator, copy_a_block, vow_integer(0), file);
 *
 * A long loop on an event loop would hold up everything else there. As an iteration it is a function that does one step and
 * returns; the cooperator calls the steps of all its iterations in turn, for a budget of time, and then lets the scheduler go on
 * with other things before its own next turn. Steps of one cooperator never overlap, whatever its scheduler. A step that
 * would have to wait returns the promise that it waits for: the others go on meanwhile.
 */
#ifndef VOW_COOPERATE_H
#define VOW_COOPERATE_H

#include <vow/promise.h>
#include <vow/scheduler.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** What shares a scheduler among iterations: one owner, who frees it. */
typedef struct vow_cooperator vow_cooperator;

/** One of its iterations: counted. */
typedef struct vow_iteration vow_iteration;

/** Options of a cooperator; zero means default. */
struct vow_cooperating {
    size_t size;              /**< sizeof(struct vow_cooperating) */
    vow_scheduler *scheduler; /**< where steps run; shared; NULL: the current one */
    int64_t
        budget; /**< real nanoseconds, after which a turn begins no further step; 0: a millisecond */
    size_t steps; /**< and so many steps at most in a turn; 0: as many as the budget allows */
};

/**
 * A cooperator without iterations. Copies `cooperating`; NULL: all zero. NULL on VOW_INVALID (a wrong `size`, a negative
 * `budget`) and VOW_NO_MEMORY, with the reason in `vow_last_error`. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_cooperator *vow_cooperator_new(const struct vow_cooperating *cooperating);

/**
 * Begins an iteration: `step(value, context)` is called again and again, first with `first`, then with what the call
 * before gave, or what the promise gave that it gave; in turn with the other iterations. It ends with the end (`vow_end`),
 * as the value before that; with an error, such as VOW_INVALID when a step gives a promise that itself waits for the
 * iteration's end; or when it is stopped. Borrows `cooperator`; takes `first`, on failure too;
 * borrows `context` until the iteration has ended. A step may begin, pause and stop iterations, its own too, and stop or
 * free the cooperator; when it waits by itself, it holds up all others. One reference, the caller's: releasing it ends
 * nothing. NULL on VOW_INVALID (`cooperator` or `step` is NULL), VOW_CLOSED (the cooperator was stopped, which the end
 * of its scheduler does, too, as soon as a turn is refused there) and VOW_NO_MEMORY, with the reason in `vow_last_error`.
 * Any thread; never waits, but on immediate, and on a pool of size 0, all steps run before it returns, up to a promise that
 * is pending.
 */
VOW_API VOW_NODISCARD vow_iteration *vow_cooperate(vow_cooperator *cooperator, vow_fn *step,
                                                   vow_value first, void *context);

/**
 * The promise of an iteration's end: of its last value; rejected with its error; or with VOW_CANCELED when it was stopped,
 * by whichever function, or its scheduler closed. The same promise each time, a reference for the caller; it is at home where
 * the iteration was begun. Borrows `iteration`. Never NULL: a rejected promise on VOW_INVALID (`iteration` is NULL).
 * Cancel: stops the iteration. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_iteration_done(vow_iteration *iteration);

/**
 * `vow_cooperate`, for who only wants the promise of its end. Never NULL: a rejected promise on the errors there. Takes
 * `first`, borrows the rest as there. Cancel: stops the iteration. Any thread; never waits, but for immediate, as there.
 */
VOW_API VOW_NODISCARD vow_promise *vow_coiterate(vow_cooperator *cooperator, vow_fn *step,
                                                 vow_value first, void *context);

/**
 * Calls no further step until `vow_iteration_resume`, as often as it was paused; one that runs goes on to its end. What it
 * waits for is kept. Borrows. VOW_INVALID: `iteration` is NULL; VOW_LIMIT: paused too often; VOW_CLOSED: it has ended. Any
 * thread; never waits.
 */
VOW_API vow_status vow_iteration_pause(vow_iteration *iteration);

/**
 * Takes one pause back; with the last one it goes on. Borrows. VOW_INVALID: `iteration` is NULL or not paused; VOW_CLOSED:
 * it has ended. Any thread; never waits, but on immediate steps may run.
 */
VOW_API vow_status vow_iteration_resume(vow_iteration *iteration);

/**
 * Ends an iteration with VOW_CANCELED: at once; or when the step has returned that runs, also with the end, or what it waits
 * for, which is canceled, has settled; an error that comes from these goes before. Borrows.
 * VOW_INVALID: `iteration` is NULL; VOW_CLOSED: it has ended. Any thread; never waits; may run links of its promise, and
 * what `vow_cancel` runs of the one that it waits for.
 */
VOW_API vow_status vow_iteration_stop(vow_iteration *iteration);

/** One more reference; gives `iteration` back. NULL is fine. Any thread; never waits. */
VOW_API vow_iteration *vow_iteration_retain(vow_iteration *iteration);

/** Gives back a reference; the iteration goes on. Takes `iteration`; NULL does nothing. Any thread; never waits. */
VOW_API void vow_iteration_release(vow_iteration *iteration);

/**
 * Stops all iterations, as `vow_iteration_stop`, and begins no more: VOW_CLOSED. Borrows; NULL does nothing. Any thread; never
 * waits; may run what `vow_iteration_stop` does.
 */
VOW_API void vow_cooperator_stop(vow_cooperator *cooperator);

/** How many iterations have not ended. Borrows; 0 for NULL. Any thread; never waits. */
VOW_API size_t vow_cooperator_count(vow_cooperator *cooperator);

/**
 * Stops all iterations and frees the cooperator; one whose step runs, or whose promise has not settled, ends later all the
 * same. Takes `cooperator`; NULL does nothing. Any thread, also from inside a step; never waits; may run what
 * `vow_iteration_stop` does.
 */
VOW_API void vow_cooperator_free(vow_cooperator *cooperator);

VOW_END_DECLARATIONS

#endif
