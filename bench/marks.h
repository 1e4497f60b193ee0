/**
 * bench/marks.h - tells a profiler where what is counted begins and ends.
 *
 * With `--marks` the clock's start and stop are shown in three ways: to callgrind, which begins to count anew and writes
 * its counts to a file of their own; to strace, as a `write` to no file; and in valgrind's log, among what lackey says of
 * each access to memory. All carry the same words:
 *
 *     bench start
 *     bench end<TAB>SUBJECT<TAB>HOW MANY
 */
#ifndef BENCH_MARKS_H
#define BENCH_MARKS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Turns marking on or off; off at first. `subject` is borrowed until the next call. */
void bench_marks_set(bool on, const char *subject);

/** Whether it is on: what costs the same each time need not be done often then. */
bool bench_marks_are_on(void);

/** What is counted begins. */
void bench_mark_start(void);

/** What is counted has ended: it was done `count` times. */
void bench_mark_end(long count);

#ifdef __cplusplus
}
#endif

#endif
