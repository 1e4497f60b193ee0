/*
 * process_testing.h - what the tests of processes share: a fresh process for each, which is known to end, and whose checks
 * say where they failed.
 *
 * The program itself uses nothing of vow before it forks, so each body begins as a program does. A body that hangs is ended
 * by a signal, long after it would have been ready.
 */
#ifndef VOW_TESTS_PROCESS_TESTING_H
#define VOW_TESTS_PROCESS_TESTING_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vow.h>

#include "base/platform.h"
#include "pace.h"
#include "wait/stack_told.h"

#if !VOW_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

#define SKIPPED 77    /* a program's end, to Meson */
#define PATIENCE 300u /* seconds, until what hangs is ended */

/* ThreadSanitizer ends children that start threads although their parent had some, and holds signals back; valgrind looks
   for leaks in each process, and these end in the midst of things. */
#define PROCESSES_ARE_WATCHED (VOW_THREAD_SANITIZER || RUNNING_ON_VALGRIND)

#if VOW_ADDRESS_SANITIZER
/* Processes end in the midst of things here: what they leave is no news. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif

/* In a child: says which check failed, and ends it. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: failed: %s (%s)\n", __FILE__, __LINE__, #condition,      \
                          vow_last_error());                                                       \
            _exit(99);                                                                             \
        }                                                                                          \
    } while (0)

/* There a stack is another thread's: a child has it not, and who ends its thread in a line ends another one. */
static inline bool stacks_are_threads(void)
{
    const char *ways = getenv("VOW_SWITCH");
    return ways != NULL && strcmp(ways, "threads") == 0;
}

/* How a process ended: its exit status, or minus the number of the signal. */
static inline int end_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 1000;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A child that runs `body` and then _exits with 0. */
static inline pid_t begin_process(void (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child != 0)
        return child;
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGSEGV, SIG_DFL); /* cmocka has handlers of its own */
    (void)signal(SIGABRT, SIG_DFL);
    (void)alarm(PATIENCE);
    body();
    _exit(0);
}

static inline int in_a_process(void (*body)(void))
{
    if (PROCESSES_ARE_WATCHED)
        skip();
    return end_of(begin_process(body));
}

/* The same from within a body. */
#define CHECK_PROCESS(body, end)                                                                   \
    do {                                                                                           \
        int end_ = end_of(begin_process(body));                                                    \
        if (end_ != (end)) {                                                                       \
            (void)fprintf(stderr, "%s:%d: %s ended with %d\n", __FILE__, __LINE__, #body, end_);   \
            _exit(99);                                                                             \
        }                                                                                          \
    } while (0)

/* A test that is a body in a process of its own. */
#define test_in_process(name, body)                                                                \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        assert_int_equal(in_a_process(body), 0);                                                   \
    }                                                                                              \
    _Static_assert(sizeof(#name) != 0, "a semicolon follows")

/* The same, of a body with a child that begins threads. */
#define test_with_threads_in_children(name, body)                                                  \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        if (kernel_is_emulated())                                                                  \
            skip();                                                                                \
        assert_int_equal(in_a_process(body), 0);                                                   \
    }                                                                                              \
    _Static_assert(sizeof(#name) != 0, "a semicolon follows")

static inline vow_value twice(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * 2);
}

/* Whether a job is run on `scheduler`. */
static inline bool works(vow_scheduler *scheduler)
{
    vow_value value = vow_await(vow_submit(scheduler, twice, vow_integer(21), NULL), VOW_FOREVER);
    bool right = vow_as_integer(value) == 42;
    vow_release(value);
    return right;
}

#endif
