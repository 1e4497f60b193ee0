/*
 * child.h - what becomes of vow in the child of a fork(2): one thread is left, and what all others were in the midst of
 * stays as it was.
 *
 * Locks that belong to the process are held by the thread that forks while it does, so that what they guard is whole in
 * the child. Then, still holding them, the child lets go of what belonged to threads that are not there: functions named
 * here see to it. Locks that belong to one object (a channel's, a promise's) are not held: an object that others use at
 * that moment is not to be used in the child.
 *
 * Invariants
 * 1. Nothing is allocated or freed here: other threads may have been inside the allocator.
 * 2. What is forgotten stays reachable, so that nobody takes it for lost.
 */
#ifndef VOW_BASE_CHILD_H
#define VOW_BASE_CHILD_H

#include "base/lock.h"
#include <signal.h>
#include <stddef.h>

/* Static memory of whoever asks; intrusive. */
struct child_care {
    struct child_care *next;
    struct lock *locks; /* `count` of them, `stride` bytes apart; NULL: none */
    size_t stride;
    size_t count;
    void (*begin)(void); /* in the child, with all locks held; NULL: nothing is to be done */
};

/* How many forks lie between the process that loaded the library and this one. */
extern unsigned vow_process_number;

/* What the thread that forks had blocked before; during the fork it blocks all. What `begin` makes of it holds for the
   child. */
extern sigset_t vow_child_signals;

/* By a `begin`: signals stay blocked until the other one is called; then those that were before, but for what the program
   itself has admitted meanwhile. */
void vow_child_hold_signals(void);
void vow_child_admit_signals(void);

/* From now on. While the library is loaded, when there is one thread. */
void vow_child_care(struct child_care *care);

/* In a source file: what is to be done there. `care` is a struct child_care in braces. */
#define VOW_CHILD_CARE(name, ...)                                                                  \
    static struct child_care name = __VA_ARGS__;                                                   \
    __attribute__((constructor)) static void name##_begin(void)                                    \
    {                                                                                              \
        vow_child_care(&name);                                                                     \
    }                                                                                              \
    _Static_assert(sizeof(name) != 0, "a semicolon follows")

/* Just a lock to be held. */
#define VOW_CHILD_LOCK(lock_)                                                                      \
    VOW_CHILD_CARE(child_lock, {.locks = &(lock_), .stride = sizeof(struct lock), .count = 1})

#endif
