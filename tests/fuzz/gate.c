/*
 * gate.c - programs over an event or a barrier, for which promises and lines wait until it opens for all of them, are canceled or let
 * go, until it is closed; and a model of who is let through (vow/event.h, vow/barrier.h).
 */
#include "fuzz.h"

#include <string.h>

enum { SLOTS = 6, MOST_EVENTS = 60, STILL_WAITS = -1 };
enum waiter { NOBODY, A_PROMISE, A_LINE };

static bool is_barrier; /* otherwise it is an event */
static int parties;

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_event event;
static vow_barrier barrier;

static struct slot {
    enum waiter waiter;
    vow_promise *promise;
    int came; /* a line: its status */
    bool last;
} slots[SLOTS];

static vow_value wait_in_line(vow_value input, void *context)
{
    struct slot *slot = context;
    slot->came = is_barrier ? vow_barrier_wait(&barrier, VOW_FOREVER, &slot->last)
                            : vow_event_wait(&event, VOW_FOREVER);
    return input;
}

static void wait_real(int index, enum waiter waiter)
{
    struct slot *slot = &slots[index];
    *slot = (struct slot){.waiter = waiter, .came = STILL_WAITS};
    if (waiter == A_LINE)
        slot->promise = vow_spawn(vow_immediate(), wait_in_line, vow_none(), slot);
    else
        slot->promise =
            is_barrier ? vow_barrier_wait_promise(&barrier) : vow_event_wait_promise(&event);
    (void)vow_run_pending();
}

static void release_real(int index)
{
    struct slot *slot = &slots[index];
    if (slot->waiter == NOBODY || (slot->waiter == A_LINE && slot->came == STILL_WAITS))
        return;
    slot->waiter = NOBODY;
    vow_promise_release(slot->promise);
}

static void note_promise(int index)
{
    vow_value value = vow_none();
    if (!vow_peek(slots[index].promise, &value))
        return;
    note_on(REAL, "came", index, vow_error_status(value));
    note_on(REAL, "last", index, vow_is_integer(value) && vow_as_integer(value) == 1);
    vow_release(value);
}

static void states_real(void)
{
    note_on(REAL, "set", !is_barrier && vow_event_is_set(&event), 0);
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].waiter == A_PROMISE)
            note_promise(i);
        if (slots[i].waiter != A_LINE || slots[i].came == STILL_WAITS)
            continue;
        note_on(REAL, "came", i, slots[i].came);
        note_on(REAL, "last", i, slots[i].last);
    }
}

static void close_real(void)
{
    must((is_barrier ? vow_barrier_close(&barrier) : vow_event_close(&event)) == VOW_OK);
}

/* The model ------------------------------------------------------------------------------------------------------- */

static struct {
    bool set, closed;
    int forgotten; /* promises that wait and that nobody has any more: they have come to a barrier all the same */
    struct slot slots[SLOTS];
} model;

static int count_waiting(void)
{
    int count = model.forgotten;
    for (int i = 0; i < SLOTS; i++)
        count += model.slots[i].waiter != NOBODY && model.slots[i].came == STILL_WAITS;
    return count;
}

static void let_all_go(vow_status status)
{
    model.forgotten = 0;
    for (int i = 0; i < SLOTS; i++)
        if (model.slots[i].came == STILL_WAITS)
            model.slots[i].came = status;
}

static void wait_model(int index, enum waiter waiter)
{
    int wanted = fuzz_bend == BEND_GATE ? parties + 1 : parties;
    bool last = is_barrier && !model.closed && count_waiting() + 1 >= wanted;
    model.slots[index] = (struct slot){.waiter = waiter, .came = STILL_WAITS, .last = last};
    if (model.closed)
        model.slots[index].came = VOW_CLOSED;
    else if (last || model.set)
        let_all_go(VOW_OK);
}

static void cancel_model(int index)
{
    struct slot *slot = &model.slots[index];
    if (slot->waiter != NOBODY && slot->came == STILL_WAITS)
        slot->came = VOW_CANCELED;
}

static void release_model(int index)
{
    struct slot *slot = &model.slots[index];
    bool waits = slot->waiter != NOBODY && slot->came == STILL_WAITS;
    if (waits && slot->waiter == A_LINE)
        return;
    model.forgotten += waits;
    *slot = (struct slot){.waiter = NOBODY};
}

static void states_model(void)
{
    note_on(MODEL, "set", model.set, 0);
    for (int i = 0; i < SLOTS; i++) {
        const struct slot *slot = &model.slots[i];
        if (slot->waiter == NOBODY || slot->came == STILL_WAITS)
            continue;
        note_on(MODEL, "came", i, slot->came);
        note_on(MODEL, "last", i, slot->last);
    }
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void set_both(bool set)
{
    if (is_barrier)
        return;
    must((set ? vow_event_set(&event) : vow_event_clear(&event)) == VOW_OK);
    model.set = set && !model.closed;
    if (model.set)
        let_all_go(VOW_OK);
}

static void close_both(void)
{
    close_real();
    model.closed = true;
    model.set = false;
    let_all_go(VOW_CLOSED);
}

static void wait_both(int index, enum waiter waiter)
{
    must(slots[index].waiter == model.slots[index].waiter);
    if (slots[index].waiter != NOBODY)
        return;
    wait_real(index, waiter);
    wait_model(index, waiter);
}

static void do_event(unsigned choice)
{
    int index = (int)(choice / 8 % SLOTS);
    trace("event %u slot %d", choice % 8, index);
    if (choice % 8 < 3)
        wait_both(index, choice % 2 == 0 ? A_PROMISE : A_LINE);
    else if (choice % 8 < 5)
        set_both(choice % 8 == 3);
    else if (choice % 8 == 5) {
        if (slots[index].waiter != NOBODY)
            vow_cancel(slots[index].promise);
        (void)vow_run_pending();
        cancel_model(index);
    } else if (choice % 8 == 6) {
        release_real(index);
        release_model(index);
    } else if (choice >= 240) {
        close_both();
    }
}

static void compare(void)
{
    (void)vow_run_pending();
    states_real();
    states_model();
    compare_notes();
}

void fuzz_gate(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    is_barrier = choice % 2 != 0;
    parties = 1 + (int)(choice / 2 % 4);
    memset(&model, 0, sizeof(model));
    memset(slots, 0, sizeof(slots));
    event = (vow_event)VOW_EVENT_INIT;
    barrier = (vow_barrier)VOW_BARRIER_INIT((uint32_t)parties);
    trace("%s of %d", is_barrier ? "barrier" : "event", parties);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(next_byte(bytes));
        compare();
    }
    close_both();
    compare();
    for (int i = 0; i < SLOTS; i++)
        release_real(i);
}
