/*
 * channel_mode.c - going inside by the lock, and finding out which way in is cheapest (channel.h).
 */
#include "flow/channel.h"

#include <sched.h>

enum {
    SPINS = 100,
    PATIENCE_MOST = 256 /* a mode that does not last costs a barrier: a few microseconds */
};

/* Sections without the lock are short and run no user's code; who is inside may have been preempted. */
static void wait_a_moment(int *spins)
{
    if (++*spins > SPINS)
        (void)sched_yield();
    else
        vow_pause_processor();
}

static void wait_for_thread(struct thread *thread, const struct channel *channel)
{
    int spins = 0;
    /* M4 acquire: pairs with M3, M6, M7: what was done inside is seen; what the thread has stored since goes on with their
       release */
    while (atomic_load_explicit(&thread->inside, memory_order_acquire) == channel)
        wait_a_moment(&spins);
}

static void wait_for_side(struct ring_side *side, uintptr_t mode)
{
    int spins = 0;
    /* M4 acquire: pairs with M5, M6 (channel_ring.h): as above */
    while (atomic_load_explicit(vow_ring_mark(side, mode), memory_order_acquire))
        wait_a_moment(&spins);
}

static void lose_patience(struct channel *channel)
{
    if (channel->patience < PATIENCE_MOST)
        channel->patience *= 2;
}

static VOW_COLD void revoke(struct channel *channel)
{
    uintptr_t mode = vow_channel_mode(channel);
    channel->interrupted = vow_mode_is_ring(mode);
    /* relaxed: the barrier orders it before the looks at who is inside; what they did is acquired by M4 */
    atomic_store_explicit(&channel->mode, CHANNEL_LOCKED, memory_order_relaxed);
    vow_barrier_everywhere();
    if (channel->interrupted) {
        wait_for_side(&channel->reading, mode);
        wait_for_side(&channel->writing, mode);
    } else {
        wait_for_thread((struct thread *)mode, channel);
    }
    channel->quiet = 0;
    channel->streak = 0;
    if (!channel->interrupted)
        lose_patience(channel);
}

void vow_channel_enter_slowly(struct channel *channel)
{
    vow_lock_take(&channel->lock);
    if (vow_unlikely(vow_channel_mode(channel) != CHANNEL_LOCKED))
        revoke(channel);
}

static void set_mode(struct channel *channel, uintptr_t mode)
{
    /* M2 release: pairs with M1 */
    atomic_store_explicit(&channel->mode, mode, memory_order_release);
}

static inline bool somebody_waits(const struct channel *channel)
{
    return channel->readers_waiting.first != NULL || channel->writers_waiting.first != NULL;
}

static bool fits_ring(const struct channel *channel)
{
    return channel->capacity != 0 && channel->items != NULL && !somebody_waits(channel) &&
           !vow_channel_is_closed(channel) && vow_channel_count(channel) <= channel->capacity;
}

static void begin_ring(struct channel *channel)
{
    bool alone = channel->writers == 1 && channel->readers == 1;
    size_t slots = channel->mask + 1;
    channel->known_head = vow_channel_head(channel);
    channel->known_tail = vow_channel_tail(channel);
    /* relaxed: M2 publishes it */
    atomic_store_explicit(&channel->limit, channel->capacity < slots ? channel->capacity : slots,
                          memory_order_relaxed);
    set_mode(channel, alone ? CHANNEL_RING : CHANNEL_SHARED);
}

static VOW_COLD void choose(struct channel *channel, struct thread *self)
{
    channel->quiet = 0;
    if (!channel->cheap || self == NULL)
        return;
    if (channel->streak >= channel->patience && channel->read_here && channel->written_here)
        set_mode(channel, (uintptr_t)self);
    else if (fits_ring(channel))
        begin_ring(channel);
}

/* Leaving, with something to be seen to about the ring that was interrupted. */
static VOW_COLD void go_on_with_ring(struct channel *channel)
{
    if (channel->interrupted && !channel->resumes && !somebody_waits(channel)) {
        channel->interrupted = false;
        lose_patience(channel);
        return;
    }
    channel->interrupted = false;
    channel->resumes = somebody_waits(channel);
    if (!channel->resumes && fits_ring(channel))
        begin_ring(channel);
}

void vow_channel_leave_slowly(struct channel *channel)
{
    struct thread *self = vow_here.thread;
    if (channel->last == self) {
        channel->streak++;
    } else {
        channel->last = self;
        channel->streak = 0;
        channel->read_here = false;
        channel->written_here = false;
    }
    if (vow_unlikely(channel->interrupted || channel->resumes))
        go_on_with_ring(channel);
    else if (++channel->quiet > channel->patience)
        choose(channel, self);
    bool needs_record = self == NULL && channel->cheap && channel->streak > channel->patience;
    vow_lock_give(&channel->lock);
    if (vow_unlikely(
            needs_record)) /* it has never waited; where there is no memory it goes on by the lock */
        (void)vow_thread_here();
}
