/*
 * run.h - a process of its own for a scene or a program, with one fault, and a verdict on how it ended (torture.c).
 */
#ifndef VOW_TESTS_TORTURE_RUN_H
#define VOW_TESTS_TORTURE_RUN_H

#include "torture/faults.h"
#include "torture/scene.h"

/* What is run: a scene, or a program and the file with what it prints. */
struct subject {
    const char *name;
    const struct scene *scene; /* NULL: a program */
    const char *program;
    const char *expected;
};

/* One run: a call of `kind` fails, the one with number `at`, or all from there on. 0: none. */
struct fault {
    enum fault_kind kind;
    bool onwards;
    long at;
    const char *way; /* NAME=value for the environment of the process, or "" */
};

/* What a worker needs to run processes, one after the other. */
struct runner {
    struct faults *faults; /* shared with the process */
    int faults_fd;
    int errors, output; /* files that the process writes to */
    unsigned patience;  /* seconds after which a process hangs */
    bool differs;       /* the way: what programs print then is their own */
    bool in_a_ledger;   /* each object has an entry */
};

enum { VERDICT_SIZE = 200 };

/* False, with the reason in `errno`: it cannot be set up. */
bool runner_open(struct runner *runner, unsigned patience);

/*
 * Runs it: whether it went as it must. If not, `verdict` says what was wrong, and `runner->errors` has what it wrote.
 * What the process counted is in `runner->faults` then.
 */
bool runner_run(struct runner *runner, const struct subject *subject, const struct fault *fault,
                char verdict[VERDICT_SIZE]);

/* Does in this process what runner_run does in another one, under a debugger for example: does not return. */
_Noreturn void runner_become(struct runner *runner, const struct subject *subject,
                             const struct fault *fault);

#endif
