/*
 * combine.c - programs over vow_gather: some promises are gathered, then they are fired, canceled and released in any order,
 * and so is the result; and a model of what it has to come to (vow/combine.h).
 */
#include "fuzz.h"

#include <string.h>

enum { MEMBERS = 5, MOST_EVENTS = 40 };

/* What a promise has come to: `status` VOW_OK for a value. */
struct outcome {
    bool settled;
    int status;
    int number;
};

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_deferred *deferreds[MEMBERS];
static vow_promise *others[MEMBERS]; /* somebody else who looks at a member; NULL: nobody */
static vow_promise *result;

static vow_value value_of(bool fails, int number)
{
    return fails ? vow_fail(VOW_USER + number, "a member") : token_box(number);
}

static void note_list(vow_value list)
{
    for (size_t i = 0; i < vow_list_count(list); i++)
        note_on(REAL, "item", value_number(vow_list_at(list, i)), 0);
}

static void note_result(void)
{
    vow_value value = vow_none();
    if (result == NULL || !vow_peek(result, &value))
        return;
    vow_value cause = vow_error_cause(value);
    note_on(REAL, "result", vow_error_status(value), vow_is_list(value));
    if (vow_is_list(value))
        note_list(value);
    else if (!vow_is_error(value))
        note_on(REAL, "item", value_number(value), 0);
    else if (vow_is_list(cause))
        note_list(cause);
    else if (vow_is_error(cause))
        note_on(REAL, "item", value_number(cause), 0);
    vow_release(value);
}

/* The model ------------------------------------------------------------------------------------------------------- */

static struct {
    struct vow_gathering what;
    int count;
    struct outcome members[MEMBERS];
    bool fired[MEMBERS], swallows[MEMBERS];
    bool looked_at[MEMBERS]; /* by somebody else */
    bool let_go[MEMBERS];
    bool ended[MEMBERS];
    bool noted[MEMBERS]; /* it counts: nothing was decided before it */
    int order[MEMBERS];  /* those that were fulfilled, as they came */
    int fulfilled, rejected;
    int decider; /* whose outcome decides; -1: nobody's */
    bool decided, canceled, settled;
} model;

static bool is_last(void)
{
    return model.fulfilled + model.rejected == model.count;
}

static void take_note(int index)
{
    bool fails = model.members[index].status != VOW_OK;
    bool alone = false;
    model.noted[index] = true;
    if (!fails)
        model.order[model.fulfilled] = index;
    *(fails ? &model.rejected : &model.fulfilled) += 1;
    switch (model.what.kind) {
    case VOW_GATHER_SETTLED:
        alone = fails ? model.what.first_error : model.what.first_value;
        model.decided = alone || is_last();
        break;
    case VOW_GATHER_ALL:
        alone = fails;
        model.decided = fails || is_last();
        break;
    case VOW_GATHER_ANY:
        alone = !fails;
        model.decided = !fails || is_last();
        break;
    case VOW_GATHER_RACE:
        alone = model.decided = true;
        break;
    case VOW_GATHER_SOME:
        model.decided = model.fulfilled == (int)model.what.wanted ||
                        model.count - model.rejected < (int)model.what.wanted;
        break;
    }
    if (alone)
        model.decider = index;
}

static bool all_have_ended(void)
{
    for (int i = 0; i < model.count; i++)
        if (!model.ended[i] && !model.let_go[i])
            return false;
    return true;
}

static void member_ends(int index, struct outcome outcome)
{
    model.members[index] = outcome;
    model.ended[index] = true;
    if (!model.decided && !model.let_go[index])
        take_note(index);
}

static void end_rest(void)
{
    for (int i = 0; i < model.count; i++) {
        if (model.ended[i])
            continue;
        model.let_go[i] = model.looked_at[i];
        if (model.looked_at[i])
            continue;
        model.fired[i] = model.swallows[i] = true;
        member_ends(i, (struct outcome){true, VOW_CANCELED, 0});
    }
}

static void go_on(void)
{
    if (model.settled || (!model.decided && !model.canceled))
        return;
    if (model.what.cancel_rest || model.canceled)
        end_rest();
    model.settled = true;
}

static vow_status fire(int index, struct outcome outcome)
{
    if (model.fired[index]) {
        bool swallowed = model.swallows[index];
        model.swallows[index] = false;
        return swallowed ? VOW_OK : VOW_ALREADY_FIRED;
    }
    model.fired[index] = true;
    member_ends(index, outcome);
    go_on();
    return VOW_OK;
}

static void note_item(struct outcome outcome)
{
    note_on(MODEL, "item",
            outcome.status != VOW_OK ? (long)VOW_ERROR * KIND + outcome.status
                                     : (long)VOW_BOX * KIND + outcome.number,
            0);
}

static void note_by_index(bool errors_only)
{
    for (int i = 0; i < model.count; i++)
        if (model.noted[i] && (!errors_only || model.members[i].status != VOW_OK))
            note_item(model.members[i]);
}

/* All errors together: the status of the first one by index; a single one is as it is. */
static void note_errors(void)
{
    int first = 0;
    while (model.members[first].status == VOW_OK || !model.noted[first])
        first++;
    note_on(MODEL, "result", model.members[first].status, 0);
    if (model.rejected > 1)
        note_by_index(true);
}

static void note_one(int index)
{
    struct outcome outcome = model.members[index];
    bool wrapped = model.what.kind == VOW_GATHER_SETTLED;
    note_on(MODEL, "result", outcome.status, wrapped && outcome.status == VOW_OK);
    if (wrapped || outcome.status == VOW_OK)
        note_item(outcome);
    if (wrapped && outcome.status == VOW_OK)
        note_on(MODEL, "item", (long)VOW_INTEGER * KIND + index, 0);
}

static void note_some(void)
{
    note_on(MODEL, "result", VOW_OK, 1);
    if (fuzz_bend == BEND_SOME) {
        for (int i = 0; i < model.count; i++)
            if (model.noted[i] && model.members[i].status == VOW_OK)
                note_item(model.members[i]);
        return;
    }
    for (int i = 0; i < (int)model.what.wanted; i++)
        note_item(model.members[model.order[i]]);
}

static void note_model(void)
{
    if (!model.settled)
        return;
    if (!model.decided)
        note_on(MODEL, "result", VOW_CANCELED, 0);
    else if (model.decider >= 0)
        note_one(model.decider);
    else if (model.what.kind == VOW_GATHER_ANY)
        note_errors();
    else if (model.what.kind == VOW_GATHER_SOME && model.fulfilled < (int)model.what.wanted)
        note_errors();
    else if (model.what.kind == VOW_GATHER_SOME)
        note_some();
    else {
        note_on(MODEL, "result", VOW_OK, 1);
        note_by_index(false);
    }
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void fire_both(int index, bool fails, int number)
{
    struct outcome outcome = {true, fails ? VOW_USER + number : VOW_OK, number};
    if (deferreds[index] == NULL)
        return;
    note_on(REAL, "fire", vow_resolve(deferreds[index], value_of(fails, number)), 0);
    note_on(MODEL, "fire", fire(index, outcome), 0);
}

static void abandon_both(int index)
{
    vow_deferred *deferred = deferreds[index];
    if (deferred == NULL)
        return;
    deferreds[index] = NULL;
    vow_deferred_release(deferred);
    if (!model.fired[index])
        (void)fire(index, (struct outcome){true, VOW_ABANDONED, 0});
}

static void begin(struct bytes *bytes)
{
    vow_promise *promises[MEMBERS];
    unsigned kind = next_byte(bytes), flags = next_byte(bytes);
    memset(&model, 0, sizeof(model));
    model.decider = -1;
    model.count = 1 + (int)(kind / 8 % MEMBERS);
    model.what = (struct vow_gathering){.size = sizeof(model.what), .kind = kind % 5};
    model.what.cancel_rest = (flags & 1) != 0;
    if (model.what.kind == VOW_GATHER_SOME)
        model.what.wanted = 1 + flags / 8 % (unsigned)model.count;
    if (model.what.kind == VOW_GATHER_SETTLED) {
        model.what.first_value = (flags & 2) != 0;
        model.what.first_error = (flags & 4) != 0;
    }
    unsigned looked_at = next_byte(bytes);
    for (int i = 0; i < model.count; i++) {
        deferreds[i] = vow_deferred_new(&promises[i]);
        model.looked_at[i] = (looked_at >> i & 1) != 0;
        others[i] = model.looked_at[i] ? vow_promise_retain(promises[i]) : NULL;
    }
    result = vow_gather(promises, (size_t)model.count, &model.what);
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes), index = choice / 8 % (unsigned)model.count;
    trace("event %u member %u", choice % 8, index);
    switch (choice % 8) {
    default:
        fire_both((int)index, choice % 8 == 1, (int)next_byte(bytes));
        break;
    case 2:
        abandon_both((int)index);
        break;
    case 3:
        if (result != NULL)
            vow_cancel(result);
        model.canceled = model.canceled || !model.settled;
        go_on();
        break;
    case 4: /* who looks at it goes away */
        vow_promise_release(others[index]);
        others[index] = NULL;
        model.looked_at[index] = false;
        break;
    }
}

void fuzz_combine(struct bytes *bytes)
{
    begin(bytes);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(bytes);
        must(!model.settled || all_have_ended() || !model.what.cancel_rest);
        note_result();
        note_model();
        compare_notes();
    }
    for (int i = 0; i < model.count; i++) {
        abandon_both(i);
        vow_promise_release(others[i]);
        others[i] = NULL;
    }
    note_result();
    note_model();
    compare_notes();
    vow_promise_release(result);
    result = NULL;
}
