/*
 * hold.h - running a function while a lock is held, or permits are: what it is that is held, and how it is had.
 */
#ifndef VOW_CONTROL_HOLD_H
#define VOW_CONTROL_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <vow/promise.h>

struct hold_kind;

struct hold {
    const struct hold_kind *kind;
    void *object;         /* borrowed */
    uint32_t count;       /* of permits */
    const char *function; /* a literal: in whose name */
};

struct hold_kind {
    /* A promise of its turn; `*granted` is set when that comes, as in vow_wait_queue_promise_noted. */
    vow_promise *(*take)(const struct hold *hold, bool *granted);
    void (*give_back)(const struct hold *hold);
};

/* A promise of what `fn(none, context)` gives, which is called when it is held, and given back when that has settled.
   Copies `hold`. drop(context), where it is not NULL, runs once, when `context` is not needed any more, on failure too. */
vow_promise *vow_hold_and_run(const struct hold *hold, vow_fn *fn, void *context,
                              void (*drop)(void *));

#endif
