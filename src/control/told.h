/*
 * told.h - links that tell a C function of a promise's value: what combinators, groups and loops of promises hang on
 * others with.
 *
 * A told link lies in memory of whoever is told, who also holds a reference to the promise until the link has been
 * executed. It runs where the value comes, on whichever thread, or, where it asks for that, at the promise's home; if that is
 * closed, where this is found. What it does at length is to be put on the firing's list (vow_fire_with), so that it does
 * not nest.
 *
 * Progress passes a told link by, unless somebody is named who hears it (vow_told_forward): what the whole stands for one
 * promise at a time, as a timeout does. That one must not go while the link is in a queue.
 */
#ifndef VOW_CONTROL_TOLD_H
#define VOW_CONTROL_TOLD_H

#include "control/run.h"

struct told {
    struct link link;
    /* Takes `value`. The link is free again. */
    void (*tell)(struct told *told, vow_value value, struct firing *firing);
};

/* Sets a link up. `flags`: LINK_UNSEEN, LINK_AT_HOME. */
static inline void vow_told_init(struct told *told, unsigned flags,
                                 void (*tell)(struct told *, vow_value, struct firing *))
{
    told->link = (struct link){.kind = LINK_TOLD, .flags = (uint16_t)flags};
    told->tell = tell;
}

/* From now on `listener`, borrowed, hears the progress of the promises that `told` is told of. The link is in no queue. */
static inline void vow_told_forward(struct told *told, vow_deferred *listener)
{
    told->link.peer = (vow_promise *)listener;
}

/* Nobody hears it any more; the link may be in the queue of `promise`. */
void vow_told_forward_no_more(vow_promise *promise, struct told *told);

/* Has `told` told of what `promise` (borrowed) gives. True: it has settled already, and its value, owned, is in *ret_value;
   nothing is told. False: it will be told, or has been. */
bool vow_told_attach(vow_promise *promise, struct told *told, vow_value *ret_value);

/* Executes a link that has been popped. */
void vow_told_tell(vow_promise *promise, struct link *link, struct firing *firing);

#endif
