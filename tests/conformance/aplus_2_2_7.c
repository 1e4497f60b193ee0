/*
 * aplus_2_2_7.c - rule 2.2.7: the promise that then gives.
 */
#include "conformance/aplus.h"

/* Gives a thing, whatever comes. */
static struct thing give(struct thing input, void *context)
{
    (void)input;
    return *(const struct thing *)context;
}

static void then_gives_a_promise(struct scene *scene)
{
    void *promise = scene_source(scene);
    void *derived = scene_then(scene, promise, NULL, NULL, NULL); /* NULL would be a fault */
    void *again = scene_then(scene, derived, pass_on, pass_on, NULL);
    struct watch *seen = scene_watch(scene, again);
    scene_play(scene);
    expect_as_source(scene, seen);
}

/* 2.2.7.1: what a handler returns goes through the promise resolution procedure; 2.3 has more of it. */
static void is_resolved_with_what_the_handler_returns(struct scene *scene)
{
    struct thing *given = scene_memory(scene, sizeof *given);
    *given = scene->value;
    void *derived = scene_then(scene, scene_source(scene), give, give, given);
    struct watch *seen = scene_watch(scene, derived);
    scene_play(scene);
    expect_fulfilled(scene, seen, scene->value);
}

static void is_rejected_with_what_the_handler_throws(struct scene *scene)
{
    struct thing *thrown = scene_memory(scene, sizeof *thrown);
    *thrown = scene->reason;
    thrown->mark = scene->reason.mark != 0 ? 3 : 0; /* another one than the source's */
    void *derived = scene_then(scene, scene_source(scene), give, give, thrown);
    struct watch *seen = scene_watch(scene, derived);
    scene_play(scene);
    expect_rejected(scene, seen, *thrown);
}

static void takes_what_has_no_handler(struct scene *scene)
{
    void *promise = scene_source(scene);
    void *derived = scene_then(scene, promise, scene->rejects ? pass_on : NULL,
                               scene->rejects ? NULL : pass_on, NULL);
    struct watch *one = scene_watch(scene, derived);
    struct watch *none = scene_watch(scene, scene_then(scene, promise, NULL, NULL, NULL));
    scene_play(scene);
    expect_as_source(scene, one);
    expect_as_source(scene, none);
}

static const struct rule rules[] = {
    {"2.2.7", "then gives a promise", then_gives_a_promise, AXIS(WAY) | AXIS(OUTCOME), false},
    {"2.2.7.1", "what a handler returns is what the promise is resolved with",
     is_resolved_with_what_the_handler_returns, AXIS(WAY) | AXIS(VALUE) | AXIS(OUTCOME), false},
    {"2.2.7.2", "what a handler throws is what the promise is rejected with",
     is_rejected_with_what_the_handler_throws, AXIS(WAY) | AXIS(REASON) | AXIS(OUTCOME), false},
    {"2.2.7.3", "without an onFulfilled the promise is fulfilled with the same value",
     takes_what_has_no_handler, AXIS(WAY) | AXIS(VALUE), false},
    {"2.2.7.4", "without an onRejected the promise is rejected with the same reason",
     takes_what_has_no_handler, AXIS(WAY) | AXIS(REASON), true},
};

const struct rules aplus_then_promise = {rules, sizeof rules / sizeof rules[0]};
