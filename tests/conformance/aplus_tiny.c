/*
 * aplus_tiny.c - the smallest promise library under the Promises/A+ suite; sound, or broken on purpose.
 *
 *     --break NAME      breaks it: the suite then has to fail
 *     --faults          lists the names, each with the rule that has to find it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/aplus.h"
#include "conformance/tiny.h"

/* Faults ---------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum tiny_fault fault;
    const char *rule;
} faults[] = {
    {"settles-again", TINY_SETTLES_AGAIN, "2.1.2.1"},
    {"calls-too-early", TINY_CALLS_TOO_EARLY, "2.2.2.2"},
    {"calls-twice", TINY_CALLS_TWICE, "2.2.2.3"},
    {"calls-the-wrong-one", TINY_CALLS_THE_WRONG_ONE, "2.2.3.2"},
    {"calls-at-once", TINY_CALLS_AT_ONCE, "2.2.4"},
    {"calls-backwards", TINY_CALLS_BACKWARDS, "2.2.6.1"},
    {"loses-errors", TINY_LOSES_ERRORS, "2.2.7.2"},
    {"passes-nothing-on", TINY_PASSES_NOTHING_ON, "2.2.7.3"},
    {"waits-for-itself", TINY_WAITS_FOR_ITSELF, "2.3.1"},
    {"does-not-wait", TINY_DOES_NOT_WAIT, "2.3.2.1"},
    {"asks-twice", TINY_ASKS_TWICE, "2.3.3.3"},
    {"lets-the-last-win", TINY_LETS_THE_LAST_WIN, "2.3.3.3.3"},
    {"lets-throws-win", TINY_LETS_THROWS_WIN, "2.3.3.3.4.1"},
    {"forgets-throws", TINY_FORGETS_THROWS, "2.3.3.3.4.2"},
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

static int list_faults(void)
{
    for (size_t i = 0; i < FAULTS; i++)
        (void)printf("%s %s\n", faults[i].name, faults[i].rule);
    return EXIT_SUCCESS;
}

static bool break_it(const char *name)
{
    for (size_t i = 0; i < FAULTS; i++)
        if (strcmp(name, faults[i].name) == 0) {
            tiny_fault = faults[i].fault;
            return true;
        }
    (void)fprintf(stderr, "There is no fault %s: --faults lists them\n", name);
    return false;
}

/* Things ---------------------------------------------------------------------------------------------------------------------- */

static struct tiny_value from_thing(struct thing thing)
{
    static const enum tiny_kind kinds[] = {[THING_VALUE] = TINY_VALUE,
                                           [THING_REASON] = TINY_ERROR,
                                           [THING_PROMISE] = TINY_PROMISE,
                                           [THING_THENABLE] = TINY_OTHER};
    return (struct tiny_value){.kind = kinds[thing.kind],
                               .number = thing.mark,
                               .promise = thing.promise,
                               .other = thing.thenable};
}

static struct thing to_thing(struct tiny_value value)
{
    return (struct thing){.kind = value.kind == TINY_ERROR ? THING_REASON : THING_VALUE,
                          .mark = value.number};
}

static struct tiny_value ask(void *other, tiny *promise)
{
    struct thenable *thenable = other;
    return from_thing(thenable->then(thenable, promise));
}

/* The adapter: a deferred is the promise itself ------------------------------------------------------------------------------- */

static bool begin(int *argc, char **argv)
{
    tiny_ask = ask;
    return *argc < 3 || strcmp(argv[1], "--break") != 0 || break_it(argv[2]);
}

static bool end(void)
{
    return true;
}

static const char *place(void)
{
    return "one thread";
}

static bool runs_at_once(void)
{
    return false;
}

static void *deferred(void **ret_promise)
{
    *ret_promise = tiny_new();
    return tiny_retain(*ret_promise);
}

static void retain(void *promise)
{
    (void)tiny_retain(promise);
}

static void release(void *promise)
{
    tiny_release(promise);
}

static void settle(void *promise, struct thing thing)
{
    tiny_resolve(promise, from_thing(thing));
}

static void *settled(struct thing thing)
{
    tiny *promise = tiny_new();
    tiny_resolve(promise, from_thing(thing));
    return promise;
}

struct handlers {
    handler *functions[2];
    void *context;
};

static struct tiny_value call_fulfilled(struct tiny_value input, void *context)
{
    const struct handlers *handlers = context;
    return from_thing(handlers->functions[0](to_thing(input), handlers->context));
}

static struct tiny_value call_rejected(struct tiny_value input, void *context)
{
    const struct handlers *handlers = context;
    return from_thing(handlers->functions[1](to_thing(input), handlers->context));
}

static void *then(void *promise, handler *fulfilled, handler *rejected, void *context)
{
    struct handlers *handlers = malloc(sizeof *handlers);
    if (handlers == NULL)
        abort();
    *handlers = (struct handlers){{fulfilled, rejected}, context};
    return tiny_then(promise, fulfilled != NULL ? call_fulfilled : NULL,
                     rejected != NULL ? call_rejected : NULL, handlers, free);
}

static const struct form number = {"a number", true};
static const struct form error = {"an error", true};

static const struct adapter tiny_adapter = {
    .name = "tiny",
    .values = {&number, 1},
    .reasons = {&error, 1},
    .begin = begin,
    .end = end,
    .place = place,
    .runs_at_once = runs_at_once,
    .deferred = deferred,
    .deferred_retain = retain,
    .deferred_release = release,
    .resolve = settle,
    .reject = settle,
    .resolved = settled,
    .rejected = settled,
    .then = then,
    .release = release,
    .run_until_quiet = tiny_run,
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--faults") == 0)
        return list_faults();
    return aplus_run(&tiny_adapter, argc, argv);
}
