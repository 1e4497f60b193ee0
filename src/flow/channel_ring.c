/*
 * channel_ring.c - waiting a moment for the other side of the ring, before waiting properly.
 */
#include "flow/channel_ring.h"

enum { STEPS = 24, PAUSES_FIRST = 8, PAUSES_MOST = 128 };

/* With one processor, or other lines that could go on, waiting is of no use. */
static bool may_spin(void)
{
    static _Atomic int known = -1;
    /* relaxed, both: every thread finds the same number */
    int processors = atomic_load_explicit(&known, memory_order_relaxed);
    if (processors < 0) {
        processors = vow_processors();
        atomic_store_explicit(&known, processors, memory_order_relaxed);
    }
    const struct carrier *carrier = vow_carrier_here;
    return processors > 1 && (carrier == NULL || !vow_carrier_has_ready(carrier));
}

bool vow_ring_back_off(const struct channel *channel, unsigned step)
{
    if (step >= STEPS || vow_channel_mode(channel) != CHANNEL_RING || !may_spin())
        return false;
    unsigned pauses = step < 5 ? (unsigned)PAUSES_FIRST << step : PAUSES_MOST;
    for (unsigned i = 0; i < pauses; i++)
        vow_pause_processor();
    return true;
}
