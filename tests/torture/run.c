/*
 * run.c - processes with a fault each (run.h).
 *
 * A scene is played in a fork of the worker, which has never called vow: so each begins with a library that nobody
 * has used, as a program does. A program is executed, and finds its plan by a descriptor.
 *
 * What must be so of a process in which a call failed:
 * 1. It ends, by itself, within the time, and by no signal.
 * 2. A scene is right, or was refused something and said so. A program ends with 0 and prints what it should, or it says
 *    a sentence on standard error, and ends with 0 or 1; where nothing has failed, only the first will do. What it prints is
 *    not compared with traces, which sentences have then, nor without asynchrony, where pools have no workers; nor where a
 *    job was canceled: a cancel is no refusal, and whoever cancels knows what is missing then.
 * 3. At the end of the process a scene has left no memory but what it says. (A program may use memory that the linker does not see:
 *    leaks of programs are found by AddressSanitizer.) Nor has a program that ends with 0 left a descriptor.
 */
#include "torture/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int file_of_its_own(const char *name)
{
    return memfd_create(name, 0);
}

bool runner_open(struct runner *runner, unsigned patience)
{
    *runner = (struct runner){.faults_fd = file_of_its_own("faults"),
                              .errors = file_of_its_own("errors"),
                              .output = file_of_its_own("output"),
                              .patience = patience};
    if (runner->faults_fd < 0 || runner->errors < 0 || runner->output < 0 ||
        ftruncate(runner->faults_fd, sizeof *runner->faults) != 0)
        return false;
    void *shared = mmap(NULL, sizeof *runner->faults, PROT_READ | PROT_WRITE, MAP_SHARED,
                        runner->faults_fd, 0);
    if (shared == MAP_FAILED)
        return false;
    runner->faults = shared;
    return true;
}

/* In the process: its environment. */
static void go_this_way(const char *way)
{
    char text[100];
    (void)snprintf(text, sizeof text, "%s", way);
    char *value = strchr(text, '=');
    if (value == NULL)
        return;
    *value = '\0';
    (void)setenv(text, value + 1, 1);
}

static _Noreturn void execute(struct runner *runner, const struct subject *subject)
{
    char fd[20];
    (void)snprintf(fd, sizeof fd, "%d", runner->faults_fd);
    (void)setenv(FAULTS_VARIABLE, fd, 1);
    execl(subject->program, subject->program, (char *)NULL);
    _exit(127);
}

_Noreturn void runner_become(struct runner *runner, const struct subject *subject,
                             const struct fault *fault)
{
    *runner->faults =
        (struct faults){.kind = fault->kind, .onwards = fault->onwards, .at = fault->at};
    go_this_way(fault->way);
    if (subject->scene == NULL)
        execute(runner, subject);
    scene_prepare();
    faults_begin(runner->faults);
    exit(scene_play(subject->scene));
}

static _Noreturn void become_elsewhere(struct runner *runner, const struct subject *subject,
                                       const struct fault *fault)
{
    (void)dup2(runner->errors, STDERR_FILENO);
    (void)dup2(runner->output, STDOUT_FILENO);
    (void)alarm(runner->patience);
    runner_become(runner, subject, fault);
}

static size_t read_whole(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return length > 0 ? (size_t)length : 0;
}

static bool prints_what_it_should(const struct runner *runner, const struct subject *subject)
{
    static char printed[1 << 16], expected[1 << 16];
    FILE *file = fopen(subject->expected, "r");
    if (file == NULL)
        return false;
    expected[fread(expected, 1, sizeof expected - 1, file)] = '\0';
    (void)fclose(file);
    (void)read_whole(runner->output, printed, sizeof printed);
    return strcmp(printed, expected) == 0;
}

static const char *judge_scene(const struct runner *runner, int status)
{
    if (status == SCENE_RIGHT || (status == SCENE_REFUSED && runner->faults->injected > 0))
        return NULL;
    return status == SCENE_WRONG ? "it is wrong" : "ended with status";
}

/* Whether standard error has words. */
static bool has_spoken(const struct runner *runner)
{
    char text[1000];
    (void)read_whole(runner->errors, text, sizeof text);
    return strchr(text, ' ') != NULL;
}

/* In which something failed. */
static const char *judge_refused(const struct runner *runner, const struct subject *subject,
                                 int status)
{
    if (status != 0 && status != 1)
        return "ended with status";
    if (has_spoken(runner))
        return NULL;
    if (status == 1)
        return "it fails without a sentence";
    bool compared = !runner->differs && runner->faults->kind != FAULT_CANCEL;
    return !compared || prints_what_it_should(runner, subject)
               ? NULL
               : "it prints something else without a sentence";
}

static const char *judge_program(const struct runner *runner, const struct subject *subject,
                                 int status)
{
    if (runner->faults->injected != 0 || runner->differs)
        return judge_refused(runner, subject, status);
    return status == 0 && prints_what_it_should(runner, subject) ? NULL
                                                                 : "it prints something else";
}

/* Blocks that stay by contract. With the ledger each has an entry, in a table of two blocks. */
static long blocks_kept(const struct runner *runner, const struct scene *scene)
{
    return runner->in_a_ledger && scene->keeps != 0 ? 2 * scene->keeps + 2 : scene->keeps;
}

static const char *judge(const struct runner *runner, const struct subject *subject, int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? "it hangs" : strsignal(WTERMSIG(status));
    const char *verdict = subject->scene != NULL
                              ? judge_scene(runner, WEXITSTATUS(status))
                              : judge_program(runner, subject, WEXITSTATUS(status));
    if (verdict != NULL)
        return verdict;
    if (!runner->faults->ended)
        return "it does not come to its end";
    if (runner->faults->descriptors > 0 && WEXITSTATUS(status) == 0)
        return "a descriptor is left open";
    if (subject->scene != NULL && runner->faults->blocks > blocks_kept(runner, subject->scene))
        return "memory is left";
    if (subject->scene != NULL && runner->faults->blocks < 0)
        return "more memory came back than was given";
    return NULL;
}

static bool empty(int fd)
{
    return ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0;
}

static int wait_for(pid_t process)
{
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

bool runner_run(struct runner *runner, const struct subject *subject, const struct fault *fault,
                char verdict[VERDICT_SIZE])
{
    if (!empty(runner->errors) || !empty(runner->output)) {
        (void)snprintf(verdict, VERDICT_SIZE, "%s", strerror(errno));
        return false;
    }
    runner->differs =
        strcmp(fault->way, "VOW_DEBUG=1") == 0 || strcmp(fault->way, "VOW_DISABLE_ASYNC=1") == 0;
    runner->in_a_ledger = strcmp(fault->way, "VOW_DEBUG=ledger") == 0;
    pid_t process = fork();
    if (process == 0)
        become_elsewhere(runner, subject, fault);
    int status = process > 0 ? wait_for(process) : 127 << 8;
    const char *wrong = judge(runner, subject, status);
    if (wrong == NULL)
        return true;
    (void)snprintf(verdict, VERDICT_SIZE, "%s (status %d, %ld of memory left)", wrong,
                   WIFEXITED(status) ? WEXITSTATUS(status) : -1, runner->faults->blocks);
    return false;
}
