/*
 * aplus_things.c - what a promise can be resolved with: values, promises, and thenables of all kinds; and what the suite
 * expects of what comes out.
 */
#include "conformance/aplus.h"

#include <stdio.h>
#include <string.h>

/* Things ---------------------------------------------------------------------------------------------------------------------- */

struct thing value_of(int mark)
{
    return (struct thing){.kind = THING_VALUE, .mark = mark};
}

struct thing reason_of(int mark)
{
    return (struct thing){.kind = THING_REASON, .mark = mark};
}

struct thing promise_thing(void *promise)
{
    return (struct thing){.kind = THING_PROMISE, .promise = promise};
}

struct thing thenable_thing(struct thenable *thenable)
{
    return (struct thing){.kind = THING_THENABLE, .thenable = thenable};
}

bool is_rejecting(enum kind kind)
{
    return kind >= FULFILLING;
}

static struct thing nothing(void)
{
    return value_of(0);
}

/* Promises -------------------------------------------------------------------------------------------------------------------- */

static struct thing made_promise(struct scene *scene, struct thing thing)
{
    return promise_thing(scene_made(scene, thing));
}

static struct thing later_promise(struct scene *scene, struct thing thing)
{
    void *promise = NULL;
    scene_settle_later(scene, scene_deferred(scene, &promise), thing);
    return promise_thing(promise);
}

/* Thenables that settle once -------------------------------------------------------------------------------------------------- */

struct one {
    struct thenable thenable;
    struct scene *scene;
    enum moment moment;
    struct thing thing;
};

static struct thing one_then(struct thenable *self, void *deferred)
{
    struct one *one = (struct one *)self;
    switch (one->moment) {
    case AFTER_QUIET:
        scene_settle_later(one->scene, deferred, one->thing);
        break;
    case ON_ANOTHER_THREAD:
        scene_settle_elsewhere(one->scene, deferred, one->thing);
        break;
    default:
        scene_settle(one->scene, deferred, one->thing);
    }
    return nothing();
}

static struct thing one_new(struct scene *scene, enum moment moment, struct thing thing)
{
    struct one *one = scene_memory(scene, sizeof *one);
    *one = (struct one){{one_then}, scene, moment, thing};
    return thenable_thing(&one->thenable);
}

struct thing thenable_with(struct scene *scene, struct thing thing)
{
    return one_new(scene, (enum moment)scene->axis[MOMENT], thing);
}

/* Thenables that settle twice ------------------------------------------------------------------------------------------------- */

struct two {
    struct thenable thenable;
    struct scene *scene;
    struct thing first, second;
    enum gap gap;
    bool throws;
};

static struct thing two_then(struct thenable *self, void *deferred)
{
    struct two *two = (struct two *)self;
    if (two->gap == BOTH_AFTER_QUIET)
        scene_settle_later(two->scene, deferred, two->first);
    else
        scene_settle(two->scene, deferred, two->first);
    if (two->gap == SECOND_ON_ANOTHER_THREAD)
        scene_settle_elsewhere(two->scene, deferred, two->second);
    else if (two->gap == AT_ONCE)
        scene_settle(two->scene, deferred, two->second);
    else
        scene_settle_later(two->scene, deferred, two->second);
    return two->throws ? reason_of(9) : nothing();
}

static struct thing two_new(struct scene *scene, struct thing first, struct thing second,
                            enum gap gap, bool throws)
{
    struct two *two = scene_memory(scene, sizeof *two);
    *two = (struct two){{two_then}, scene, first, second, gap, throws};
    return thenable_thing(&two->thenable);
}

static struct thing first_of(struct scene *scene)
{
    switch ((enum settlement)scene->axis[FIRST]) {
    case BY_REJECT:
        return scene->reason;
    case BY_PENDING_THEN_FULFILLED:
        return later_promise(scene, scene->value);
    case BY_PENDING_THEN_REJECTED:
        return later_promise(scene, scene->reason);
    default:
        return scene->value;
    }
}

struct thing thenable_twice(struct scene *scene, bool throws)
{
    struct thing second = scene->axis[SECOND] == BY_REJECT ? reason_of(8) : value_of(7);
    return two_new(scene, first_of(scene), second, (enum gap)scene->axis[GAP], throws);
}

/* Thenables that throw -------------------------------------------------------------------------------------------------------- */

struct thrower {
    struct thenable thenable;
    struct thing reason;
};

static struct thing throw_reason(struct thenable *self, void *deferred)
{
    (void)deferred;
    return ((const struct thrower *)self)->reason;
}

static struct thing thrower_new(struct scene *scene)
{
    struct thrower *thrower = scene_memory(scene, sizeof *thrower);
    *thrower = (struct thrower){{throw_reason}, scene->reason};
    return thenable_thing(&thrower->thenable);
}

/* Kinds ----------------------------------------------------------------------------------------------------------------------- */

struct thing thing_of_kind(struct scene *scene, enum kind kind)
{
    struct thing outcome = is_rejecting(kind) ? scene->reason : scene->value;
    switch (kind) {
    case PROMISE_FULFILLED:
    case PROMISE_REJECTED:
        return made_promise(scene, outcome);
    case PROMISE_FULFILLED_LATER:
    case PROMISE_REJECTED_LATER:
        return later_promise(scene, outcome);
    case THENABLE_FULFILLS_LATER:
    case THENABLE_REJECTS_LATER:
        return one_new(scene, AFTER_QUIET, outcome);
    case THENABLE_FULFILLS_TWICE:
        return two_new(scene, outcome, value_of(7), AT_ONCE, false);
    case THENABLE_REJECTS_TWICE:
        return two_new(scene, outcome, reason_of(8), AT_ONCE, false);
    case THENABLE_FULFILLS_AND_THROWS:
        return two_new(scene, outcome, reason_of(8), AT_ONCE, true);
    case THENABLE_THROWS:
        return thrower_new(scene);
    default:
        return one_new(scene, IN_THEN, outcome);
    }
}

/* Expectations ---------------------------------------------------------------------------------------------------------------- */

void expect(struct scene *scene, bool truth, const char *what)
{
    if (!truth && scene->fault[0] == '\0')
        (void)snprintf(scene->fault, sizeof scene->fault, "not so: %s", what);
}

void expect_count(struct scene *scene, int count, int wanted, const char *what)
{
    if (count != wanted && scene->fault[0] == '\0')
        (void)snprintf(scene->fault, sizeof scene->fault, "%s: %d, not %d", what, count, wanted);
}

static void expect_same(struct scene *scene, struct thing seen, struct thing wanted)
{
    if ((seen.kind != wanted.kind || seen.form != wanted.form || seen.mark != wanted.mark) &&
        scene->fault[0] == '\0')
        (void)snprintf(scene->fault, sizeof scene->fault,
                       "form %d, mark %d came, not form %d, mark %d", seen.form, seen.mark,
                       wanted.form, wanted.mark);
}

static void expect_calls(struct scene *scene, const struct watch *watch, int fulfilled,
                         int rejected)
{
    expect_count(scene, watch->fulfilled, fulfilled, "calls of onFulfilled");
    expect_count(scene, watch->rejected, rejected, "calls of onRejected");
}

void expect_fulfilled(struct scene *scene, const struct watch *watch, struct thing value)
{
    expect_calls(scene, watch, 1, 0);
    expect_same(scene, watch->seen, value);
}

void expect_rejected(struct scene *scene, const struct watch *watch, struct thing reason)
{
    expect_rejected_somehow(scene, watch);
    expect_same(scene, watch->seen, reason);
}

void expect_rejected_somehow(struct scene *scene, const struct watch *watch)
{
    expect_calls(scene, watch, 0, 1);
}

void expect_pending(struct scene *scene, const struct watch *watch)
{
    expect_calls(scene, watch, 0, 0);
}

void expect_as_source(struct scene *scene, const struct watch *watch)
{
    if (scene->rejects)
        expect_rejected(scene, watch, scene->reason);
    else
        expect_fulfilled(scene, watch, scene->value);
}
