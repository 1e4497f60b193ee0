/**
 * vow/foreign.h - foreign promises: anything with a then-function of its own becomes a promise.
 *
 * Other libraries' futures, tasks, requests and the like say in their own way when they are done. Two or three short
 * functions tell vow how, once for each kind:
 *
 *     static void done(struct reply *reply, void *user)
 *     {
 *         (void)vow_fire(user, vow_integer(reply_size(reply)));
 *     }
 *
 *     static vow_value subscribe(void *request, vow_deferred *deferred)
 *     {
 *         request_on_done(request, done, vow_deferred_retain(deferred));
 *         return vow_none();
 *     }
 *
 *     static const struct vow_foreign_ops request_ops = {.size = sizeof request_ops,
 *                                                        .then = subscribe, .cancel = stop, .drop = unreference};
 *     …
 *     vow_promise *size = vow_foreign(&request_ops, request);
 *     return vow_promise_value(vow_foreign(&request_ops, request));       in a function: what calls it waits for it
 *
 * These are the thenables of Promises/A+ (2.3.3): the first settlement counts, what comes later is ignored, and so is a
 * failure of the then-function once it has settled.
 */
#ifndef VOW_FOREIGN_H
#define VOW_FOREIGN_H

#include <vow/deferred.h>

VOW_BEGIN_DECLARATIONS

/** What vow has to know of a kind of foreign objects. Only `then` is required. */
struct vow_foreign_ops {
    size_t size; /**< sizeof(struct vow_foreign_ops) */
    /**
     * Has the object tell `deferred` what it comes to: an integer, an error, a promise (also one of vow_foreign's) …, by
     * vow_resolve and vow_reject, before it returns or later, on any thread. `deferred` is borrowed: vow_deferred_retain
     * keeps it for later, and each reference kept is given back, by vow_fire or vow_deferred_release. To settle a second
     * time does nothing, and is answered with VOW_ALREADY_FIRED.
     * An error that it returns means that it failed, and rejects the promise; ignored if that has been settled. Anything
     * else that it returns is released.
     */
    vow_value (*then)(void *object, vow_deferred *deferred);
    /**
     * The promise is canceled: should end the object's work, and may settle, or give the deferred back. If it does not
     * settle, or is NULL, the promise is rejected with VOW_CANCELED. At most once, on the thread that cancels; not once it
     * has settled.
     */
    void (*cancel)(void *object);
    /** Gives the object back: once, when vow is done with it. NULL: nothing is to do. */
    void (*drop)(void *object);
};

/**
 * A promise of what `object` comes to, at home on the current scheduler. Calls `ops->then`, once, before it returns.
 * Copies `ops`; takes `object` (any pointer, also NULL): `ops->drop` gets it when `then` has returned and the promise has
 * been settled, canceled or given up, on the thread where the last of these happened. What settles later must not use
 * the object without a reference of its own. Never NULL: a rejected promise on VOW_INVALID (no `ops`, or a wrong `size`:
 * `object` stays the caller's; no `then`: dropped), VOW_NO_MEMORY (dropped), VOW_ABANDONED (`then` kept no reference
 * to its deferred, or all were given back, and it was not settled). Cancel: calls `ops->cancel`. Any thread; waits as long
 * as `then` does; runs `ops->then` before it returns, `ops->cancel` on the thread that cancels, `ops->drop` last.
 */
VOW_API VOW_NODISCARD vow_promise *vow_foreign(const struct vow_foreign_ops *ops, void *object);

VOW_END_DECLARATIONS

#endif
