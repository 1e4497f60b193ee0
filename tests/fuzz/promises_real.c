/*
 * promises_real.c - programs over promises, played by the library (promises.h).
 */
#include "promises.h"

static struct slot {
    vow_deferred *deferred;
    vow_promise *promise;
    int pauses; /* through this slot: whoever pauses unpauses */
} slots[SLOTS];

/* What the functions of a link do. A link of a nested act has no struct of its own. */
static struct linked {
    int number;
    struct act act;
    struct token *token; /* the context of a link with a drop function */
} links[MOST_ACTS];

static void note(const char *what, long first, long second)
{
    note_on(REAL, what, first, second);
}

static vow_value make_value(enum made made, int number, int from)
{
    switch (made) {
    case AN_INTEGER:
        return vow_integer(number);
    case AN_ERROR:
        return vow_fail(VOW_USER + number, "of the fuzzer's");
    case A_BOX:
        return token_box(number);
    case A_PROMISE:
        if (slots[from].promise != NULL)
            return vow_promise_value(vow_promise_retain(slots[from].promise));
        return vow_none();
    default:
        return vow_none();
    }
}

/* Acts ------------------------------------------------------------------------------------------------------------ */

static void unpause(struct slot *slot)
{
    if (slot->pauses == 0)
        return;
    slot->pauses--;
    note("unpause", vow_unpause(slot->promise), 0);
}

/* Links may be run by it, which may do something to the slot again. */
static void let_go(struct slot *slot)
{
    while (slot->promise != NULL && slot->pauses > 0)
        unpause(slot);
    vow_promise *promise = slot->promise;
    slot->promise = NULL;
    vow_promise_release(promise);
}

static void abandon(struct slot *slot)
{
    vow_deferred *deferred = slot->deferred;
    slot->deferred = NULL;
    vow_deferred_release(deferred);
}

static void empty(struct slot *slot)
{
    abandon(slot);
    let_go(slot);
}

static vow_value give_input(vow_value input, void *context)
{
    note("passed", value_number(input), 0);
    (void)context;
    return input;
}

static void look(struct slot *slot)
{
    vow_value value = vow_none();
    if (slot->promise == NULL)
        return;
    bool there = vow_peek(slot->promise, &value);
    note("look", there, there ? value_number(value) : 0);
    vow_release(value);
}

static void act_nested(const struct nested *nested)
{
    struct slot *slot = &slots[nested->to];
    vow_deferred *deferred = slot->deferred;
    if (nested->code == RESOLVE && deferred != NULL)
        note("resolve",
             vow_resolve(deferred, make_value(nested->made, nested->number, nested->from)), 0);
    if (nested->code == FIRE && deferred != NULL) {
        slot->deferred = NULL;
        note("fire", vow_fire(deferred, make_value(nested->made, nested->number, nested->from)), 0);
    }
    if (nested->code == CANCEL)
        vow_cancel(slot->promise);
    if (nested->code == PAUSE && slot->promise != NULL) {
        slot->pauses++;
        note("pause", vow_pause(slot->promise), 0);
    }
    if (nested->code == UNPAUSE)
        unpause(slot);
    if (nested->code == ADD && slot->promise != NULL)
        (void)vow_add_both(slot->promise, give_input, NULL);
    if (nested->code == LET_GO)
        let_go(slot);
    if (nested->code == ABANDON)
        abandon(slot);
    if (nested->code == LOOK)
        look(slot);
}

static vow_value run_link(vow_value input, void *context)
{
    const struct linked *link = context;
    note("call", link->number, value_number(input));
    if (link->act.function == GIVES)
        return make_value(link->act.made, link->act.number, link->act.from);
    if (link->act.function == ACTS)
        act_nested(&link->act.nested);
    return input;
}

static void drop_link(void *context)
{
    struct linked *link = context;
    note("drop", link->number, 0);
    token_drop(link->token);
}

static vow_handlers handlers_of(struct linked *link, vow_fn *fn)
{
    link->token = token_new();
    return (vow_handlers){.size = sizeof(vow_handlers),
                          .fulfilled = fn,
                          .rejected = fn,
                          .context = link,
                          .drop = drop_link};
}

static vow_promise *derive(vow_promise *promise, enum derivation how, vow_fn *fn,
                           struct linked *link)
{
    vow_handlers handlers;
    switch (how) {
    case BY_THEN:
        return vow_then(promise, fn, link);
    case BY_CATCH:
        return vow_catch(promise, fn, link);
    case BY_FINALLY:
        return vow_finally(promise, fn, link);
    case BY_TAP:
        return vow_tap(promise, fn, link);
    default:
        handlers = handlers_of(link, fn);
        return vow_then_with(promise, &handlers);
    }
}

static vow_promise *add(vow_promise *promise, enum addition how, vow_fn *fn, struct linked *link)
{
    vow_handlers handlers;
    switch (how) {
    case BY_CALLBACK:
        return vow_add_callback(promise, fn, link);
    case BY_ERRBACK:
        return vow_add_errback(promise, fn, link);
    case BY_BOTH:
        return vow_add_both(promise, fn, link);
    default:
        handlers = handlers_of(link, fn);
        return vow_add_callbacks(promise, &handlers);
    }
}

static void act_derive(const struct act *act, struct linked *link, vow_fn *fn)
{
    if (slots[act->from].promise == NULL)
        return;
    vow_promise *source = vow_promise_retain(slots[act->from].promise);
    empty(&slots[act->to]);
    slots[act->to].promise = derive(source, act->how, fn, link);
}

static void act_add(const struct act *act, struct linked *link, vow_fn *fn)
{
    if (slots[act->to].promise != NULL)
        must(add(slots[act->to].promise, act->how, fn, link) != NULL);
}

/* Cancellers fire their own deferred, or not. */
static struct canceling {
    struct token *token;
    int slot;
    struct act act;
    vow_deferred *deferred; /* borrowed: it calls its canceller while it is there */
} cancelings[MOST_ACTS];

static void canceller(void *context)
{
    const struct canceling *canceling = context;
    note("canceller", canceling->slot, 0);
    if (canceling->act.how != 0)
        note("resolve", vow_resolve(canceling->deferred, vow_integer(canceling->act.number)), 0);
}

static void canceller_drop(void *context)
{
    struct canceling *canceling = context;
    note("canceller dropped", canceling->slot, 0);
    token_drop(canceling->token);
}

static void act_canceller(const struct act *act, int number)
{
    vow_deferred *deferred = slots[act->to].deferred;
    if (deferred == NULL)
        return;
    cancelings[number] = (struct canceling){token_new(), act->to, *act, deferred};
    note("set canceller",
         vow_set_canceller(deferred, canceller, &cancelings[number], canceller_drop), 0);
}

static void act_make(struct slot *slot)
{
    empty(slot);
    slot->deferred = vow_deferred_new(&slot->promise);
}

static void act_chain(const struct act *act)
{
    vow_deferred *deferred = slots[act->to].deferred;
    if (deferred == NULL || slots[act->from].promise == NULL)
        return;
    slots[act->to].deferred = NULL;
    note("chain", vow_chain(vow_promise_retain(slots[act->from].promise), deferred), 0);
}

static void act_real(const struct act *act, int number)
{
    struct linked *link = &links[number];
    vow_fn *fn = act->function == NO_FUNCTION ? NULL : run_link;
    *link = (struct linked){number, *act, NULL};
    if (act->code == MAKE)
        act_make(&slots[act->to]);
    else if (act->code == DERIVE)
        act_derive(act, link, fn);
    else if (act->code == ADD)
        act_add(act, link, fn);
    else if (act->code == SET_CANCELLER)
        act_canceller(act, number);
    else if (act->code == CHAIN)
        act_chain(act);
    else
        act_nested(&(struct nested){act->code, act->to, act->made, act->number, act->from});
}

static void states(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].promise != NULL)
            note("state", i, vow_state(slots[i].promise));
        if (slots[i].deferred != NULL)
            note("fired", i, vow_deferred_fired(slots[i].deferred));
    }
}

static void end(void)
{
    for (int i = 0; i < SLOTS; i++)
        empty(&slots[i]);
}

const struct playing promises_real = {REAL, act_real, states, end};
