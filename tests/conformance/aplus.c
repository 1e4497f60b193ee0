/*
 * aplus.c - running the suite: each rule for each combination of what its axes offer.
 */
#include "conformance/aplus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/report.h"

const struct adapter *library;

/* What cannot be said of a promise in C, or not of any library's ------------------------------------------------------------ */

static const struct {
    const char *rule;
    const char *reason;
} left_out[] = {
    {"2.2.1, what is no function",
     "arguments of other types than a function do not compile: NULL stands for all of them"},
    {"2.2.5", "there is no 'this': a handler gets the context that was given with it"},
    {"2.3.3.1", "a then-function is a member of a structure: retrieving it runs no code"},
    {"2.3.3.2", "retrieving it cannot fail"},
    {"2.3.3.4", "what kind of object has a then-function is known when it is compiled"},
    {"2.2.7.2 and 2.3.3.3.2, reasons that are promises",
     "what rejects is an error: a type of its own, which a promise is not"},
};

/* Axes ------------------------------------------------------------------------------------------------------------------------ */

static const char *const way_names[WAYS] = {"already settled", "immediately settled",
                                            "eventually settled", "settled by another thread"};
static const char *const road_names[ROADS] = {"returned by onFulfilled", "returned by onRejected",
                                              "given to resolve", "given when the promise is made"};
static const char *const kind_names[KINDS] = {
    "a fulfilled promise",
    "an eventually fulfilled promise",
    "a thenable that fulfils",
    "a thenable that fulfils eventually",
    "a thenable that fulfils twice",
    "a thenable that fulfils, then throws",
    "a rejected promise",
    "an eventually rejected promise",
    "a thenable that rejects",
    "a thenable that rejects eventually",
    "a thenable that rejects twice",
    "a thenable that throws",
};
static const char *const moment_names[MOMENTS] = {"in its then", "eventually", "on another thread"};
static const char *const settlement_names[SETTLEMENTS] = {"resolve", "reject",
                                                          "resolve with a promise fulfilled later",
                                                          "resolve with a promise rejected later"};
static const char *const gap_names[GAPS] = {"at once", "after a while", "both after a while",
                                            "on another thread"};

static const struct {
    const char *const *names;
    int count;
    const char *before; /* the name, in the case's */
} offers[AXES] = {
    [WAY] = {way_names, WAYS, ""},
    [LATE] = {way_names + 1, WAYS - 1, ""},
    [OUTCOME] = {(const char *const[]){"fulfilled", "rejected"}, 2, ""},
    [ROAD] = {road_names, ROADS, ""},
    [KIND] = {kind_names, KINDS, ""},
    [OUTER] = {kind_names, FULFILLING, ""},
    [INNER] = {kind_names, KINDS, "with "},
    [MOMENT] = {moment_names, MOMENTS, ""},
    [FIRST] = {settlement_names, SETTLEMENTS, "first "},
    [SECOND] = {settlement_names, 2, "then "},
    [GAP] = {gap_names, GAPS, ""},
};

static int count_of(int axis)
{
    if (axis == VALUE)
        return (int)library->values.count;
    if (axis == REASON)
        return (int)library->reasons.count;
    return offers[axis].count;
}

static const char *name_of(int axis, int index)
{
    if (axis == VALUE)
        return library->values.forms[index].name;
    if (axis == REASON)
        return library->reasons.forms[index].name;
    return offers[axis].names[index];
}

static bool has(const struct rule *rule, int axis)
{
    return (rule->axes & AXIS(axis)) != 0;
}

/* "already settled, a text" */
static void name_case(const struct rule *rule, const int *at, char *name, size_t size)
{
    size_t length = 0;
    name[0] = '\0';
    for (int axis = 0; axis < AXES && length < size; axis++)
        if (has(rule, axis))
            length += (size_t)snprintf(
                name + length, size - length, "%s%s%s", length > 0 ? ", " : "",
                offers[axis].before != NULL ? offers[axis].before : "", name_of(axis, at[axis]));
}

/* The next combination; false: that was the last. */
static bool advance(const struct rule *rule, int *at)
{
    for (int axis = AXES - 1; axis >= 0; axis--) {
        if (!has(rule, axis))
            continue;
        if (++at[axis] < count_of(axis))
            return true;
        at[axis] = 0;
    }
    return false;
}

/* Cases ----------------------------------------------------------------------------------------------------------------------- */

static struct thing form_of(const struct forms *forms, enum thing_kind kind, int form, int mark)
{
    return (struct thing){.kind = kind, .form = form, .mark = forms->forms[form].marked ? mark : 0};
}

static struct scene *set_up(const struct rule *rule, const int *at)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL || pthread_mutex_init(&scene->lock, NULL) != 0)
        abort();
    memcpy(scene->axis, at, sizeof scene->axis);
    if (has(rule, LATE))
        scene->axis[WAY] = at[LATE] + 1;
    scene->rejects = has(rule, OUTCOME) ? at[OUTCOME] == 1 : rule->rejects;
    scene->value = form_of(&library->values, THING_VALUE, at[VALUE], 1);
    scene->reason = form_of(&library->reasons, THING_REASON, at[REASON], 2);
    return scene;
}

static void end_pile(struct pile *pile, void (*end)(void *))
{
    for (size_t i = 0; i < pile->count; i++)
        end(pile->items[i]);
    free(pile->items);
}

static void tear_down(struct scene *scene)
{
    end_pile(&scene->deferreds, library->deferred_release);
    end_pile(&scene->promises, library->release);
}

static struct scene *play(const struct rule *rule, const int *at)
{
    char name[256];
    struct scene *scene = set_up(rule, at);
    name_case(rule, at, name, sizeof name);
    rule->play(scene);
    if (!library->runs_at_once())
        expect_count(scene, scene->nested, 0,
                     "handlers called before the stack had unwound (2.2.4)");
    report_case(rule->number, rule->title, name, scene->fault[0] != '\0' ? scene->fault : NULL);
    tear_down(scene);
    return scene;
}

/* Deferreds that were let go may have called handlers: what these use is kept until all is quiet. */
static void forget(struct scene *scene)
{
    library->run_until_quiet();
    while (scene != NULL) {
        struct scene *former = scene->former;
        end_pile(&scene->memory, free);
        (void)pthread_mutex_destroy(&scene->lock);
        free(scene);
        scene = former;
    }
}

static void play_all_cases(const struct rule *rule)
{
    int at[AXES] = {0};
    struct scene *last = NULL;
    do {
        struct scene *scene = play(rule, at);
        scene->former = last;
        last = scene;
    } while (advance(rule, at));
    forget(last);
}

static void play_all(const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        play_all_cases(&rules->rules[i]);
}

int aplus_run(const struct adapter *adapter, int argc, char **argv)
{
    library = adapter;
    if (!library->begin(&argc, argv))
        return 2;
    play_all(&aplus_states);
    play_all(&aplus_then);
    play_all(library->runs_at_once() ? &aplus_then_at_once : &aplus_then_unwound);
    play_all(&aplus_then_promise);
    play_all(&aplus_resolution);
    play_all(&aplus_thenables);
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        report_left_out(left_out[i].rule, left_out[i].reason);
    char suite[64];
    (void)snprintf(suite, sizeof suite, "Promises/A+, %s", library->name);
    int status = report_end(suite, library->place());
    return library->end() ? status : EXIT_FAILURE;
}
