/*
 * promises.c - reads programs over promises, and has both sides play them (promises.h).
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

static void play(const struct act *act, int link)
{
    trace("act %d: code %u to %u from %u made %u number %u how %u function %u nested %u %u %u",
          link, act->code, act->to, act->from, act->made, act->number, act->how, act->function,
          act->nested.code, act->nested.to, act->nested.made);
    promises_real.act(act, link);
    promises_real.states();
    promises_model.act(act, link);
    promises_model.states();
    compare_notes();
}

void fuzz_promises(struct bytes *bytes)
{
    for (int i = 0; i < MOST_ACTS && bytes_left(bytes); i++) {
        struct act act = read_act(bytes);
        play(&act, i);
    }
    promises_real.end();
    promises_model.end();
    compare_notes();
}
