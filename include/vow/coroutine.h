/**
 * vow/coroutine.h - coroutines: functions that stop in the middle, give a value, and go on with the next one.
 *
 *     static vow_value count(vow_value input, void *context)               a generator
 *     {
 *         for (int i = 0; i < 3; i++) {
 *             vow_value sent = vow_yield(vow_integer(i));
 *             if (vow_is_error(sent))
 *                 return sent;                                             it is being closed
 *         }
 *         return vow_none();
 *     }
 *
 *     static vow_value show(vow_value item, void *context)                 a consumer
 *     {
 *         for (; !vow_is_error(item); item = vow_yield(vow_none()))
 *             printf("%" PRId64 "\n", vow_as_integer(item));
 *         return vow_none();
 *     }
 *
 *     vow_release(vow_inject(generator, consumer));                        prints 0, 1, 2
 *
 * A coroutine runs on a stack of its own, inside whoever resumes it (`vow_next`, `vow_send`, `vow_throw`), which may be
 * anybody: a plain `main`, a callback, a job, another coroutine. The resumer goes on when the coroutine yields or ends.
 * Each resume brings one value in: the first is the body's input, each further one is what `vow_yield` returns. So a
 * consumer sees every item that it was sent, the first included, and nothing has to be primed.
 *
 * | state        | `vow_send`, `vow_next`            | `vow_throw`              | `vow_coroutine_close`          |
 * |--------------|-----------------------------------|--------------------------|--------------------------------|
 * | not begun    | begins: the body's input          | ends it; the error back  | ends it; the body never runs   |
 * | suspended    | goes on: what `vow_yield` returns | goes on with the error   | goes on with a CLOSED error    |
 * | running      | an error, INVALID                 | an error, INVALID        | INVALID                        |
 * | done         | the end                           | the error back           | OK                             |
 *
 * When the body returns, its coroutine is done: the resumer gets the end (`vow_is_end`), or the error that the body
 * returned; `vow_coroutine_result` has what it returned. When the body waits, its resumer waits.
 *
 * A coroutine serves one line of execution at a time: one that comes while it runs gets INVALID, but two that come at the
 * very same moment are the program's mistake, which is found with debug checks only. It may be resumed on one thread
 * now and on another later; between the two the program hands it over as it hands over any other object. What is in
 * use when a coroutine yields must not belong to the thread: no thread-local addresses, no pthread mutex.
 */
#ifndef VOW_COROUTINE_H
#define VOW_COROUTINE_H

#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/** A coroutine: counted. */
typedef struct vow_coroutine vow_coroutine;

/** Where a coroutine is. */
enum vow_coroutine_state {
    VOW_COROUTINE_NEW,       /**< not begun */
    VOW_COROUTINE_SUSPENDED, /**< in a `vow_yield` */
    VOW_COROUTINE_RUNNING,   /**< resumed, and neither yielded nor ended since */
    VOW_COROUTINE_DONE       /**< ended */
};

/** How often a body that is being closed may yield before it is given up (`vow_coroutine_close`). */
#define VOW_CLOSING_YIELDS 16

/** Everything that a coroutine can have; zero means default. */
struct vow_coroutine_options {
    size_t size;          /**< sizeof(struct vow_coroutine_options) */
    vow_fn *body;         /**< what it runs; required */
    void *context;        /**< its context; borrowed until the coroutine has ended */
    void (*drop)(void *); /**< gets `context` once, when the body has ended, or never will run */
    size_t
        stack_size; /**< bytes of its stack, 16 KiB to 1 GiB; default 256 KiB (64 where pointers have 32 bits) */
    const char *name; /**< for messages; a static text; default "coroutine" */
};

/**
 * A coroutine that will run `body`; nothing runs yet. The body's input is what the first resume sends; it is kept until
 * the coroutine has ended, as for every function. Borrows `context` until then.
 * One reference, the caller's; NULL on VOW_INVALID (no body), VOW_NO_MEMORY or VOW_LIMIT (as many stacks as may be),
 * with the reason in `vow_last_error`. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_coroutine *vow_coroutine_new(vow_fn *body, void *context);

/**
 * The full form of `vow_coroutine_new`. Copies `options`; `drop` takes the context, on failure too (unless `options`
 * is NULL, or of a size that is none of this struct's). VOW_INVALID: also a stack size below 16 KiB or above 1 GiB.
 */
VOW_API VOW_NODISCARD vow_coroutine *vow_coroutine_new_with(
    const struct vow_coroutine_options *options);

/** One more reference; gives `coroutine` back. NULL is fine. Any thread; never waits. */
VOW_API vow_coroutine *vow_coroutine_retain(vow_coroutine *coroutine);

/**
 * Gives back a reference. Takes `coroutine`; NULL does nothing. The last one closes it first (`vow_coroutine_close`):
 * an error that its body then returns is reported as unhandled. Any thread; waits if the body does; with the last
 * reference runs a body that is suspended to its end, on the calling line.
 */
VOW_API void vow_coroutine_release(vow_coroutine *coroutine);

/**
 * Resumes `coroutine` with `value` until it yields or ends: what it yielded, the end, or the error that ended it,
 * owned. The first one begins it, and `value` is its input. Borrows `coroutine`; takes `value`, on failure too: the
 * body sees it borrowed, until its next `vow_yield`. An error and a promise are sent as they are. An error value on
 * VOW_INVALID: `coroutine` is NULL, or running: it resumes itself, or another line is in it. Any thread; waits when
 * the body does; runs the body on the calling line. Cancel: seen by the body's wait.
 */
VOW_API VOW_NODISCARD vow_value vow_send(vow_coroutine *coroutine, vow_value value);

/** Resumes `coroutine` with nothing to tell: as `vow_send` of none. */
static inline VOW_NODISCARD vow_value vow_next(vow_coroutine *coroutine)
{
    return vow_send(coroutine, vow_none());
}

/**
 * Resumes `coroutine` with an error: its `vow_yield` returns it, and the body cleans up and returns it, or goes on. One
 * that has not begun ends without running, one that is done stays done: the error comes back. Borrows `coroutine`;
 * takes `error`, on failure too. All else as `vow_send`; VOW_INVALID also for a value that is no error.
 */
VOW_API VOW_NODISCARD vow_value vow_throw(vow_coroutine *coroutine, vow_value error);

/**
 * Inside a coroutine: suspends it, and gives `value` to whoever resumed it; returns what the next resume sends,
 * borrowed until the next `vow_yield` or the body's end. An error says that the body should clean up and return it:
 * thrown by `vow_throw`, or of VOW_CLOSED by `vow_coroutine_close`. Takes `value`, on failure too; errors, promises
 * and skip are given as they are. Leaves errno as the resumer has it. An error value, without suspending, on
 * VOW_INVALID: outside of coroutines; in a function that vow calls inside the body (a callback, a drop); `value` is
 * the end, which is for the body's return. On VOW_CLOSED: the coroutine is being closed, and has been told so. The
 * line that runs the body; never waits, but for the next resume; its resumer runs meanwhile. Cancel: not seen here, but by
 * the body's waits.
 */
VOW_API VOW_NODISCARD vow_value vow_yield(vow_value value);

/**
 * Ends `coroutine`: in the body `vow_yield` returns an error of VOW_CLOSED, and the body cleans up and returns; what it
 * returns is its result, an error of VOW_CLOSED counts as none. A body that has not begun never runs; one that is done
 * is left alone. Borrows `coroutine`. Any thread; waits if the body does; runs a body that is suspended to its end, on
 * the calling line.
 * The status of an error that the body returned, if that is not VOW_CLOSED. VOW_INVALID: `coroutine` is NULL, or
 * running; or its body has yielded VOW_CLOSING_YIELDS times instead of ending: it is given up where it stands, done, and
 * what it held is lost.
 */
VOW_API vow_status vow_coroutine_close(vow_coroutine *coroutine);

/**
 * Where `coroutine` is; NULL is done. Borrows. Any thread, though exact only for the one that it serves; never
 * waits.
 */
VOW_API enum vow_coroutine_state vow_coroutine_state(const vow_coroutine *coroutine);

/** Whether `coroutine` has ended. Borrows. As `vow_coroutine_state`. */
static inline bool vow_coroutine_done(const vow_coroutine *coroutine)
{
    return vow_coroutine_state(coroutine) == VOW_COROUTINE_DONE;
}

/**
 * What the body returned (in Python: StopIteration.value), borrowed from the coroutine: an error if it failed, or if one was
 * thrown into it before it began; none before its end and where it was closed before it began. A promise is not waited for:
 * it is plain data here. Borrows. One line at a time; never waits.
 */
VOW_API vow_value vow_coroutine_result(const vow_coroutine *coroutine);

VOW_END_DECLARATIONS

#endif
