/*
 * faults.h - what goes wrong when it is told to: memory, what the system gives, and jobs that are canceled (torture.c).
 *
 * The linker puts faults.c between the program with the library (the static one) and the C library and libuv
 * (-Wl,--wrap), so exactly the calls of these two are counted, and not what the C library and libuv do by themselves. Of cancels,
 * each place where a job is about to stop counts as a call that "fails" by being canceled (cancels.h).
 *
 * Invariants
 * 1. Without a plan nothing fails and nothing is counted.
 * 2. What fails does nothing else, and says so as the real one would (errno, or a number of libuv's).
 */
#ifndef VOW_TESTS_TORTURE_FAULTS_H
#define VOW_TESTS_TORTURE_FAULTS_H

#include <stdatomic.h>
#include <stdbool.h>

/* What can fail. */
enum fault_kind {
    FAULT_MEMORY, /* malloc, realloc …, and whatever of libuv's begins with memory of its own */
    FAULT_SYSTEM, /* mappings, threads, keys, descriptors, signal stacks */
    FAULT_CANCEL, /* jobs that are about to stop; in checked builds */
    FAULT_KINDS
};

/* Between who plans a fault and the process that has it: in memory that both share. */
struct faults {
    enum fault_kind kind;
    bool onwards;            /* all calls from the chosen one on fail, not that one alone */
    long at;                 /* the number of the call that fails, from 1; 0: none */
    _Atomic long counted;    /* calls of the kind */
    _Atomic long injected;   /* those that failed */
    _Atomic long blocks;     /* of memory: given and not back */
    bool counts_descriptors; /* of a program: for scenes, scene.c does */
    int descriptors;         /* then: those that were opened and are still open at the end */
    _Atomic bool ended;      /* the process has come to its very end, the library's included */
};

/* From now on this process has the faults that `faults` plans. */
void faults_begin(struct faults *faults);

/* Counts a call of `kind`: whether it is to fail. Any thread. */
bool faults_strike(enum fault_kind kind);

/* What goes wrong in this process; only with a plan. */
enum fault_kind faults_planned(void);

/* How many calls have failed in this process. */
long faults_injected(void);

/* The name of the environment variable that has the descriptor of a `struct faults`, for programs that are not torture.c. */
#define FAULTS_VARIABLE "VOW_TORTURE_FAULTS"

#endif
