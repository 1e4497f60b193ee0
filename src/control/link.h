/*
 * link.h - links: what hangs in a promise's queue.
 *
 *   CALLBACKS  a function whose result replaces the promise's value       vow_add_callbacks
 *   THEN       a function whose result settles the target                 vow_then and its like
 *   ADOPT      settles the target with the promise's value                a promise fired with a promise
 *   WAIT       wakes a line that waits                                    vow_wait
 *   TOLD       tells a C function of the value, wherever that comes       told.h: combinators, groups
 *
 * A queue is a ring with a pointer to its last link, so that both ends are at hand in one word. The most frequent links
 * need no memory of their own: THEN lies in its target (OWN), the first CALLBACKS of a promise in that promise (OWN),
 * WAIT on the waiting stack, TOLD in what it tells. A FULL link has the rarer fields behind it.
 */
#ifndef VOW_CONTROL_LINK_H
#define VOW_CONTROL_LINK_H

#include <stdbool.h>
#include <vow/promise.h>

enum link_kind { LINK_CALLBACKS, LINK_THEN, LINK_ADOPT, LINK_WAIT, LINK_TOLD };

enum {
    LINK_OWN = 1,     /* lies in its target (THEN, ADOPT), or in the promise itself (CALLBACKS) */
    LINK_FULL = 2,    /* a struct full_link */
    LINK_FINALLY = 4, /* the value is kept, unless the function gives an error */
    LINK_DEAD = 8,    /* THEN: its target was canceled, no function runs any more. TOLD: let go */
    LINK_UNSEEN = 16, /* TOLD: does not count as looking at an error */
    LINK_AT_HOME =
        32, /* TOLD: the function runs at the promise's home, not wherever the value comes */
    LINK_FORWARD = 64, /* TOLD: who waits for the promise hears its progress */
    LINK_TO_HEAR = 128 /* hears a piece of progress that is being told (notify.c) */
};

struct link {
    struct link *next;
    vow_fn *fulfilled;
    vow_fn *rejected;
    void *context;
    vow_promise
        *peer; /* THEN, ADOPT: the target. In a promise's own link: its source, if it is DERIVED */
    uint16_t kind;
    uint16_t flags;
};

struct full_link {
    struct link link;
    vow_fn *notified;
    void (*drop)(void *);
    vow_scheduler *scheduler; /* one reference, or NULL */
};

/* Takes a link out of the queue of `promise`, wherever it is; false if it is not there. Inside. */
bool vow_link_remove(vow_promise *promise, struct link *link);

/* Whether a link is in the queue of `promise`. Inside. */
bool vow_link_is_in(const vow_promise *promise, const struct link *link);

/* Takes a link out that is in the queue and is not wanted any more. False: it stays for now, and is marked DEAD, for links are
   executed, or hear progress. Inside. */
bool vow_link_take_out(vow_promise *promise, struct link *link);

/* The THEN link of `target` in the queue of `promise`, or NULL. Inside. */
struct link *vow_link_find(const vow_promise *promise, const vow_promise *target);

/* Where a link with a function has to run in the queue of `promise`. */
vow_scheduler *vow_link_place(const vow_promise *promise, const struct link *link);

/* A link that has been popped: runs its drop function, frees it. `promise` is the one in whose queue it was; not
   inside. Clears nothing in the target. */
void vow_link_end(struct link *link);

/* A full link from handlers (checked before); NULL without memory. */
struct link *vow_link_from_handlers(enum link_kind kind, const vow_handlers *handlers);

#endif
