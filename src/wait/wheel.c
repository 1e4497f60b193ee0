/*
 * wheel.c - the hierarchical timing wheel.
 *
 * Moments are counted in ticks, and ticks are numbers of WHEEL_LEVELS digits of WHEEL_BITS bits. A timer stands in the
 * level of the highest digit in which its tick differs from the wheel's, in that digit's slot:
 *
 *     the wheel's tick    0  0  3 17 40
 *     a timer's           0  0  3 52  5      level 1, slot 52
 *     another's           0  0  3 17 41      level 0, slot 41
 *
 * Whoever stands in a lower level comes before all in a higher one, and within a level lower slots come first. So the
 * first busy slot of the first busy level holds the earliest timers: two counts of trailing zeros find it, whatever
 * lies between. When the wheel's tick reaches the beginning of a slot of a higher level, its timers are dealt out to
 * the levels below.
 *
 * Lists grow at their heads, so that a slot is one word; they are turned round when a slot is taken.
 *
 * Invariants
 * 1. A timer's level and slot are as above with regard to `tick`, however long ago it was started: as long as the
 *    wheel's tick has not reached the slot, neither changes.
 * 2. Slots of a level above 0 are greater than the wheel's digit there; while an advance deals a slot out, one of level
 *    0 may be equal to it.
 * 3. A busy bit is set exactly while its slot is not empty, and a level's bit while one of its busy bits is.
 * 4. Who is in `late`, or in the list whose timers expire just now, is in no slot.
 */
#include "wait/wheel.h"

#include "base/clock.h"

#define SLOT_MASK (WHEEL_SLOTS - 1)
#define LOOK_AT_MOST 8 /* timers of a slot that vow_wheel_next looks at one by one */

/* Ticks */

static inline int64_t tick_of(int64_t at)
{
    return (at >> WHEEL_TICK_BITS) + ((at & (WHEEL_TICK - 1)) != 0);
}

/* The last tick's end is beyond the end of time. */
static inline int64_t moment_of(int64_t tick)
{
    return tick <= INT64_MAX >> WHEEL_TICK_BITS ? tick * WHEEL_TICK : INT64_MAX;
}

/* The slot's first tick, given that it is ahead of the wheel's. */
static inline int64_t slot_begins(const struct wheel *wheel, unsigned level, unsigned slot)
{
    unsigned shift = level * WHEEL_BITS;
    uint64_t above = (uint64_t)wheel->tick >> shift >> WHEEL_BITS << WHEEL_BITS;

    return (int64_t)((above | slot) << shift);
}

/* Lists */

static inline void push(struct timer **list, struct timer *timer)
{
    timer->next = *list;
    if (timer->next != NULL)
        timer->next->link = &timer->next;
    timer->link = list;
    *list = timer;
}

/* Moves all of `from` to `to`, which is empty, in the opposite order. */
static void take_turned(struct timer **to, struct timer **from)
{
    struct timer *next, *timer = *from;

    *from = NULL;
    *to = NULL;
    for (; timer != NULL; timer = next) {
        next = timer->next;
        push(to, timer);
    }
}

static inline struct timer *pop(struct timer **list)
{
    struct timer *timer = *list;

    *list = timer->next;
    if (timer->next != NULL)
        timer->next->link = list;
    timer->link = NULL;
    return timer;
}

/* Slots */

static inline void place(struct wheel *wheel, struct timer *timer, int64_t tick)
{
    uint64_t differs = (uint64_t)(wheel->tick ^ tick) | SLOT_MASK;
    unsigned level = (unsigned)(63 - __builtin_clzll(differs)) / WHEEL_BITS;
    unsigned slot = (unsigned)((uint64_t)tick >> (level * WHEEL_BITS)) & SLOT_MASK;

    push(&wheel->slots[level][slot], timer);
    wheel->busy[level] |= UINT64_C(1) << slot;
    wheel->levels |= 1u << level;
}

static void mark_empty(struct wheel *wheel, unsigned level, unsigned slot)
{
    wheel->busy[level] &= ~(UINT64_C(1) << slot);
    if (wheel->busy[level] == 0)
        wheel->levels &= ~(1u << level);
}

/* The level and slot of the earliest timers. The wheel is not empty but for late ones. */
static inline unsigned first_slot(const struct wheel *wheel, unsigned *ret_level)
{
    *ret_level = (unsigned)__builtin_ctz(wheel->levels);
    return (unsigned)__builtin_ctzll(wheel->busy[*ret_level]);
}

/* `link` points to nothing any more. */
void vow_wheel_note_emptied(struct wheel *wheel, struct timer *const *link)
{
    uintptr_t offset = (uintptr_t)link - (uintptr_t)wheel->slots;

    if (offset < sizeof wheel->slots) {
        unsigned index = (unsigned)(offset / sizeof(struct timer *));
        mark_empty(wheel, index / WHEEL_SLOTS, index % WHEEL_SLOTS);
    }
}

/* Starting and stopping */

void vow_wheel_init(struct wheel *wheel, int64_t now)
{
    *wheel = (struct wheel){0};
    wheel->tick = wheel->horizon = now > 0 ? now >> WHEEL_TICK_BITS : 0;
}

void vow_wheel_start(struct wheel *wheel, struct timer *timer, int64_t at)
{
    int64_t tick = tick_of(at);

    vow_check(timer->link == NULL);
    timer->at = at;
    if (at == INT64_MAX)
        return;
    wheel->count++;
    if (tick <= wheel->horizon)
        push(&wheel->late, timer);
    else
        place(wheel, timer, tick);
}

struct timer *vow_wheel_any(const struct wheel *wheel)
{
    unsigned level;

    if (wheel->late != NULL || wheel->levels == 0)
        return wheel->late;
    unsigned slot = first_slot(wheel, &level);
    return wheel->slots[level][slot];
}

/* Advancing */

/* Exact for few timers, so that a sleeper is not woken only to deal them out. */
static int64_t earliest_tick(const struct timer *timer, int64_t slot_tick)
{
    int64_t earliest = INT64_MAX;
    unsigned looked_at = 0;

    for (; timer != NULL; timer = timer->next) {
        if (++looked_at > LOOK_AT_MOST)
            return slot_tick;
        int64_t tick = tick_of(timer->at);
        if (tick < earliest)
            earliest = tick;
    }
    return earliest;
}

/* Exact, where time stands. All of the earliest tick are in one slot (invariant 1). */
static VOW_COLD int64_t earliest_moment(const struct timer *timer)
{
    int64_t earliest = INT64_MAX;

    for (; timer != NULL; timer = timer->next)
        earliest = timer->at < earliest ? timer->at : earliest;
    return earliest;
}

int64_t vow_wheel_next(const struct wheel *wheel)
{
    unsigned level;

    if (wheel->late != NULL)
        return moment_of(wheel->tick);
    if (wheel->levels == 0)
        return INT64_MAX;
    unsigned slot = first_slot(wheel, &level);
    if (vow_clock_stands())
        return earliest_moment(wheel->slots[level][slot]);
    int64_t tick = slot_begins(wheel, level, slot);
    if (level > 0)
        tick = earliest_tick(wheel->slots[level][slot], tick);
    return moment_of(tick);
}

static size_t expire(struct wheel *wheel, struct timer **list)
{
    struct timer *due;
    size_t count = 0;

    for (take_turned(&due, list); due != NULL; count++) {
        struct timer *timer = pop(&due);
        wheel->count--;
        timer->expired(timer);
    }
    return count;
}

static void deal_out(struct wheel *wheel, struct timer **list)
{
    struct timer *all;

    for (take_turned(&all, list); all != NULL;) {
        struct timer *timer = pop(&all);
        place(wheel, timer, tick_of(timer->at));
    }
}

/* The wheel's tick reaches the slot. */
static size_t reach(struct wheel *wheel, unsigned level, unsigned slot)
{
    mark_empty(wheel, level, slot);
    if (level == 0)
        return expire(wheel, &wheel->slots[0][slot]);
    deal_out(wheel, &wheel->slots[level][slot]);
    return 0;
}

static size_t advance_to_horizon(struct wheel *wheel)
{
    size_t count = 0;

    while (wheel->levels != 0) {
        unsigned level;
        unsigned slot = first_slot(wheel, &level);
        int64_t begins = slot_begins(wheel, level, slot);
        if (begins > wheel->horizon)
            break;
        wheel->tick = begins;
        count += reach(wheel, level, slot);
    }
    wheel->tick = wheel->horizon;
    return count;
}

/* Where time stands: those of the tick that has only begun whose own moment has come, in the order of their starts. */
static VOW_COLD size_t expire_begun(struct wheel *wheel, int64_t now)
{
    struct timer *begun = NULL, *next;
    unsigned level;

    if (wheel->levels == 0)
        return 0;
    unsigned slot = first_slot(wheel, &level);
    for (struct timer *timer = wheel->slots[level][slot]; timer != NULL; timer = next) {
        next = timer->next;
        if (timer->at > now)
            continue;
        (void)vow_wheel_stop(wheel, timer);
        wheel->count++; /* as long as it is in a list */
        push(&begun, timer);
    }
    take_turned(&next, &begun);
    return expire(wheel, &next);
}

size_t vow_wheel_advance(struct wheel *wheel, int64_t now)
{
    int64_t tick = now >> WHEEL_TICK_BITS;

    vow_check(!wheel->advancing);
    if (tick > wheel->horizon)
        wheel->horizon = tick;
    wheel->advancing = true;
    size_t count = expire(wheel, &wheel->late);
    count += advance_to_horizon(wheel);
    if (vow_clock_stands())
        count += expire_begun(wheel, now);
    wheel->advancing = false;
    return count;
}
