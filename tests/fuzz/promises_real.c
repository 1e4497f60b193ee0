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

static bool unpause(int to)
{
    struct slot *slot = &slots[to];
    if (slot->pauses == 0)
        return false;
    slot->pauses--;
    note("unpause", vow_unpause(slot->promise), 0);
    return true;
}

static void release(int to)
{
    vow_promise *promise = slots[to].promise;
    slots[to].promise = NULL;
    vow_promise_release(promise);
}

static void abandon(int to)
{
    vow_deferred *deferred = slots[to].deferred;
    slots[to].deferred = NULL;
    vow_deferred_release(deferred);
}

static vow_value give_input(vow_value input, void *context)
{
    note("passed", value_number(input), 0);
    (void)context;
    return input;
}

static void look(int to)
{
    vow_value value = vow_none();
    if (slots[to].promise == NULL)
        return;
    bool there = vow_peek(slots[to].promise, &value);
    note("look", there, there ? value_number(value) : 0);
    vow_release(value);
}

static void resolve(const struct nested *nested)
{
    vow_deferred *deferred = slots[nested->to].deferred;
    if (deferred == NULL)
        return;
    if (nested->code == FIRE)
        slots[nested->to].deferred = NULL;
    vow_value value = make_value(nested->made, nested->number, nested->from);
    if (nested->code == FIRE)
        note("fire", vow_fire(deferred, value), 0);
    else
        note("resolve", vow_resolve(deferred, value), 0);
}

static void cancel(int to)
{
    vow_cancel(slots[to].promise);
}

static void pause(int to)
{
    if (slots[to].promise == NULL)
        return;
    slots[to].pauses++;
    note("pause", vow_pause(slots[to].promise), 0);
}

static void add_passing(int to)
{
    if (slots[to].promise != NULL)
        (void)vow_add_both(slots[to].promise, give_input, NULL);
}

static vow_value run_link(vow_value input, void *context)
{
    const struct linked *link = context;
    note("call", link->number, value_number(input));
    if (link->act.function == GIVES)
        return make_value(link->act.made, link->act.number, link->act.from);
    if (link->act.function == ACTS)
        play_nested(&promises_real, &link->act.nested);
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

/* The link that an act makes, and its function. */
static struct linked *link_of(const struct act *act, int number)
{
    links[number] = (struct linked){number, *act, NULL};
    return &links[number];
}

static vow_fn *function_of(const struct act *act)
{
    return act->function == NO_FUNCTION ? NULL : run_link;
}

static void act_derive(const struct act *act, int number)
{
    if (slots[act->from].promise == NULL)
        return;
    vow_promise *source = vow_promise_retain(slots[act->from].promise);
    play_empty(&promises_real, act->to);
    slots[act->to].promise = derive(source, act->how, function_of(act), link_of(act, number));
}

static void act_add(const struct act *act, int number)
{
    vow_promise *promise = slots[act->to].promise;
    if (promise != NULL)
        must(add(promise, act->how, function_of(act), link_of(act, number)) != NULL);
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

static void make(int to)
{
    slots[to].deferred = vow_deferred_new(&slots[to].promise);
}

static void act_chain(const struct act *act)
{
    vow_deferred *deferred = slots[act->to].deferred;
    if (deferred == NULL || slots[act->from].promise == NULL)
        return;
    slots[act->to].deferred = NULL;
    note("chain", vow_chain(vow_promise_retain(slots[act->from].promise), deferred), 0);
}

static void state(int number)
{
    if (slots[number].promise != NULL)
        note("state", number, (long)vow_state(slots[number].promise));
    if (slots[number].deferred != NULL)
        note("fired", number, vow_deferred_fired(slots[number].deferred));
}

static void end(void)
{
}

const struct playing promises_real = {
    make,    act_derive,  act_add, act_canceller, act_chain, resolve, cancel, pause,
    unpause, add_passing, release, abandon,       look,      state,   end,
};
