/*
 * promises_model.c - what promises at home on immediate, used by one thread, have to do: a sequential model of the contracts of
 * vow/promise.h and vow/deferred.h.
 *
 * A promise has a queue of links and, once it has settled, a value. Whoever settles it, or finds it settled, runs its links
 * one after the other. What a link settles in turn is run afterwards, in the order of settling, by whoever runs (a firing);
 * what functions fire themselves runs at once, inside of them.
 *
 * `holders` counts those who look at a promise: slots, promises derived from it, those that wait for its value.
 * `busy` counts those who have it in hand for the time of a call: as long as one has, a cancel does not come by from outside.
 * Nothing is freed: a program makes no more than there is room for.
 */
#include "promises.h"

#include <string.h>

enum { MOST_PROMISES = 1000, MOST_LINKED = 2000 };

struct cell;

struct value {
    enum vow_kind kind;
    int number;
    struct cell *promise;
};

enum link_kind { REPLACES, SETTLES, ADOPTS, GIVES_BACK };

struct link {
    struct link *next;
    enum link_kind kind;
    struct cell *target; /* not of REPLACES */
    int number;          /* -1: of a nested act */
    struct act act;
    bool wants_values, wants_errors; /* what its function is for */
    bool keeps;                      /* as vow_finally */
    bool drops;                      /* has a drop function */
    bool dead;                       /* the target was canceled while the queue ran */
    struct value kept;               /* of GIVES_BACK */
};

enum phase { PENDING, ADOPTING, SETTLED };

struct cell {
    enum phase phase;
    struct value value; /* ADOPTING: the promise */
    struct link *first, *last;
    struct cell *source; /* derived from it, and its link has not ended */
    int holders, busy, producers, pauses;
    bool fired, swallows, running, queued;
    int canceller; /* the slot of the act that set it + 1; 0: none */
    struct act canceling;
};

/* What is to be run when the links of the present promise have been. */
struct firing {
    struct cell *cells[MOST_PROMISES];
    int count;
};

static struct cell cells[MOST_PROMISES];
static struct link all_links[MOST_LINKED];
static int cells_made, links_made;

static struct slot {
    struct cell *deferred;
    struct cell *promise;
    int pauses;
} slots[SLOTS];

static void note(const char *what, long first, long second)
{
    note_on(MODEL, what, first, second);
}

static long number_of(struct value value)
{
    return (long)value.kind * KIND + value.number;
}

static struct value error(int status)
{
    return (struct value){VOW_ERROR, status, NULL};
}

static struct cell *cell_new(void)
{
    must(cells_made < MOST_PROMISES);
    cells[cells_made] = (struct cell){.holders = 1};
    return &cells[cells_made++];
}

static struct link *link_new(enum link_kind kind, struct cell *target)
{
    must(links_made < MOST_LINKED);
    all_links[links_made] = (struct link){.kind = kind, .target = target, .number = -1};
    return &all_links[links_made++];
}

static void push(struct cell *cell, struct link *link)
{
    link->next = NULL;
    if (cell->last != NULL)
        cell->last->next = link;
    else
        cell->first = link;
    cell->last = link;
}

static struct link *pop(struct cell *cell)
{
    struct link *link = cell->first;
    cell->first = link->next;
    if (cell->first == NULL)
        cell->last = NULL;
    return link;
}

/* The promise's last holder may have gone: what hangs on it stays for whoever settles it. */
static void release(struct value value)
{
    if (value.kind == VOW_PROMISE)
        value.promise->holders--;
}

static struct value make_value(enum made made, int number, int from)
{
    switch (made) {
    case AN_INTEGER:
        return (struct value){VOW_INTEGER, number, NULL};
    case AN_ERROR:
        return error(VOW_USER + number);
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

/* Settling and running -------------------------------------------------------------------------------------------- */

static bool is_runnable(const struct cell *cell)
{
    return cell->first != NULL && cell->phase == SETTLED && cell->pauses == 0 && !cell->running;
}

static bool is_quiet(const struct cell *cell)
{
    return cell->phase == SETTLED && cell->pauses == 0 && cell->first == NULL && !cell->running;
}

static void queue(struct cell *cell, struct firing *firing)
{
    if (!is_runnable(cell) || cell->queued)
        return;
    cell->queued = true;
    must(firing->count < MOST_PROMISES);
    firing->cells[firing->count++] = cell;
}

static void settle(struct cell *cell, struct value value)
{
    cell->phase = SETTLED;
    cell->value = value;
}

static bool waits_for(const struct cell *from, const struct cell *to)
{
    while (from != NULL && from != to) {
        if (from->phase == ADOPTING)
            from = from->value.promise;
        else
            from = from->phase == PENDING ? from->source : NULL;
    }
    return from == to;
}

/* `cell` gets what the promise in `value` (taken) gives. */
static vow_status adopt(struct cell *cell, struct value value, struct firing *firing)
{
    struct cell *adopted = value.promise;
    cell->phase = PENDING; /* it waits for nobody yet */
    if (waits_for(adopted, cell)) {
        adopted->holders--;
        settle(cell, error(VOW_INVALID));
        queue(cell, firing);
        return VOW_INVALID;
    }
    if (is_quiet(adopted)) {
        adopted->holders--;
        settle(cell, adopted->value);
        queue(cell, firing);
        return VOW_OK;
    }
    cell->phase = ADOPTING;
    cell->value = value;
    push(adopted, link_new(ADOPTS, cell));
    queue(adopted, firing);
    return VOW_OK;
}

static void run_queue(struct cell *cell, struct firing *firing);

static void run_firing(struct firing *firing)
{
    for (int i = 0; i < firing->count; i++) {
        firing->cells[i]->queued = false;
        run_queue(firing->cells[i], firing);
    }
}

static void run(struct cell *cell)
{
    struct firing firing;
    firing.count = 0;
    run_queue(cell, &firing);
    run_firing(&firing);
}

static void run_held(struct cell *cell)
{
    cell->busy++;
    run(cell);
    cell->busy--;
}

/* Links ----------------------------------------------------------------------------------------------------------- */

static void act_nested(const struct nested *nested);

static bool has_function(const struct link *link, struct value value)
{
    return !link->dead && (value.kind == VOW_ERROR ? link->wants_errors : link->wants_values);
}

/* Calls the link's function: what it gives, which is owned. */
static struct value call(const struct link *link, struct value value)
{
    if (link->kind == GIVES_BACK)
        return link->kept;
    note(link->number >= 0 ? "call" : "passed", link->number >= 0 ? link->number : number_of(value),
         link->number >= 0 ? number_of(value) : 0);
    if (link->number >= 0 && link->act.function == GIVES)
        return make_value(link->act.made, link->act.number, link->act.from);
    if (link->number >= 0 && link->act.function == ACTS)
        act_nested(&link->act.nested);
    return value;
}

static void push_and_run(struct cell *cell, struct link *link)
{
    push(cell, link);
    if (cell->phase == SETTLED)
        run_held(cell);
}

/* vow_finally's function gave a promise (taken): one of `kept`, when that is fulfilled. */
static struct value after(struct value waited, struct value kept)
{
    struct cell *derived = cell_new();
    struct link *link = link_new(GIVES_BACK, derived);
    link->kept = kept;
    link->wants_values = true;
    derived->source = waited.promise;
    derived->fired = true;
    push_and_run(waited.promise, link);
    return (struct value){VOW_PROMISE, 0, derived};
}

static struct value keep(struct value result, struct value value)
{
    if (fuzz_bend == BEND_FINALLY || result.kind == VOW_ERROR)
        return result;
    if (result.kind == VOW_PROMISE)
        return after(result, value);
    return value;
}

static void drop(const struct link *link)
{
    if (link->drops)
        note("drop", link->number, 0);
}

/* The derived promise lets its source go. */
static void end_derivation(struct cell *target)
{
    if (target->source != NULL)
        target->source->holders--;
    target->source = NULL;
}

static void run_settling(struct cell *cell, struct link *link, struct firing *firing)
{
    struct cell *target = link->target;
    struct value value = cell->value;
    if (has_function(link, value)) {
        struct value result = call(link, value);
        value = link->keeps ? keep(result, value) : result;
    }
    end_derivation(target);
    if (target->phase != PENDING) {
        release(value);
    } else if (value.kind == VOW_PROMISE) {
        (void)adopt(target, value, firing);
    } else {
        settle(target, value);
        queue(target, firing);
    }
    drop(link);
}

static void run_replacing(struct cell *cell, const struct link *link, struct firing *firing)
{
    struct value value = cell->value;
    bool has = has_function(link, value);
    struct value result = has ? call(link, value) : value;
    drop(link);
    if (!has)
        return;
    cell->value = result;
    if (result.kind == VOW_PROMISE)
        (void)adopt(cell, result, firing);
}

static void run_adopting(const struct cell *cell, const struct link *link, struct firing *firing)
{
    struct cell *target = link->target;
    release(target->value);
    settle(target, cell->value);
    queue(target, firing);
}

static void run_queue(struct cell *cell, struct firing *firing)
{
    while (is_runnable(cell)) {
        struct link *link = pop(cell);
        cell->running = true;
        if (link->kind == REPLACES)
            run_replacing(cell, link, firing);
        else if (link->kind == ADOPTS)
            run_adopting(cell, link, firing);
        else
            run_settling(cell, link, firing);
        cell->running = false;
    }
}

/* Firing ---------------------------------------------------------------------------------------------------------- */

static void drop_canceller(struct cell *cell)
{
    int slot = cell->canceller;
    cell->canceller = 0;
    if (slot != 0)
        note("canceller dropped", slot - 1, 0);
}

static vow_status fire_now(struct cell *cell, struct value value)
{
    struct firing firing;
    firing.count = 0;
    cell->fired = true;
    drop_canceller(cell);
    if (value.kind == VOW_PROMISE) {
        vow_status status = adopt(cell, value, &firing);
        run_firing(&firing);
        return status;
    }
    settle(cell, value);
    run_held(cell);
    return VOW_OK;
}

static vow_status fire(struct cell *cell, struct value value)
{
    if (!cell->fired)
        return fire_now(cell, value);
    bool swallowed = cell->swallows && fuzz_bend != BEND_SWALLOW;
    cell->swallows = false;
    release(value);
    return swallowed ? VOW_OK : VOW_ALREADY_FIRED;
}

static void abandon(struct slot *slot)
{
    struct cell *cell = slot->deferred;
    slot->deferred = NULL;
    if (cell == NULL)
        return;
    cell->producers--;
    if (!cell->fired)
        (void)fire_now(cell, error(VOW_ABANDONED));
}

/* Canceling ------------------------------------------------------------------------------------------------------- */

/* Whether nobody but one derived promise looks at `source`, and behind its own callbacks alone. */
static bool has_one_consumer(const struct cell *source)
{
    if (source->phase == SETTLED || source->holders + source->busy != 1 || source->last == NULL)
        return source->phase != SETTLED && fuzz_bend == BEND_CONSUMERS;
    for (const struct link *link = source->first; link != source->last; link = link->next)
        if (link->kind != REPLACES)
            return false;
    return source->last->kind != REPLACES;
}

static struct link *take_out(struct cell *source, const struct cell *target)
{
    struct link *before = NULL;
    struct link *link = source->first;
    while (link != NULL && (link->target != target || link->kind == ADOPTS)) {
        before = link;
        link = link->next;
    }
    if (link != NULL && source->running) {
        link->dead = true;
        return NULL;
    }
    if (link == NULL)
        return NULL;
    if (before == NULL)
        return pop(source);
    before->next = link->next;
    if (source->last == link)
        source->last = before;
    return link;
}

/* Takes a derived promise from its source, and rejects it. */
static void detach(struct cell *cell)
{
    struct cell *source = cell->source;
    struct link *link = take_out(source, cell);
    source->busy++;
    if (link != NULL) {
        end_derivation(cell);
        source->busy++;
        drop(link);
    }
    if (cell->phase == PENDING) {
        settle(cell, error(VOW_CANCELED));
        run(cell);
    }
    source->busy -= link != NULL ? 2 : 1;
}

static void run_canceller(struct cell *cell)
{
    int slot = cell->canceller;
    struct act act = cell->canceling;
    cell->canceller = 0;
    note("canceller", slot - 1, 0);
    if (act.how != 0)
        note("resolve", fire(cell, (struct value){VOW_INTEGER, act.number, NULL}), 0);
    note("canceller dropped", slot - 1, 0);
    if (cell->fired)
        return;
    cell->fired = true;
    settle(cell, error(VOW_CANCELED));
    run(cell);
}

static void cancel_root(struct cell *cell)
{
    if (cell->canceller != 0) {
        run_canceller(cell);
    } else if (!cell->fired) {
        cell->fired = cell->swallows = true;
        settle(cell, error(VOW_CANCELED));
        run(cell);
    }
}

static void cancel(struct cell *cell)
{
    struct cell *next = NULL;
    cell->busy++;
    if (cell->phase == ADOPTING)
        next = cell->value.promise;
    else if (cell->phase == PENDING && cell->source != NULL && has_one_consumer(cell->source))
        next = cell->source;
    else if (cell->phase == PENDING && cell->source != NULL)
        detach(cell);
    else if (cell->phase == PENDING)
        cancel_root(cell);
    cell->busy--;
    if (next != NULL)
        cancel(next);
}

/* Acts ------------------------------------------------------------------------------------------------------------ */

static void unpause(struct slot *slot)
{
    struct cell *cell = slot->promise;
    if (slot->pauses == 0)
        return;
    slot->pauses--;
    if (--cell->pauses > 0 && fuzz_bend == BEND_PAUSE)
        cell->pauses = 0;
    run_held(cell);
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
    bool there = is_quiet(slot->promise);
    note("look", there, there ? number_of(slot->promise->value) : 0);
}

static void add_passing(struct cell *cell)
{
    struct link *link = link_new(REPLACES, NULL);
    link->wants_values = link->wants_errors = true;
    push_and_run(cell, link);
}

static void act_nested(const struct nested *nested)
{
    struct slot *slot = &slots[nested->to];
    struct cell *deferred = slot->deferred;
    if (nested->code == RESOLVE && deferred != NULL)
        note("resolve", fire(deferred, make_value(nested->made, nested->number, nested->from)), 0);
    if (nested->code == FIRE && deferred != NULL) {
        slot->deferred = NULL;
        note("fire", fire(deferred, make_value(nested->made, nested->number, nested->from)), 0);
        deferred->producers--;
    }
    if (nested->code == CANCEL && slot->promise != NULL)
        cancel(slot->promise);
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
    push_and_run(source, link);
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
    push_and_run(cell, link);
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
    drop_canceller(cell);
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
    note("chain", fire(deferred, make_value(A_PROMISE, 0, act->from)), 0);
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
        act_nested(&(struct nested){act->code, act->to, act->made, act->number, act->from});
}

static void states(void)
{
    for (int i = 0; i < SLOTS; i++) {
        const struct cell *cell = slots[i].promise;
        if (cell != NULL)
            note("state", i,
                 !is_quiet(cell)                 ? VOW_PENDING
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
    cells_made = links_made = 0;
}

const struct playing promises_model = {MODEL, act_model, states, end};
