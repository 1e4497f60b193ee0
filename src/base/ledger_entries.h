/*
 * ledger_entries.h - what the ledger holds, for the two files that it consists of.
 */
#ifndef VOW_BASE_LEDGER_ENTRIES_H
#define VOW_BASE_LEDGER_ENTRIES_H

#include "base/ledger.h"
#include "base/lock.h"
#include "base/place.h"
#include "base/table.h"

struct entry {
    const void *object; /* the key */
    UT_hash_handle hh;
    size_t size;      /* 0: its memory is another's */
    const char *name; /* NULL: its class's */
    bool excused;
    size_t (*items)(const void *object); /* how many it holds; NULL: it holds none */
    const char *did;                     /* what was done at `also`; NULL: nothing more is known */
    struct place made;
    struct place also;
};

struct ledger {
    struct lock lock;      /* for all of it */
    struct entry *entries; /* in the order in which they were made */
    size_t missed;         /* what there was no memory to enter */
    size_t strangers;      /* threads that have made something, are not ours, and have not ended */
};

extern struct ledger vow_ledger;

#endif
