/*
 * adapter_vow.h - what the parts of vow's adapter share: a deferred with both its ends, and results as values.
 */
#ifndef CONFORMANCE_DEFERRED_ADAPTER_VOW_H
#define CONFORMANCE_DEFERRED_ADAPTER_VOW_H

#include <vow/deferred.h>

#include "conformance/deferred/adapter.h"

struct deferred {
    vow_deferred *producer; /* NULL: the library fires it */
    vow_promise *promise;   /* NULL: it was given away */
    bool shared;            /* it is not going to be given away */
    canceller *canceller;
    void *context;
};

/* A function of the suite's with its context; lives until the rule is over. */
struct hook {
    struct hook *next;
    step *callback;
    step *errback;
    void *context;
};

/* Both are taken; the deferred is the suite's, which frees it once. */
struct deferred *deferred_of(vow_deferred *producer, vow_promise *promise);

/* The promise, for a function that takes it. */
vow_promise *give_promise_of(struct deferred *deferred);

/* A value, borrowed, as the suite sees it. */
struct result result_of(vow_value value);

/* What the suite gave, owned. */
vow_value value_of(struct result result);

struct hook *hook_new(step *callback, step *errback, void *context);
void hooks_free(void);

/* Calls `callback`, or `errback`, of the hook in `context`. */
vow_value run_callback(vow_value input, void *context);
vow_value run_errback(vow_value input, void *context);

#endif
