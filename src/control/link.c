/*
 * link.c - the queue of links and the memory of links.
 */
#include "control/link.h"

#include "base/object.h"
#include "control/promise.h"

/* The link before `link` in the ring; NULL: that is not there. */
static struct link *before(const vow_promise *promise, const struct link *link)
{
    struct link *last = promise->links;
    if (last == NULL)
        return NULL;
    struct link *at = last;
    while (at->next != link) {
        at = at->next;
        if (at == last)
            return NULL;
    }
    return at;
}

bool vow_link_is_in(const vow_promise *promise, const struct link *link)
{
    return before(promise, link) != NULL;
}

bool vow_link_remove(vow_promise *promise, struct link *link)
{
    struct link *former = before(promise, link);
    if (former == NULL)
        return false;
    former->next = link->next;
    if (former == link)
        promise->links = NULL;
    else if (promise->links == link)
        promise->links = former;
    return true;
}

bool vow_link_take_out(vow_promise *promise, struct link *link)
{
    if (vow_promise_is_notified(promise) || vow_promise_has(promise, PROMISE_RUNNING)) {
        link->flags |= LINK_DEAD;
        return false;
    }
    (void)vow_link_remove(promise, link);
    link->next = NULL;
    return true;
}

struct link *vow_link_find(const vow_promise *promise, const vow_promise *target)
{
    struct link *link = promise->links;
    if (link == NULL)
        return NULL;
    do {
        if (link->kind == LINK_THEN && vow_link_target(link) == target)
            return link;
        link = link->next;
    } while (link != promise->links);
    return NULL;
}

vow_scheduler *vow_link_place(const vow_promise *promise, const struct link *link)
{
    if (link->flags & LINK_FULL) {
        const struct full_link *full = (const struct full_link *)link;
        if (full->scheduler != NULL)
            return full->scheduler;
    }
    return promise->home;
}

void vow_link_end(struct link *link)
{
    if (link->flags & LINK_FULL) {
        struct full_link *full = (struct full_link *)link;
        if (full->drop != NULL)
            full->drop(full->link.context);
        vow_scheduler_release(full->scheduler);
        vow_object_delete(full, sizeof(*full));
    } else if ((link->flags & LINK_OWN) == 0 && link->kind < LINK_WAIT) {
        vow_object_delete(link, sizeof(*link));
    }
}

struct link *vow_link_from_handlers(enum link_kind kind, const vow_handlers *handlers)
{
    struct full_link *full = vow_object_new(sizeof(*full));
    if (full == NULL)
        return NULL;
    full->link = (struct link){.fulfilled = handlers->fulfilled,
                               .rejected = handlers->rejected,
                               .context = handlers->context,
                               .kind = (uint16_t)kind,
                               .flags = LINK_FULL};
    full->notified = handlers->notified;
    full->drop = handlers->drop;
    full->scheduler = handlers->scheduler != NULL ? vow_home_of(handlers->scheduler) : NULL;
    (void)vow_scheduler_retain(full->scheduler);
    return &full->link;
}
