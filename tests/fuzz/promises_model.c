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

static void abandon(int to)
{
    struct cell *cell = slots[to].deferred;
    slots[to].deferred = NULL;
    if (cell != NULL)
        cell_abandon(cell);
}

static bool unpause(int to)
{
    struct slot *slot = &slots[to];
    struct cell *cell = slot->promise;
    if (slot->pauses == 0)
        return false;
    slot->pauses--;
    if (--cell->pauses > 0 && fuzz_bend == BEND_PAUSE)
        cell->pauses = 0;
    cell_run_held(cell);
    note("unpause", VOW_OK, 0);
    return true;
}

static void release(int to)
{
    if (slots[to].promise != NULL)
        slots[to].promise->holders--;
    slots[to].promise = NULL;
}

static void look(int to)
{
    const struct cell *cell = slots[to].promise;
    if (cell == NULL)
        return;
    bool there = cell_is_quiet(cell);
    note("look", there, there ? model_number(cell->value) : 0);
}

static void add_passing(int to)
{
    if (slots[to].promise == NULL)
        return;
    struct link *link = link_new(REPLACES, NULL);
    link->wants_values = link->wants_errors = true;
    cell_push_and_run(slots[to].promise, link);
}

static void resolve(const struct nested *nested)
{
    struct slot *slot = &slots[nested->to];
    struct cell *deferred = slot->deferred;
    bool gives_back = nested->code == FIRE;
    if (deferred == NULL)
        return;
    if (gives_back)
        slot->deferred = NULL;
    note(gives_back ? "fire" : "resolve",
         cell_fire(deferred, model_make_value(nested->made, nested->number, nested->from)), 0);
    if (gives_back)
        deferred->producers--;
}

static void cancel(int to)
{
    if (slots[to].promise != NULL)
        cell_cancel(slots[to].promise);
}

static void pause(int to)
{
    if (slots[to].promise == NULL)
        return;
    slots[to].pauses++;
    slots[to].promise->pauses++;
    note("pause", VOW_OK, 0);
}

void model_act_nested(const struct nested *nested)
{
    play_nested(&promises_model, nested);
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
    play_empty(&promises_model, act->to);
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

static void act_canceller(const struct act *act, int number)
{
    (void)number;
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

static void make(int to)
{
    struct slot *slot = &slots[to];
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

static void state(int number)
{
    const struct cell *cell = slots[number].promise;
    if (cell != NULL)
        note("state", number,
             !cell_is_quiet(cell)            ? VOW_PENDING
             : cell->value.kind == VOW_ERROR ? VOW_REJECTED
                                             : VOW_FULFILLED);
    if (slots[number].deferred != NULL)
        note("fired", number, slots[number].deferred->fired);
}

const struct playing promises_model = {
    make,    act_derive,  act_add, act_canceller, act_chain, resolve, cancel,      pause,
    unpause, add_passing, release, abandon,       look,      state,   cells_clear,
};
