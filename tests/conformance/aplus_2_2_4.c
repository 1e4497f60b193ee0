/*
 * aplus_2_2_4.c - rule 2.2.4: handlers run when the stack has unwound; and what is tested in its place where a library lets
 * them run at once, on purpose (the adapter's `runs_at_once`).
 *
 * Whether a handler was called inside of a call of the suite's, or of another handler, is looked at in each case of each
 * other rule, too.
 */
#include "conformance/aplus.h"

/* Where the stack has to unwind ----------------------------------------------------------------------------------------------- */

/* Nothing runs inside of what the scene does, on this thread or another. */
static void expect_unwound(struct scene *scene, const struct watch *watch)
{
    expect_as_source(scene, watch);
    expect_count(scene, scene->nested, 0, "handlers called inside of a call");
}

static void then_returns_first(struct scene *scene)
{
    struct watch *seen = scene_watch(scene, scene_source(scene));
    scene_play(scene);
    expect_unwound(scene, seen);
}

static void settling_returns_first(struct scene *scene)
{
    void *promise = NULL;
    void *deferred = scene_deferred(scene, &promise);
    struct watch *before = scene_watch(scene, promise);
    scene_settle(scene, deferred, scene->rejects ? scene->reason : scene->value);
    struct watch *after = scene_watch(scene, promise);
    scene_play(scene);
    expect_unwound(scene, before);
    expect_unwound(scene, after);
}

/* Inside of a handler ---------------------------------------------------------------------------------------------------------- */

struct inner {
    struct scene *scene;
    void *deferred;
    struct watch *watch;
    int order; /* how many handlers had been called when this one was about to return */
};

static struct inner inner_begin(struct scene *scene)
{
    struct inner inner = {.scene = scene};
    void *promise = NULL;
    inner.deferred = scene_deferred(scene, &promise);
    inner.watch = scene_watch(scene, promise);
    return inner;
}

/* Settles another promise, and adds to one that has settled. */
static struct thing settle_inside(struct thing input, void *context)
{
    struct inner *inner = context;
    struct scene *scene = inner->scene;
    scene_settle(scene, inner->deferred, scene->rejects ? scene->reason : scene->value);
    (void)scene_watch(scene, scene_made(scene, scene->value));
    inner->order = atomic_load(&scene->order);
    return input;
}

static void handlers_return_first(struct scene *scene)
{
    struct inner inner = inner_begin(scene);
    (void)scene_then(scene, scene_source(scene), settle_inside, settle_inside, &inner);
    scene_play(scene);
    expect_unwound(scene, inner.watch);
}

static const struct rule unwound[] = {
    {"2.2.4", "then returns before the handler is called", then_returns_first,
     AXIS(WAY) | AXIS(OUTCOME), false},
    {"2.2.4", "resolve and reject return before the handlers are called", settling_returns_first,
     AXIS(OUTCOME), false},
    {"2.2.4", "a handler returns before those are called that it brings on", handlers_return_first,
     AXIS(WAY) | AXIS(OUTCOME), false},
};

const struct rules aplus_then_unwound = {unwound, sizeof unwound / sizeof unwound[0]};

/* Where handlers run at once -------------------------------------------------------------------------------------------------- */

static void then_runs_the_handler(struct scene *scene)
{
    struct watch *seen = scene_watch(scene, scene_source(scene));
    expect_as_source(scene, seen); /* before anything else happens */
    scene_play(scene);
    expect_as_source(scene, seen);
}

static void settling_runs_the_handlers(struct scene *scene)
{
    void *promise = NULL;
    void *deferred = scene_deferred(scene, &promise);
    struct watch *first = scene_watch(scene, promise);
    struct watch *second = scene_watch(scene, promise);
    scene_settle(scene, deferred, scene->rejects ? scene->reason : scene->value);
    expect_as_source(scene, first);
    expect_as_source(scene, second);
    expect(scene, first->order < second->order, "the first handler ran first");
}

static void handlers_run_what_they_bring_on(struct scene *scene)
{
    struct inner inner = inner_begin(scene);
    (void)scene_then(scene, scene_source(scene), settle_inside, settle_inside, &inner);
    expect_as_source(scene, inner.watch);
    expect_count(scene, inner.order, 2, "handlers called inside of the handler");
}

static const struct rule at_once[] = {
    {"2.2.4 (at once)", "then calls the handler of a settled promise before it returns",
     then_runs_the_handler, AXIS(OUTCOME), false},
    {"2.2.4 (at once)", "resolve and reject call the handlers before they return",
     settling_runs_the_handlers, AXIS(OUTCOME), false},
    {"2.2.4 (at once)", "what a handler brings on runs before it returns",
     handlers_run_what_they_bring_on, AXIS(OUTCOME), false},
};

const struct rules aplus_then_at_once = {at_once, sizeof at_once / sizeof at_once[0]};
