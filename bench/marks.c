/**
 * bench/marks.c - tells a profiler where what is counted begins and ends.
 */
#include "marks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_ZERO_STATS
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(words)
#define VALGRIND_PRINTF(format, words)
#endif

enum { NO_FILE = -1 };

static struct {
    bool on;
    const char *subject;
} marks;

void bench_marks_set(bool on, const char *subject)
{
    marks.on = on;
    marks.subject = subject;
}

bool bench_marks_are_on(void)
{
    return marks.on;
}

/** Fails, as it is meant to: only who traces system calls sees it. */
static void show_to_strace(const char *words)
{
    int kept = errno;
    ssize_t written = write(NO_FILE, words, strlen(words));
    (void)written;
    errno = kept;
}

void bench_mark_start(void)
{
    if (!marks.on)
        return;
    show_to_strace("bench start");
    VALGRIND_PRINTF("%s\n", "bench start");
    CALLGRIND_ZERO_STATS;
}

void bench_mark_end(long count)
{
    char words[200];
    if (!marks.on)
        return;
    snprintf(words, sizeof words, "bench end\t%s\t%ld", marks.subject, count);
    CALLGRIND_DUMP_STATS_AT(words);
    VALGRIND_PRINTF("%s\n", words);
    show_to_strace(words);
}
