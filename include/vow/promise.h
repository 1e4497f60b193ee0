/**
 * vow/promise.h - promises: cells that settle once, and what follows from them.
 *
 * A promise has a queue of links. `vow_add_callbacks` adds a link whose result *replaces* the value for later
 * links, as in Twisted; `vow_then` adds one whose result settles a *new* promise, as in Promises/A+. A function
 * that returns an error raises it; one that returns a promise has its place taken by what that promise gives.
 *
 * A promise has a *home*: the scheduler where its functions run, the one that is current where the promise is
 * made. At home on immediate, functions run at once, as Twisted's do; on a loop or a pool never before the
 * caller's stack has unwound, as A+ demands. Nothing else differs.
 *
 * Ownership: functions that *take* a promise use up the caller's reference and give one back where they return
 * a promise; `vow_promise_retain` keeps a further one.
 */
#ifndef VOW_PROMISE_H
#define VOW_PROMISE_H

#include <vow/scheduler.h>
#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/** The consumer's end of a promise: counted. */
typedef struct vow_promise vow_promise;

/** What a promise says of itself. */
enum vow_state {
    VOW_PENDING,   /**< not settled yet; or paused, running its links, or waiting for a promise */
    VOW_FULFILLED, /**< settled with a value that is no error */
    VOW_REJECTED   /**< settled with an error */
};

/** Everything that a link can have; zero means none. */
typedef struct vow_handlers {
    size_t size;          /**< sizeof(vow_handlers) */
    vow_fn *fulfilled;    /**< gets the value; NULL passes it through */
    vow_fn *rejected;     /**< gets the error; NULL passes it through */
    vow_fn *notified;     /**< gets each piece of progress; its result is ignored */
    void *context;        /**< for the three; borrowed until the link has ended */
    void (*drop)(void *); /**< gets `context` once, however the link ends; see vow_then_with */
    vow_scheduler
        *scheduler; /**< where `fulfilled` and `rejected` run; shared; NULL: the promise's home */
} vow_handlers;

/**
 * A new promise of what `fn(value, context)` gives once `promise` is fulfilled; an error passes through.
 * Takes `promise`, gives an owned promise. `fn` may be NULL. Borrows `context` until `fn` has run or never will.
 * Never NULL: out of memory gives a rejected promise. Canceling it reaches `promise` if this was its only
 * consumer. Any thread; never waits; may run `fn` before it returns where the home is immediate.
 */
VOW_API VOW_NODISCARD vow_promise *vow_then(vow_promise *promise, vow_fn *fn, void *context);

/**
 * A new promise of what `fn(error, context)` gives once `promise` is rejected; a value passes through. All else
 * as `vow_then`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_catch(vow_promise *promise, vow_fn *fn, void *context);

/**
 * A new promise of what `promise` gives, once `fn` has run, which gets the value or the error. What `fn`
 * returns is ignored, but for an error, which replaces the result, and a promise, which is waited for.
 * All else as `vow_then`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_finally(vow_promise *promise, vow_fn *fn, void *context);

/**
 * A new promise of what `promise` gives, once `fn` has run for its value; an error passes `fn` by. All else as
 * `vow_finally`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_tap(vow_promise *promise, vow_fn *fn, void *context);

/**
 * The full form of `vow_then`: both functions, progress, a drop function, a scheduler. Copies `handlers`.
 * Where a scheduler is named, the functions run there and the new promise has its home there.
 * A rejected promise, and `drop` has run: VOW_INVALID (no handlers; or `size` not set, and then nothing else of them is
 * read, `drop` neither) or VOW_NO_MEMORY. `notified` runs at the promise's home in any case.
 * `drop` runs after the functions, where they run: on the scheduler that was named, or at home. Elsewhere it runs,
 * before they return, in: vow_cancel, on the thread that cancels (unless functions of `promise` are running: then in the
 * link's turn); what closes that scheduler; the last release of a `promise` that was left paused; a call that refuses.
 */
VOW_API VOW_NODISCARD vow_promise *vow_then_with(vow_promise *promise,
                                                 const vow_handlers *handlers);

/**
 * Adds a link to `promise` itself: what its function returns is the value from there on (Twisted's addCallbacks).
 * For sole owners: all who hold `promise` see the replaced value. Takes `promise` and gives it back. Copies
 * `handlers`. Cancel: as ever that of `promise`. Any thread; never waits; may run a function before it returns at
 * home on immediate. VOW_INVALID, VOW_NO_MEMORY: no link is added, `drop` has run (as in `vow_then_with`), `promise`
 * is released, and a rejected promise comes back in its place.
 */
VOW_API vow_promise *vow_add_callbacks(vow_promise *promise, const vow_handlers *handlers);

/** `vow_add_callbacks` with one function, for values; errors pass through. */
VOW_API vow_promise *vow_add_callback(vow_promise *promise, vow_fn *fn, void *context);

/** `vow_add_callbacks` with one function, for errors; values pass through. */
VOW_API vow_promise *vow_add_errback(vow_promise *promise, vow_fn *fn, void *context);

/** `vow_add_callbacks` with one function, for values and errors alike. */
VOW_API vow_promise *vow_add_both(vow_promise *promise, vow_fn *fn, void *context);

/**
 * Stops before the next link, until `vow_unpause`. A count: each pause needs its unpause, and whoever pauses must
 * unpause. Firing meanwhile stores the result. Borrows. VOW_LIMIT: 65,535 pauses. VOW_NO_MEMORY: the promise is
 * rejected because there was no memory for it. Any thread; never waits.
 */
VOW_API vow_status vow_pause(vow_promise *promise);

/**
 * Takes back one pause; the last one lets the links run that have become due. Borrows.
 * VOW_INVALID: the promise is not paused. Any thread; never waits; may run links where the home is immediate.
 */
VOW_API vow_status vow_unpause(vow_promise *promise);

/**
 * Asks for an end. Reaches the innermost promise waited for and calls its canceller once; without one, the
 * promise rejects with VOW_CANCELED and swallows exactly one late firing. Canceling a promise that `vow_then`
 * gave reaches its source only if this is the source's only consumer; callbacks that had been added to the source itself
 * before are part of it, those added behind want its value, too. A queued job is rejected at once and skipped; a running
 * one is told (`vow_submit`): its waits end, and its promise settles with what it returns. What has settled is left as it
 * is. Borrows. Any thread; never waits; may run links where the home is immediate, and the `drop` of the link that ends.
 */
VOW_API void vow_cancel(vow_promise *promise);

/** What the promise says of itself. Borrows. Any thread; never waits. */
VOW_API enum vow_state vow_state(vow_promise *promise);

/**
 * Whether the promise has settled; then its value, or error, owned, is in `*ret_value`. Looking at an error
 * counts as handling it. Borrows. Any thread; never waits.
 */
VOW_API bool vow_peek(vow_promise *promise, vow_value *ret_value);

/** One more reference; gives `promise` back. NULL is fine. Any thread; never waits. */
VOW_API vow_promise *vow_promise_retain(vow_promise *promise);

/**
 * Gives back a reference. Takes `promise`; NULL does nothing. Releasing a pending promise detaches it and never
 * cancels; if its error was never looked at, the last release reports it (`vow/report.h`).
 * Any thread; never waits; with the last reference may call the report hook, the `drop` of links that a paused promise had
 * left, and what `vow_release` calls for its value.
 */
VOW_API void vow_promise_release(vow_promise *promise);

/**
 * The promise as a value: to be returned from a function that has to wait for it, or put in a list.
 * Takes `promise`, gives an owned value. NULL gives an error value. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_promise_value(vow_promise *promise);

/**
 * The promise in `value`, borrowed; NULL if it is none, and `vow_last_error` says what it is. Any thread; never
 * waits.
 */
VOW_API vow_promise *vow_as_promise(vow_value value);

/**
 * A promise that is settled already: with `value`, or with what it gives if `value` is a promise; an error
 * rejects it. Takes `value`. Never NULL. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_succeeded(vow_value value);

/**
 * A promise that is rejected already, with `error`. Takes it. A value that is no error is refused: the promise is
 * then rejected with VOW_INVALID. Never NULL. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_failed(vow_value error);

/**
 * Calls `fn(input, context)` at once and gives a promise of what it returned: a value, an error or a promise
 * (Twisted's maybeDeferred). Takes `input`. Never NULL. Cancel: of the promise that `fn` returned, as that of one
 * that is adopted. Any thread; waits as long as `fn` does; `fn` runs before it returns.
 */
VOW_API VOW_NODISCARD vow_promise *vow_attempt(vow_fn *fn, vow_value input, void *context);

VOW_END_DECLARATIONS

#endif
