/*
 * lock.c - programs over a mutex, a semaphore or a reader-writer lock: promises, lines and functions that stand in one queue for it,
 * are served, canceled and let go, until it is closed; and a model of who holds it (vow/mutex.h, vow/semaphore.h, vow/rwlock.h).
 *
 * Each that asks has a slot: a promise of the lock, a line of its own that is parked (vow_spawn), or a function that runs with the
 * lock held and gives a promise, which the program fires.
 */
#include "fuzz.h"

#include <string.h>

enum { SLOTS = 6, MOST_WAITING = 60, MOST_EVENTS = 60 };
enum kind { MUTEX, SEMAPHORE, RWLOCK, KINDS };
enum asker { NOBODY, A_PROMISE, A_LINE, A_FUNCTION };

static enum kind kind;

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_mutex mutex;
static vow_semaphore semaphore;
static vow_rwlock rwlock;

static struct slot {
    enum asker asker;
    uint32_t wants; /* how many permits; a reader-writer lock: 1 to read, 2 to write */
    vow_promise *promise;
    vow_deferred *gate; /* of a function that runs */
    bool ended;         /* a line */
    vow_status status;
} slots[SLOTS];

static vow_status lock_in_line(const struct slot *slot)
{
    if (kind == MUTEX)
        return vow_mutex_lock(&mutex, VOW_FOREVER);
    if (kind == SEMAPHORE)
        return vow_semaphore_acquire(&semaphore, slot->wants, VOW_FOREVER);
    return slot->wants == 1 ? vow_rwlock_read_lock(&rwlock, VOW_FOREVER)
                            : vow_rwlock_write_lock(&rwlock, VOW_FOREVER);
}

static vow_value run_line(vow_value input, void *context)
{
    struct slot *slot = context;
    slot->status = lock_in_line(slot);
    slot->ended = true;
    return input;
}

static vow_value run_held(vow_value input, void *context)
{
    struct slot *slot = context;
    vow_promise *promise;
    (void)input;
    note_on(REAL, "held", slot - slots, 0);
    slot->gate = vow_deferred_new(&promise);
    return vow_promise_value(promise);
}

static vow_promise *promise_of_lock(uint32_t wants)
{
    if (kind == MUTEX)
        return vow_mutex_lock_promise(&mutex);
    if (kind == SEMAPHORE)
        return vow_semaphore_acquire_promise(&semaphore, wants);
    return wants == 1 ? vow_rwlock_read_lock_promise(&rwlock)
                      : vow_rwlock_write_lock_promise(&rwlock);
}

static void ask_real(int index, enum asker asker, uint32_t wants)
{
    struct slot *slot = &slots[index];
    *slot = (struct slot){.asker = asker, .wants = wants};
    if (asker == A_PROMISE)
        slot->promise = promise_of_lock(wants);
    else if (asker == A_LINE)
        slot->promise = vow_spawn(vow_immediate(), run_line, vow_none(), slot);
    else if (kind == MUTEX)
        slot->promise = vow_mutex_run(&mutex, run_held, slot);
    else
        slot->promise = vow_semaphore_run(&semaphore, wants, run_held, slot);
}

static bool try_real(uint32_t wants)
{
    if (kind == MUTEX)
        return vow_mutex_try_lock(&mutex);
    if (kind == SEMAPHORE)
        return vow_semaphore_try_acquire(&semaphore, wants);
    return wants == 1 ? vow_rwlock_try_read_lock(&rwlock) : vow_rwlock_try_write_lock(&rwlock);
}

static vow_status give_real(uint32_t wants)
{
    if (kind == MUTEX)
        return vow_mutex_unlock(&mutex);
    if (kind == SEMAPHORE)
        return vow_semaphore_release(&semaphore, wants);
    return wants == 1 ? vow_rwlock_read_unlock(&rwlock) : vow_rwlock_write_unlock(&rwlock);
}

static void close_real(void)
{
    if (kind == MUTEX)
        must(vow_mutex_close(&mutex) == VOW_OK);
    else if (kind == SEMAPHORE)
        must(vow_semaphore_close(&semaphore) == VOW_OK);
    else
        must(vow_rwlock_close(&rwlock) == VOW_OK);
}

static void fire_gate_real(int index)
{
    vow_deferred *gate = slots[index].gate;
    slots[index].gate = NULL;
    if (gate != NULL)
        note_on(REAL, "fire", vow_fire(gate, token_box(index)), 0);
}

static void let_go_real(int index)
{
    struct slot *slot = &slots[index];
    if (slot->asker == NOBODY || (slot->asker == A_LINE && !slot->ended) || slot->gate != NULL)
        return;
    if (slot->asker == A_FUNCTION && vow_state(slot->promise) == VOW_PENDING)
        return;
    slot->asker = NOBODY;
    vow_promise_release(slot->promise);
}

static void states_real(void)
{
    if (kind == SEMAPHORE)
        note_on(REAL, "permits", (long)vow_semaphore_permits(&semaphore), 0);
    for (int i = 0; i < SLOTS; i++) {
        vow_value value = vow_none();
        if (slots[i].asker == A_LINE && slots[i].ended)
            note_on(REAL, "line", i, slots[i].status);
        else if (slots[i].asker > NOBODY && slots[i].asker != A_LINE &&
                 vow_peek(slots[i].promise, &value))
            note_on(REAL, "asked", i, vow_error_status(value));
        vow_release(value);
    }
}

/* The model: who stands in the queue, and who holds it --------------------------------------------------------------- */

/* What came of a slot: PENDING_YET, then a status. */
enum { PENDING_YET = -1 };

static struct place {
    int slot; /* -1: a promise that nobody has any more */
    enum asker asker;
    uint32_t wants;
} queue[MOST_WAITING];

static struct {
    int waiting;
    long
        free; /* permits; of a mutex 1 or 0; of a reader-writer lock less than 0: readers; 0: a writer; 1: free */
    bool closed;
    enum asker askers[SLOTS];
    uint32_t wants[SLOTS];
    int came[SLOTS];
    bool runs[SLOTS]; /* a function, whose promise is pending */
    bool gates[SLOTS];
} model;

static bool take(uint32_t wants)
{
    bool reads = kind == RWLOCK && wants == 1 && model.free != 0;
    if (reads)
        model.free = model.free == 1 ? -1 : model.free - 1;
    else if (kind == RWLOCK && (wants == 1 || model.free != 1))
        return false;
    else if (kind == RWLOCK)
        model.free = 0;
    else if (model.free < (long)wants)
        return false;
    else
        model.free -= (long)wants;
    return true;
}

static vow_status put(uint32_t wants)
{
    if (kind == MUTEX && model.free == 1)
        return VOW_INVALID;
    if (kind == RWLOCK && (wants == 1 ? model.free >= 0 : model.free != 0))
        return VOW_INVALID;
    if (kind != RWLOCK)
        model.free += (long)wants;
    else if (wants == 1)
        model.free = model.free == -1 ? 1 : model.free + 1;
    else
        model.free = 1;
    return VOW_OK;
}

static void take_out(int place)
{
    memmove(&queue[place], &queue[place + 1], (size_t)(--model.waiting - place) * sizeof(queue[0]));
}

static void has_it(int slot)
{
    if (model.askers[slot] != A_FUNCTION) {
        model.came[slot] = VOW_OK;
        return;
    }
    note_on(MODEL, "held", slot, 0);
    model.runs[slot] = model.gates[slot] = true;
}

/* Whoever comes first, until there is one for whom it is not enough. */
static void serve(void)
{
    while (model.waiting > 0) {
        struct place place = queue[0];
        if (place.slot >= 0 && !take(place.wants))
            return;
        if (place.slot < 0 && kind != MUTEX) { /* only when its turn has come */
            if (!take(place.wants))
                return;
            (void)put(place.wants);
        }
        if (place.slot < 0 && kind == MUTEX && model.free == 0)
            return;
        take_out(0);
        if (place.slot >= 0)
            has_it(place.slot);
    }
}

static void ask_model(int slot, enum asker asker, uint32_t wants)
{
    bool behind = model.waiting > 0 && fuzz_bend != BEND_LOCK;
    model.askers[slot] = asker;
    model.wants[slot] = wants;
    model.came[slot] = PENDING_YET;
    if (model.closed)
        model.came[slot] = VOW_CLOSED;
    else if (!behind && take(wants))
        has_it(slot);
    else
        queue[model.waiting++] = (struct place){slot, asker, wants};
}

static vow_status give_model(uint32_t wants)
{
    vow_status status = put(wants);
    serve();
    return status;
}

static int place_of(int slot)
{
    for (int i = 0; i < model.waiting; i++)
        if (queue[i].slot == slot)
            return i;
    return -1;
}

static void end_function(int slot, int status)
{
    model.runs[slot] = false;
    model.came[slot] = status;
    (void)give_model(model.wants[slot]);
}

static void cancel_model(int slot)
{
    int place = place_of(slot);
    if (model.askers[slot] == NOBODY || model.came[slot] != PENDING_YET)
        return;
    if (place >= 0) {
        take_out(place);
        model.came[slot] = VOW_CANCELED;
        serve();
    } else if (model.runs[slot]) {
        end_function(slot, VOW_CANCELED);
    }
}

static void close_model(void)
{
    model.closed = true;
    for (; model.waiting > 0; take_out(0))
        if (queue[0].slot >= 0)
            model.came[queue[0].slot] = VOW_CLOSED;
}

/* A canceled one swallows the firing. */
static void fire_gate_model(int slot)
{
    if (!model.gates[slot])
        return;
    model.gates[slot] = false;
    if (model.runs[slot])
        end_function(slot, VOW_OK);
    note_on(MODEL, "fire", VOW_OK, 0);
}

static void let_go_model(int slot)
{
    bool waits = model.came[slot] == PENDING_YET;
    if ((waits && model.askers[slot] != A_PROMISE) || model.gates[slot])
        return;
    if (waits && model.askers[slot] != NOBODY)
        queue[place_of(slot)].slot = -1;
    model.askers[slot] = NOBODY;
}

static void states_model(void)
{
    if (kind == SEMAPHORE)
        note_on(MODEL, "permits", model.free, 0);
    for (int i = 0; i < SLOTS; i++)
        if (model.askers[i] != NOBODY && model.came[i] != PENDING_YET)
            note_on(MODEL, model.askers[i] == A_LINE ? "line" : "asked", i, model.came[i]);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void ask_both(int slot, unsigned choice)
{
    enum asker asker = A_PROMISE + choice % 3;
    uint32_t wants = kind == MUTEX ? 1 : 1 + choice / 3 % (kind == RWLOCK ? 2 : 3);
    if (asker == A_FUNCTION && kind == RWLOCK)
        asker = A_PROMISE;
    trace("slot %d asks: %d wants %u", slot, asker, wants);
    must((slots[slot].asker == NOBODY) == (model.askers[slot] == NOBODY));
    if (slots[slot].asker != NOBODY)
        return;
    ask_real(slot, asker, wants);
    ask_model(slot, asker, wants);
}

static void try_both(uint32_t wants)
{
    note_on(REAL, "try", try_real(wants), 0);
    note_on(MODEL, "try", !model.closed && model.waiting == 0 && take(wants), 0);
}

static void give_both(uint32_t wants)
{
    note_on(REAL, "give", give_real(wants), 0);
    note_on(MODEL, "give", give_model(wants), 0);
}

static void do_event(unsigned event, unsigned choice)
{
    int slot = (int)(choice % SLOTS);
    uint32_t wants = kind == MUTEX ? 1 : 1 + choice / SLOTS % (kind == RWLOCK ? 2 : 3);
    trace("event %u slot %d wants %u", event, slot, wants);
    if (event <= 2)
        ask_both(slot, choice / SLOTS);
    else if (event == 3)
        try_both(wants);
    else if (event <= 5)
        give_both(wants);
    else if (event == 6) {
        if (slots[slot].asker != NOBODY)
            vow_cancel(slots[slot].promise);
        cancel_model(slot);
    } else if (event == 7) {
        let_go_real(slot);
        let_go_model(slot);
    } else if (event == 8) {
        fire_gate_real(slot);
        fire_gate_model(slot);
    } else if (choice < 16) {
        close_real();
        close_model();
    }
}

static void begin(unsigned choice)
{
    uint32_t permits = choice / KINDS % 4;
    kind = choice % KINDS;
    memset(&model, 0, sizeof(model));
    memset(slots, 0, sizeof(slots));
    model.free = kind == SEMAPHORE ? (long)permits : 1;
    mutex = (vow_mutex)VOW_MUTEX_INIT;
    semaphore = (vow_semaphore)VOW_SEMAPHORE_INIT(permits);
    rwlock = (vow_rwlock)VOW_RWLOCK_INIT;
    trace("kind %d permits %u", kind, permits);
}

/* Lines go on before anybody looks. */
static void compare(void)
{
    (void)vow_run_pending();
    states_real();
    states_model();
    compare_notes();
}

void fuzz_lock(struct bytes *bytes)
{
    begin(next_byte(bytes));
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        unsigned event = next_below(bytes, 10);
        do_event(event, next_byte(bytes));
        compare();
    }
    close_real();
    close_model();
    for (int i = 0; i < SLOTS; i++) {
        fire_gate_real(i);
        fire_gate_model(i);
        compare();
    }
    for (int i = 0; i < SLOTS; i++)
        let_go_real(i);
}
