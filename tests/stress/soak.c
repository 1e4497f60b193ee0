/*
 * soak.c - everything at once for a long time (everything/everything.h): nothing may be left that was not there before.
 *
 * The load comes in rounds. After each of them all is at rest: then objects, handles and threads are counted, which have to
 * be as many as before the first one, and memory is read. While a round is under way they are read as well, every few
 * seconds, to be looked at.
 *
 * At the end memory has to be flat. Of what vow has allocated (through an allocator that counts) and of what the whole process
 * has, at rest, without the slabs that vow's objects lie in, the second half of the time must have no trend (everything/trend.h)
 * of more than ALLOCATED_MORE: with the 88 rounds that half an hour has, a kibibyte that each of them loses is found. What is
 * resident also has the holes that the system's allocator leaves: so the median of the second half is compared with that of the
 * end of the warm-up (the second fifth); under load the ninth decile, since the median says how busy others kept the machine.
 * Sanitizers keep memory of their own: with them memory is not compared, nor in a run of less than VOW_SOAK_SHORT seconds (300),
 * whose few readings go up and down by more than they may rise.
 *
 * VOW_SOAK_SECONDS is how long (default 2), VOW_SOAK_ROUND how long a round is (20 at most), VOW_SOAK_ACTORS how many threads
 * act (8 for each processor: most of them wait at any moment), VOW_STRESS_SEED what it draws from. VOW_SOAK_LEAK=memory, handle
 * or object has each round lose one, of VOW_SOAK_LEAK_BYTES (1024): that has to be found. Closes with "N passed, N failed".
 */
#include "everything/everything.h"
#include "everything/trend.h"

#include "wait/stack.h"

#include <dirent.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stddef.h>
#include <string.h>

enum { MOST_READINGS = 1 << 16, ROUND = 20, INTERVAL = 5, SHORT = 300, ACTORS = 8 };

/* What may be added to what is resident between the end of the warm-up and the second half: percent, and bytes. */
enum { REST_PERCENT = 10, LOAD_PERCENT = 20, RESIDENT_MORE = 4 << 20 };

/* What may be added to what is allocated during the second half. */
enum { ALLOCATED_MORE = 64 << 10 };

struct reading {
    int64_t at; /* nanoseconds since the beginning */
    long memory;
    long own;       /* allocated by vow, but for its slabs */
    long allocated; /* by malloc, of the whole process, vow's included, but for its slabs */
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

/* vow's allocator: counts bytes, which lie before each block --------------------------------------------------------- */

/* Blocks of so many bytes and more are those that objects lie in, which come and go as a whole: what objects are left is known
   from their number. */
enum { SLAB = 60000 };

static _Atomic long own, slabs;

static void count_block(size_t size, long sign)
{
    if (size > 0) /* relaxed: read when all is at rest */
        atomic_fetch_add_explicit(size < SLAB ? &own : &slabs, sign * (long)size,
                                  memory_order_relaxed);
}

union head {
    size_t size;
    max_align_t alignment;
};

static void *resize_counted(void *memory, size_t size, void *context)
{
    (void)context;
    union head *former = memory != NULL ? (union head *)memory - 1 : NULL;
    size_t former_size = former != NULL ? former->size : 0;
    union head *head = realloc(former, sizeof(*head) + size);
    if (head == NULL)
        return NULL;
    head->size = size;
    count_block(former_size, -1);
    count_block(size, 1);
    return head + 1;
}

static void *allocate_counted(size_t size, void *context)
{
    return resize_counted(NULL, size, context);
}

static void release_counted(void *memory, void *context)
{
    (void)context;
    if (memory == NULL)
        return;
    union head *head = (union head *)memory - 1;
    count_block(head->size, -1);
    free(head);
}

static void count_what_is_allocated(void)
{
    static const struct vow_allocator counting = {.size = sizeof(counting),
                                                  .allocate = allocate_counted,
                                                  .resize = resize_counted,
                                                  .release = release_counted};
    must(vow_set_allocator(&counting) == VOW_OK);
}

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
    return (long)(now.uordblks + now.hblkhd) - atomic_load(&slabs);
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
                            .own = atomic_load(&own),
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
        "%7.1f s  %-10s  %8.1f MiB  %8.1f KiB allocated  %8.1f KiB by vow  %4ld handles  %4ld threads  %6ld objects\n",
        (double)reading.at / 1e9, series->name, (double)reading.memory / (1 << 20),
        (double)reading.allocated / 1024, (double)reading.own / 1024, reading.handles,
        reading.threads, reading.objects);
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

/* What the run is told to lose, to see that this is found. */
static void leak(void)
{
    const char *kind = getenv("VOW_SOAK_LEAK");
    static void *_Atomic kept;
    if (kind == NULL)
        return;
    if (strcmp(kind, "memory") == 0)
        atomic_store(&kept, vow_allocate((size_t)setting("VOW_SOAK_LEAK_BYTES", 1024)));
    else if (strcmp(kind, "handle") == 0)
        must(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
    else if (strcmp(kind, "object") == 0)
        must(vow_list_count(vow_list_new(1)) == 0);
    else
        must(false && "VOW_SOAK_LEAK is memory, handle or object");
}

/* Patiently: threads that are ending give back their last ones. With VOW_DEBUG=ledger it is told what is left. */
static bool objects_have_come_to(long count)
{
    int64_t until = vow_now() + VOW_S(setting("VOW_SOAK_PATIENCE", 60));
    while (vow_live_objects() != count && vow_now() < until)
        if (vow_run_pending() == 0)
            (void)usleep(1000);
    if (vow_live_objects() == count)
        return true;
    (void)vow_dump_ledger(NULL, NULL);
    return false;
}

/* What is not as it was is said, and counted among the faults. */
static void rest_after_round(const struct reading *first)
{
    leak();
    must(objects_have_come_to(first->objects));
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

static long own_of(const struct reading *reading)
{
    return reading->own;
}

static long allocated_of(const struct reading *reading)
{
    return reading->allocated;
}

typedef long figure_fn(const struct reading *reading);

static long found[MOST_READINGS];

/* The readings of a figure from `from` to `to`, in the order of time; gives how many. */
static size_t find(const struct series *series, figure_fn *figure, int64_t from, int64_t to)
{
    size_t count = 0;
    for (int i = 0; i < series->count; i++)
        if (series->readings[i].at >= from && series->readings[i].at < to)
            found[count++] = figure(&series->readings[i]);
    return count;
}

/* What so many tenths of them do not exceed; 0: nothing was read then. */
static long quantile(const struct series *series, figure_fn *figure, int64_t from, int64_t to)
{
    size_t count = find(series, figure, from, to);
    qsort(found, count, sizeof(found[0]), compare);
    return count > 0 ? found[count * series->tenths / 10] : 0;
}

static void judge_trend(figure_fn *figure, const char *name, int64_t whole)
{
    char what[200];
    double warm = (double)quantile(&rests, figure, whole / 5, whole * 2 / 5) / 1024;
    double late = (double)quantile(&rests, figure, whole / 2, INT64_MAX) / 1024;
    struct trend trend = trend_of(found, find(&rests, figure, whole / 2, INT64_MAX));
    (void)snprintf(
        what, sizeof(what),
        "%s at rest: %.1f KiB after the warm-up, %.1f KiB in the second half, where it rose by %.1f KiB (at "
        "most %d), %.2f a round, certainty %.1f",
        name, warm, late, trend.whole / 1024, ALLOCATED_MORE / 1024, trend.each / 1024,
        trend.certainty);
    judge(!trend_rises(trend, ALLOCATED_MORE), what);
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
    if (SLOWER > 1 || whole < VOW_S(setting("VOW_SOAK_SHORT", SHORT)))
        return;
    judge_trend(own_of, "allocated by vow", whole);
    judge_trend(allocated_of, "allocated", whole);
    judge_memory(&rests, memory_of, "resident memory", whole, REST_PERCENT, RESIDENT_MORE);
    judge_memory(&loads, memory_of, "resident memory", whole, LOAD_PERCENT, RESIDENT_MORE);
}

int main(void)
{
    int64_t seconds = setting("VOW_SOAK_SECONDS", 2);
    int64_t round = setting("VOW_SOAK_ROUND", seconds / 10 < ROUND ? seconds / 10 + 1 : ROUND);
    long steps = 0;
    count_what_is_allocated();
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
