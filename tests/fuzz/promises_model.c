/*
 * promises_model.c - programs over promises, played by the model (promises.h): slots, and the acts on them. What the promises do is in
 * promises_cells.c.
 */
#include "promises_cells.h"

static struct slot {
    struct cell *deferred;
    struct cell *promise;
    int pauses;
} slots[SLOTS];

static void note(const char *what, long first, long second)
{
    note_on(MODEL, what, first, second);
}

struct value model_make_value(enum made made, int number, int from)
{
    switch (made) {
    case AN_INTEGER:
        return (struct value){VOW_INTEGER, number, NULL};
    case AN_ERROR:
        return model_error(VOW_USER + number);
    case A_BOX:
        return (struct value){VOW_BOX, number, NULL};
    case A_PROMISE:
        if (slots[from].promise == NULL)
            break;
        slots[from].promise->holders++;
        return (struct value){VOW_PROMISE, 0, slots[from].promise};
    default:
        break;
    }
    return (struct value){VOW_NONE, 0, NULL};
}

/* Acts */

static void abandon(struct slot *slot)
{
    struct cell *cell = slot->deferred;
    slot->deferred = NULL;
    if (cell != NULL)
        cell_abandon(cell);
}

static void unpause(struct slot *slot)
{
    struct cell *cell = slot->promise;
    if (slot->pauses == 0)
        return;
    slot->pauses--;
    if (--cell->pauses > 0 && fuzz_bend == BEND_PAUSE)
        cell->pauses = 0;
    cell_run_held(cell);
    note("unpause", VOW_OK, 0);
}

static void let_go(struct slot *slot)
{
    while (slot->promise != NULL && slot->pauses > 0)
        unpause(slot);
    if (slot->promise != NULL)
        slot->promise->holders--;
    slot->promise = NULL;
}

static void empty(struct slot *slot)
{
    abandon(slot);
    let_go(slot);
}

static void look(const struct slot *slot)
{
    if (slot->promise == NULL)
        return;
    bool there = cell_is_quiet(slot->promise);
    note("look", there, there ? model_number(slot->promise->value) : 0);
}

static void add_passing(struct cell *cell)
{
    struct link *link = link_new(REPLACES, NULL);
    link->wants_values = link->wants_errors = true;
    cell_push_and_run(cell, link);
}

void model_act_nested(const struct nested *nested)
{
    struct slot *slot = &slots[nested->to];
    struct cell *deferred = slot->deferred;
    if (nested->code == RESOLVE && deferred != NULL)
        note("resolve",
             cell_fire(deferred, model_make_value(nested->made, nested->number, nested->from)), 0);
    if (nested->code == FIRE && deferred != NULL) {
        slot->deferred = NULL;
        note("fire",
             cell_fire(deferred, model_make_value(nested->made, nested->number, nested->from)), 0);
        deferred->producers--;
    }
    if (nested->code == CANCEL && slot->promise != NULL)
        cell_cancel(slot->promise);
    if (nested->code == PAUSE && slot->promise != NULL) {
        slot->pauses++;
        slot->promise->pauses++;
        note("pause", VOW_OK, 0);
    }
    if (nested->code == UNPAUSE)
        unpause(slot);
    if (nested->code == ADD && slot->promise != NULL)
        add_passing(slot->promise);
    if (nested->code == LET_GO)
        let_go(slot);
    if (nested->code == ABANDON)
        abandon(slot);
    if (nested->code == LOOK)
        look(slot);
}

static struct link *link_of(const struct act *act, int number, enum link_kind kind,
                            struct cell *target)
{
    struct link *link = link_new(kind, target);
    link->number = number;
    link->act = *act;
    return link;
}

static void act_derive(const struct act *act, int number)
{
    struct cell *source = slots[act->from].promise;
    bool function = act->function != NO_FUNCTION;
    if (source == NULL)
        return;
    source->holders++;
    empty(&slots[act->to]);
    struct cell *derived = cell_new();
    struct link *link = link_of(act, number, SETTLES, derived);
    link->wants_values = function && act->how != BY_CATCH;
    link->wants_errors = function && act->how != BY_THEN && act->how != BY_TAP;
    link->keeps = act->how == BY_FINALLY || act->how == BY_TAP;
    link->drops = act->how == BY_THEN_WITH;
    derived->source = source;
    derived->fired = true;
    cell_push_and_run(source, link);
    slots[act->to].promise = derived;
}

static void act_add(const struct act *act, int number)
{
    struct cell *cell = slots[act->to].promise;
    bool function = act->function != NO_FUNCTION;
    if (cell == NULL)
        return;
    struct link *link = link_of(act, number, REPLACES, NULL);
    link->wants_values = function && act->how != BY_ERRBACK;
    link->wants_errors = function && act->how != BY_CALLBACK;
    link->drops = act->how == BY_CALLBACKS;
    cell_push_and_run(cell, link);
}

static void act_canceller(const struct act *act)
{
    struct cell *cell = slots[act->to].deferred;
    if (cell == NULL)
        return;
    if (cell->fired) {
        note("canceller dropped", act->to, 0);
        note("set canceller", VOW_ALREADY_FIRED, 0);
        return;
    }
    cell_drop_canceller(cell);
    cell->canceller = act->to + 1;
    cell->canceling = *act;
    note("set canceller", VOW_OK, 0);
}

static void act_make(struct slot *slot)
{
    empty(slot);
    slot->deferred = slot->promise = cell_new();
    slot->promise->producers = 1;
}

static void act_chain(const struct act *act)
{
    struct cell *deferred = slots[act->to].deferred;
    if (deferred == NULL || slots[act->from].promise == NULL)
        return;
    slots[act->to].deferred = NULL;
    note("chain", cell_fire(deferred, model_make_value(A_PROMISE, 0, act->from)), 0);
    deferred->producers--;
}

static void act_model(const struct act *act, int number)
{
    if (act->code == MAKE)
        act_make(&slots[act->to]);
    else if (act->code == DERIVE)
        act_derive(act, number);
    else if (act->code == ADD)
        act_add(act, number);
    else if (act->code == SET_CANCELLER)
        act_canceller(act);
    else if (act->code == CHAIN)
        act_chain(act);
    else
        model_act_nested(&(struct nested){act->code, act->to, act->made, act->number, act->from});
}

static void states(void)
{
    for (int i = 0; i < SLOTS; i++) {
        const struct cell *cell = slots[i].promise;
        if (cell != NULL)
            note("state", i,
                 !cell_is_quiet(cell)            ? VOW_PENDING
                 : cell->value.kind == VOW_ERROR ? VOW_REJECTED
                                                 : VOW_FULFILLED);
        if (slots[i].deferred != NULL)
            note("fired", i, slots[i].deferred->fired);
    }
}

static void end(void)
{
    for (int i = 0; i < SLOTS; i++)
        empty(&slots[i]);
    cells_clear();
}

const struct playing promises_model = {MODEL, act_model, states, end};
