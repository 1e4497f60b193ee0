/**
 * hash.h - the stage that hashes files.
 */
#ifndef VOWSUM_HASH_H
#define VOWSUM_HASH_H

#include <stdbool.h>
#include <vow.h>

/** Before the first file. False: it cannot be. */
bool hash_begin(void);

/**
 * The function of a task. Its input is a file, its context the session. Fills in digest or error, and gives the file
 * back, or a promise of it where that takes long and somebody else can do it; an error value if the session was stopped,
 * or lacks memory. A file of any size takes the same memory.
 */
vow_value hash_file(vow_value value, void *context);

/** After the last file, and the last thread that has hashed but this one: frees what was kept from one to the next. */
void hash_end(void);

#endif
