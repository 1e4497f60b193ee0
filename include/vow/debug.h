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

/** Gets a line of what `vow_dump_pending` has to say, without its end; `text` is borrowed. It must not call vow. */
typedef void vow_dump_line(const char *text, void *context);

/**
 * Lists every recorded promise that has not settled: since when, where it was made, what it waits for. Calls
 * `line(text, context)` for each, oldest first; NULL writes to standard error. Gives how many there are. Any thread; never
 * waits; holds up whoever makes or fires promises meanwhile.
 */
VOW_API size_t vow_dump_pending(vow_dump_line *line, void *context);

VOW_END_DECLARATIONS

#endif
