/*
 * channel.h - programs over one channel: the acts, which the library's side (channel.c) and the model (channel_model.c)
 * do alike.
 *
 * There are a few slots for writers, for readers and for promises of reads and writes. Nobody waits: what is not possible at
 * once is refused (VOW_POLL), or a promise.
 */
#ifndef VOW_TESTS_FUZZ_CHANNEL_H
#define VOW_TESTS_FUZZ_CHANNEL_H

#include "fuzz.h"

enum { ENDS = 3, PROMISES = 6, MOST_AT_ONCE = 7, MOST_CHANNEL_ACTS = 120 };

enum channel_code {
    WRITE,
    READ,
    WRITE_MANY,
    READ_MANY,
    WRITE_PROMISE,
    READ_PROMISE,
    CANCEL_PROMISE,
    RELEASE_PROMISE,
    CLOSE_WRITER,
    CLOSE_READER,
    FAIL,
    ANOTHER_WRITER,
    ANOTHER_READER,
    RELEASE_WRITER,
    RELEASE_READER,
    READ_ALL, /* of a channel that is closed: who reads all waits for the close */
    CHANNEL_CODES
};

enum item_kind { ITEM_INTEGER, ITEM_BOX, ITEM_ERROR, ITEM_END, ITEM_KINDS };

struct channel_act {
    uint8_t code;
    uint8_t end;   /* which writer or reader */
    uint8_t slot;  /* which promise; of ANOTHER_…: where the further end goes */
    uint8_t kind;  /* enum item_kind */
    uint8_t count; /* of …_MANY */
    uint8_t number;
};

struct channel_playing {
    void (*begin)(size_t capacity, bool serial);
    void (*act)(const struct channel_act *act);
    void (*states)(void);
    void (*end)(void);
};

extern const struct channel_playing channel_model;

#endif
