/*
 * aplus_scene.c - what plays in a scene: handlers that are watched, and what is done when all is quiet.
 *
 * Every handler that the library gets is `enter_…`: it looks whether a call of the suite's, or another handler, is on this
 * thread's stack, and then calls the one that the rule has given.
 */
#include "conformance/aplus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many calls of the suite's, and handlers, are on this thread's stack. */
static _Thread_local int inside;

/* Memory ---------------------------------------------------------------------------------------------------------------------- */

static void put(struct scene *scene, struct pile *pile, void *item)
{
    (void)pthread_mutex_lock(&scene->lock);
    void **items = realloc(pile->items, (pile->count + 1) * sizeof *items);
    if (items == NULL)
        abort();
    items[pile->count++] = item;
    pile->items = items;
    (void)pthread_mutex_unlock(&scene->lock);
}

void *scene_memory(struct scene *scene, size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        abort();
    put(scene, &scene->memory, memory);
    return memory;
}

void *scene_keep(struct scene *scene, void *promise)
{
    if (promise == NULL) {
        expect(scene, false, "the library gave no promise (2.2.7)");
        abort(); /* nothing could go on from here */
    }
    put(scene, &scene->promises, promise);
    return promise;
}

/* Handlers -------------------------------------------------------------------------------------------------------------------- */

struct handlers {
    struct scene *scene;
    handler *fulfilled;
    handler *rejected;
    void *context;
};

static struct thing enter(const struct handlers *handlers, handler *function, struct thing input)
{
    if (inside > 0)
        atomic_fetch_add(&handlers->scene->nested, 1);
    inside++;
    struct thing given = function(input, handlers->context);
    inside--;
    return given;
}

static struct thing enter_fulfilled(struct thing input, void *context)
{
    const struct handlers *handlers = context;
    return enter(handlers, handlers->fulfilled, input);
}

static struct thing enter_rejected(struct thing input, void *context)
{
    const struct handlers *handlers = context;
    return enter(handlers, handlers->rejected, input);
}

void *scene_then(struct scene *scene, void *promise, handler *fulfilled, handler *rejected,
                 void *context)
{
    struct handlers *handlers = scene_memory(scene, sizeof *handlers);
    *handlers = (struct handlers){scene, fulfilled, rejected, context};
    inside++;
    void *derived = library->then(promise, fulfilled != NULL ? enter_fulfilled : NULL,
                                  rejected != NULL ? enter_rejected : NULL, handlers);
    inside--;
    return scene_keep(scene, derived);
}

struct thing pass_on(struct thing input, void *context)
{
    (void)context;
    return input;
}

/* Watching -------------------------------------------------------------------------------------------------------------------- */

static void see(struct watch *watch, struct thing input)
{
    watch->seen = input;
    watch->order = atomic_fetch_add(&watch->scene->order, 1) + 1;
}

static struct thing see_fulfilled(struct thing input, void *context)
{
    struct watch *watch = context;
    see(watch, input);
    atomic_fetch_add(&watch->fulfilled, 1);
    return input;
}

static struct thing see_rejected(struct thing input, void *context)
{
    struct watch *watch = context;
    see(watch, input);
    atomic_fetch_add(&watch->rejected, 1);
    return value_of(0);
}

struct watch *scene_watch(struct scene *scene, void *promise)
{
    struct watch *watch = scene_memory(scene, sizeof *watch);
    watch->scene = scene;
    (void)scene_then(scene, promise, see_fulfilled, see_rejected, watch);
    return watch;
}

/* Settling -------------------------------------------------------------------------------------------------------------------- */

void *scene_deferred(struct scene *scene, void **ret_promise)
{
    void *deferred = library->deferred(ret_promise);
    (void)scene_keep(scene, *ret_promise);
    put(scene, &scene->deferreds, deferred);
    return deferred;
}

void *scene_made(struct scene *scene, struct thing thing)
{
    inside++;
    void *promise =
        thing.kind == THING_REASON ? library->rejected(thing) : library->resolved(thing);
    inside--;
    return scene_keep(scene, promise);
}

void scene_resolve(struct scene *scene, void *deferred, struct thing thing)
{
    (void)scene;
    inside++;
    library->resolve(deferred, thing);
    inside--;
}

void scene_settle(struct scene *scene, void *deferred, struct thing thing)
{
    if (thing.kind != THING_REASON) {
        scene_resolve(scene, deferred, thing);
        return;
    }
    inside++;
    library->reject(deferred, thing);
    inside--;
}

/* Something that settles a deferred when it is its turn. */
struct settling {
    void *deferred;
    struct thing thing;
};

static struct settling *settling_new(struct scene *scene, void *deferred, struct thing thing)
{
    struct settling *settling = scene_memory(scene, sizeof *settling);
    *settling = (struct settling){deferred, thing};
    library->deferred_retain(deferred);
    put(scene, &scene->deferreds, deferred);
    return settling;
}

static void settle(struct scene *scene, void *context)
{
    const struct settling *settling = context;
    scene_settle(scene, settling->deferred, settling->thing);
}

void scene_settle_later(struct scene *scene, void *deferred, struct thing thing)
{
    scene_later(scene, settle, settling_new(scene, deferred, thing));
}

void scene_settle_elsewhere(struct scene *scene, void *deferred, struct thing thing)
{
    scene_elsewhere(scene, settle, settling_new(scene, deferred, thing));
}

/* Other threads --------------------------------------------------------------------------------------------------------------- */

struct errand {
    struct scene *scene;
    struct action action;
};

static void *run_errand(void *context)
{
    const struct errand *errand = context;
    errand->action.act(errand->scene, errand->action.context);
    return NULL;
}

void scene_elsewhere(struct scene *scene, void (*act)(struct scene *, void *), void *context)
{
    struct errand errand = {scene, {act, context}};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_errand, &errand) != 0 || pthread_join(thread, NULL) != 0)
        abort();
}

/* Later ----------------------------------------------------------------------------------------------------------------------- */

void scene_later(struct scene *scene, void (*act)(struct scene *, void *), void *context)
{
    (void)pthread_mutex_lock(&scene->lock);
    if (scene->later_count == sizeof scene->later / sizeof scene->later[0])
        abort();
    scene->later[scene->later_count++] = (struct action){act, context};
    (void)pthread_mutex_unlock(&scene->lock);
}

/* What is there now: what is added meanwhile waits until all is quiet again. */
static bool act_on_what_was_left(struct scene *scene)
{
    struct action now[sizeof scene->later / sizeof scene->later[0]];
    (void)pthread_mutex_lock(&scene->lock);
    size_t count = scene->later_count;
    memcpy(now, scene->later, sizeof now);
    scene->later_count = 0;
    (void)pthread_mutex_unlock(&scene->lock);
    for (size_t i = 0; i < count; i++)
        now[i].act(scene, now[i].context);
    return count > 0;
}

/* The source ------------------------------------------------------------------------------------------------------------------ */

static struct thing outcome_of(const struct scene *scene)
{
    return scene->rejects ? scene->reason : scene->value;
}

void *scene_source(struct scene *scene)
{
    void *promise = NULL;
    if (scene->axis[WAY] == ALREADY)
        return scene_made(scene, outcome_of(scene));
    scene->source = scene_deferred(scene, &promise);
    return promise;
}

static void settle_source(struct scene *scene)
{
    void *source = scene->source;
    scene->source = NULL;
    if (source == NULL)
        return;
    if (scene->axis[WAY] == EVENTUALLY)
        library->run_until_quiet();
    if (scene->axis[WAY] == ELSEWHERE)
        scene_settle_elsewhere(scene, source, outcome_of(scene));
    else
        scene_settle(scene, source, outcome_of(scene));
}

void scene_play(struct scene *scene)
{
    settle_source(scene);
    do
        library->run_until_quiet();
    while (act_on_what_was_left(scene));
}

/* Roads ----------------------------------------------------------------------------------------------------------------------- */

static struct thing give_thing(struct thing input, void *context)
{
    (void)input;
    return *(const struct thing *)context;
}

static void *by_handler(struct scene *scene, bool rejected, struct thing *given)
{
    scene->rejects = rejected;
    void *source = scene_source(scene);
    return scene_then(scene, source, rejected ? NULL : give_thing, rejected ? give_thing : NULL,
                      given);
}

void *scene_by_road(struct scene *scene, struct thing thing)
{
    void *promise = NULL;
    struct thing *given = scene_memory(scene, sizeof *given);
    *given = thing;
    switch ((enum road)scene->axis[ROAD]) {
    case RETURNED_AS_VALUE:
    case RETURNED_AS_REASON:
        return by_handler(scene, scene->axis[ROAD] == RETURNED_AS_REASON, given);
    case MADE_WITH:
        return scene_made(scene, thing);
    default:
        scene_resolve(scene, scene_deferred(scene, &promise), thing);
        return promise;
    }
}
