/*
 * gather.h - one promise of many: the object behind vow_all and its like.
 *
 * A member for each promise: a told link and a reference. What they give is noted under the lock until the result is
 * *decided*; then, where the rest is to be canceled, the result waits for `pending` to become 0; then it is fired, once.
 *
 *      open ----- the rule of its kind is met -----> decided ----- all that is waited for has ended -----> fired
 *        | a cancel: decided as soon as nothing is pending, with CANCELED
 *
 * Invariants
 * 1. `pending` counts the members that have neither ended nor been let go.
 * 2. References: one for each member whose link is in a queue, the canceller's, the maker's while it attaches.
 * 3. Nothing is canceled or fired while the maker attaches: it does both at its end.
 * 4. Failing needs no memory: both lists have room for all from the start.
 */
#ifndef VOW_CONTROL_GATHER_H
#define VOW_CONTROL_GATHER_H

#include "control/references.h"
#include "control/told.h"
#include <vow/combine.h>

struct gather;

struct member {
    struct told told;
    struct gather *gather;
    vow_promise *promise; /* one reference, until it has ended, or is forgotten; under the lock */
    bool let_go;          /* somebody else looks at it: it is not waited for; under the lock */
};

struct gather {
    struct references references;
    struct lock lock;
    struct vow_gathering what;
    const char *function;
    vow_deferred *deferred;
    struct vow_field *fields; /* vow_gather_fields: where values go; own memory; NULL: none */
    size_t count;
    size_t pending, fulfilled, rejected;
    size_t first;      /* by_one: whose index this is */
    bool attaching;    /* by its maker */
    bool decided;      /* what comes later is not wanted */
    bool by_one;       /* `result` decided it */
    bool canceled;     /* by a cancel of the result */
    bool ending;       /* the others have been, or are being, canceled */
    bool fired;        /* or somebody is about to */
    bool fills;        /* vow_gather_fields: `result` is what it is fulfilled with */
    vow_value result;  /* the single value, or error, that decided it */
    vow_value failure; /* ALL: the error that decided it */
    vow_value values;  /* ALL, SETTLED: a list by index; SOME: by arrival */
    vow_value errors;  /* ANY, SOME: a list by index, of what are errors */
    struct member members[];
};

/* What is gathered: `count` promises, taken, checked before; in an array of theirs, or in that of the fields. */
struct gathered {
    vow_promise *const *promises;
    const struct vow_field *fields;
    size_t count;
    vow_value result; /* taken; for fields */
    bool fills;       /* what it is fulfilled with is `result` */
};

/* Begins; never NULL: without memory a refusal, in the name of `function`, a static text. */
vow_promise *vow_gather_begin(const struct gathered *gathered, const struct vow_gathering *what,
                              const char *function);

/* A rejected promise with the sentence of vow_last_error(); releases what was gathered, where that can be read. */
vow_promise *vow_gather_refuse(const struct gathered *gathered, vow_status status);

/* Notes what member `index` gave (taken), and whether that decides it. Under the lock; not yet decided. */
void vow_gather_note(struct gather *gather, size_t index, vow_value value);

/* Whether it is decided without any promise. */
bool vow_gather_needs_nothing(const struct gather *gather);

/* What the result is to be, owned; the gather no longer has it. Once. */
vow_value vow_gather_result(struct gather *gather);

/* One error for `errors` (taken: a list of at least one, in the order that counts): the only one as it is; else one with
   the status of the first, "FUNCTION: N WHAT failed", and all of them as its causes. */
vow_value vow_errors_together(vow_value errors, const char *function, const char *what);

#endif
