/*
 * promises_cells.c - what promises at home on immediate, used by one thread, have to do: a sequential model of the contracts of
 * vow/promise.h and vow/deferred.h.
 *
 * A promise has a queue of links and, once it has settled, a value. Whoever settles it, or finds it settled, runs its links
 * one after the other. What a link settles in turn is run afterwards, in the order of settling, by whoever runs (a firing);
 * what functions fire themselves runs at once, inside of them.
 *
 * `holders` counts those who look at a promise: slots, promises derived from it, those that wait for its value.
 * `busy` counts those who have it in hand for the time of a call: as long as one has, a cancel does not come by from outside
 * (but in functions that a cancel runs, its own does not count).
 * Nothing is freed: a program makes no more than there is room for.
 */
#include "promises_cells.h"

/* What is to be run when the links of the present promise have been. */
struct firing {
    struct cell *cells[MOST_PROMISES];
    int count;
};

static struct cell cells[MOST_PROMISES];
static struct link all_links[MOST_LINKED];
static int cells_made, links_made;

static void note(const char *what, long first, long second)
{
    note_on(MODEL, what, first, second);
}

struct cell *cell_new(void)
{
    must(cells_made < MOST_PROMISES);
    cells[cells_made] = (struct cell){.holders = 1};
    return &cells[cells_made++];
}

struct link *link_new(enum link_kind kind, struct cell *target)
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

void cells_clear(void)
{
    cells_made = links_made = 0;
}

/* Settling and running -------------------------------------------------------------------------------------------- */

static bool is_runnable(const struct cell *cell)
{
    return cell->first != NULL && cell->phase == SETTLED && cell->pauses == 0 && !cell->running;
}

bool cell_is_quiet(const struct cell *cell)
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
        settle(cell, model_error(VOW_INVALID));
        queue(cell, firing);
        return VOW_INVALID;
    }
    if (cell_is_quiet(adopted)) {
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

void cell_run_held(struct cell *cell)
{
    cell->busy++;
    run(cell);
    cell->busy--;
}

/* Links ----------------------------------------------------------------------------------------------------------- */

static bool has_function(const struct link *link, struct value value)
{
    return !link->dead && (value.kind == VOW_ERROR ? link->wants_errors : link->wants_values);
}

/* Calls the link's function: what it gives, which is owned. */
static struct value call(const struct link *link, struct value value)
{
    if (link->kind == GIVES_BACK)
        return link->kept;
    note(link->number >= 0 ? "call" : "passed",
         link->number >= 0 ? link->number : model_number(value),
         link->number >= 0 ? model_number(value) : 0);
    if (link->number >= 0 && link->act.function == GIVES)
        return model_make_value(link->act.made, link->act.number, link->act.from);
    if (link->number >= 0 && link->act.function == ACTS)
        model_act_nested(&link->act.nested);
    return value;
}

void cell_push_and_run(struct cell *cell, struct link *link)
{
    push(cell, link);
    if (cell->phase == SETTLED)
        cell_run_held(cell);
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
    cell_push_and_run(waited.promise, link);
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

void cell_drop_canceller(struct cell *cell)
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
    cell_drop_canceller(cell);
    if (value.kind == VOW_PROMISE) {
        vow_status status = adopt(cell, value, &firing);
        run_firing(&firing);
        return status;
    }
    settle(cell, value);
    cell_run_held(cell);
    return VOW_OK;
}

vow_status cell_fire(struct cell *cell, struct value value)
{
    if (!cell->fired)
        return fire_now(cell, value);
    bool swallowed = cell->swallows && fuzz_bend != BEND_SWALLOW;
    cell->swallows = false;
    release(value);
    return swallowed ? VOW_OK : VOW_ALREADY_FIRED;
}

void cell_abandon(struct cell *cell)
{
    cell->producers--;
    if (!cell->fired)
        (void)fire_now(cell, model_error(VOW_ABANDONED));
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

/* Who cancels has it in hand, but is not in the way of functions that run because of that and cancel, too. */
static void run_canceled(struct cell *cell)
{
    cell->busy--;
    run(cell);
    cell->busy++;
}

/* Takes a derived promise from its source, and rejects it. */
static void detach(struct cell *cell)
{
    struct link *link = take_out(cell->source, cell);
    if (link != NULL) {
        end_derivation(cell);
        drop(link);
    }
    if (cell->phase == PENDING) {
        settle(cell, model_error(VOW_CANCELED));
        run_canceled(cell);
    }
}

static void run_canceller(struct cell *cell)
{
    int slot = cell->canceller;
    struct act act = cell->canceling;
    cell->canceller = 0;
    note("canceller", slot - 1, 0);
    if (act.how != 0)
        note("resolve", cell_fire(cell, (struct value){VOW_INTEGER, act.number, NULL}), 0);
    note("canceller dropped", slot - 1, 0);
    if (cell->fired)
        return;
    cell->fired = true;
    settle(cell, model_error(VOW_CANCELED));
    run_canceled(cell);
}

static void cancel_root(struct cell *cell)
{
    if (cell->canceller != 0) {
        run_canceller(cell);
    } else if (!cell->fired) {
        cell->fired = cell->swallows = true;
        settle(cell, model_error(VOW_CANCELED));
        run_canceled(cell);
    }
}

void cell_cancel(struct cell *cell)
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
        cell_cancel(next);
}
