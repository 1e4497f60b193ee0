/*
 * promises.h - programs over promises: the acts, which the library's side (promises_real.c) and the model
 * (promises_model.c) do alike.
 *
 * There are a few slots; each may hold a deferred and a promise. An act does something to slots. The functions of links
 * do what a struct function says; one of them does an act of its own, which makes nothing new, so that programs end.
 */
#ifndef VOW_TESTS_FUZZ_PROMISES_H
#define VOW_TESTS_FUZZ_PROMISES_H

#include "fuzz.h"

enum { SLOTS = 6, MOST_ACTS = 80, MOST_LINKS = 200 };

enum code {
    MAKE,    /* a deferred and its promise in slot `to` */
    RESOLVE, /* the deferred of `to`, with a value */
    FIRE,    /* the same, and gives it back */
    DERIVE,  /* slot `to` gets a promise derived from that of `from` */
    ADD,     /* a link to the promise of `to` */
    CANCEL,
    PAUSE,
    UNPAUSE,
    LET_GO,        /* the promise of `to` */
    ABANDON,       /* the deferred of `to` */
    SET_CANCELLER, /* one that fires, or does not */
    CHAIN,         /* the deferred of `to` with the promise of `from` */
    LOOK,          /* at the promise of `to`, by a wait */
    CODES
};

/* Values are made of a kind and a number. */
enum made { AN_INTEGER, AN_ERROR, A_BOX, A_PROMISE, NOTHING, KINDS_MADE };

struct act {
    uint8_t code;
    uint8_t to;
    uint8_t from;
    uint8_t made;
    uint8_t number;
    uint8_t how; /* DERIVE: enum derivation; ADD: enum addition; SET_CANCELLER: whether it fires */
    uint8_t function; /* enum function_kind */
    struct nested {   /* what a function does that acts */
        uint8_t code;
        uint8_t to;
        uint8_t made;
        uint8_t number;
        uint8_t from;
    } nested;
};

enum derivation { BY_THEN, BY_CATCH, BY_FINALLY, BY_TAP, BY_THEN_WITH, DERIVATIONS };
enum addition { BY_CALLBACK, BY_ERRBACK, BY_BOTH, BY_CALLBACKS, ADDITIONS };
enum function_kind { GIVES_INPUT, GIVES, ACTS, NO_FUNCTION, FUNCTIONS };

/* A side: what it does to a slot. What is not there, a deferred, a promise or a pause, is left alone. */
struct playing {
    void (*make)(int to); /* in an empty slot */
    void (*derive)(const struct act *act,
                   int link); /* `link`: the number of the link that it makes */
    void (*add)(const struct act *act, int link);
    void (*set_canceller)(const struct act *act, int link);
    void (*chain)(const struct act *act);
    void (*resolve)(const struct nested *nested); /* or fires */
    void (*cancel)(int to);
    void (*pause)(int to);
    bool (*unpause)(int to); /* whether the slot had paused its promise */
    void (*add_passing)(int to);
    void (*release)(int to); /* the promise */
    void (*abandon)(int to);
    void (*look)(int to);
    void (*state)(int slot); /* notes what the slot says of itself */
    void (*end)(void);       /* all slots are empty */
};

extern const struct playing promises_real, promises_model;

void play_nested(const struct playing *side, const struct nested *nested);
void play_empty(const struct playing *side, int to);

#endif
