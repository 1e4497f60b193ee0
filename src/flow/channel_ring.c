/*
 * channel_ring.c - waiting a moment for the other side of the ring, before waiting properly.
 *
 * To wait properly costs a barrier everywhere, a sleep and a wake-up, some ten microseconds: about as long as this waits. First it
 * spins, which helps where the other side runs on another processor. Then a thread lets others go first, which helps
 * where the other side wants this one; a line does not, it would keep its carrier's other work from going on.
 */
#include "flow/channel_ring.h"

#include <sched.h>
#include <vow/time.h>

enum { PAUSES_FIRST = 32, STEPS_GROWING = 2, STEPS_SPINNING = 8, STEPS_YIELDING = 24 };

/* With one processor spinning is of no use. */
static bool is_alone(void)
{
    static _Atomic int known = -1;
    /* relaxed, both: every thread finds the same number */
    int processors = atomic_load_explicit(&known, memory_order_relaxed);
    if (processors < 0) {
        processors = vow_processors();
        atomic_store_explicit(&known, processors, memory_order_relaxed);
    }
    return processors == 1;
}

static void spin(unsigned step)
{
    unsigned pauses = (unsigned)PAUSES_FIRST << (step < STEPS_GROWING ? step : STEPS_GROWING);
    for (unsigned i = 0; i < pauses; i++)
        vow_pause_processor();
}

enum ring_wait vow_channel_back_off(unsigned step, vow_deadline deadline)
{
    const struct carrier *carrier = vow_carrier_here;
    bool line = carrier != NULL && carrier->line != NULL;
    if (deadline.at <= 0 || (deadline.at != INT64_MAX && vow_now() >= deadline.at))
        return RING_TIMED_OUT;
    if (vow_wait_is_canceled() || (carrier != NULL && vow_carrier_has_ready(carrier)))
        return RING_ENOUGH;
    if (step < STEPS_SPINNING && !is_alone()) {
        spin(step);
        return RING_AGAIN;
    }
    if (line || step >= STEPS_SPINNING + STEPS_YIELDING)
        return RING_ENOUGH;
    (void)sched_yield();
    return RING_AGAIN;
}

enum ring_wait vow_ring_back_off(const struct channel *channel, unsigned step,
                                 vow_deadline deadline)
{
    enum ring_wait wait = vow_channel_back_off(step, deadline);
    if (wait == RING_AGAIN && !vow_mode_is_ring(vow_channel_mode(channel)))
        return RING_ENOUGH;
    return wait;
}
