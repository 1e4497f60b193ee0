/**
 * vow/debug.h - where promises come from, and what is still pending.
 *
 * With `VOW_DEBUG=1` in the environment, or `vow_set_debug(true)`, vow records where each promise was made, what it was
 * chained to and where it was fired. An error that nobody looked at then carries its asynchronous path to the report hook,
 * and a firing that is refused because there was one before says where that was (`vow_last_error`).
 * Recording takes some microseconds for each promise; switched off it takes nothing that can be measured.
 *
 * With `VOW_DEBUG=slow`, or `vow_set_slow(true)`, nothing goes on without letting others go first (below).
 *
 * With `VOW_DEBUG=ledger`, or `vow_set_ledger(true)`, vow enters each object that is made into a ledger, with its place, and
 * strikes it out when it is freed. At exit it names what is left. That takes some microseconds for each object, and threads
 * keep none of them for reuse; switched off it takes nothing.
 *
 * Places are named as far as the program's symbols allow: link it with `-rdynamic` to see names of functions; else they are
 * offsets in a module, which `addr2line` reads.
 */
#ifndef VOW_DEBUG_H
#define VOW_DEBUG_H

#include <vow/promise.h>
#include <vow/status.h>

VOW_BEGIN_DECLARATIONS

/**
 * Takes the short ways away, or gives them back: what a program waits for is nearly always there already, and then nobody
 * else runs meanwhile. With the switch on, each function that may wait lets others go first, whether it has to wait or not: the line
 * parks and goes on in its turn; a thread outside of calls serves what others have sent to it. So what was freed too early, or
 * is wrongly thought to stay as it was, is found. Results are the same; what is asked with VOW_POLL, or never waits
 * by its contract, goes its way, and callbacks on immediate run at once, as they must. To be called before anything is
 * made, for programs, never for libraries. VOW_INVALID: a pool or a loop was made, or a function submitted. The same by
 * `VOW_DEBUG=slow` in the environment; `VOW_DEBUG=1,slow` records as well. The first thread; never waits.
 */
VOW_API vow_status vow_set_slow(bool slow);

/**
 * Notes that the calling line holds `lock`, a lock of the system's (a `pthread_mutex_t`, or what stands for one), until
 * `vow_note_unlocked`: called by a program right after it has locked it, best by functions around both. vow cannot see
 * these locks by itself. With the switch of `vow_set_slow` on, whatever may wait while its line holds one is told to the
 * report hook (`vow/report.h`) as VOW_REPORT_FINDING, whether it has to wait or not: an error of VOW_INVALID that names who
 * waits, and the lock. Not in jobs submitted as `.blocking`, which may. With the switch off it does nothing. A thread notes
 * 16 at a time. Borrows `lock`, which is only compared; NULL is none. Any thread; never waits.
 */
VOW_API void vow_note_locked(const void *lock);

/** Notes that `lock` is not held any more, by whichever line of the thread; one that was not noted is none. Any thread; never
 *  waits. */
VOW_API void vow_note_unlocked(const void *lock);

/**
 * Records promises that are made from now on, or ceases to: for programs, never for libraries. Any thread; never waits.
 */
VOW_API void vow_set_debug(bool record);

/**
 * Writes where `promise` was made, what it was chained to and where that was fired, one promise a line, at most 64: as
 * snprintf, at most `size` bytes with the closing zero; the length that the whole has is returned. 0 and "" for a promise
 * that was not recorded. Borrows. `buffer` may be NULL. Any thread; never waits.
 */
VOW_API size_t vow_promise_path(vow_promise *promise, char *buffer, size_t size);

/**
 * Gets a line of what `vow_dump_pending` or `vow_dump_ledger` has to say, without its end; `text` is borrowed. It is called
 * with the records of these locked: it must not call vow, not even to make or release something, nor fork the process, nor
 * wait for a thread that does one of these. It would stand still for good.
 */
typedef void vow_dump_line(const char *text, void *context);

/**
 * Lists every recorded promise that has not settled: since when, where it was made, what it waits for. Calls
 * `line(text, context)` for each, oldest first; NULL writes to standard error. Gives how many there are. Any thread; never
 * waits; `line` is called before it returns, and must not call vow; holds up whoever makes or fires promises meanwhile.
 */
VOW_API size_t vow_dump_pending(vow_dump_line *line, void *context);

/**
 * Keeps a ledger of all that lives: values with memory of their own, errors, promises, channels and their ends, tasks,
 * coroutines, lines that are parked, pools, loops, schedulers, groups, subscriptions, and what these are made of. When the
 * process ends, after the default pool has ended, what is left is written to standard error, a line for each kind and place; nothing, if
 * nothing is. What vow keeps for reuse is no part of it, nor is the process's default scheduler. The same by
 * `VOW_DEBUG=ledger` in the environment; with `VOW_DEBUG=ledger,fail` a process that leaves anything ends with status 98,
 * unless threads of the program's, which may be using it, are still running. To be called before anything is made, for
 * programs, never for libraries. VOW_INVALID: something was made. The first thread; never waits.
 */
VOW_API vow_status vow_set_ledger(bool keep);

/**
 * Lists what is in the ledger now: how many of what, how many bytes, by which function of vow and where in the program they
 * were made, and how the first text or error among them begins. Calls `line(text, context)` for each kind and place, in the
 * order in which the first ones were made; NULL writes to standard error. Gives how many objects there are; 0 without a ledger. At a moment
 * when no other thread is at work. Any thread; never waits; `line` is called before it returns, and must not call vow or
 * fork; holds up whoever makes or frees something meanwhile.
 */
VOW_API size_t vow_dump_ledger(vow_dump_line *line, void *context);

VOW_END_DECLARATIONS

#endif
