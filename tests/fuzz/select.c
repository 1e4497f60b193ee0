/*
 * select.c - programs over vow_select: over channels of several capacities and over promises, by who looks only and by lines that wait;
 * and a model of what may be chosen, and of what comes of it (vow/select.h).
 *
 * Of several cases that can happen the library chooses one by chance: the model is told which, says whether that one could
 * happen, and takes it. Who waits is served in the order in which they came: there the model chooses.
 */
#include "fuzz.h"

#include <string.h>

enum { CHANNELS = 3, GATES = 2, USERS = 3, CASES = 4, MOST_ITEMS = 16, MOST_EVENTS = 60 };
enum { NOT_CHOSEN = -1 };

/* User 0 never waits; the others are lines. Each has ends of its own of each channel. */
struct user {
    bool waits; /* a line: its select has not ended */
    vow_status status;
    int chosen;
    vow_status case_status;
    long value; /* as value_number says it */
};

/* A case: of a channel, to read or to write `number`; of a gate; or of nothing. */
struct which {
    enum { READS, WRITES, OF_GATE, OF_NOTHING } kind;
    int of;
    int number;
};

static struct which wanted[USERS][CASES];
static int counts[USERS];

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_writer *writers[USERS][CHANNELS];
static vow_reader *readers[USERS][CHANNELS];
static vow_deferred *gates[GATES];
static vow_promise *promises[GATES];
static vow_promise *lines[USERS];
static struct user users[USERS];

static vow_case make_case(int user, const struct which *which)
{
    vow_case nothing = {.status = VOW_OK};
    switch (which->kind) {
    case READS:
        return vow_case_read(readers[user][which->of]);
    case WRITES:
        return vow_case_write(writers[user][which->of], token_box(which->number));
    case OF_GATE:
        return vow_case_promise(promises[which->of]);
    default:
        return nothing;
    }
}

static void select_real(int user, vow_deadline deadline)
{
    struct user *it = &users[user];
    vow_case cases[CASES];
    size_t chosen = CASES;
    for (int i = 0; i < counts[user]; i++)
        cases[i] = make_case(user, &wanted[user][i]);
    *it = (struct user){.waits = true, .chosen = NOT_CHOSEN};
    it->status = vow_select(cases, (size_t)counts[user], deadline, &chosen);
    it->waits = false;
    if (it->status == VOW_OK) {
        it->chosen = (int)chosen;
        it->case_status = cases[chosen].status;
        if (wanted[user][chosen].kind != WRITES && it->case_status == VOW_OK)
            it->value = value_number(cases[chosen].value);
    }
    for (int i = 0; i < counts[user]; i++) /* what was not written, and what was read */
        vow_release(cases[i].value);
}

static vow_value run_line(vow_value input, void *context)
{
    select_real((int)((struct user *)context - users), VOW_FOREVER);
    return input;
}

static void note_user(enum side side, int index, const struct user *user)
{
    note_on(side, "select", index * 100 + user->chosen, user->waits ? 1 : user->status);
    note_on(side, "chosen", user->case_status, user->value);
}

static void states_real(void)
{
    for (int i = 0; i < USERS; i++)
        note_user(REAL, i, &users[i]);
    for (int i = 0; i < CHANNELS; i++)
        note_on(REAL, "channel", (long)vow_reader_size(readers[0][i]),
                vow_reader_is_closed(readers[0][i]));
}

/* The model ------------------------------------------------------------------------------------------------------- */

static struct {
    struct user users[USERS];
    long order[USERS]; /* in which they began to wait */
    long waits;
    struct {
        size_t capacity;
        int items[MOST_ITEMS];
        size_t count;
        bool closed;
        int error;
    } channels[CHANNELS];
    bool fired[GATES];
    long values[GATES];
} model;

static long item_number(int number)
{
    return (long)VOW_BOX * KIND + number;
}

/* The case of `user` that is of `kind` and about `of`; NOT_CHOSEN: there is none. */
static int case_of(int user, int kind, int of)
{
    for (int i = 0; i < counts[user]; i++)
        if ((int)wanted[user][i].kind == kind && wanted[user][i].of == of)
            return i;
    return NOT_CHOSEN;
}

/* Who, of the others, has waited longest with such a case; NOT_CHOSEN: nobody. */
static int waiter_for(int user, int kind, int of)
{
    int found = NOT_CHOSEN;
    for (int i = 0; i < USERS; i++)
        if (i != user && model.users[i].waits && case_of(i, kind, of) != NOT_CHOSEN &&
            (found == NOT_CHOSEN || model.order[i] < model.order[found]))
            found = i;
    return found;
}

static bool can_happen(int user, const struct which *which)
{
    if (which->kind == OF_GATE)
        return model.fired[which->of];
    if (which->kind == OF_NOTHING)
        return false;
    size_t count = model.channels[which->of].count;
    if (model.channels[which->of].closed)
        return true;
    if (which->kind == READS)
        return count > 0 || waiter_for(user, WRITES, which->of) != NOT_CHOSEN;
    return count < model.channels[which->of].capacity ||
           waiter_for(user, READS, which->of) != NOT_CHOSEN;
}

static void has_chosen(int user, int chosen, vow_status status, long value)
{
    model.users[user] = (struct user){.chosen = chosen, .case_status = status, .value = value};
}

static int take_item(int of)
{
    int item = model.channels[of].items[0];
    model.channels[of].count--;
    memmove(model.channels[of].items, model.channels[of].items + 1,
            model.channels[of].count * sizeof(int));
    return item;
}

/* Into the buffer, or to who waits for it. */
static void put_item(int user, int of, int item)
{
    int waiter = waiter_for(user, READS, of);
    if (waiter != NOT_CHOSEN)
        has_chosen(waiter, case_of(waiter, READS, of), VOW_OK, item_number(item));
    else
        model.channels[of].items[model.channels[of].count++] = item;
}

/* What was read; somebody who waits to write has room then, or is who it was read from. */
static int read_item(int user, int of)
{
    int waiter = waiter_for(user, WRITES, of);
    if (waiter != NOT_CHOSEN) {
        int index = case_of(waiter, WRITES, of);
        model.channels[of].items[model.channels[of].count++] = wanted[waiter][index].number;
        has_chosen(waiter, index, VOW_OK, 0);
    }
    return take_item(of);
}

static void happen(int user, int index)
{
    const struct which *which = &wanted[user][index];
    bool closed = which->kind <= WRITES && model.channels[which->of].closed;
    if (which->kind == OF_GATE)
        has_chosen(user, index, VOW_OK, model.values[which->of]);
    else if (which->kind == WRITES && closed)
        has_chosen(user, index, VOW_CLOSED, 0);
    else if (which->kind == READS && closed && model.channels[which->of].count == 0)
        has_chosen(user, index, model.channels[which->of].error, 0);
    else if (which->kind == READS)
        has_chosen(user, index, VOW_OK, item_number(read_item(user, which->of)));
    else {
        put_item(user, which->of, which->number);
        has_chosen(user, index, VOW_OK, 0);
    }
}

/* An end is used twice. */
static bool is_invalid(int user)
{
    for (int i = 0; i < counts[user]; i++)
        if (wanted[user][i].kind <= WRITES &&
            case_of(user, (int)wanted[user][i].kind, wanted[user][i].of) != i)
            return true;
    return false;
}

static bool is_hopeless(int user)
{
    for (int i = 0; i < counts[user]; i++)
        if (wanted[user][i].kind != OF_NOTHING)
            return false;
    return true;
}

/* `told`: what was chosen, of several that can happen. */
static void select_model(int user, bool may_wait, int told)
{
    bool possible = false;
    model.users[user] = (struct user){.chosen = NOT_CHOSEN};
    for (int i = 0; i < counts[user]; i++)
        possible = possible || can_happen(user, &wanted[user][i]);
    if (is_invalid(user))
        model.users[user].status = VOW_INVALID;
    else if (possible && told != NOT_CHOSEN) {
        must(can_happen(user, &wanted[user][told]));
        happen(user, told);
    } else if (!may_wait)
        model.users[user].status = VOW_TIMED_OUT;
    else if (is_hopeless(user))
        model.users[user].status = VOW_DEADLOCK;
    else {
        model.users[user].waits = true;
        model.order[user] = model.waits++;
    }
}

/* Whoever waits for what has happened, in this way or in several: which one, that is told. */
static void wake_all(void)
{
    for (int i = 1; i < USERS; i++)
        for (int k = 0; k < counts[i] && model.users[i].waits; k++)
            if (can_happen(i, &wanted[i][k]) &&
                (k == users[i].chosen || users[i].chosen == NOT_CHOSEN ||
                 !can_happen(i, &wanted[i][users[i].chosen])))
                happen(i, k);
}

static void close_model(int of, int error)
{
    model.channels[of].error = error;
    model.channels[of].closed = fuzz_bend != BEND_SELECT;
    wake_all();
}

static void states_model(void)
{
    for (int i = 0; i < USERS; i++)
        note_user(MODEL, i, &model.users[i]);
    for (int i = 0; i < CHANNELS; i++)
        note_on(MODEL, "channel", (long)model.channels[i].count, model.channels[i].closed);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void read_cases(struct bytes *bytes, int user)
{
    unsigned choice = next_byte(bytes);
    counts[user] = (int)(choice % (CASES + 1));
    for (int i = 0; i < counts[user]; i++) {
        choice = next_byte(bytes);
        struct which *which = &wanted[user][i];
        which->kind = choice % 8 < 3    ? READS
                      : choice % 8 < 6  ? WRITES
                      : choice % 8 == 6 ? OF_GATE
                                        : OF_NOTHING;
        which->of = (int)(choice / 8 % (which->kind == OF_GATE ? GATES : CHANNELS));
        which->number = (int)(choice / 8);
        trace("user %d case %d: kind %d of %d", user, i, which->kind, which->of);
    }
}

static void look_both(struct bytes *bytes)
{
    read_cases(bytes, 0);
    select_real(0, VOW_POLL);
    (void)vow_run_pending(); /* lines go on */
    select_model(0, false, users[0].chosen);
}

static void let_line_go(int user)
{
    vow_promise_release(lines[user]);
    lines[user] = NULL;
}

/* A line, which waits; one that waits already goes on waiting. */
static void wait_both(struct bytes *bytes, int user)
{
    must(users[user].waits == model.users[user].waits);
    if (users[user].waits)
        return;
    let_line_go(user);
    read_cases(bytes, user);
    lines[user] = vow_spawn(vow_immediate(), run_line, vow_none(), &users[user]);
    (void)vow_run_pending();
    select_model(user, true, users[user].chosen);
}

static void cancel_both(int user)
{
    if (lines[user] != NULL)
        vow_cancel(lines[user]);
    (void)vow_run_pending();
    if (model.users[user].waits)
        model.users[user] = (struct user){.status = VOW_CANCELED, .chosen = NOT_CHOSEN};
}

static void fire_both(int gate, int number)
{
    vow_deferred *deferred = gates[gate];
    gates[gate] = NULL;
    if (deferred == NULL)
        return;
    must(vow_fire(deferred, token_box(number)) == VOW_OK);
    (void)vow_run_pending();
    model.fired[gate] = true;
    model.values[gate] = item_number(number);
    wake_all();
}

static void close_both(int of, unsigned choice)
{
    vow_writer *writer = writers[0][of];
    int error = choice % 4 == 0 ? VOW_USER + 1 : VOW_CLOSED;
    bool closed = model.channels[of].closed;
    vow_status status = choice % 4 == 0 ? vow_writer_fail(writer, vow_fail(VOW_USER + 1, "failed"))
                                        : vow_writer_close(writer);
    must(closed || status == VOW_OK);
    (void)vow_run_pending();
    if (!closed)
        close_model(of, error);
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes), rest = choice / 8;
    trace("event %u about %u", choice % 8, rest);
    if (choice % 8 < 3)
        look_both(bytes);
    else if (choice % 8 < 6)
        wait_both(bytes, 1 + (int)(rest % (USERS - 1)));
    else if (choice % 8 == 6)
        cancel_both(1 + (int)(rest % (USERS - 1)));
    else if (rest < 8)
        fire_both((int)(rest % GATES), (int)rest);
    else if (rest < 16)
        close_both((int)(rest % CHANNELS), rest);
}

static void begin(struct bytes *bytes)
{
    static const size_t capacities[] = {0, 1, 2, 5};
    memset(&model, 0, sizeof(model));
    memset(users, 0, sizeof(users));
    for (int i = 0; i < CHANNELS; i++) {
        size_t capacity = capacities[next_byte(bytes) % 4];
        model.channels[i].capacity = capacity;
        must(vow_channel_new(capacity, NULL, &writers[0][i], &readers[0][i]) == VOW_OK);
        for (int user = 1; user < USERS; user++) {
            writers[user][i] = vow_writer_another(writers[0][i]);
            readers[user][i] = vow_reader_another(readers[0][i]);
        }
    }
    for (int i = 0; i < GATES; i++)
        gates[i] = vow_deferred_new(&promises[i]);
}

static void end(void)
{
    for (int user = 1; user < USERS; user++) {
        cancel_both(user);
        let_line_go(user);
    }
    for (int i = 0; i < USERS * CHANNELS; i++) {
        vow_writer_release(writers[i / CHANNELS][i % CHANNELS]);
        vow_reader_release(readers[i / CHANNELS][i % CHANNELS]);
    }
    for (int i = 0; i < GATES; i++) {
        fire_both(i, 0);
        vow_promise_release(promises[i]);
    }
}

void fuzz_select(struct bytes *bytes)
{
    begin(bytes);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(bytes);
        states_real();
        states_model();
        compare_notes();
    }
    end();
}
