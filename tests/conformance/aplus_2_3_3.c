/*
 * aplus_2_3_3.c - section 2.3.3: resolving with a thenable, an object with a then-function of its own.
 */
#include "conformance/aplus.h"

static struct watch *watch_by_road(struct scene *scene, struct thing thing)
{
    return scene_watch(scene, scene_by_road(scene, thing));
}

static void expect_kind(struct scene *scene, const struct watch *seen, enum kind kind)
{
    if (is_rejecting(kind))
        expect_rejected(scene, seen, scene->reason);
    else
        expect_fulfilled(scene, seen, scene->value);
}

/* 2.3.3.3 --------------------------------------------------------------------------------------------------------------------- */

struct asked {
    struct thenable thenable;
    struct scene *scene;
    struct thenable *self;
    void *deferred;
    _Atomic int times;
};

static struct thing be_asked(struct thenable *self, void *deferred)
{
    struct asked *asked = (struct asked *)self;
    asked->self = self;
    asked->deferred = deferred;
    atomic_fetch_add(&asked->times, 1);
    scene_settle_later(asked->scene, deferred, asked->scene->value);
    return value_of(4); /* what it returns means nothing */
}

static void its_then_is_called_once(struct scene *scene)
{
    struct asked *asked = scene_memory(scene, sizeof *asked);
    asked->thenable.then = be_asked;
    asked->scene = scene;
    struct watch *seen = watch_by_road(scene, thenable_thing(&asked->thenable));
    scene_play(scene);
    expect_count(scene, asked->times, 1, "calls of then");
    expect(scene, asked->self == &asked->thenable, "then gets the object itself");
    expect(scene, asked->deferred != NULL, "then gets something to settle");
    expect_fulfilled(scene, seen, scene->value);
}

/* 2.3.3.3.1, 2.3.3.3.2 -------------------------------------------------------------------------------------------------------- */

static void it_resolves_with_a_value(struct scene *scene)
{
    struct watch *seen = watch_by_road(scene, thenable_with(scene, scene->value));
    scene_play(scene);
    expect_fulfilled(scene, seen, scene->value);
}

static void it_resolves_with_something_that_settles(struct scene *scene)
{
    enum kind kind = (enum kind)scene->axis[KIND];
    struct watch *seen = watch_by_road(scene, thenable_with(scene, thing_of_kind(scene, kind)));
    scene_play(scene);
    expect_kind(scene, seen, kind);
}

/* A thenable for a thenable: the outer one fulfils with what settles. */
static struct thing around(struct scene *scene, enum kind outer, struct thing inner)
{
    struct thing value = scene->value;
    scene->value = inner;
    struct thing thing = thing_of_kind(scene, outer);
    scene->value = value;
    return thing;
}

static void it_resolves_with_a_thenable_of_something_that_settles(struct scene *scene)
{
    enum kind inner = (enum kind)scene->axis[INNER];
    struct thing nested = around(scene, (enum kind)scene->axis[OUTER], thing_of_kind(scene, inner));
    struct watch *seen = watch_by_road(scene, thenable_with(scene, nested));
    scene_play(scene);
    expect_kind(scene, seen, inner);
}

static void it_rejects(struct scene *scene)
{
    struct watch *seen = watch_by_road(scene, thenable_with(scene, scene->reason));
    scene_play(scene);
    expect_rejected(scene, seen, scene->reason);
}

/* 2.3.3.3.3, 2.3.3.3.4 -------------------------------------------------------------------------------------------------------- */

static void expect_first(struct scene *scene, const struct watch *seen)
{
    enum settlement first = (enum settlement)scene->axis[FIRST];
    if (first == BY_REJECT || first == BY_PENDING_THEN_REJECTED)
        expect_rejected(scene, seen, scene->reason);
    else
        expect_fulfilled(scene, seen, scene->value);
}

static void the_first_settlement_counts(struct scene *scene)
{
    struct watch *seen = watch_by_road(scene, thenable_twice(scene, false));
    scene_play(scene);
    expect_first(scene, seen);
}

static void throwing_after_settling_is_ignored(struct scene *scene)
{
    struct watch *seen = watch_by_road(scene, thenable_twice(scene, true));
    scene_play(scene);
    if (scene->axis[GAP] == BOTH_AFTER_QUIET)
        expect_rejected(scene, seen, reason_of(9)); /* it threw first */
    else
        expect_first(scene, seen);
}

/* What was kept is used long after all is over. */
static void late_settlements_are_ignored(struct scene *scene)
{
    struct asked *asked = scene_memory(scene, sizeof *asked);
    asked->thenable.then = be_asked;
    asked->scene = scene;
    struct watch *seen = watch_by_road(scene, thenable_thing(&asked->thenable));
    library->run_until_quiet();
    void *kept = asked->deferred; /* the scene has retained it */
    expect(scene, kept != NULL, "then gets something to settle");
    scene_play(scene);
    for (int i = 0; i < 3 && kept != NULL; i++) {
        scene_settle(scene, kept, i == 1 ? reason_of(8) : value_of(7));
        scene_settle_elsewhere(scene, kept, i == 1 ? value_of(7) : reason_of(8));
        scene_play(scene);
    }
    expect_fulfilled(scene, seen, scene->value);
}

/* 2.3.3.3.4.2: it throws, and what it has kept settles only then. */
struct thrower {
    struct thenable thenable;
    struct scene *scene;
};

static struct thing keep_and_throw(struct thenable *self, void *deferred)
{
    struct scene *scene = ((struct thrower *)self)->scene;
    if (scene->axis[MOMENT] == AFTER_QUIET)
        scene_settle_later(scene, deferred,
                           scene->axis[SECOND] == BY_REJECT ? reason_of(8) : value_of(7));
    return scene->reason;
}

static void throwing_rejects(struct scene *scene)
{
    struct thrower *thrower = scene_memory(scene, sizeof *thrower);
    *thrower = (struct thrower){{keep_and_throw}, scene};
    struct watch *seen = watch_by_road(scene, thenable_thing(&thrower->thenable));
    scene_play(scene);
    expect_rejected(scene, seen, scene->reason);
}

static void throwing_rejects_whatever_comes_later(struct scene *scene)
{
    scene->axis[MOMENT] = AFTER_QUIET;
    throwing_rejects(scene);
}

static const struct rule rules[] = {
    {"2.3.3.3", "its then is called once, with itself and what it has to settle",
     its_then_is_called_once, AXIS(ROAD) | AXIS(WAY), false},
    {"2.3.3.3.1", "resolving with a value fulfils", it_resolves_with_a_value,
     AXIS(ROAD) | AXIS(MOMENT) | AXIS(VALUE), false},
    {"2.3.3.3.1", "resolving with a promise or thenable comes to what that one comes to",
     it_resolves_with_something_that_settles, AXIS(ROAD) | AXIS(MOMENT) | AXIS(KIND), false},
    {"2.3.3.3.1", "resolving with a thenable of a thenable comes to what the innermost comes to",
     it_resolves_with_a_thenable_of_something_that_settles,
     AXIS(MOMENT) | AXIS(OUTER) | AXIS(INNER), false},
    {"2.3.3.3.2", "rejecting rejects", it_rejects, AXIS(ROAD) | AXIS(MOMENT) | AXIS(REASON), false},
    {"2.3.3.3.3", "the first settlement counts, the second is ignored", the_first_settlement_counts,
     AXIS(ROAD) | AXIS(FIRST) | AXIS(SECOND) | AXIS(GAP), false},
    {"2.3.3.3.3", "what comes long after is ignored", late_settlements_are_ignored, AXIS(ROAD),
     false},
    {"2.3.3.3.4.1", "throwing after it has settled is ignored", throwing_after_settling_is_ignored,
     AXIS(ROAD) | AXIS(FIRST) | AXIS(SECOND) | AXIS(GAP), false},
    {"2.3.3.3.4.2", "throwing before it has settled rejects", throwing_rejects,
     AXIS(ROAD) | AXIS(REASON), false},
    {"2.3.3.3.4.2", "and what settles after that is ignored", throwing_rejects_whatever_comes_later,
     AXIS(ROAD) | AXIS(SECOND), false},
};

const struct rules aplus_thenables = {rules, sizeof rules / sizeof rules[0]};
