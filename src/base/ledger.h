/*
 * ledger.h - debug mode: a record of each object that lives, and where it was made (vow/debug.h).
 *
 * Whether there is a ledger is decided before the first object is made. Objects are made and freed through base/object.h:
 * with a ledger, threads keep none of them, so that each way is the slow one, which asks. Nothing is asked on the quick
 * ones. What else is to be seen as an object (memory of the allocator's, a coroutine in its stack, a line that is parked)
 * is entered by whoever makes it, where that is slow anyway; parking is, with a ledger, for switches are then not plain
 * (wait/switch.h).
 *
 *   entered by                                what
 *   ---------------------------------------   ---------------------------------------------------------------------------
 *   base/object.c                             all of vow_object_new: boxes, errors, promises, ends of channels, links …
 *   vow_object_count_other                    coroutines
 *   wait/line.c                               lines, while they are parked
 *   those that use the allocator themselves   tasks, a pipeline's chunks, buffers, progress
 *
 * Memory that one of these holds alone is not entered: an array, what is behind a joined or a file source, a split's outputs,
 * a broadcast's set. The one that holds it is listed.
 *
 * What something is called: its name, where it was given one; or that of its class, if it is counted; else "record".
 * Caches, threads' records, names, static objects and what holds the process's defaults are not entered, or are excused.
 *
 * Invariants
 * 1. `vow_ledger_kept` does not change after the first object was made.
 * 2. An entry goes before the memory that it is about, so what is listed under the lock can be read.
 * 3. The lock is the innermost of all, but for the allocator's own.
 */
#ifndef VOW_BASE_LEDGER_H
#define VOW_BASE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/platform.h"

extern bool vow_ledger_kept;

void vow_ledger_enter(const void *object, size_t size, const char *name);
void vow_ledger_strike(const void *object);
void vow_ledger_rename(const void *object, const char *name);
void vow_ledger_rename_holder(const void *object, const char *name,
                              size_t (*items)(const void *object));
void vow_ledger_forgive(const void *inside);
void vow_ledger_thread_begin(void);

/* With a ledger only: `did` (static) was done with `object` by who calls this; or by who made `origin`, if that was entered. It
   is said of what holds items only while there are some. */
void vow_ledger_note(const void *object, const char *did);
void vow_ledger_note_origin(const void *object, const char *did, const void *origin);

/* With a ledger only: `stand_in` is an origin as `origin` is, also when that is freed, until it is struck out; and is never
   listed. False: it is one already, or `origin` was not entered. */
bool vow_ledger_enter_origin(const void *stand_in, const void *origin);

/* `object` was made; `name` is static, NULL: as its class has it. */
static inline void vow_ledger_add(const void *object, size_t size, const char *name)
{
    if (vow_unlikely(vow_ledger_kept) && object != NULL)
        vow_ledger_enter(object, size, name);
}

/* It is about to be freed; what was not entered, or NULL, does nothing. */
static inline void vow_ledger_remove(const void *object)
{
    if (vow_unlikely(vow_ledger_kept))
        vow_ledger_strike(object);
}

/* What was entered has a name of its own. */
static inline void vow_ledger_name(const void *object, const char *name)
{
    if (vow_unlikely(vow_ledger_kept))
        vow_ledger_rename(object, name);
}

/* The same for one that holds `items(object)` items, also while others use it. */
static inline void vow_ledger_name_holder(const void *object, const char *name,
                                          size_t (*items)(const void *object))
{
    if (vow_unlikely(vow_ledger_kept))
        vow_ledger_rename_holder(object, name, items);
}

/* The object in which `inside` lies is kept for good, by intent. */
static inline void vow_ledger_excuse(const void *inside)
{
    if (vow_unlikely(vow_ledger_kept))
        vow_ledger_forgive(inside);
}

/* The calling thread is one of ours, and ends when what it works for is freed. */
static inline void vow_ledger_own_thread(void)
{
    if (vow_unlikely(vow_ledger_kept))
        vow_ledger_thread_begin();
}

/* The process ends, and nothing will be freed any more: says what is left. */
void vow_ledger_end(void);

#endif
