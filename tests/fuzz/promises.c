/*
 * promises.c - reads programs over promises, and has both sides play them, act by act (promises.h).
 */
#include "promises.h"

static const uint8_t nested_code[] = {RESOLVE, FIRE,   CANCEL,  PAUSE, UNPAUSE,
                                      ADD,     LET_GO, ABANDON, LOOK};

static struct nested read_nested(struct bytes *bytes)
{
    struct nested nested;
    unsigned choice = next_byte(bytes);
    nested.code = nested_code[choice % sizeof(nested_code)];
    nested.to = (uint8_t)(choice / sizeof(nested_code) % SLOTS);
    choice = next_byte(bytes);
    nested.made = (uint8_t)(choice % KINDS_MADE);
    nested.from = (uint8_t)(choice / KINDS_MADE % SLOTS);
    nested.number = (uint8_t)(choice / KINDS_MADE);
    return nested;
}

static struct act read_act(struct bytes *bytes)
{
    struct act act = {.code = (uint8_t)next_below(bytes, CODES)};
    unsigned slots = next_byte(bytes);
    act.to = (uint8_t)(slots % SLOTS);
    act.from = (uint8_t)(slots / SLOTS % SLOTS);
    if (act.code == RESOLVE || act.code == FIRE || act.code == DERIVE || act.code == ADD ||
        act.code == SET_CANCELLER) {
        unsigned choice = next_byte(bytes);
        act.made = (uint8_t)(choice % KINDS_MADE);
        act.number = (uint8_t)(choice / KINDS_MADE);
    }
    if (act.code == DERIVE || act.code == ADD || act.code == SET_CANCELLER) {
        unsigned choice = next_byte(bytes);
        act.how = (uint8_t)(choice % (act.code == DERIVE ? DERIVATIONS : ADDITIONS));
        act.function = (uint8_t)(choice / 8 % FUNCTIONS);
    }
    if ((act.code == DERIVE || act.code == ADD) && act.function == ACTS)
        act.nested = read_nested(bytes);
    return act;
}

/* Acts, on either side ------------------------------------------------------------------------------------------------ */

/* Links may be run by it, which may do something to the slot again. */
static void let_go(const struct playing *side, int to)
{
    while (side->unpause(to)) {
    }
    side->release(to);
}

void play_empty(const struct playing *side, int to)
{
    side->abandon(to);
    let_go(side, to);
}

void play_nested(const struct playing *side, const struct nested *nested)
{
    if (nested->code == RESOLVE || nested->code == FIRE)
        side->resolve(nested);
    else if (nested->code == CANCEL)
        side->cancel(nested->to);
    else if (nested->code == PAUSE)
        side->pause(nested->to);
    else if (nested->code == UNPAUSE)
        (void)side->unpause(nested->to);
    else if (nested->code == ADD)
        side->add_passing(nested->to);
    else if (nested->code == LET_GO)
        let_go(side, nested->to);
    else if (nested->code == ABANDON)
        side->abandon(nested->to);
    else if (nested->code == LOOK)
        side->look(nested->to);
}

static void play_act(const struct playing *side, const struct act *act, int link)
{
    if (act->code == MAKE) {
        play_empty(side, act->to);
        side->make(act->to);
    } else if (act->code == DERIVE)
        side->derive(act, link);
    else if (act->code == ADD)
        side->add(act, link);
    else if (act->code == SET_CANCELLER)
        side->set_canceller(act, link);
    else if (act->code == CHAIN)
        side->chain(act);
    else
        play_nested(side, &(struct nested){act->code, act->to, act->made, act->number, act->from});
    for (int i = 0; i < SLOTS; i++)
        side->state(i);
}

static void play_end(const struct playing *side)
{
    for (int i = 0; i < SLOTS; i++)
        play_empty(side, i);
    side->end();
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void play(const struct act *act, int link)
{
    trace("act %d: code %u to %u from %u made %u number %u how %u function %u nested %u %u %u",
          link, act->code, act->to, act->from, act->made, act->number, act->how, act->function,
          act->nested.code, act->nested.to, act->nested.made);
    play_act(&promises_real, act, link);
    play_act(&promises_model, act, link);
    compare_notes();
}

void fuzz_promises(struct bytes *bytes)
{
    for (int i = 0; i < MOST_ACTS && bytes_left(bytes); i++) {
        struct act act = read_act(bytes);
        play(&act, i);
    }
    play_end(&promises_real);
    play_end(&promises_model);
    compare_notes();
}
