/*
 * world.c - who sleeps in a closed world, and what happens when all do (world.h).
 */
#include "execution/world.h"

#include "base/child.h"
#include "execution/clock_rest.h"
#include "execution/immediate.h"
#include "execution/loop.h"
#include "execution/pool_inside.h"

_Atomic bool vow_world_closed;

struct world vow_world;

static void wake_all(void)
{
    vow_lock_take(&vow_world.lock);
    for (struct thread *thread = vow_world.living; thread != NULL; thread = thread->next_living)
        vow_thread_wake(thread);
    vow_lock_give(&vow_world.lock);
}

void vow_world_close(bool closed)
{
    /* relaxed: see vow_world_is_closed */
    if (atomic_exchange_explicit(&vow_world_closed, closed, memory_order_relaxed) == closed)
        return;
    vow_known_want_all(closed);
    wake_all();
}

bool vow_world_is_uncalled(const struct thread *thread, struct vow_loop *loop)
{
    if (vow_inbox_waiting(&thread->immediate->inbox))
        return false;
    if (loop != NULL)
        return vow_loop_is_uncalled(loop);
    /* relaxed: who rang and rests since then has come by the lock */
    return atomic_load_explicit(&thread->bell, memory_order_relaxed) == 0;
}

static bool rests(const struct thread *thread)
{
    return thread->rests && vow_world_is_uncalled(thread, thread->rests_on);
}

/* Under the lock. Who gets some has to wake them before it rests or leaves: else who is awake already would find all others
   at rest, and end what these were about to end. */
static struct known *end_all_if_others_rest(const struct thread *own)
{
    const struct thread *thread = vow_world.living;
    while (thread != NULL && (thread == own || rests(thread)))
        thread = thread->next_living;
    return thread == NULL ? vow_known_end_all() : NULL;
}

static bool recorded; /* under the lock */

/* Under the lock. */
static void set_ordinary(struct thread *thread)
{
    vow_scheduler *home = &thread->immediate->scheduler;
    /* relaxed: a setting, read alone */
    atomic_store_explicit(&home->ordinary, home->biased && !recorded, memory_order_relaxed);
}

void vow_world_record(bool record)
{
    vow_lock_take(&vow_world.lock);
    recorded = record;
    for (struct thread *thread = vow_world.living; thread != NULL; thread = thread->next_living)
        set_ordinary(thread);
    vow_lock_give(&vow_world.lock);
}

void vow_world_add(struct thread *thread)
{
    vow_lock_take(&vow_world.lock);
    set_ordinary(thread);
    thread->rests = false;
    thread->clock_part = thread->clock_bound ? CLOCK_ACTIVE : CLOCK_OUT;
    thread->next_living = vow_world.living;
    thread->link_living = &vow_world.living;
    if (vow_world.living != NULL)
        vow_world.living->link_living = &thread->next_living;
    vow_world.living = thread;
    vow_lock_give(&vow_world.lock);
}

void vow_world_remove(struct thread *thread)
{
    struct known *ended;
    vow_lock_take(&vow_world.lock);
    while (vow_world_is_closed() && (ended = end_all_if_others_rest(thread)) != NULL) {
        vow_lock_give(&vow_world.lock);
        (void)vow_known_wake(ended, NULL);
        vow_lock_take(&vow_world.lock);
    }
    *thread->link_living = thread->next_living;
    if (thread->next_living != NULL)
        thread->next_living->link_living = thread->link_living;
    struct waiter *arrived = vow_clock_look();
    vow_lock_give(&vow_world.lock);
    if (arrived != NULL)
        vow_waiter_wake(arrived);
}

bool vow_world_rest(struct thread *thread, struct vow_loop *loop)
{
    struct known *ended;
    bool woken;
    do {
        vow_lock_take(&vow_world.lock);
        thread->rests_on = loop;
        ended = vow_world_is_uncalled(thread, loop) ? end_all_if_others_rest(thread) : NULL;
        thread->rests = ended == NULL;
        vow_lock_give(&vow_world.lock);
        woken = vow_known_wake(ended, &thread->carrier);
    } while (ended != NULL && !woken);
    return woken;
}

void vow_world_rise(struct thread *thread)
{
    vow_lock_take(&vow_world.lock);
    thread->rests = false;
    vow_lock_give(&vow_world.lock);
}

/* In a forked child: the calling thread is the only one. */

static struct thread *lost; /* the others' records: kept, for what points to them */

static void lose(struct thread *thread)
{
    vow_loop_lose_all(thread);
    /* relaxed: nobody else is here */
    atomic_store_explicit(&thread->immediate->inbox.head, INBOX_CLOSED, memory_order_relaxed);
    thread->next_living = lost;
    lost = thread;
}

static void lose_threads(const struct thread *own)
{
    struct thread *next;
    for (struct thread *thread = vow_world.living; thread != NULL; thread = next) {
        next = thread->next_living;
        if (thread != own)
            lose(thread);
    }
}

static void keep(struct thread *own)
{
    /* relaxed: as above */
    atomic_store_explicit(&own->doorbell_lock.word, 0, memory_order_relaxed);
    if (vow_locals.running != NULL && vow_locals.running->kind->loop)
        vow_locals.running = vow_locals.home = NULL;
    vow_loop_lose_all(own);
    vow_here.outside = NULL;
    own->link_living = &vow_world.living;
    own->next_living = NULL;
}

static void begin_child(void)
{
    struct thread *own = vow_here.thread;
    vow_pool_begin_child();
    vow_pool_renew_default();
    lose_threads(own);
    vow_world.living = own;
    if (own != NULL)
        keep(own);
}

VOW_CHILD_CARE(child_care, {.locks = &vow_world.lock,
                            .stride = sizeof(vow_world.lock),
                            .count = 1,
                            .begin = begin_child});
