/*
 * tiny.h - a promise library of the smallest kind, which can be broken: it shows that the Promises/A+ suite can be put over
 * something that is not vow, and that the suite finds what is wrong.
 *
 * One thread at a time, numbers as values, no cancel, no progress. What a promise brings on waits in one queue for tiny_run.
 */
#ifndef VOW_TESTS_CONFORMANCE_TINY_H
#define VOW_TESTS_CONFORMANCE_TINY_H

#include <stdbool.h>

typedef struct tiny tiny;

enum tiny_kind { TINY_VALUE, TINY_ERROR, TINY_PROMISE, TINY_OTHER };

struct tiny_value {
    enum tiny_kind kind;
    int number;    /* of a value or error */
    tiny *promise; /* borrowed */
    void *other;   /* a foreign object, which tiny_ask knows how to ask */
};

typedef struct tiny_value tiny_function(struct tiny_value input, void *context);

/* Has a foreign object settle a promise. An error that it gives back is one that was thrown. */
extern struct tiny_value (*tiny_ask)(void *other, tiny *promise);

/* A pending promise; whoever has it can also settle it. */
tiny *tiny_new(void);
tiny *tiny_retain(tiny *promise);
void tiny_release(tiny *promise);

/* The promise resolution procedure; an error rejects. Ignored if this was done before. */
void tiny_resolve(tiny *promise, struct tiny_value value);

/* Borrows `promise`; the new one is owned. `drop` gets `context` when nothing will be called any more. */
tiny *tiny_then(tiny *promise, tiny_function *fulfilled, tiny_function *rejected, void *context,
                void (*drop)(void *));

/* Runs what has become due, until nothing is. */
void tiny_run(void);

/* Ways to be broken */
enum tiny_fault {
    TINY_SOUND,
    TINY_SETTLES_AGAIN,
    TINY_CALLS_TOO_EARLY,
    TINY_CALLS_TWICE,
    TINY_CALLS_AT_ONCE,
    TINY_CALLS_BACKWARDS,
    TINY_CALLS_THE_WRONG_ONE,
    TINY_PASSES_NOTHING_ON,
    TINY_LOSES_ERRORS,
    TINY_FORGETS_THROWS,
    TINY_WAITS_FOR_ITSELF,
    TINY_DOES_NOT_WAIT,
    TINY_ASKS_TWICE,
    TINY_LETS_THE_LAST_WIN,
    TINY_LETS_THROWS_WIN
};

extern enum tiny_fault tiny_fault;

#endif
