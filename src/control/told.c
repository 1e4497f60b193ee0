/*
 * told.c - links that tell a C function (told.h).
 */
#include "control/told.h"

bool vow_told_attach(vow_promise *promise, struct told *told, vow_value *ret_value)
{
    vow_promise_enter(promise);
    if (!vow_promise_is_quiet(promise)) {
        vow_link_push(promise, &told->link);
        vow_promise_run_held(promise);
        return false;
    }
    *ret_value = vow_retain(vow_borrow(promise->value));
    if ((told->link.flags & LINK_UNSEEN) == 0)
        vow_promise_set(promise, PROMISE_HANDLED);
    vow_promise_leave(promise);
    return true;
}

/* Inside: as if it had been executed, an error of the promise counts as looked at. True: it is out. */
static bool take_out(vow_promise *promise, struct link *link)
{
    if (!vow_link_is_in(promise, link))
        return false;
    if ((link->flags & LINK_UNSEEN) == 0)
        vow_promise_set(promise, PROMISE_HANDLED);
    return vow_link_take_out(promise, link);
}

void vow_told_let_go(vow_promise *promise, struct told *told)
{
    vow_promise_enter(promise);
    bool out = take_out(promise, &told->link);
    vow_promise_leave(promise);
    if (out)
        vow_told_forget(&told->link);
}

void vow_told_tell(vow_promise *promise, struct link *link, struct firing *firing)
{
    if (vow_unlikely((link->flags & LINK_DEAD) != 0)) {
        vow_told_forget(link);
        return;
    }
    struct told *told = vow_container_of(link, struct told, link);
    told->kind->tell(told, vow_retain(vow_borrow(promise->value)), firing);
}

vow_promise *vow_link_waits(struct link *link)
{
    if (link->kind == LINK_TOLD && (link->flags & LINK_DEAD) != 0)
        return NULL;
    if (link->kind == LINK_TOLD) {
        struct told *told = vow_container_of(link, struct told, link);
        return told->kind->waits != NULL ? told->kind->waits(told) : NULL;
    }
    if (link->kind != LINK_THEN && link->kind != LINK_ADOPT)
        return NULL;
    vow_promise *target = vow_link_target(link);
    vow_promise_ref_unseen(target);
    return target;
}
