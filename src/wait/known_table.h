/*
 * known_table.h - the table of known waits, for those who search it (known.c).
 *
 * All of it under the lock but vow_known_forget, which takes it.
 */
#ifndef VOW_WAIT_KNOWN_TABLE_H
#define VOW_WAIT_KNOWN_TABLE_H

#include "base/lock.h"
#include "wait/known.h"

extern struct lock vow_known_lock;
extern struct known *vow_known_first; /* the one that was entered last; the others by `next` */

/* The wait that `promise` cannot go on before; NULL: none that is known. */
struct known *vow_known_with_key(const void *promise);

/* Enters a wait, whose waiter, job and firing are set, with its keys. */
void vow_known_insert(struct known *known);

/* The wait's thread: takes it out, where it is in. */
void vow_known_forget(struct known *known);

#endif
