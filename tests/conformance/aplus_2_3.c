/*
 * aplus_2_3.c - sections 2.3.1, 2.3.2 and 2.3.4: resolving with the promise itself, with another promise, with a value.
 */
#include "conformance/aplus.h"

/* 2.3.1 ----------------------------------------------------------------------------------------------------------------------- */

static struct thing give_promise(struct thing input, void *context)
{
    (void)input;
    return promise_thing(*(void **)context);
}

/* The source is not settled before the handler can know which promise it belongs to. */
static void a_handler_that_returns_its_own_promise(struct scene *scene)
{
    void **own = scene_memory(scene, sizeof *own);
    *own = scene_then(scene, scene_source(scene), give_promise, give_promise, own);
    struct watch *seen = scene_watch(scene, *own);
    scene_play(scene);
    expect_rejected_somehow(scene, seen);
}

static void a_promise_that_is_resolved_with_itself(struct scene *scene)
{
    void *promise = NULL;
    void *deferred = scene_deferred(scene, &promise);
    struct watch *seen = scene_watch(scene, promise);
    if (scene->axis[GAP] == SECOND_ON_ANOTHER_THREAD)
        scene_settle_elsewhere(scene, deferred, promise_thing(promise));
    else if (scene->axis[GAP] == AT_ONCE)
        scene_resolve(scene, deferred, promise_thing(promise));
    else
        scene_settle_later(scene, deferred, promise_thing(promise));
    scene_play(scene);
    expect_rejected_somehow(scene, seen);
}

/* 2.3.2 ----------------------------------------------------------------------------------------------------------------------- */

static void a_pending_promise_keeps_it_pending(struct scene *scene)
{
    void *inner = NULL;
    void *deferred = scene_deferred(scene, &inner);
    struct watch *seen = scene_watch(scene, scene_by_road(scene, promise_thing(inner)));
    scene_play(scene);
    expect_pending(scene, seen);
    scene_settle(scene, deferred, scene->axis[OUTCOME] == 1 ? scene->reason : scene->value);
    scene_play(scene);
    if (scene->axis[OUTCOME] == 1)
        expect_rejected(scene, seen, scene->reason);
    else
        expect_fulfilled(scene, seen, scene->value);
}

/* A promise that comes to the outcome in the case's way; what the road has as its source has settled already. */
static struct watch *watch_inner(struct scene *scene, struct thing outcome)
{
    enum way way = (enum way)scene->axis[WAY];
    void *inner = NULL;
    void *deferred = NULL;
    scene->axis[WAY] = ALREADY;
    if (way == ALREADY)
        inner = scene_made(scene, outcome);
    else
        deferred = scene_deferred(scene, &inner);
    struct watch *seen = scene_watch(scene, scene_by_road(scene, promise_thing(inner)));
    if (way == IMMEDIATELY)
        scene_settle(scene, deferred, outcome);
    else if (way == EVENTUALLY)
        scene_settle_later(scene, deferred, outcome);
    else if (way == ELSEWHERE)
        scene_settle_elsewhere(scene, deferred, outcome);
    return seen;
}

static void a_fulfilled_promise_fulfils(struct scene *scene)
{
    struct watch *seen = watch_inner(scene, scene->value);
    scene_play(scene);
    expect_fulfilled(scene, seen, scene->value);
}

static void a_rejected_promise_rejects(struct scene *scene)
{
    struct watch *seen = watch_inner(scene, scene->reason);
    scene_play(scene);
    expect_rejected(scene, seen, scene->reason);
}

/* 2.3.4 ----------------------------------------------------------------------------------------------------------------------- */

static void a_value_fulfils(struct scene *scene)
{
    struct watch *seen = scene_watch(scene, scene_by_road(scene, scene->value));
    scene_play(scene);
    expect_fulfilled(scene, seen, scene->value);
}

static const struct rule rules[] = {
    {"2.3.1", "a handler that returns the promise of its own then rejects it",
     a_handler_that_returns_its_own_promise, AXIS(LATE) | AXIS(OUTCOME), false},
    {"2.3.1", "resolving a promise with itself rejects it", a_promise_that_is_resolved_with_itself,
     AXIS(GAP), false},
    {"2.3.2.1", "a pending promise keeps it pending, until that one is settled",
     a_pending_promise_keeps_it_pending, AXIS(ROAD) | AXIS(OUTCOME) | AXIS(WAY), false},
    {"2.3.2.2", "a fulfilled promise fulfils it with the same value", a_fulfilled_promise_fulfils,
     AXIS(ROAD) | AXIS(WAY) | AXIS(VALUE), false},
    {"2.3.2.3", "a rejected promise rejects it with the same reason", a_rejected_promise_rejects,
     AXIS(ROAD) | AXIS(WAY) | AXIS(REASON), false},
    {"2.3.4", "what is no promise, nor a thenable, fulfils it", a_value_fulfils,
     AXIS(ROAD) | AXIS(WAY) | AXIS(VALUE), false},
};

const struct rules aplus_resolution = {rules, sizeof rules / sizeof rules[0]};
