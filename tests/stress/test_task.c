/*
 * test_task.c - random pipelines, read in random ways, while pools change their size, tasks are removed and readers go: no
 * item is lost, none comes twice, each reader of an ordered task sees its items in order, and nothing is left behind.
 */
#include "gang.h"
#include "task_stages.h"

#if STACK_FACTOR > 1
enum { ROUNDS = 120 };
#else
enum { ROUNDS = 700 };
#endif

enum { STAGES = 5, LINES = 3, INPUTS = 3, MOST = 2000, BATCH = 40 };

enum shape { SHAPE_ONE, SHAPE_SHARED, SHAPE_BROADCAST, SHAPE_PARTITION, SHAPES };

/* A round: what is to come out of it, and what has. */
struct round {
    vow_pool *pools[2];
    enum shape shape;
    bool ordered; /* items come in order */
    bool whole;   /* nothing fails, nobody removes anything, and all is read */
    int sizes[2];
    bool resized;
    int64_t total;
    int64_t inputs; /* numbers below total are dealt out to so many sources, by turns … */
    bool zipped;    /* … whose items are put together again as they were */
    int lines;
    vow_promise *later;
    vow_task *tasks[STAGES];
    int task_count;
    _Atomic unsigned char seen[LINES][MOST];
};

static struct round round_now;

/* Building ---------------------------------------------------------------------------------------------------------- */

static vow_pool *some_pool(struct member *member)
{
    return round_now.pools[random_below(member, 3) == 0];
}

static vow_task *some_task(struct member *member, vow_source *source, bool *ret_less)
{
    static const size_t sizes[] = {0, 0, 1, 3, 16, 100};
    struct kind kind = kinds[random_below(member, sizeof kinds / sizeof *kinds)];
    vow_task_options options = {.size = sizeof options,
                                .min_count = sizes[random_below(member, 6)],
                                .max_chunk = sizes[random_below(member, 6)],
                                .concurrency = (int)random_below(member, 4) - 1,
                                .batch = kind.batch,
                                .unordered = random_below(member, 6) == 0};
    if (options.concurrency < 0)
        options.concurrency = 0;
    if (options.unordered)
        round_now.ordered = false;
    *ret_less = *ret_less || kind.fn == leave_out_multiples || kind.fn == list_less;
    return vow_task_new("stage", source, kind.fn, round_now.pools[0], &options);
}

/* Number `i` of the sources has the numbers i, i + inputs, … below the total. */
static vow_reader *input(struct member *member, int64_t i)
{
    vow_source *source = vow_source_range(i, round_now.total, round_now.inputs);
    bool less = false;
    if (random_below(member, 2) == 0)
        return vow_pool_add_task(some_pool(member),
                                 vow_task_new("input", source, NULL, NULL, NULL));
    vow_task *task = some_task(member, source, &less);
    if (less) { /* what is left out is left out of all, or of none */
        vow_task_release(task);
        source = vow_source_range(i, round_now.total, round_now.inputs);
        task = vow_task_new("input", source, pass, NULL, NULL);
    }
    return vow_pool_add_task(some_pool(member), task);
}

/* The items of what a zip brings, one after the other. */
static vow_source *unzipped(struct member *member, vow_source *zip)
{
    vow_task_options options = {.size = sizeof options, .batch = true};
    vow_task *task = vow_task_new("unzip", zip, join_lists, NULL, &options);
    return vow_source_reader(vow_pool_add_task(some_pool(member), task));
}

static vow_source *first_source(struct member *member)
{
    vow_reader *readers[INPUTS];
    if (round_now.inputs == 1)
        return vow_source_range(0, round_now.total, 1);
    for (int64_t i = 0; i < round_now.inputs; i++)
        readers[i] = input(member, i);
    if (round_now.zipped)
        return unzipped(member, vow_source_zip(readers, (size_t)round_now.inputs));
    round_now.ordered = false;
    return vow_source_merge(readers, (size_t)round_now.inputs);
}

static vow_value by_number(vow_value item, void *context)
{
    (void)context;
    return vow_integer(number_of(item) % round_now.lines);
}

static void add_last(struct member *member, vow_task *task, vow_reader **readers)
{
    static const vow_split_options unbounded = {.size = sizeof unbounded, .bound = VOW_UNBOUNDED};
    static const vow_split_options narrow = {.size = sizeof narrow, .bound = 5};
    vow_pool *pool = some_pool(member);
    size_t lines = (size_t)round_now.lines;
    const vow_split_options *options =
        round_now.whole && random_below(member, 2) == 0 ? &narrow : &unbounded;
    switch (round_now.shape) {
    case SHAPE_BROADCAST:
        require(vow_pool_add_broadcast(pool, task, lines, options, readers) == VOW_OK);
        break;
    case SHAPE_PARTITION:
        require(vow_pool_add_partition(pool, task, lines, options, by_number, NULL, readers) ==
                VOW_OK);
        break;
    default:
        readers[0] = vow_pool_add_task(pool, task);
        for (size_t i = 1; i < lines; i++)
            readers[i] = vow_reader_another(readers[0]);
        break;
    }
}

/* Gives whether some numbers are left out. */
static bool build(struct member *member, vow_reader **readers)
{
    int stages = 1 + (int)random_below(member, STAGES);
    bool less = false;
    vow_source *source = first_source(member);
    for (int i = 0; i < stages; i++) {
        vow_task *task = some_task(member, source, &less);
        require(task != NULL);
        round_now.tasks[round_now.task_count++] = vow_task_retain(task);
        if (i + 1 == stages)
            add_last(member, task, readers);
        else
            source = vow_source_reader(vow_pool_add_task(some_pool(member), task));
    }
    return less;
}

/* Reading ----------------------------------------------------------------------------------------------------------- */

struct line {
    pthread_t thread;
    struct member own; /* for random numbers */
    int number;
    bool patient; /* it reads to the end */
    int64_t latest;
    vow_reader *reader;
    vow_status status;
};

static void note_item(struct line *line, vow_value item)
{
    int64_t number = number_of(item);
    vow_release(item);
    require(number >= 0 && number < round_now.total);
    atomic_fetch_add(&round_now.seen[line->number][number], 1);
    if (round_now.ordered)
        require(number > line->latest);
    line->latest = number;
}

static vow_value note_each(vow_value item, void *line)
{
    note_item(line, vow_retain(item));
    return vow_none();
}

static vow_deadline some_deadline(struct line *line)
{
    switch (random_below(&line->own, 6)) {
    case 0:
        return VOW_POLL;
    case 1:
        return vow_after(VOW_US(random_below(&line->own, 300)));
    default:
        return VOW_FOREVER;
    }
}

static vow_status read_many(struct line *line)
{
    vow_value items[BATCH];
    size_t count;
    vow_status status = vow_read_many(line->reader, items, 1 + random_below(&line->own, BATCH),
                                      some_deadline(line), &count);
    require((status == VOW_OK) == (count != 0));
    for (size_t i = 0; i < count; i++)
        note_item(line, items[i]);
    return status;
}

static vow_status read_promise(struct line *line)
{
    vow_promise *promise = vow_read_promise(line->reader);
    vow_value value = vow_none();
    if (vow_wait(promise, some_deadline(line), NULL) != VOW_OK)
        vow_cancel(promise);
    require(vow_wait(promise, VOW_FOREVER, &value) == VOW_OK);
    vow_promise_release(promise);
    if (!vow_is_error(value)) {
        note_item(line, value);
        return VOW_OK;
    }
    vow_status status = vow_error_status(value);
    vow_release(value);
    return status == VOW_CANCELED ? VOW_TIMED_OUT : status;
}

static vow_status read_select(struct line *line)
{
    vow_case cases[] = {vow_case_read(line->reader), vow_case_promise(round_now.later)};
    size_t index;
    vow_status status = vow_select(cases, 2, some_deadline(line), &index);
    if (status != VOW_OK)
        return status;
    require(index == 0);
    if (cases[0].status == VOW_OK)
        note_item(line, cases[0].value);
    return cases[0].status;
}

static vow_status read_everything(struct line *line)
{
    vow_value error = vow_read_each(line->reader, note_each, line, VOW_FOREVER);
    vow_status status = vow_is_error(error) ? vow_error_status(error) : VOW_CLOSED;
    vow_release(error);
    return status;
}

static vow_status read_all(struct line *line)
{
    vow_value all = vow_read_all(line->reader, some_deadline(line));
    if (vow_is_error(all)) {
        vow_status status = vow_error_status(all);
        vow_release(all);
        return status;
    }
    for (size_t i = 0; i < vow_list_count(all); i++)
        note_item(line, vow_retain(vow_list_at(all, i)));
    vow_release(all);
    return VOW_OK;
}

static vow_status read_somehow(struct line *line)
{
    unsigned choice = random_below(&line->own, 100);
    if (choice < 60)
        return read_many(line);
    if (choice < 75)
        return read_promise(line);
    if (choice < 90)
        return read_select(line);
    return choice < 95 ? read_all(line) : read_everything(line);
}

static void *read_line(void *context)
{
    struct line *line = context;
    line->status = VOW_OK;
    while (line->status == VOW_OK || line->status == VOW_TIMED_OUT) {
        if (!line->patient && random_below(&line->own, 50) == 0)
            break;
        line->status = read_somehow(line);
    }
    vow_reader_release(line->reader);
    return NULL;
}

/* Disturbing -------------------------------------------------------------------------------------------------------- */

static void disturb(struct member *member)
{
    static const int sizes[] = {0, 1, 2, 4};
    int times = (int)random_below(member, 6);
    round_now.resized = times != 0;
    for (int i = 0; i < times; i++) {
        struct vow_task_counts counts = {.size = sizeof counts};
        vow_task *task = round_now.tasks[random_below(member, (unsigned)round_now.task_count)];
        require(vow_pool_resize(round_now.pools[i % 2], sizes[random_below(member, 4)]) == VOW_OK);
        require(vow_task_count(task, &counts) == VOW_OK);
        (void)sched_yield();
        if (!round_now.whole && random_below(member, 10) == 0)
            for (int k = 0; k < 2; k++)
                (void)vow_pool_remove_task(round_now.pools[k], task);
    }
}

/* Checking ---------------------------------------------------------------------------------------------------------- */

static unsigned times_seen(int64_t number)
{
    unsigned times = 0;
    for (int i = 0; i < round_now.lines; i++)
        times += round_now.seen[i][number];
    return times;
}

static bool is_right(int64_t number, bool less)
{
    bool left_out = less && number % 7 == 3;
    unsigned wanted = left_out                             ? 0
                      : round_now.shape == SHAPE_BROADCAST ? (unsigned)round_now.lines
                                                           : 1;
    unsigned times = times_seen(number);
    for (int i = 0; i < round_now.lines; i++)
        if (round_now.seen[i][number] > 1)
            return false;
    if (round_now.shape == SHAPE_PARTITION &&
        times != round_now.seen[number % round_now.lines][number])
        return false;
    return times == wanted || (!round_now.whole && times < wanted);
}

static void check(bool less, const struct line *lines)
{
    for (int64_t number = 0; number < round_now.total; number++)
        require(is_right(number, less));
    for (int i = 0; i < round_now.lines && round_now.whole; i++)
        require(lines[i].status == VOW_CLOSED);
}

/* Rounds ------------------------------------------------------------------------------------------------------------ */

static void begin_round(struct member *member)
{
    memset((void *)round_now.seen, 0, sizeof round_now.seen);
    for (int i = 0; i < 2; i++)
        require(vow_pool_resize(round_now.pools[i], round_now.sizes[i]) == VOW_OK);
    round_now.shape = (enum shape)random_below(member, SHAPES);
    round_now.ordered = true;
    round_now.whole = random_below(member, 3) != 0;
    round_now.total =
        random_below(member, 4) == 0 ? random_below(member, MOST) : random_below(member, 100);
    round_now.inputs = random_below(member, 3) == 0 ? 1 + random_below(member, INPUTS) : 1;
    round_now.zipped = random_below(member, 2) == 0;
    if (round_now.zipped) /* the shortest input ends a zip */
        round_now.total -= round_now.total % round_now.inputs;
    atomic_store(&failing_number, round_now.whole ? -1 : (int64_t)random_below(member, 100));
    round_now.lines = round_now.shape == SHAPE_ONE ? 1 : 1 + (int)random_below(member, LINES);
    round_now.task_count = 0;
}

static void run_round(struct member *member)
{
    vow_reader *readers[LINES];
    struct line lines[LINES];
    begin_round(member);
    bool less = build(member, readers);
    for (int i = 0; i < round_now.lines; i++) {
        lines[i] = (struct line){.number = i, .reader = readers[i], .latest = -1};
        lines[i].own.random = 1 + random_below(member, 1000000);
        lines[i].patient = round_now.whole || random_below(member, 2) == 0;
        lines[i].thread = start_thread(read_line, &lines[i]);
    }
    disturb(member);
    for (int i = 0; i < round_now.lines; i++)
        join_thread(lines[i].thread);
    check(less, lines);
    for (int i = 0; i < 2; i++) /* what is queued at size 0 waits for somebody who waits */
        if (vow_pool_size(round_now.pools[i]) == 0 && round_now.resized)
            require(vow_pool_resize(round_now.pools[i], 1) == VOW_OK);
    for (int i = 0; i < round_now.task_count; i++) {
        while (!vow_task_is_done(round_now.tasks[i]))
            (void)sched_yield();
        vow_task_release(round_now.tasks[i]);
    }
}

static void run_rounds(int size, int other, uint32_t seed)
{
    struct member member = {.random = seed};
    vow_deferred *deferred = vow_deferred_new(&round_now.later);
    round_now.sizes[0] = size;
    round_now.sizes[1] = other;
    round_now.pools[0] = vow_pool_new(size, NULL);
    round_now.pools[1] = vow_pool_new(other, NULL);
    int64_t enough = vow_now() + VOW_S(60); /* on a machine that has other things to do */
    for (int i = 0;
         i < fewer(ROUNDS) && vow_now() < enough && atomic_load(&requirements_failed) == 0; i++)
        run_round(&member);
    for (int i = 0; i < 2; i++) {
        while (vow_tasks(round_now.pools[i], NULL, 0) != 0)
            (void)sched_yield();
        assert_int_equal(vow_pool_free(round_now.pools[i]), VOW_OK);
    }
    (void)vow_fire(deferred, vow_none());
    vow_promise_release(round_now.later);
}

static void no_item_is_lost_or_doubled_where_readers_do_the_work(void **state)
{
    (void)state;
    run_rounds(0, 0, 521288629u);
}

static void no_item_is_lost_or_doubled_with_two_workers(void **state)
{
    (void)state;
    run_rounds(2, 1, 362436069u);
}

static void no_item_is_lost_or_doubled_with_many_workers(void **state)
{
    (void)state;
    run_rounds(8, 2, 88675123u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(no_item_is_lost_or_doubled_where_readers_do_the_work),
        stress_test(no_item_is_lost_or_doubled_with_two_workers),
        stress_test(no_item_is_lost_or_doubled_with_many_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
