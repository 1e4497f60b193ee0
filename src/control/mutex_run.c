/*
 * mutex_run.c - running a function with a mutex held, as a promise.
 *
 *    the lock's promise --- begin: calls fn ---> what fn gives --- unlock ---> settled
 *
 * `begin` hangs on the lock's promise itself, not on one derived from it: what is canceled after the turn has come still
 * runs `begin`, and so everything that unlocks. Whatever keeps `begin` or `unlock` from running (the end of their home) ends
 * its link, which unlocks then.
 */
#include "control/mutex.h"

struct run {
    _Atomic uint32_t references; /* the links' */
    bool granted;                /* the turn has come */
    bool begun;
    bool unlocked;
    vow_mutex *mutex;
    vow_fn *fn;
    void *context;
    void (*drop)(void *context);
};

static void release(struct run *run)
{
    /* acq_rel: pairs with itself; who frees it comes after the other */
    if (atomic_fetch_sub_explicit(&run->references, 1, memory_order_acq_rel) != 1)
        return;
    if (run->drop != NULL)
        run->drop(run->context);
    vow_object_delete(run, sizeof(*run));
}

static vow_value unlock(vow_value value, void *context)
{
    struct run *run = context;
    run->unlocked = true;
    (void)vow_mutex_unlock_as(run->mutex, "vow_mutex_run");
    return value;
}

/* The link of `unlock` has ended. */
static void end_unlocked(void *context)
{
    struct run *run = context;
    if (!run->unlocked)
        (void)unlock(vow_none(), run);
    release(run);
}

static vow_value begin(vow_value mutex, void *context)
{
    struct run *run = context;
    vow_handlers handlers = {.size = sizeof(handlers),
                             .fulfilled = unlock,
                             .rejected = unlock,
                             .context = run,
                             .drop = end_unlocked};
    (void)mutex;
    run->begun = true;
    /* relaxed: this link's own reference is held meanwhile */
    (void)atomic_fetch_add_explicit(&run->references, 1, memory_order_relaxed);
    vow_promise *given = vow_attempt(run->fn, vow_none(), run->context);
    return vow_promise_value(vow_then_with(given, &handlers));
}

/* The turn has come, and nobody else will unlock. */
static void give_back(struct run *run)
{
    if (!run->granted || run->begun)
        return;
    run->begun = true;
    (void)vow_mutex_unlock_as(run->mutex, "vow_mutex_run");
}

/* The link of `begin` has ended. */
static void end_begun(void *context)
{
    struct run *run = context;
    give_back(run);
    release(run);
}

static vow_promise *refuse(vow_status status, void *context, void (*drop)(void *))
{
    vow_promise *promise = vow_promise_refused(status);
    if (drop != NULL)
        drop(context);
    return promise;
}

/* Without memory for the link, nobody would come for the mutex. */
static vow_promise *add(vow_promise *locked, const vow_handlers *handlers, struct run *run)
{
    vow_promise_ref(locked);
    vow_promise *promise = vow_add_callbacks(locked, handlers);
    if (vow_unlikely(promise != locked)) {
        vow_cancel(locked);
        give_back(run);
    }
    vow_promise_release(locked);
    return promise;
}

vow_promise *vow_mutex_run_as(vow_mutex *mutex, vow_fn *fn, void *context, void (*drop)(void *),
                              const char *function)
{
    if (vow_unlikely(fn == NULL))
        return refuse(vow_fail_status(VOW_INVALID, "%s: fn is NULL", function), context, drop);
    struct run *run = vow_object_new(sizeof(*run));
    if (run == NULL)
        return refuse(vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function), context, drop);
    *run =
        (struct run){.references = 2, .mutex = mutex, .fn = fn, .context = context, .drop = drop};
    vow_handlers handlers = {
        .size = sizeof(handlers), .fulfilled = begin, .context = run, .drop = end_begun};
    vow_promise *promise =
        add(vow_mutex_lock_promise_as(mutex, function, &run->granted), &handlers, run);
    release(run);
    return promise;
}

vow_promise *vow_mutex_run(vow_mutex *mutex, vow_fn *fn, void *context)
{
    return vow_mutex_run_as(mutex, fn, context, NULL, "vow_mutex_run");
}
