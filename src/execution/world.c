/*
 * world.c - who sleeps in a closed world, and what happens when all do (world.h).
 */
#include "execution/world.h"

#include "execution/immediate.h"
#include "execution/loop.h"

_Atomic bool vow_world_closed;

static struct lock lock;
static struct thread *living;

static void wake_all(void)
{
    vow_lock_take(&lock);
    for (struct thread *thread = living; thread != NULL; thread = thread->next_living)
        vow_thread_wake(thread);
    vow_lock_give(&lock);
}

void vow_world_close(bool closed)
{
    /* relaxed: see vow_world_is_closed */
    if (atomic_exchange_explicit(&vow_world_closed, closed, memory_order_relaxed) == closed)
        return;
    vow_known_want_all(closed);
    wake_all();
}

static bool is_uncalled(const struct thread *thread)
{
    if (!thread->rests || vow_inbox_waiting(&thread->immediate->inbox))
        return false;
    if (thread->rests_on != NULL)
        return vow_loop_is_uncalled(thread->rests_on);
    /* relaxed: who rang and rests since then has come by the lock */
    return atomic_load_explicit(&thread->bell, memory_order_relaxed) == 0;
}

/* Under the lock. */
static struct known *end_all_if_at_rest(void)
{
    const struct thread *thread = living;
    while (thread != NULL && is_uncalled(thread))
        thread = thread->next_living;
    return thread == NULL ? vow_known_end_all() : NULL;
}

void vow_world_add(struct thread *thread)
{
    vow_lock_take(&lock);
    thread->rests = false;
    thread->next_living = living;
    thread->link_living = &living;
    if (living != NULL)
        living->link_living = &thread->next_living;
    living = thread;
    vow_lock_give(&lock);
}

void vow_world_remove(struct thread *thread)
{
    struct known *ended = NULL;
    vow_lock_take(&lock);
    *thread->link_living = thread->next_living;
    if (thread->next_living != NULL)
        thread->next_living->link_living = thread->link_living;
    if (vow_world_is_closed())
        ended = end_all_if_at_rest();
    vow_lock_give(&lock);
    (void)vow_known_wake(ended, NULL);
}

bool vow_world_rest(struct thread *thread, struct vow_loop *loop)
{
    vow_lock_take(&lock);
    thread->rests = true;
    thread->rests_on = loop;
    struct known *ended = end_all_if_at_rest();
    vow_lock_give(&lock);
    return vow_known_wake(ended, &thread->carrier);
}

void vow_world_rise(struct thread *thread)
{
    vow_lock_take(&lock);
    thread->rests = false;
    vow_lock_give(&lock);
}
