/*
 * ledger_testing.h - what the tests of the ledger share: functions that leave something, in a child process of their own, for the
 * ledger is decided before anything is made, and speaks when the process ends.
 *
 * Functions that leave something are global, and the programs are linked so that they have names at run time. Nobody looks at the
 * status of a child without `fail`: a leak checker has a word to say in it, too.
 */
#ifndef VOW_TESTS_LEDGER_TESTING_H
#define VOW_TESTS_LEDGER_TESTING_H

#include "control/control_testing.h"
#include "wait/child_testing.h"

#include <pthread.h>
#include <semaphore.h>
#include <vow.h>

enum { FAILED = 98 };

/* Not to be inlined into who calls it, nor left before what it calls has returned. */
#define LEAVES(name)                                                                               \
    void name(void);                                                                               \
    __attribute__((noinline)) void name(void)

#define STAY() __asm__ volatile("")

/* A leak checker finds it here. */
static const void *volatile kept[32];

static inline void keep(const void *object)
{
    static _Atomic int count;
    kept[atomic_fetch_add(&count, 1)] = object;
}

static inline void begin_ledger(void)
{
    setenv("VOW_DEBUG", "ledger,fail", 1);
    if (vow_set_ledger(true) != VOW_OK)
        _exit(1);
}

/* One place: not to be unrolled to three. */
LEAVES(leave_texts)
{
    for (volatile int i = 0; i < 3; i++)
        keep(vow_text("left behind").as.pointer);
    STAY();
}

static void (*leaves_what)(void);

static inline void leave_and_exit(void)
{
    begin_ledger();
    leaves_what();
    exit(0);
}

static inline struct end run_leak(void (*leaves)(void))
{
    leaves_what = leaves;
    return run_child(leave_and_exit);
}

static inline bool exited_with(const struct end *end, int status)
{
    return WIFEXITED(end->status) && WEXITSTATUS(end->status) == status;
}

/* Whether a line that begins with `what` speaks of `place`. */
static inline bool has_line(const char *text, const char *what, const char *place)
{
    while ((text = strstr(text, "vow: ")) != NULL) {
        char line[1024];
        text += strlen("vow: ");
        (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
        if (strncmp(line, what, strlen(what)) == 0 && strstr(line, place) != NULL)
            return true;
    }
    return false;
}

#endif
