/*
 * aplus_2_1.c - section 2.1: the states of a promise.
 */
#include "conformance/aplus.h"

/* 2.1.1: while nobody settles it, a promise is pending; then it becomes what it was settled as. */
static void becomes_what_it_is_settled_as(struct scene *scene)
{
    void *promise = scene_source(scene);
    struct watch *seen = scene_watch(scene, promise);
    library->run_until_quiet();
    expect_pending(scene, seen);
    scene_play(scene);
    expect_as_source(scene, seen);
}

/* Settles `deferred` a second time, the way the case says. */
static void settle_again(struct scene *scene, void *deferred)
{
    struct thing again = scene->axis[SECOND] == BY_REJECT ? reason_of(8) : value_of(7);
    switch ((enum gap)scene->axis[GAP]) {
    case AT_ONCE:
        scene_settle(scene, deferred, again);
        break;
    case SECOND_ON_ANOTHER_THREAD:
        scene_settle_elsewhere(scene, deferred, again);
        break;
    default:
        scene_settle_later(scene, deferred, again);
    }
}

static void settle_first(struct scene *scene, void *deferred)
{
    struct thing first = scene->rejects ? scene->reason : scene->value;
    if (scene->axis[GAP] == BOTH_AFTER_QUIET)
        scene_settle_later(scene, deferred, first);
    else
        scene_settle(scene, deferred, first);
}

/* 2.1.2.1, 2.1.3.1: a settled promise stays as it is. */
static void does_not_change_its_state(struct scene *scene)
{
    void *promise = NULL;
    void *deferred = scene_deferred(scene, &promise);
    struct watch *seen = scene_watch(scene, promise);
    settle_first(scene, deferred);
    settle_again(scene, deferred);
    scene_play(scene);
    expect_as_source(scene, seen);
}

/* 2.1.2.2, 2.1.3.2: who asks later gets the same. */
static void does_not_change_what_it_holds(struct scene *scene)
{
    void *promise = NULL;
    void *deferred = scene_deferred(scene, &promise);
    struct watch *before = scene_watch(scene, promise);
    settle_first(scene, deferred);
    settle_again(scene, deferred);
    scene_play(scene);
    struct watch *after = scene_watch(scene, promise);
    scene_play(scene);
    expect_as_source(scene, before);
    expect_as_source(scene, after);
}

static const struct rule rules[] = {
    {"2.1.1.1", "a pending promise may become fulfilled or rejected", becomes_what_it_is_settled_as,
     AXIS(LATE) | AXIS(OUTCOME), false},
    {"2.1.2.1", "a fulfilled promise does not change its state", does_not_change_its_state,
     AXIS(SECOND) | AXIS(GAP), false},
    {"2.1.2.2", "a fulfilled promise does not change its value", does_not_change_what_it_holds,
     AXIS(SECOND) | AXIS(GAP), false},
    {"2.1.3.1", "a rejected promise does not change its state", does_not_change_its_state,
     AXIS(SECOND) | AXIS(GAP), true},
    {"2.1.3.2", "a rejected promise does not change its reason", does_not_change_what_it_holds,
     AXIS(SECOND) | AXIS(GAP), true},
};

const struct rules aplus_states = {rules, sizeof rules / sizeof rules[0]};
