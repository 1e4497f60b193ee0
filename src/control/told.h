/*
 * told.h - links that tell a C function of a promise's value: what combinators, groups and loops of promises hang on
 * others with.
 *
 * A told link lies in memory of whoever is told, who also holds a reference to the promise until the link has been
 * executed, or has been let go: then that reference is given back, and nobody takes it for a consumer's any more. It runs
 * where the value comes, on whichever thread, or, where it asks for that, at the promise's home; if that is
 * closed, where this is found. What it does at length is to be put on the firing's list (vow_fire_with), so that it does
 * not nest.
 *
 * What a told link belongs to waits for the promise, alone or among others, and is a promise for its users: that is how
 * rings are found that lead through it (ring.h), and where progress goes on (LINK_FORWARD): through what stands for one
 * promise at a time, as a timeout does.
 */
#ifndef VOW_CONTROL_TOLD_H
#define VOW_CONTROL_TOLD_H

#include "control/run.h"

struct told;

struct told_kind {
    /* Takes `value`. The link is free again. */
    void (*tell)(struct told *told, vow_value value, struct firing *firing);
    /* The promise that waits for the one in whose queue the link is, with an unseen reference; NULL: none, or no more. Inside
       of that one. NULL for those for whom nobody waits. */
    vow_promise *(*waits)(struct told *told);
    /* Gives back what was held for the link, which was let go, and is free again: the reference to the promise, too. Not
       inside. NULL for those who never let go. */
    void (*forget)(struct told *told);
};

struct told {
    struct link link;
    const struct told_kind *kind;
};

/* Sets a link up. `flags`: LINK_UNSEEN, LINK_AT_HOME, LINK_FORWARD. */
static inline void vow_told_init(struct told *told, unsigned flags, const struct told_kind *kind)
{
    told->link = (struct link){.kind = LINK_TOLD, .flags = (uint16_t)flags};
    told->kind = kind;
}

/* The promise of a deferred that has not fired, with a further reference, an unseen one: for `waits`. */
static inline vow_promise *vow_told_waiting(vow_deferred *deferred)
{
    vow_promise *promise = (vow_promise *)deferred;
    vow_promise_ref_unseen(promise);
    return promise;
}

/* Has `told` told of what `promise` (borrowed) gives. True: it has settled already, and its value, owned, is in *ret_value;
   nothing is told. False: it will be told, or has been. */
bool vow_told_attach(vow_promise *promise, struct told *told, vow_value *ret_value);

/* Lets go of `promise` (borrowed): `told` is not told of it any more, unless it is just being told. It is forgotten at once, or
   when its turn comes: links are executed, or hear progress. */
void vow_told_let_go(vow_promise *promise, struct told *told);

/* Forgets a link that was let go, and has been taken out. */
static inline void vow_told_forget(struct link *link)
{
    struct told *told = vow_container_of(link, struct told, link);
    told->kind->forget(told);
}

/* Executes a link that has been popped. */
void vow_told_tell(vow_promise *promise, struct link *link, struct firing *firing);

/* The promise that what hangs by `link` in a queue settles, or stands for; with an unseen reference, or NULL. Inside. */
vow_promise *vow_link_waits(struct link *link);

#endif
