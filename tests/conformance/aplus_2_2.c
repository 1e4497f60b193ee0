/*
 * aplus_2_2.c - sections 2.2.1 to 2.2.6, but for 2.2.4: when handlers are called, how often, with what and in which order.
 *
 * Where a rule is about onFulfilled and another one says the same of onRejected, one function plays both: the rule's
 * `rejects` says which the source is.
 */
#include "conformance/aplus.h"

#include <stdatomic.h>

static struct thing never_called(struct thing input, void *context)
{
    atomic_fetch_add((_Atomic int *)context, 1);
    return input;
}

static _Atomic int *counter(struct scene *scene)
{
    return scene_memory(scene, sizeof(_Atomic int));
}

/* 2.2.1 ----------------------------------------------------------------------------------------------------------------------- */

/* The handler for the outcome is called though the other one is missing: on a promise itself, and on one that a then with
   neither has given. */
static void a_missing_handler_is_ignored(struct scene *scene)
{
    void *direct = scene_source(scene);
    void *chained = scene_then(scene, direct, NULL, NULL, NULL);
    handler *fulfilled = scene->rejects ? NULL : pass_on;
    handler *rejected = scene->rejects ? pass_on : NULL;
    struct watch *from_direct =
        scene_watch(scene, scene_then(scene, direct, fulfilled, rejected, NULL));
    struct watch *from_chained =
        scene_watch(scene, scene_then(scene, chained, fulfilled, rejected, NULL));
    scene_play(scene);
    expect_as_source(scene, from_direct);
    expect_as_source(scene, from_chained);
}

/* 2.2.2, 2.2.3 ---------------------------------------------------------------------------------------------------------------- */

static void gets_what_the_promise_holds(struct scene *scene)
{
    struct watch *seen = scene_watch(scene, scene_source(scene));
    scene_play(scene);
    expect_as_source(scene, seen);
}

static void is_not_called_before(struct scene *scene)
{
    void *promise = NULL;
    void *deferred = scene_deferred(scene, &promise);
    struct watch *seen = scene_watch(scene, promise);
    scene_play(scene);
    expect_pending(scene, seen);
    scene_settle(scene, deferred, scene->rejects ? scene->reason : scene->value);
    scene_play(scene);
    expect_as_source(scene, seen);
}

static void is_never_called_for_the_other_outcome(struct scene *scene)
{
    _Atomic int *calls = counter(scene);
    void *promise = scene_source(scene);
    (void)scene_then(scene, promise, scene->rejects ? never_called : NULL,
                     scene->rejects ? NULL : never_called, calls);
    scene_play(scene);
    expect_count(scene, *calls, 0, "calls of the handler for the other outcome");
}

static void is_never_called_while_it_is_pending(struct scene *scene)
{
    void *promise = NULL;
    (void)scene_deferred(scene, &promise);
    struct watch *seen = scene_watch(scene, promise);
    scene_play(scene);
    expect_pending(scene, seen);
}

static void is_called_once_for_several_settlements(struct scene *scene)
{
    void *promise = NULL;
    void *deferred = scene_deferred(scene, &promise);
    struct watch *seen = scene_watch(scene, promise);
    struct thing outcome = scene->rejects ? scene->reason : scene->value;
    enum gap gap = (enum gap)scene->axis[GAP];
    for (int i = 0; i < 3; i++)
        if (gap == BOTH_AFTER_QUIET || (gap == SECOND_AFTER_QUIET && i > 0))
            scene_settle_later(scene, deferred, outcome);
        else if (gap == SECOND_ON_ANOTHER_THREAD && i > 0)
            scene_settle_elsewhere(scene, deferred, outcome);
        else
            scene_settle(scene, deferred, outcome);
    scene_play(scene);
    expect_as_source(scene, seen);
}

/* Each time that then is called its handler is called once, whenever that was. */
static void is_called_once_for_each_then(struct scene *scene)
{
    void *promise = scene_source(scene);
    struct watch *seen[4];
    seen[0] = scene_watch(scene, promise);
    seen[1] = scene_watch(scene, promise);
    library->run_until_quiet();
    seen[2] = scene_watch(scene, promise);
    scene_play(scene);
    seen[3] = scene_watch(scene, promise);
    scene_play(scene);
    for (int i = 0; i < 4; i++)
        expect_as_source(scene, seen[i]);
}

/* 2.2.6 ----------------------------------------------------------------------------------------------------------------------- */

enum { MANY = 12 };

static void handlers_run_in_order(struct scene *scene)
{
    void *promise = scene_source(scene);
    struct watch *seen[MANY];
    for (int i = 0; i < MANY; i++)
        seen[i] = scene_watch(scene, promise);
    scene_play(scene);
    for (int i = 0; i < MANY; i++) {
        expect_as_source(scene, seen[i]);
        expect_count(scene, seen[i]->order, i + 1, "the handler's turn");
    }
}

static struct thing throw_3(struct thing input, void *context)
{
    (void)input;
    (void)context;
    return reason_of(3);
}

static struct thing give_5(struct thing input, void *context)
{
    (void)input;
    (void)context;
    return value_of(5);
}

/* One that throws does not stop the others, and each promise that then gave has the result of its own handler. */
static void each_handler_has_its_own_result(struct scene *scene)
{
    void *promise = scene_source(scene);
    struct watch *first = scene_watch(scene, promise);
    struct watch *thrown = scene_watch(scene, scene_then(scene, promise, throw_3, throw_3, NULL));
    struct watch *given = scene_watch(scene, scene_then(scene, promise, give_5, give_5, NULL));
    struct watch *passed = scene_watch(scene, scene_then(scene, promise, pass_on, pass_on, NULL));
    struct watch *last = scene_watch(scene, promise);
    scene_play(scene);
    expect_as_source(scene, first);
    expect_rejected(scene, thrown, reason_of(3));
    expect_fulfilled(scene, given, value_of(5));
    expect_as_source(scene, passed);
    expect_as_source(scene, last);
    expect(scene, first->order < last->order, "the first handler runs before the last one");
}

struct adding {
    struct scene *scene;
    void *promise;
    struct watch *added;
};

static struct thing add_another(struct thing input, void *context)
{
    struct adding *adding = context;
    adding->added = scene_watch(adding->scene, adding->promise);
    return input;
}

/* What a handler adds to its own promise comes after what was there. */
static void handlers_added_by_handlers_come_last(struct scene *scene)
{
    struct adding adding = {scene, scene_source(scene), NULL};
    (void)scene_then(scene, adding.promise, add_another, add_another, &adding);
    struct watch *second = scene_watch(scene, adding.promise);
    scene_play(scene);
    expect_as_source(scene, second);
    expect(scene, adding.added != NULL, "the handler has added another");
    if (adding.added == NULL)
        return;
    expect_as_source(scene, adding.added);
    expect(scene, second->order < adding.added->order, "it runs after those that were there");
}

static const struct rule rules[] = {
    {"2.2.1.1", "an onFulfilled that is missing is ignored", a_missing_handler_is_ignored,
     AXIS(WAY), true},
    {"2.2.1.2", "an onRejected that is missing is ignored", a_missing_handler_is_ignored, AXIS(WAY),
     false},
    {"2.2.2.1", "onFulfilled gets the value, once the promise is fulfilled",
     gets_what_the_promise_holds, AXIS(WAY) | AXIS(VALUE), false},
    {"2.2.2.2", "onFulfilled is not called before", is_not_called_before, 0, false},
    {"2.2.2.2", "onFulfilled is never called for a rejected promise",
     is_never_called_for_the_other_outcome, AXIS(WAY), true},
    {"2.2.2.2", "onFulfilled is never called for a promise that stays pending",
     is_never_called_while_it_is_pending, 0, false},
    {"2.2.2.3", "onFulfilled is called once, however often it is fulfilled",
     is_called_once_for_several_settlements, AXIS(GAP), false},
    {"2.2.2.3", "onFulfilled is called once for each then", is_called_once_for_each_then, AXIS(WAY),
     false},
    {"2.2.3.1", "onRejected gets the reason, once the promise is rejected",
     gets_what_the_promise_holds, AXIS(WAY) | AXIS(REASON), true},
    {"2.2.3.2", "onRejected is not called before", is_not_called_before, 0, true},
    {"2.2.3.2", "onRejected is never called for a fulfilled promise",
     is_never_called_for_the_other_outcome, AXIS(WAY), false},
    {"2.2.3.2", "onRejected is never called for a promise that stays pending",
     is_never_called_while_it_is_pending, 0, true},
    {"2.2.3.3", "onRejected is called once, however often it is rejected",
     is_called_once_for_several_settlements, AXIS(GAP), true},
    {"2.2.3.3", "onRejected is called once for each then", is_called_once_for_each_then, AXIS(WAY),
     true},
    {"2.2.6.1", "all onFulfilled are called, in the order of their thens", handlers_run_in_order,
     AXIS(LATE), false},
    {"2.2.6.1", "each of them has its own result, also beside one that throws",
     each_handler_has_its_own_result, AXIS(WAY), false},
    {"2.2.6.1", "one that is added by another one comes after those that were there",
     handlers_added_by_handlers_come_last, AXIS(LATE), false},
    {"2.2.6.2", "all onRejected are called, in the order of their thens", handlers_run_in_order,
     AXIS(LATE), true},
    {"2.2.6.2", "each of them has its own result, also beside one that throws",
     each_handler_has_its_own_result, AXIS(WAY), true},
    {"2.2.6.2", "one that is added by another one comes after those that were there",
     handlers_added_by_handlers_come_last, AXIS(LATE), true},
};

const struct rules aplus_then = {rules, sizeof rules / sizeof rules[0]};
