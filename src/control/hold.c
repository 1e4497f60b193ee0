/*
 * hold.c - running a function while something is held, as a promise (hold.h).
 *
 * Two links hang on the promise of the turn itself, before it is anybody else's:
 *
 *    its turn --- begin: calls fn, and what that gives takes the turn's place --- leave: gives it back ---> settled
 *
 * So a cancel finds whatever is waited for at the moment: the turn, and later the promise that fn gave, whoever else holds
 * that. What has had its turn always comes by `leave`; whatever keeps that from running (the end of its home) ends its link,
 * which gives it back then.
 */
#include "control/hold.h"

#include "control/run.h"

struct run {
    _Atomic uint32_t references; /* the links', the maker's */
    bool granted;                /* the turn has come */
    bool refused;                /* nobody would give it back: fn is not called */
    bool given_back;
    struct hold hold;
    vow_fn *fn;
    void *context;
    void (*drop)(void *context);
};

static void release(void *context)
{
    struct run *run = context;
    /* acq_rel: pairs with itself; who frees it comes after the other */
    if (atomic_fetch_sub_explicit(&run->references, 1, memory_order_acq_rel) != 1)
        return;
    if (run->drop != NULL)
        run->drop(run->context);
    vow_object_delete(run, sizeof(*run));
}

static vow_value begin(vow_value object, void *context)
{
    struct run *run = context;
    return run->refused ? object : run->fn(vow_none(), run->context);
}

static void give_back(struct run *run)
{
    if (!run->granted || run->given_back)
        return;
    run->given_back = true;
    run->hold.kind->give_back(&run->hold);
}

static vow_value leave(vow_value value, void *context)
{
    give_back(context);
    return value;
}

/* The link of `leave` has ended. */
static void end_left(void *context)
{
    give_back(context);
    release(context);
}

/* Hangs both links on `held`, which is paused meanwhile. False: without memory. */
static bool add_links(vow_promise *held, struct run *run, vow_promise **ret_promise)
{
    const vow_handlers first = {
        .size = sizeof(first), .fulfilled = begin, .context = run, .drop = release};
    const vow_handlers second = {.size = sizeof(second),
                                 .fulfilled = leave,
                                 .rejected = leave,
                                 .context = run,
                                 .drop = end_left};
    *ret_promise = vow_add_callbacks(held, &first);
    if (vow_likely(*ret_promise == held))
        *ret_promise = vow_add_callbacks(held, &second);
    else
        release(run);
    return *ret_promise == held;
}

static vow_promise *run_with(vow_promise *held, struct run *run)
{
    vow_promise *promise;
    bool paused = vow_pause(held) == VOW_OK;
    vow_promise_ref(held);
    if (vow_unlikely(!add_links(held, run, &promise))) {
        run->refused = true;
        vow_cancel(held);
        give_back(run); /* its turn had come first */
    }
    if (vow_likely(paused))
        (void)vow_unpause(held);
    vow_promise_release(held);
    return promise;
}

static vow_promise *refuse(vow_status status, void *context, void (*drop)(void *))
{
    vow_promise *promise = vow_promise_refused(status);
    if (drop != NULL)
        drop(context);
    return promise;
}

vow_promise *vow_hold_and_run(const struct hold *hold, vow_fn *fn, void *context,
                              void (*drop)(void *))
{
    if (vow_unlikely(fn == NULL))
        return refuse(vow_fail_status(VOW_INVALID, "%s: fn is NULL", hold->function), context,
                      drop);
    struct run *run = vow_object_new(sizeof(*run));
    if (run == NULL)
        return refuse(vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", hold->function), context,
                      drop);
    *run = (struct run){.references = 3, .hold = *hold, .fn = fn, .context = context, .drop = drop};
    vow_promise *promise = run_with(hold->kind->take(hold, &run->granted), run);
    release(run);
    return promise;
}
