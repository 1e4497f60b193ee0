/*
 * adapter.h - a promise library, as the Promises/A+ suite sees it: a struct of functions that is filled for each one.
 *
 * The suite knows nothing of the library's values. What it gives and gets is a *thing*: one of the forms of value or reason
 * that the library has (a number, a text …) with a *mark*, a small number by which it is known again; or a promise of the
 * library's; or a *thenable*, a foreign object with a then-function, which the library has to adopt (section 2.3.3).
 */
#ifndef VOW_TESTS_CONFORMANCE_ADAPTER_H
#define VOW_TESTS_CONFORMANCE_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>

struct thenable;

enum thing_kind {
    THING_VALUE,   /* returned, or what a promise is fulfilled with */
    THING_REASON,  /* thrown, or what a promise is rejected with */
    THING_PROMISE, /* only from the suite to the library */
    THING_THENABLE /* only from the suite to the library */
};

struct thing {
    enum thing_kind kind;
    int form;                  /* of a value or reason: index into the adapter's forms */
    int mark;                  /* of a value or reason: 0 where its form has none */
    void *promise;             /* borrowed: the library shares it */
    struct thenable *thenable; /* borrowed: lives until the case is over */
};

/* What the suite hands to `then`. What it gives is returned (a value, a promise, a thenable) or thrown (a reason). */
typedef struct thing handler(struct thing input, void *context);

/* A foreign object. `then` is called to have `deferred` settled by it, with the adapter's own resolve and reject, at once
   or later; `deferred` is borrowed, and retained for later. A reason that is given back means that it failed (threw);
   anything else means nothing. */
struct thenable {
    struct thing (*then)(struct thenable *self, void *deferred);
};

/* A form of values or of reasons. Where a form has no room for a mark (nothing, the end of a stream), it is not marked. */
struct form {
    const char *name;
    bool marked;
};

struct forms {
    const struct form *forms;
    size_t count;
};

struct adapter {
    const char *name;
    struct forms values;  /* the first one is marked; it serves where the form does not matter */
    struct forms reasons; /* likewise */

    /* Making the library ready, once; the arguments are its. False: main returns 2. */
    bool (*begin)(int *argc, char **argv);

    /* Once, after the last case. False: something was left behind, and standard error says what. */
    bool (*end)(void);

    /* Where the library runs functions: for the report. */
    const char *(*place)(void);

    /* Whether handlers may run inside of the calls of then, resolve and reject: the one rule (2.2.4) that a library may set
       aside on purpose. The suite then checks that they do run at once. */
    bool (*runs_at_once)(void);

    /* A pending promise, owned, and what settles it, owned, and counted. */
    void *(*deferred)(void **ret_promise);
    void (*deferred_retain)(void *deferred);
    void (*deferred_release)(void *deferred);

    /* Settles, with anything: the promise resolution procedure (2.3). What comes too late is ignored. */
    void (*resolve)(void *deferred, struct thing thing);

    /* Rejects with a reason. What comes too late is ignored. */
    void (*reject)(void *deferred, struct thing reason);

    /* Promises that are settled from the beginning; owned. */
    void *(*resolved)(struct thing thing);
    void *(*rejected)(struct thing reason);

    /* The promise's then; a handler may be NULL. Borrows `promise`; the new promise is owned. */
    void *(*then)(void *promise, handler *fulfilled, handler *rejected, void *context);

    /* Gives a promise back. */
    void (*release)(void *promise);

    /* Lets everything happen that can, on whichever thread, and has happened before it returns. Outside of handlers. */
    void (*run_until_quiet)(void);
};

#endif
