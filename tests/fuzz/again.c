/*
 * again.c - programs over functions that are called again and again: vow_retry with its pauses on a virtual clock, vow_repeat, and
 * vow_map, vow_filter, vow_each and vow_reduce over a list; what each call gives is part of the program: a value, an error, the end
 * or a promise, which is fired later; and a model of the calls and of what they come to.
 */
#include "fuzz.h"

#include <string.h>

enum { MOST_CALLS = 48, MOST_SCRIPT = 8, MOST_ITEMS = 6, MOST_EVENTS = 40, FIRST = 99 };
enum kind { RETRY, REPEAT, REPEAT_UNTIL, MAP, FILTER, EACH, REDUCE, KINDS_OF_LOOP };
enum worth { BY_DEFAULT, EVEN_ONES, ALL_OF_THEM, WORTHS };

/* What a call gives: a value of that number, or an error. */
struct outcome {
    enum { A_VALUE, AN_ERROR, THE_END, LATER, OUTCOMES } what;
    int number;
};

/* The program, told to both sides. */
static struct {
    enum kind kind;
    enum worth worth;
    unsigned tries;
    int64_t pause;
    size_t limit;
    int items;
    int length;
    struct outcome script[MOST_SCRIPT];
} program;

/* Of the call with this number; so that it ends, the last ones do. */
static struct outcome outcome_of(int call)
{
    struct outcome outcome = program.script[call % program.length];
    if (call >= MOST_CALLS - 1)
        outcome.what = program.kind == RETRY ? A_VALUE : THE_END;
    return outcome;
}

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_clock *the_clock;
static vow_promise *result;
static struct {
    int calls;
    vow_deferred *gates[MOST_CALLS];
} real;

static vow_value make(struct outcome outcome)
{
    if (outcome.what == AN_ERROR)
        return vow_fail(VOW_USER + outcome.number, "a call");
    if (outcome.what == THE_END)
        return vow_end();
    return outcome.number % 4 == 0   ? vow_integer(0)
           : outcome.number % 4 == 1 ? vow_none()
                                     : token_box(outcome.number);
}

static vow_value give(void)
{
    vow_promise *promise;
    int call = real.calls++;
    must(call < MOST_CALLS);
    if (outcome_of(call).what != LATER)
        return make(outcome_of(call));
    real.gates[call] = vow_deferred_new(&promise);
    return vow_promise_value(promise);
}

static vow_value call_real(vow_value input, void *context)
{
    (void)context;
    note_on(REAL, "call", real.calls, value_number(input));
    return give();
}

static vow_value reduce_real(vow_value total, vow_value item, void *context)
{
    (void)context;
    note_on(REAL, "call", real.calls, value_number(item));
    note_on(REAL, "total", value_number(total), 0);
    return give();
}

static bool is_worth_real(vow_value error, unsigned tries, void *context)
{
    (void)context;
    note_on(REAL, "worth", vow_error_status(error), (long)tries);
    return program.worth == ALL_OF_THEM || vow_error_status(error) % 2 == 0;
}

static bool is_done_real(vow_value value, void *context)
{
    (void)context;
    return vow_is_integer(value);
}

static vow_promise *retry_real(void)
{
    const struct vow_retrying how = {.size = sizeof(how),
                                     .tries = program.tries,
                                     .pause = program.pause,
                                     .longest = VOW_MS(5),
                                     .worth = program.worth == BY_DEFAULT ? NULL : is_worth_real};
    return vow_retry(call_real, token_box(FIRST), NULL, &how);
}

static vow_value list_real(void)
{
    vow_value list = vow_list_new(MOST_ITEMS);
    for (int i = 0; i < program.items; i++)
        must(vow_list_append(list, token_box(i)) == VOW_OK);
    return list;
}

static vow_promise *begin_real(void)
{
    switch (program.kind) {
    case RETRY:
        return retry_real();
    case REPEAT:
        return vow_repeat(call_real, token_box(FIRST), NULL);
    case REPEAT_UNTIL:
        return vow_repeat_until(call_real, token_box(FIRST), is_done_real, NULL);
    case MAP:
        return vow_map(list_real(), call_real, NULL, program.limit);
    case FILTER:
        return vow_filter(list_real(), call_real, NULL, program.limit);
    case EACH:
        return vow_each(list_real(), call_real, NULL);
    default:
        return vow_reduce(list_real(), reduce_real, token_box(FIRST), NULL);
    }
}

static void note_real(void)
{
    vow_value value = vow_none();
    if (!vow_peek(result, &value))
        return;
    note_on(REAL, "result", vow_is_list(value) ? 0 : value_number(value), 0);
    for (size_t i = 0; vow_is_list(value) && i < vow_list_count(value); i++)
        note_on(REAL, "item", value_number(vow_list_at(value, i)), 0);
    vow_release(value);
}

/* The model ------------------------------------------------------------------------------------------------------- */

enum gate { NO_GATE, OPEN, SWALLOWS };
enum { NO_CALL = -1 };

/* One call after the other: of a list, as many turns as may be under way. */
struct turn {
    int item;
    int call; /* whose promise it waits for */
};

static struct {
    int calls;
    enum gate gates[MOST_CALLS];
    struct turn turns[MOST_ITEMS];
    int running; /* turns, and who begins them */
    int next;    /* item */
    bool stopped, settled, canceled;
    unsigned tries;
    int64_t now, pause, wakes; /* 0: no pause */
    long value;                /* of the call before; the total; the error */
    bool failed;
    long results[MOST_ITEMS];
} model;

static long number_of(struct outcome outcome)
{
    if (outcome.what == AN_ERROR)
        return (long)VOW_ERROR * KIND + VOW_USER + outcome.number;
    if (outcome.what == THE_END)
        return (long)VOW_END * KIND;
    return outcome.number % 4 == 0   ? (long)VOW_INTEGER * KIND
           : outcome.number % 4 == 1 ? (long)VOW_NONE * KIND
                                     : (long)VOW_BOX * KIND + outcome.number;
}

static const long canceled = (long)VOW_ERROR * KIND + VOW_CANCELED;

static bool is_error(long value)
{
    return value / KIND == VOW_ERROR;
}

static bool is_list_kind(void)
{
    return program.kind >= MAP;
}

static void settle(long value)
{
    model.settled = true;
    model.value = value;
}

/* Whether it is called again. */
static bool try_ended(long value)
{
    bool last = program.tries > 0 && model.tries >= program.tries + (fuzz_bend == BEND_AGAIN);
    if (value == canceled) { /* by who canceled all of it: nobody is asked */
        last = true;
    } else if (is_error(value) && !last && program.worth != BY_DEFAULT) {
        note_on(MODEL, "worth", value % KIND, (long)model.tries);
        last = program.worth == EVEN_ONES && value % 2 != 0;
    }
    if (is_error(value) && !last && !model.canceled && program.pause > 0) {
        model.wakes = model.now + model.pause;
        model.pause = model.pause * 2 < VOW_MS(5) ? model.pause * 2 : VOW_MS(5);
        return false;
    }
    if (is_error(value) && !last && !model.canceled)
        return true;
    settle(is_error(value) && !last ? canceled : value);
    return false;
}

static bool repeat_ended(long value)
{
    bool end = value / KIND == VOW_END;
    bool done = program.kind == REPEAT_UNTIL && value / KIND == VOW_INTEGER;
    if (is_error(value) || end || done) {
        settle(end ? model.value : value);
        return false;
    }
    model.value = value;
    return true;
}

static void turn_ended(struct turn *turn, long value);

static void cancel_call(struct turn *turn)
{
    if (turn->call == NO_CALL)
        return;
    model.gates[turn->call] = SWALLOWS;
    turn->call = NO_CALL;
    turn_ended(turn, canceled);
}

static void fail(long value)
{
    model.stopped = model.failed = true;
    model.value = value;
    for (int i = 0; i < MOST_ITEMS; i++)
        cancel_call(&model.turns[i]);
}

static void leave(void)
{
    if (--model.running == 0)
        model.stopped = model.settled = true;
}

static bool item_ended(const struct turn *turn, long value)
{
    if (is_error(value) && !model.stopped)
        fail(value);
    else if (!is_error(value) && program.kind == REDUCE && !model.failed)
        model.value = value;
    else if (!is_error(value) && turn->item < MOST_ITEMS)
        model.results[turn->item] = value;
    return true;
}

static bool has_more(struct turn *turn)
{
    if (!is_list_kind())
        return true;
    if (!model.stopped && model.next < program.items) {
        turn->item = model.next++;
        return true;
    }
    leave();
    return false;
}

static void run_turn(struct turn *turn)
{
    int call = model.calls++;
    long input = (long)VOW_BOX * KIND + (is_list_kind() ? turn->item : FIRST);
    bool loops = program.kind == REPEAT || program.kind == REPEAT_UNTIL;
    model.tries++;
    note_on(MODEL, "call", call, loops ? model.value : input);
    if (program.kind == REDUCE)
        note_on(MODEL, "total", model.value, 0);
    if (outcome_of(call).what == LATER) {
        model.gates[call] = OPEN;
        turn->call = call;
        return;
    }
    turn_ended(turn, number_of(outcome_of(call)));
}

static void turn_ended(struct turn *turn, long value)
{
    bool again = program.kind == RETRY ? try_ended(value)
                 : program.kind >= MAP ? item_ended(turn, value)
                                       : repeat_ended(value);
    if (again && has_more(turn)) {
        if (model.canceled)
            settle(canceled);
        else
            run_turn(turn);
    }
}

static void begin_model(void)
{
    size_t limit = program.kind >= EACH ? 1 : program.limit > 0 ? program.limit : MOST_ITEMS;
    memset(&model, 0, sizeof(model));
    model.value = (long)VOW_BOX * KIND + FIRST;
    model.pause = program.pause;
    for (int i = 0; i < MOST_ITEMS; i++)
        model.turns[i].call = NO_CALL;
    if (!is_list_kind()) {
        run_turn(&model.turns[0]);
        return;
    }
    model.running = 1;
    for (size_t i = 0; i < limit && i < MOST_ITEMS && !model.stopped && model.next < program.items;
         i++) {
        model.running++;
        model.turns[i].item = model.next++;
        run_turn(&model.turns[i]);
    }
    leave();
}

static void cancel_model(void)
{
    if (model.settled || model.stopped)
        return;
    if (is_list_kind()) {
        fail(canceled);
        return;
    }
    model.canceled = true;
    if (model.wakes > 0)
        settle(canceled);
    model.wakes = 0;
    cancel_call(&model.turns[0]);
}

static vow_status fire_model(int call, struct outcome outcome)
{
    enum gate gate = model.gates[call];
    model.gates[call] = NO_GATE;
    for (int i = 0; i < MOST_ITEMS && gate == OPEN; i++)
        if (model.turns[i].call == call) {
            model.turns[i].call = NO_CALL;
            turn_ended(&model.turns[i], number_of(outcome));
            break;
        }
    return VOW_OK;
}

/* Pauses end each at its own moment. */
static void advance_model(int64_t nanoseconds)
{
    int64_t until = model.now + nanoseconds;
    while (model.wakes > 0 && model.wakes <= until) {
        model.now = model.wakes;
        model.wakes = 0;
        run_turn(&model.turns[0]);
    }
    model.now = until;
}

static bool means_yes(long value)
{
    return value / KIND == VOW_BOX || value / KIND == VOW_END;
}

static void note_model(void)
{
    bool list = is_list_kind() && program.kind != REDUCE && !model.failed;
    if (!model.settled)
        return;
    note_on(MODEL, "result", list ? 0 : model.value, 0);
    for (int i = 0; list && i < program.items; i++)
        if (program.kind != FILTER || means_yes(model.results[i]))
            note_on(MODEL, "item",
                    program.kind == MAP ? model.results[i] : (long)VOW_BOX * KIND + i, 0);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static struct outcome read_outcome(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    struct outcome outcome = {choice % OUTCOMES, (int)(choice / OUTCOMES)};
    return outcome;
}

static void fire_both(int call, struct outcome outcome)
{
    vow_deferred *gate = real.gates[call];
    real.gates[call] = NULL;
    must((gate != NULL) == (model.gates[call] != NO_GATE));
    if (gate == NULL)
        return;
    note_on(REAL, "fire", vow_fire(gate, make(outcome)), 0);
    note_on(MODEL, "fire", fire_model(call, outcome), 0);
}

static void advance_both(int64_t nanoseconds)
{
    must(vow_clock_advance(the_clock, nanoseconds) == VOW_OK);
    (void)vow_run_pending();
    advance_model(nanoseconds);
}

static void cancel_both(void)
{
    vow_cancel(result);
    cancel_model();
}

static void compare(void)
{
    (void)vow_run_pending();
    note_real();
    note_model();
    compare_notes();
}

/* The oldest call that is under way, or the one after it. */
static int pending_call(unsigned which)
{
    int call = 0;
    for (; call < MOST_CALLS - 1; call++)
        if (model.gates[call] != NO_GATE && which-- == 0)
            break;
    return call;
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    trace("event %u about %u", choice % 8, choice / 8);
    if (choice % 8 < 5)
        fire_both(pending_call(choice / 8 % 3), read_outcome(bytes));
    else if (choice % 8 < 7)
        advance_both((int64_t)(choice / 8) * VOW_US(300));
    else if (choice < 64)
        cancel_both();
}

static void begin(struct bytes *bytes)
{
    unsigned kind = next_byte(bytes), choice = next_byte(bytes), length = next_byte(bytes);
    memset(&real, 0, sizeof(real));
    memset(&program, 0, sizeof(program));
    program.kind = kind % KINDS_OF_LOOP;
    program.worth = kind / KINDS_OF_LOOP % WORTHS;
    program.tries = choice % 5;
    program.pause = choice / 5 % 2 * VOW_MS(1);
    program.limit = choice / 10 % 4;
    program.items = (int)(choice / 40);
    program.length = 1 + (int)(length % MOST_SCRIPT);
    for (int i = 0; i < program.length; i++)
        program.script[i] = read_outcome(bytes);
    trace("kind %d worth %d tries %u pause %ld limit %zu items %d", program.kind, program.worth,
          program.tries, (long)program.pause, program.limit, program.items);
    the_clock = vow_clock_new();
    must(vow_clock_install(the_clock) == VOW_OK);
    result = begin_real();
    begin_model();
    compare();
}

void fuzz_again(struct bytes *bytes)
{
    begin(bytes);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(bytes);
        compare();
    }
    cancel_both();
    for (int i = 0; i < MOST_CALLS; i++)
        fire_both(i, (struct outcome){A_VALUE, 0});
    compare();
    vow_promise_release(result);
    (void)vow_run_pending();
    must(vow_clock_free(the_clock) == VOW_OK);
}
