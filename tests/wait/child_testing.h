/*
 * child_testing.h - what is tested in child processes, because it ends them: a body that runs in one, and a stack that is
 * too small.
 */
#ifndef VOW_TESTS_WAIT_CHILD_TESTING_H
#define VOW_TESTS_WAIT_CHILD_TESTING_H

#include "../base/testing.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wait/stack_told.h"

#if !VOW_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

/* STACK_DEFAULT, as reports say it. */
#if UINTPTR_MAX > UINT32_MAX
#define DEFAULT_STACK "256 KiB"
#else
#define DEFAULT_STACK "64 KiB"
#endif

/* How a child ended, and what it wrote to standard error. */
struct end {
    int status;
    char text[8192];
};

static inline struct end run_child(void (*body)(void))
{
    struct end end = {.status = 0};
    size_t length = 0;
    ssize_t got;
    int ends[2];

    if (RUNNING_ON_VALGRIND)
        skip(); /* it has a word to say about what the child does */
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        dup2(ends[1], STDERR_FILENO);
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL); /* cmocka has handlers of its own */
        signal(SIGBUS, SIG_DFL);
        body();
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], end.text + length, sizeof end.text - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &end.status, 0), child);
    return end;
}

static inline bool ended_by_fault(int status)
{
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
}

/* Overflows the stack that it runs on. */
static int descend(int depth);
static int (*volatile deeper)(int) = descend;

static int descend(int depth)
{
    volatile char frame[512];
    frame[0] = frame[511] = (char)depth;
    return deeper(depth + 1) + frame[0] - frame[511];
}

#endif
