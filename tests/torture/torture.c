/*
 * torture.c - every allocation, mapping, thread and descriptor fails once, every job is canceled wherever it is about to stop,
 * and what comes of it is looked at.
 *
 *     torture [--sample N] [--most N] [--shift N] [--jobs N] [--patience S] [--way NAME=VALUE]… [--kind KIND] [--only TEXT]
 *             [--program FILE EXPECTED]…
 *     torture --list
 *     torture --faulty …                                         scenes that bear it badly: to test this one
 *     torture --one SCENE KIND once|onwards N [NAME=VALUE]       in this process: for a debugger
 *
 * A KIND is memory, system or, in checked builds, cancel; without --kind it takes all that there are.
 * Subjects are the scenes, and programs as they are (the examples). A *sweep* is a subject, a kind of fault, and whether
 * one call fails or all from one on. It runs the subject without a fault, then with the first call failing, the second …
 * until one is not reached; each run is a process of its own. With --sample N it takes N calls out of each sweep,
 * spread over its length; the others of the sweep are left out. --most N does so with sweeps of programs that are longer than N.
 * Which ones these are depends on the day: it says by which --shift N they are the same again.
 *
 * Workers take the sweeps in turn. Closes with "N passed, N failed", which are sweeps.
 */
#include "torture/cancels.h"
#include "torture/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SUBJECTS_MOST = 300, WAYS_MOST = 8, FAILURES_SHOWN = 3, DAY = 24 * 60 * 60 };

static struct {
    long sample; /* faults in a sweep; 0: all */
    long most;   /* in a sweep of a program; 0: all */
    long shift;  /* which ones these are */
    long jobs;
    unsigned patience;
    bool faulty;      /* the scenes that bear faults badly, in place of the others */
    const char *only; /* NULL: all; else a part of a subject's name */
    enum fault_kind kinds[FAULT_KINDS];
    size_t kind_count;
    const char *ways[WAYS_MOST];
    size_t way_count;
    struct subject subjects[SUBJECTS_MOST];
    size_t subject_count;
} chosen = {.patience = 60};

/* Between the workers. */
static struct {
    _Atomic size_t next; /* the sweep that nobody has taken */
    _Atomic long injected, passed, failed;
} * common;

static const struct scene *const scenes[] = {
    scenes_of_values,   scenes_of_promises,   scenes_of_combinators, scenes_of_jobs,
    scenes_of_pools,    scenes_of_loops,      scenes_of_clocks,      scenes_of_locks,
    scenes_of_channels, scenes_of_coroutines, scenes_of_tasks,       scenes_of_messages,
};

/* Those of scenes_faulty.c, for the test of the torture itself. */
extern const struct scene scenes_faulty[];

static const char *const kind_names[FAULT_KINDS] = {"memory", "system", "cancel"};

/* Sweeps ----------------------------------------------------------------------------------------------- */

struct sweep {
    const struct subject *subject;
    struct fault fault;
    long injected;
    int failures;
};

static void show_file(int fd)
{
    char text[3000];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    (void)fprintf(stdout, "%s\n", text);
}

static void tell(const struct sweep *sweep, struct runner *runner, const char *verdict)
{
    const struct fault *fault = &sweep->fault;

    (void)printf("%s %s %s %ld %s: %s\n", sweep->subject->name, kind_names[fault->kind],
                 fault->onwards ? "onwards" : "once", fault->at, fault->way, verdict);
    show_file(runner->errors);
    (void)fflush(stdout);
}

/* Whether there is any use in going on with the sweep. */
static bool run(struct sweep *sweep, struct runner *runner, long at)
{
    char verdict[VERDICT_SIZE];

    sweep->fault.at = at;
    if (!runner_run(runner, sweep->subject, &sweep->fault, verdict)) {
        tell(sweep, runner, verdict);
        sweep->failures++;
    }
    sweep->injected += runner->faults->injected != 0;
    return sweep->failures < FAILURES_SHOWN && (at == 0 ? sweep->failures == 0 : true);
}

static bool reached(const struct runner *runner)
{
    return runner->faults->injected != 0;
}

/* Other threads may make the length differ from run to run: it is over when two in a row are not reached. */
static void run_all(struct sweep *sweep, struct runner *runner)
{
    int missed = 0;
    for (long at = 1; missed < 2 && run(sweep, runner, at); at++)
        missed = reached(runner) ? 0 : missed + 1;
}

/* How many of `length` faults are taken. */
static long faults_of(const struct sweep *sweep, long length)
{
    long most = chosen.sample;
    if (most == 0 && sweep->subject->scene == NULL)
        most = chosen.most;
    return most != 0 && most < length ? most : length;
}

/* `count` of `length`, one of each share: another one for each subject, and for each shift. */
static void run_sample(struct sweep *sweep, struct runner *runner, long count, long length)
{
    long shift = chosen.shift + (long)(sweep->subject - chosen.subjects) + sweep->fault.onwards;
    for (long i = 0; i < count; i++)
        if (!run(sweep, runner, (length * i + shift % length) / count + 1))
            return;
}

/* A place is one for scenes: programs would only do the same once more. */
static bool is_for(const char *way, const struct subject *subject)
{
    return subject->scene != NULL || strncmp(way, SCENE_PLACE "=", sizeof SCENE_PLACE) != 0;
}

/*
 * For a sweep in which nothing has failed, though calls were counted: whether the first one can. Which call is the
 * last one, and which points a job passes, may be another thread's doing; memory is always asked for.
 */
static bool strikes_first(struct sweep *sweep, struct runner *runner)
{
    (void)run(sweep, runner, 1);
    if (sweep->injected > 0 || sweep->fault.kind != FAULT_MEMORY)
        return true;
    tell(sweep, runner, "it asks for memory, and no call for it has failed");
    return false;
}

static void run_sweep(struct sweep *sweep, struct runner *runner)
{
    bool sound = run(sweep, runner, 0);
    long length = runner->faults->counted;
    long count = faults_of(sweep, length);

    if (sound && count < length)
        run_sample(sweep, runner, count, length);
    else if (sound)
        run_all(sweep, runner);
    if (sound && length > 0 && sweep->injected == 0 && !strikes_first(sweep, runner))
        sweep->failures++;
    common->injected += sweep->injected;
    if (sweep->failures != 0)
        common->failed++;
    else
        common->passed++;
}

/* Each number is a sweep: subject, way, kind, once or onwards. */
static bool sweep_of(size_t number, struct sweep *sweep)
{
    bool onwards = number % 2 != 0;
    number /= 2;
    enum fault_kind kind = chosen.kinds[number % chosen.kind_count];
    number /= chosen.kind_count;
    const char *way = chosen.ways[number % chosen.way_count];
    number /= chosen.way_count;
    if (number >= chosen.subject_count)
        return false;
    *sweep = (struct sweep){.subject = &chosen.subjects[number],
                            .fault = {.kind = kind, .onwards = onwards, .way = way}};
    return true;
}

static _Noreturn void work(void)
{
    struct runner runner;
    struct sweep sweep;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!runner_open(&runner, chosen.patience)) {
        perror("torture");
        exit(1);
    }
    while (sweep_of(common->next++, &sweep))
        if (is_for(sweep.fault.way, sweep.subject))
            run_sweep(&sweep, &runner);
    exit(0);
}

/* Starts workers, and gives whether all have come to their end. */
static bool work_all(void)
{
    int status;
    bool sound = true;

    (void)fflush(stdout);
    for (long i = 0; i < chosen.jobs; i++)
        if (fork() == 0)
            work();
    while (wait(&status) > 0)
        sound = sound && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return sound;
}

/* What is asked for ------------------------------------------------------------------------------------ */

static void add_subject(struct subject subject)
{
    if (chosen.subject_count == SUBJECTS_MOST ||
        (chosen.only != NULL && strstr(subject.name, chosen.only) == NULL))
        return;
    chosen.subjects[chosen.subject_count++] = subject;
}

static void add_those_of(const struct scene *scene)
{
    for (; scene->name != NULL; scene++)
        add_subject((struct subject){.name = scene->name, .scene = scene});
}

static void add_scenes(void)
{
    if (chosen.faulty)
        add_those_of(scenes_faulty);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes && !chosen.faulty; i++)
        add_those_of(scenes[i]);
}

/* The subjects are chosen anew. */
static void add_scenes_again(void)
{
    chosen.subject_count = 0;
    add_scenes();
}

static void add_program(const char *program, const char *expected)
{
    const char *slash = strrchr(program, '/');
    add_subject((struct subject){
        .name = slash != NULL ? slash + 1 : program, .program = program, .expected = expected});
}

static _Noreturn void usage(void)
{
    (void)fputs("torture: see the top of tests/torture/torture.c for its arguments\n", stderr);
    exit(2);
}

static const struct subject *subject_named(const char *name)
{
    for (size_t i = 0; i < chosen.subject_count; i++)
        if (strcmp(chosen.subjects[i].name, name) == 0)
            return &chosen.subjects[i];
    usage();
}

static enum fault_kind kind_named(const char *name)
{
    for (enum fault_kind kind = 0; kind < FAULT_KINDS; kind++)
        if (strcmp(kind_names[kind], name) == 0 && (kind != FAULT_CANCEL || cancels_are_possible()))
            return kind;
    usage();
}

static void choose_kind(enum fault_kind kind)
{
    if (chosen.kind_count < FAULT_KINDS)
        chosen.kinds[chosen.kind_count++] = kind;
}

static _Noreturn void run_one(char **words)
{
    struct runner runner;
    struct fault fault = {.way = words[4] != NULL ? words[4] : ""};

    fault.kind = kind_named(words[1]);
    fault.onwards = strcmp(words[2], "onwards") == 0;
    fault.at = atol(words[3]);
    if (!runner_open(&runner, 0))
        usage();
    runner_become(&runner, subject_named(words[0]), &fault);
}

static _Noreturn void list(void)
{
    for (size_t i = 0; i < chosen.subject_count; i++)
        (void)puts(chosen.subjects[i].name);
    exit(0);
}

/* One option with its words: those behind it. */
static char **take(char **words)
{
    const char *option = *words++;
    size_t given = 0;
    while (words[given] != NULL)
        given++;

    if (strcmp(option, "--list") == 0)
        list();
    if (strcmp(option, "--faulty") == 0) {
        chosen.faulty = true;
        add_scenes_again();
        return words;
    }
    if (given == 0)
        usage();
    if (strcmp(option, "--one") == 0 && given >= 4)
        run_one(words);
    if (strcmp(option, "--sample") == 0)
        chosen.sample = atol(words[0]);
    else if (strcmp(option, "--most") == 0)
        chosen.most = atol(words[0]);
    else if (strcmp(option, "--shift") == 0)
        chosen.shift = atol(words[0]);
    else if (strcmp(option, "--jobs") == 0)
        chosen.jobs = atol(words[0]);
    else if (strcmp(option, "--patience") == 0)
        chosen.patience = (unsigned)atol(words[0]);
    else if (strcmp(option, "--way") == 0 && chosen.way_count < WAYS_MOST)
        chosen.ways[chosen.way_count++] = words[0];
    else if (strcmp(option, "--kind") == 0)
        choose_kind(kind_named(words[0]));
    else if (strcmp(option, "--only") == 0) {
        chosen.only = words[0];
        add_scenes_again();
    } else if (strcmp(option, "--program") == 0 && given >= 2) {
        add_program(words[0], words[1]);
        words++;
    } else
        usage();
    return words + 1;
}

int main(int argc, char **argv)
{
    (void)argc;
    chosen.jobs = sysconf(_SC_NPROCESSORS_ONLN);
    chosen.shift = (long)(time(NULL) / DAY);
    add_scenes();
    for (char **words = argv + 1; *words != NULL;)
        words = take(words);
    if (chosen.way_count == 0)
        chosen.ways[chosen.way_count++] = "";

    if (chosen.kind_count == 0)
        for (enum fault_kind kind = 0; kind < FAULT_KINDS; kind++)
            if (kind != FAULT_CANCEL || cancels_are_possible())
                choose_kind(kind);

    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (common == MAP_FAILED)
        return 1;
    bool sound = work_all();
    if (chosen.sample != 0 || chosen.most != 0)
        (void)printf("the faults are those of --shift %ld\n", chosen.shift);
    (void)printf("%ld faults injected, %zu subjects\n", common->injected, chosen.subject_count);
    (void)printf("%ld passed, %ld failed\n", common->passed, common->failed);
    bool idle = common->injected == 0 && chosen.only == NULL;
    if (idle)
        (void)puts("nothing has failed: does the linker have faults.c stand in (--wrap)?");
    return sound && common->failed == 0 && !idle ? 0 : 1;
}
