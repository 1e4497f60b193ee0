/*
 * ring.c - promises that would wait for themselves (ring.h).
 */
#include "control/ring.h"

#include "control/canceller.h"
#include "control/told.h"

/* Along the edges ------------------------------------------------------------------------------------------------------ */

/* Inside: the promise that `promise` waits for, borrowed; NULL if none. */
static vow_promise *edge(const vow_promise *promise)
{
    if (vow_promise_phase(promise) == PROMISE_ADOPTING)
        return vow_promise_in(promise->value);
    if (vow_promise_phase(promise) == PROMISE_PENDING && vow_promise_has(promise, PROMISE_DERIVED))
        return promise->own.link.peer;
    return NULL;
}

/* Inside: whether it is made of other promises, or may be. */
static bool is_made_of_others(const vow_promise *promise)
{
    if (vow_promise_phase(promise) != PROMISE_PENDING ||
        (vow_promise_word(promise) & PROMISE_CANCELLER) == 0)
        return false;
    if (!vow_is_pointer(promise->value)) /* a cancel has taken it: what is patient waits on */
        return true;
    const struct canceller *canceller = promise->value.as.pointer;
    return canceller->patient;
}

bool vow_ring_is_possible(const vow_promise *promise)
{
    return edge(promise) != NULL || is_made_of_others(promise);
}

static vow_promise *follow(vow_promise *promise, bool *ret_made_of_others)
{
    vow_promise_enter(promise);
    vow_promise *next = edge(promise);
    if (next != NULL)
        vow_promise_ref_unseen(next);
    *ret_made_of_others = next == NULL && is_made_of_others(promise);
    vow_promise_leave(promise);
    return next;
}

/* Where the edges from `from` lead, with an unseen reference: to `to`, if that is on the way; or to one that is made of others;
   NULL: to neither. Brent: a marker that is moved up at each power of two ends the walk in a ring that `to` is not part of. */
static vow_promise *end_of(vow_promise *from, const vow_promise *to)
{
    vow_promise *marker = from;
    size_t steps = 0;
    size_t limit = 1;
    bool made_of_others = false;
    vow_promise_ref_unseen(from);
    while (from != to) {
        vow_promise *next = follow(from, &made_of_others);
        if (made_of_others)
            return from;
        vow_promise_unref_unseen(from);
        if (next == NULL)
            return NULL;
        if (next == marker) {
            vow_promise_unref_unseen(next);
            return NULL;
        }
        from = next;
        if (++steps == limit) {
            marker = from;
            limit *= 2;
        }
    }
    return from;
}

/* From queue to queue ---------------------------------------------------------------------------------------------------- */

enum {
    MOST = 32,  /* promises that are found */
    LINKS = 256 /* looked at: many callbacks that each give such a promise still take linear time */
};

struct search {
    vow_promise *found[MOST]; /* one unseen reference each */
    size_t count;
    size_t links;
};

/* Finds those who wait for `promise`. */
static void look_around(struct search *search, vow_promise *promise)
{
    vow_promise_enter(promise);
    struct link *link = vow_link_first(promise);
    while (link != NULL && search->count < MOST && search->links++ < LINKS) {
        vow_promise *waiting = vow_link_waits(link);
        if (waiting != NULL)
            search->found[search->count++] = waiting;
        link = link == promise->links ? NULL : link->next;
    }
    vow_promise_leave(promise);
}

/* Whether `waiting` waits for `promise`. */
static bool waits_for(const vow_promise *waiting, vow_promise *promise)
{
    struct search search = {.count = 0, .links = 0};
    bool does = false;
    look_around(&search, promise);
    for (size_t i = 0; i < search.count && !does; i++) {
        does = search.found[i] == waiting;
        if (!does)
            look_around(&search, search.found[i]);
    }
    while (search.count > 0)
        vow_promise_unref_unseen(search.found[--search.count]);
    return does;
}

static bool has_links(vow_promise *promise)
{
    vow_promise_enter(promise);
    bool has = promise->links != NULL;
    vow_promise_leave(promise);
    return has;
}

bool vow_ring_is_closed(vow_promise *promise, vow_promise *adopted)
{
    if (!has_links(promise))
        return false;
    vow_promise *end = end_of(adopted, promise);
    bool closed = end != NULL && (end == promise || waits_for(end, promise));
    if (end != NULL)
        vow_promise_unref_unseen(end);
    return closed;
}
