/*
 * loop_child.c - loops in the child of a fork(2): they share their descriptors with the parent's, and belong to that.
 *
 * To others such a loop is as one that was freed: it refuses what is brought to it, and waking it does nothing. Its handles
 * are not closed, for libuv would tell the kernel's poll set, which is the parent's, too. So they stay.
 */
#include "base/fail.h"
#include "execution/loop_internal.h"

static struct loop_handles
    *left; /* one that has been left, so that it is not taken for lost memory */

void vow_loop_lose(struct vow_loop *loop)
{
    loop->lost = true;
    left = loop->handles;
    loop->handles = NULL;
    /* relaxed, all: nobody else is here */
    atomic_store_explicit(&loop->handles_lock.word, 0, memory_order_relaxed);
    atomic_store_explicit(&loop->inbox.head, INBOX_CLOSED, memory_order_relaxed);
    atomic_store_explicit(&loop->stopping, true, memory_order_relaxed);
    if (vow_scheduler_is_mine(&loop->scheduler))
        vow_scheduler_disown(&loop->scheduler);
}

void vow_loop_lose_all(struct thread *thread)
{
    for (struct vow_loop *loop = thread->loop; loop != NULL; loop = loop->previous)
        vow_loop_lose(loop);
    thread->loop = NULL;
    thread->doorbell = NULL;
}

bool vow_loop_is_lost(const struct vow_loop *loop)
{
    return loop->lost;
}

vow_status vow_loop_refuse_lost(const char *function)
{
    return vow_fail_status(
        VOW_INVALID, "%s: loop belongs to the process before fork(): make a new one", function);
}
