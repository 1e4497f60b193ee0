/*
 * soak.c - everything at once for a long time (everything/everything.h): nothing may be left that was not there before.
 *
 * The load comes in rounds. After each of them all is at rest: then objects, handles and threads are counted, which have to
 * be as many as before the first one, and memory is read. While a round is under way they are read as well, every few
 * seconds, to be looked at.
 *
 * At the end memory has to be flat: the median of the second half of the time is compared with that of the end of the warm-up
 * (the second fifth); under load the ninth decile, since the median says how busy others kept the machine. What is allocated, at rest, is the sharper figure; what is resident, at rest and under load, also has the
 * holes that the system's allocator leaves. Sanitizers keep memory of their own: with them, and in a run of less than a minute,
 * memory is not compared.
 *
 * VOW_SOAK_SECONDS is how long (default 2), VOW_SOAK_ROUND how long a round is (20 at most), VOW_SOAK_ACTORS how many threads
 * act (8 for each processor: most of them wait at any moment), VOW_STRESS_SEED what it draws from. Closes with
 * "N passed, N failed".
 */
#include "everything/everything.h"

#include "objects.h"
#include "wait/stack.h"

#include <dirent.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>

enum { MOST_READINGS = 1 << 16, ROUND = 20, INTERVAL = 5, SHORT = 60, ACTORS = 8 };

/* What may be added to memory between the end of the warm-up and the second half: percent, and bytes. */
enum { REST_PERCENT = 10, LOAD_PERCENT = 20, RESIDENT_MORE = 4 << 20, ALLOCATED_MORE = 256 << 10 };

struct reading {
    int64_t at; /* nanoseconds since the beginning */
    long memory;
    long
        allocated; /* by malloc, of the whole process; what vow keeps for itself comes from there */
    long handles;
    long threads;
    long objects;
};

/* Readings of one kind, in the order of time. */
struct series {
    const char *name;
    size_t tenths; /* of its readings, that are compared (quantile) */
    int count;
    struct reading readings[MOST_READINGS];
};

static struct series rests = {.name = "at rest", .tenths = 5};
static struct series loads = {.name = "under load", .tenths = 9};
static int64_t began;
static int passed, failed;

/* Reading --------------------------------------------------------------------------------------------------------- */

static long resident(void)
{
    long all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    (void)fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static long allocated(void)
{
#ifdef __GLIBC__
    struct mallinfo2 now = mallinfo2();
    return (long)(now.uordblks + now.hblkhd);
#else
    return 0;
#endif
}

static long entries(const char *path)
{
    long count = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    return count;
}

static struct reading read_all(void)
{
    return (struct reading){.at = vow_now() - began,
                            .memory = resident(),
                            .allocated = allocated(),
                            .handles = entries("/proc/self/fd"),
                            .threads = entries("/proc/self/task"),
                            .objects = vow_live_objects()};
}

static void note_reading(struct series *series, struct reading reading)
{
    if (series->count < MOST_READINGS)
        series->readings[series->count++] = reading;
    printf(
        "%7.1f s  %-10s  %8.1f MiB  %8ld KiB allocated  %4ld handles  %4ld threads  %6ld objects\n",
        (double)reading.at / 1e9, series->name, (double)reading.memory / (1 << 20),
        reading.allocated / 1024, reading.handles, reading.threads, reading.objects);
    (void)fflush(stdout);
}

/* Rounds ---------------------------------------------------------------------------------------------------------- */

struct round {
    int64_t until;
    long steps;
    _Atomic bool over;
};

static void *run_round(void *context)
{
    struct round *round = context;
    int64_t actors = setting("VOW_SOAK_ACTORS", ACTORS * sysconf(_SC_NPROCESSORS_ONLN));
    round->steps = everything_at_once((int)actors, round->until);
    atomic_store(&round->over, true);
    return NULL;
}

static void read_until_over(struct round *round)
{
    int64_t next = vow_now() + VOW_S(INTERVAL);
    while (!atomic_load(&round->over)) {
        (void)usleep(20000);
        if (vow_now() < next || vow_now() > round->until)
            continue;
        note_reading(&loads, read_all());
        next += VOW_S(INTERVAL);
    }
}

/* On a thread of its own, so that what is kept per thread has gone when it is over. */
static long one_round(int64_t until)
{
    pthread_t thread;
    struct round round = {.until = until};
    if (pthread_create(&thread, NULL, run_round, &round) != 0)
        abort();
    read_until_over(&round);
    (void)pthread_join(thread, NULL);
    return round.steps;
}

/* Where a thread of the system is behind each stack (VOW_SWITCH=threads), those of stacks that are kept stay. */
static bool threads_belong_to_stacks(void)
{
    const char *chosen = getenv("VOW_SWITCH");
    return chosen != NULL && strcmp(chosen, "threads") == 0;
}

/* Threads that were joined are still listed for a moment. */
static bool threads_come_to(long count)
{
    if (threads_belong_to_stacks())
        return true;
    for (int i = 0; i < 15000 && entries("/proc/self/task") != count; i++)
        (void)usleep(1000);
    return entries("/proc/self/task") == count;
}

static void come_to_rest(void)
{
    while (vow_stack_trim())
        continue;
}

/* What is not as it was is said, and counted among the faults. */
static void rest_after_round(const struct reading *first)
{
    must(objects_come_to(first->objects));
    must(places_have_gone());
    come_to_rest();
    must(threads_come_to(first->threads));
    struct reading now = read_all();
    must(now.handles == first->handles);
    note_reading(&rests, now);
}

/* Judging ---------------------------------------------------------------------------------------------------------- */

static void judge(bool right, const char *what)
{
    *(right ? &passed : &failed) += 1;
    printf("%s: %s\n", right ? "passed" : "FAILED", what);
}

static int compare(const void *first, const void *second)
{
    long a = *(const long *)first, b = *(const long *)second;
    return (a > b) - (a < b);
}

static long memory_of(const struct reading *reading)
{
    return reading->memory;
}

static long allocated_of(const struct reading *reading)
{
    return reading->allocated;
}

typedef long figure_fn(const struct reading *reading);

/* What so many tenths of the readings of a figure from `from` to `to` do not exceed; 0: nothing was read then. */
static long quantile(const struct series *series, figure_fn *figure, int64_t from, int64_t to)
{
    static long found[MOST_READINGS];
    size_t count = 0;
    for (int i = 0; i < series->count; i++)
        if (series->readings[i].at >= from && series->readings[i].at < to)
            found[count++] = figure(&series->readings[i]);
    qsort(found, count, sizeof(found[0]), compare);
    return count > 0 ? found[count * series->tenths / 10] : 0;
}

static void judge_memory(const struct series *series, figure_fn *figure, const char *name,
                         int64_t whole, long percent, long tolerated)
{
    char what[200];
    long before = quantile(series, figure, whole / 5, whole * 2 / 5);
    long after = quantile(series, figure, whole / 2, INT64_MAX);
    long most = before + before / 100 * percent + tolerated;
    (void)snprintf(what, sizeof(what),
                   "%s %s: %.2f MiB after the warm-up, %.2f MiB in the second half (at most %.2f)",
                   name, series->name, (double)before / (1 << 20), (double)after / (1 << 20),
                   (double)most / (1 << 20));
    if (before > 0) /* rounds may be too short for readings under load */
        judge(after <= most, what);
}

static void judge_all(int64_t whole)
{
    char what[100];
    (void)snprintf(what, sizeof(what), "objects, handles and threads after each of %d rounds",
                   rests.count);
    judge(atomic_load(&faults) == 0, what);
    if (SLOWER > 1 || whole < VOW_S(SHORT))
        return;
    judge_memory(&rests, allocated_of, "allocated", whole, REST_PERCENT, ALLOCATED_MORE);
    judge_memory(&rests, memory_of, "resident memory", whole, REST_PERCENT, RESIDENT_MORE);
    judge_memory(&loads, memory_of, "resident memory", whole, LOAD_PERCENT, RESIDENT_MORE);
}

int main(void)
{
    int64_t seconds = setting("VOW_SOAK_SECONDS", 2);
    int64_t round = setting("VOW_SOAK_ROUND", seconds / 10 < ROUND ? seconds / 10 + 1 : ROUND);
    long steps = 0;
    (void)vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE);
    chance_begin((uint32_t)setting("VOW_STRESS_SEED", 2463534242L));
    everything_warm_up();
    (void)one_round(vow_now()); /* what the system's libraries open once and keep is there */
    come_to_rest();
    began = vow_now();
    const struct reading first = read_all();
    note_reading(&rests, first);
    int64_t whole = VOW_S(seconds);
    while (vow_now() - began < whole && atomic_load(&faults) == 0) {
        steps += one_round(vow_now() + VOW_S(round));
        rest_after_round(&first);
    }
    printf("%ld steps in %.1f s\n", steps, (double)(vow_now() - began) / 1e9);
    judge_all(whole);
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
