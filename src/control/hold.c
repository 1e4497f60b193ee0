/*
 * hold.c - running a function while something is held, as a promise (hold.h).
 *
 * Two links hang on the promise of the turn itself, before it is anybody else's:
 *
 *    its turn --- begin: calls fn, and what that gives takes the turn's place --- leave: gives it back ---> settled
 *
 * So a cancel finds whatever is waited for at the moment: the turn, and later the promise that fn gave, whoever else holds
 * that. What has had its turn always comes by `leave`; whatever keeps that from running (the end of its home) ends its link,
 * which gives it back then. The links are made before it stands in line: where there is no memory for them nobody has to
 * find out whether its turn has come meanwhile.
 */
#include "control/hold.h"

#include "control/run.h"

struct run {
    _Atomic uint32_t references; /* the links' */
    bool granted;                /* the turn has come: read by links alone, which run later */
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
    (void)object;
    return run->fn(vow_none(), run->context);
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

/* Both links, which have `run`'s references from then on. False: without memory. */
static bool make_links(struct run *run, struct link *links[2])
{
    const vow_handlers first = {
        .size = sizeof(first), .fulfilled = begin, .context = run, .drop = release};
    const vow_handlers second = {.size = sizeof(second),
                                 .fulfilled = leave,
                                 .rejected = leave,
                                 .context = run,
                                 .drop = end_left};
    links[0] = vow_link_from_handlers(LINK_CALLBACKS, &first);
    links[1] = links[0] != NULL ? vow_link_from_handlers(LINK_CALLBACKS, &second) : NULL;
    if (vow_likely(links[1] != NULL))
        return true;
    if (links[0] != NULL)
        vow_link_end(links[0]);
    else
        release(run);
    release(run);
    return false;
}

/* Waits for its turn; nothing can fail from here on. */
static vow_promise *take(struct run *run, struct link *links[2])
{
    vow_promise *held = run->hold.kind->take(&run->hold, &run->granted);
    if (vow_unlikely(held == &vow_promise_no_memory)) { /* it takes no links */
        vow_link_end(links[0]);
        vow_link_end(links[1]);
        return held;
    }
    vow_promise_enter(held);
    vow_link_push(held, links[0]);
    vow_link_push(held, links[1]);
    vow_promise_run_held(held);
    return held;
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
    struct link *links[2];
    *run = (struct run){.references = 2, .hold = *hold, .fn = fn, .context = context, .drop = drop};
    if (vow_unlikely(!make_links(run, links)))
        return vow_promise_refused(
            vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", hold->function));
    return take(run, links);
}
