/*
 * condition.c - programs over a condition and its mutex: promises and lines wait for a signal, then for the mutex, are canceled on the way,
 * or find one of the two closed; and a model of who holds the mutex (vow/condition.h).
 *
 * Of a broadcast's, promises ask for the mutex at once, lines when they go on: after them.
 */
#include "fuzz.h"

#include <string.h>

enum { SLOTS = 6, MOST_EVENTS = 60, STILL_WAITS = -1 };
enum waiter { NOBODY, A_PROMISE, A_LINE };

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_mutex mutex;
static vow_condition condition;

static struct slot {
    enum waiter waiter;
    vow_promise *promise;
    int came; /* a status */
} slots[SLOTS];

static vow_value wait_in_line(vow_value input, void *context)
{
    struct slot *slot = context;
    slot->came = vow_condition_wait(&condition, &mutex, VOW_FOREVER);
    return input;
}

static void wait_real(int index, enum waiter waiter)
{
    struct slot *slot = &slots[index];
    *slot = (struct slot){.waiter = waiter, .came = STILL_WAITS};
    slot->promise = waiter == A_LINE ? vow_spawn(vow_immediate(), wait_in_line, vow_none(), slot)
                                     : vow_condition_wait_promise(&condition, &mutex);
}

static int came_real(int index)
{
    struct slot *slot = &slots[index];
    vow_value value = vow_none();
    if (slot->waiter == A_PROMISE && slot->came == STILL_WAITS && vow_peek(slot->promise, &value))
        slot->came = vow_error_status(value);
    vow_release(value);
    return slot->came;
}

static void release_real(int index)
{
    struct slot *slot = &slots[index];
    if (slot->waiter == NOBODY || came_real(index) == STILL_WAITS)
        return;
    slot->waiter = NOBODY;
    vow_promise_release(slot->promise);
}

/* The model: a slot stands in one of two queues, or in none -------------------------------------------------------------- */

enum place { NOWHERE, FOR_SIGNAL, FOR_MUTEX };

static struct {
    bool locked, closed, mutex_closed;
    long order; /* of arrivals */
    struct {
        enum waiter waiter;
        enum place place;
        long since;
        int status; /* what it is to get with the mutex */
        int came;
    } slots[SLOTS];
} model;

static int first_in(enum place place, enum waiter waiter)
{
    int first = SLOTS;
    for (int i = 0; i < SLOTS; i++)
        if (model.slots[i].place == place &&
            (waiter == NOBODY || model.slots[i].waiter == waiter) &&
            (first == SLOTS || model.slots[i].since < model.slots[first].since))
            first = i;
    return first;
}

static void end_wait(int index, int status)
{
    model.slots[index].place = NOWHERE;
    model.slots[index].came = status;
}

static void unlock_model(void)
{
    int next = first_in(FOR_MUTEX, NOBODY);
    model.locked = next < SLOTS;
    if (next < SLOTS)
        end_wait(next, model.slots[next].status);
}

/* A line that cannot have it any more has lost it; a promise just learns why. */
static void lock_model(int index, int status)
{
    model.slots[index].status = status;
    if (model.mutex_closed)
        end_wait(index, model.slots[index].waiter == A_LINE ? VOW_ABANDONED : VOW_CLOSED);
    else if (model.locked) {
        model.slots[index].place = FOR_MUTEX;
        model.slots[index].since = model.order++;
    } else {
        model.locked = true;
        end_wait(index, status);
    }
}

static void wait_model(int index, enum waiter waiter)
{
    model.slots[index].waiter = waiter;
    if (!model.locked) {
        end_wait(index, VOW_INVALID);
        return;
    }
    if (model.closed) {
        end_wait(index, VOW_CLOSED);
        if (waiter == A_PROMISE)
            unlock_model();
        return;
    }
    model.slots[index].came = STILL_WAITS;
    model.slots[index].place = FOR_SIGNAL;
    model.slots[index].since = model.order++;
    unlock_model();
}

static void wake_model(bool all)
{
    int first = first_in(FOR_SIGNAL, NOBODY);
    if (!all) {
        if (first < SLOTS)
            lock_model(first, VOW_OK);
        return;
    }
    for (enum waiter waiter = A_PROMISE; waiter <= A_LINE; waiter++)
        while ((first = first_in(FOR_SIGNAL, waiter)) < SLOTS)
            lock_model(first, VOW_OK);
}

/* A line has the mutex in any case, a promise has not. */
static void close_model(void)
{
    int first;
    model.closed = true;
    while ((first = first_in(FOR_SIGNAL, A_PROMISE)) < SLOTS)
        end_wait(first, VOW_CLOSED);
    while ((first = first_in(FOR_SIGNAL, A_LINE)) < SLOTS)
        lock_model(first, VOW_CLOSED);
}

static void close_mutex_model(void)
{
    model.mutex_closed = true;
    for (int i = 0; i < SLOTS; i++)
        if (model.slots[i].place == FOR_MUTEX)
            end_wait(i, model.slots[i].waiter == A_LINE ? VOW_ABANDONED : VOW_CLOSED);
}

static void cancel_model(int index)
{
    enum place place = model.slots[index].place;
    if (model.slots[index].waiter == A_PROMISE && place != NOWHERE)
        end_wait(index, VOW_CANCELED);
    else if (place == FOR_SIGNAL)
        lock_model(index, VOW_CANCELED);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void wait_both(int index, enum waiter waiter)
{
    must(slots[index].waiter == model.slots[index].waiter);
    if (slots[index].waiter != NOBODY)
        return;
    wait_real(index, waiter);
    (void)vow_run_pending();
    wait_model(index, waiter);
}

static void cancel_both(int index)
{
    if (slots[index].waiter != NOBODY)
        vow_cancel(slots[index].promise);
    (void)vow_run_pending();
    cancel_model(index);
}

static void lock_both(void)
{
    bool can = !model.locked && !model.mutex_closed;
    note_on(REAL, "lock", vow_mutex_try_lock(&mutex), 0);
    note_on(MODEL, "lock", can, 0);
    model.locked = model.locked || can;
}

static void unlock_both(void)
{
    note_on(REAL, "unlock", vow_mutex_unlock(&mutex), 0);
    note_on(MODEL, "unlock", model.locked ? VOW_OK : VOW_INVALID, 0);
    if (model.locked)
        unlock_model();
}

static void wake_both(bool all)
{
    must((all ? vow_condition_broadcast(&condition) : vow_condition_signal(&condition)) == VOW_OK);
    wake_model(fuzz_bend == BEND_CONDITION || all);
}

static void close_both(bool of_mutex)
{
    must((of_mutex ? vow_mutex_close(&mutex) : vow_condition_close(&condition)) == VOW_OK);
    (void)vow_run_pending();
    if (of_mutex)
        close_mutex_model();
    else
        close_model();
}

static void release_both(int index)
{
    release_real(index);
    if (model.slots[index].place == NOWHERE)
        model.slots[index].waiter = NOBODY;
}

static void compare(void)
{
    (void)vow_run_pending();
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].waiter != NOBODY)
            note_on(REAL, "came", i, came_real(i));
        if (model.slots[i].waiter != NOBODY)
            note_on(MODEL, "came", i, model.slots[i].came);
    }
    compare_notes();
}

static void do_event(unsigned choice)
{
    int index = (int)(choice / 8 % SLOTS);
    trace("event %u slot %d", choice % 8, index);
    if (choice % 8 < 2)
        wait_both(index, choice % 2 == 0 ? A_PROMISE : A_LINE);
    else if (choice % 8 == 2)
        lock_both();
    else if (choice % 8 == 3)
        unlock_both();
    else if (choice % 8 < 6)
        wake_both(choice % 8 == 5);
    else if (choice % 8 == 6)
        cancel_both(index);
    else if (choice < 240)
        release_both(index);
    else
        close_both(choice == 255);
}

void fuzz_condition(struct bytes *bytes)
{
    memset(&model, 0, sizeof(model));
    memset(slots, 0, sizeof(slots));
    mutex = (vow_mutex)VOW_MUTEX_INIT;
    condition = (vow_condition)VOW_CONDITION_INIT;
    lock_both();
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(next_byte(bytes));
        compare();
    }
    close_both(false);
    close_both(true);
    compare();
    for (int i = 0; i < SLOTS; i++)
        release_both(i);
}
