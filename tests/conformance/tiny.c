/*
 * tiny.c - promises in some two hundred lines, and fourteen ways to get them wrong.
 *
 * A promise is *sealed* when it has been resolved, also with a promise that is pending; it is *settled* when its outcome is
 * there. A reaction is what then has left: it runs from the queue once its promise is settled, and resolves the derived
 * promise with what its function gives. A promise that follows another one has a reaction without functions there.
 */
#include "conformance/tiny.h"

#include <stdlib.h>

struct reaction {
    struct reaction *next;
    tiny *source;                /* one reference, in the queue */
    tiny *derived;               /* one reference */
    tiny_function *functions[2]; /* for values and for errors */
    void *context;
    void (*drop)(void *);
};

struct tiny {
    int references;
    bool sealed, settled;
    struct tiny_value outcome;
    struct reaction *reactions;
};

struct tiny_value (*tiny_ask)(void *other, tiny *promise);
enum tiny_fault tiny_fault;

static struct reaction *queue;

static bool is_broken(enum tiny_fault fault)
{
    return tiny_fault == fault;
}

/* Life ------------------------------------------------------------------------------------------------------------------------ */

static void *make(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        abort();
    return memory;
}

tiny *tiny_new(void)
{
    return tiny_retain(make(sizeof(tiny)));
}

tiny *tiny_retain(tiny *promise)
{
    promise->references++;
    return promise;
}

static void end(struct reaction *reaction)
{
    if (reaction->drop != NULL)
        reaction->drop(reaction->context);
    tiny_release(reaction->derived);
    free(reaction);
}

void tiny_release(tiny *promise)
{
    if (--promise->references > 0)
        return;
    while (promise->reactions != NULL) {
        struct reaction *reaction = promise->reactions;
        promise->reactions = reaction->next;
        end(reaction);
    }
    free(promise);
}

/* Reactions ------------------------------------------------------------------------------------------------------------------- */

static void append(struct reaction **list, struct reaction *reaction)
{
    while (*list != NULL && !is_broken(TINY_CALLS_BACKWARDS))
        list = &(*list)->next;
    reaction->next = *list;
    *list = reaction;
}

static void settle(tiny *promise, struct tiny_value outcome);

static tiny_function *function_for(const struct reaction *reaction, struct tiny_value outcome)
{
    bool rejected = outcome.kind == TINY_ERROR;
    if (is_broken(TINY_CALLS_THE_WRONG_ONE) && reaction->functions[rejected] == NULL)
        rejected = !rejected;
    return reaction->functions[rejected];
}

static struct tiny_value call(const struct reaction *reaction, tiny_function *function,
                              struct tiny_value outcome)
{
    struct tiny_value given = function(outcome, reaction->context);
    if (is_broken(TINY_CALLS_TWICE))
        given = function(outcome, reaction->context);
    if (is_broken(TINY_LOSES_ERRORS) && given.kind == TINY_ERROR)
        given.kind = TINY_VALUE;
    return given;
}

static void react(struct reaction *reaction, struct tiny_value outcome)
{
    tiny_function *function = function_for(reaction, outcome);
    if (function != NULL)
        tiny_resolve(reaction->derived, call(reaction, function, outcome));
    else if (reaction->context == NULL || !is_broken(TINY_PASSES_NOTHING_ON))
        settle(reaction->derived, outcome);
    end(reaction);
}

static void enqueue(tiny *promise, struct reaction *reaction)
{
    if (is_broken(TINY_CALLS_AT_ONCE)) {
        react(reaction, promise->outcome);
        return;
    }
    reaction->source = tiny_retain(promise);
    append(&queue, reaction);
}

void tiny_run(void)
{
    while (queue != NULL) {
        struct reaction *reaction = queue;
        tiny *source = reaction->source;
        queue = reaction->next;
        react(reaction, source->outcome);
        tiny_release(source);
    }
}

static void add(tiny *promise, struct reaction *reaction)
{
    bool early = is_broken(TINY_CALLS_TOO_EARLY) && reaction->context != NULL;
    if (promise->settled || early)
        enqueue(promise, reaction);
    else
        append(&promise->reactions, reaction);
}

tiny *tiny_then(tiny *promise, tiny_function *fulfilled, tiny_function *rejected, void *context,
                void (*drop)(void *))
{
    struct reaction *reaction = make(sizeof *reaction);
    tiny *derived = tiny_new();
    *reaction = (struct reaction){.derived = tiny_retain(derived),
                                  .functions = {fulfilled, rejected},
                                  .context = context,
                                  .drop = drop};
    add(promise, reaction);
    return derived;
}

/* Settling -------------------------------------------------------------------------------------------------------------------- */

static void settle(tiny *promise, struct tiny_value outcome)
{
    promise->sealed = true;
    promise->settled = true;
    promise->outcome = outcome;
    while (promise->reactions != NULL) {
        struct reaction *reaction = promise->reactions;
        promise->reactions = reaction->next;
        enqueue(promise, reaction);
    }
}

static void follow(tiny *promise, tiny *other)
{
    struct reaction *reaction = make(sizeof *reaction);
    *reaction = (struct reaction){.derived = tiny_retain(promise)};
    add(other, reaction);
}

/* The object settles a promise of its own, which `promise` follows. */
static void ask(tiny *promise, void *other)
{
    tiny *answer = tiny_new();
    struct tiny_value given = tiny_ask(other, answer);
    if (is_broken(TINY_ASKS_TWICE))
        given = tiny_ask(other, answer);
    if (is_broken(TINY_LETS_THROWS_WIN) && given.kind == TINY_ERROR)
        settle(answer, given);
    if (given.kind == TINY_ERROR && !is_broken(TINY_FORGETS_THROWS))
        tiny_resolve(answer, given);
    follow(promise, answer);
    tiny_release(answer);
}

static void resolve_with_promise(tiny *promise, tiny *other)
{
    if (is_broken(TINY_DOES_NOT_WAIT) && !other->settled)
        settle(promise, (struct tiny_value){.kind = TINY_VALUE});
    else if (other != promise)
        follow(promise, other);
    else if (!is_broken(TINY_WAITS_FOR_ITSELF))
        settle(promise, (struct tiny_value){.kind = TINY_ERROR, .number = -1});
}

static bool is_too_late(const tiny *promise)
{
    if (is_broken(TINY_LETS_THE_LAST_WIN))
        return promise->settled;
    return promise->sealed && !is_broken(TINY_SETTLES_AGAIN);
}

void tiny_resolve(tiny *promise, struct tiny_value value)
{
    if (is_too_late(promise))
        return;
    promise->sealed = true;
    if (value.kind == TINY_OTHER)
        ask(promise, value.other);
    else if (value.kind == TINY_PROMISE)
        resolve_with_promise(promise, value.promise);
    else
        settle(promise, value);
}
