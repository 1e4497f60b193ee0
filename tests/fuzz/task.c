/*
 * task.c - programs over tasks: pipelines of one to three stages whose items are read in pieces, while the pool is resized; and
 * a model that computes the whole stream at once (vow/task.h). Whatever computes it, and in whichever chunks, what is read
 * is the same.
 *
 * A stage may hold the items at a door that the program opens. Meanwhile a job reads, which is canceled; or the reader is
 * closed, its task removed, or both are left. How much was read, or lay ready, is then the pace's; but what has been read
 * is where the stream goes on, and after a cancel nothing is lost.
 */
#include "fuzz.h"

#include <string.h>

enum { STAGES = 3, MOST_ITEMS = 200, MOST_READS = 40, MOST_AT_ONCE = 32 };

enum stage_kind {
    PASSES_ON, /* without a function */
    ADDS,
    SKIPS_SOME, /* those that `number` + 2 divides */
    ENDS_AT,    /* the first one not below a number */
    FAILS_AT,   /* the same */
    PROMISES,   /* gives a promise of the item */
    IN_BATCHES, /* gets lists, gives them back */
    HOLDS,      /* waits at the door with the items from a number on */
    STAGE_KINDS
};

static struct stage {
    enum stage_kind kind;
    int number;
} stages[STAGES];

static int stage_count, source_count;

/* The model: all items, and how they end ---------------------------------------------------------------------------- */

static struct {
    int items[MOST_ITEMS];
    int count;
    int read;   /* so many of them have been */
    int status; /* behind the last one */
} model;

enum fate { STAYS, GOES, ENDS, FAILS };

static enum fate pass(const struct stage *stage, int *item)
{
    switch (stage->kind) {
    case ADDS:
        *item += stage->number;
        return STAYS;
    case SKIPS_SOME:
        return *item % (stage->number + 2) == 0 ? GOES : STAYS;
    case ENDS_AT:
        return *item >= stage->number * 8 ? ENDS : STAYS;
    case FAILS_AT:
        return *item >= stage->number * 8 ? FAILS : STAYS;
    default:
        return STAYS;
    }
}

static enum fate pass_all(int *item)
{
    enum fate fate = STAYS;
    for (int i = 0; i < stage_count && fate == STAYS; i++)
        fate = pass(&stages[i], item);
    return fate;
}

static void compute_model(void)
{
    memset(&model, 0, sizeof(model));
    model.status = VOW_CLOSED;
    for (int i = 0; i < source_count && model.status == VOW_CLOSED; i++) {
        int item = i;
        enum fate fate = pass_all(&item);
        if (fate == STAYS)
            model.items[model.count++] = item;
        if (fate == FAILS && fuzz_bend != BEND_TASK)
            model.status = VOW_USER;
        if (fate == ENDS)
            return;
    }
}

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_pool *pool;
static vow_reader *reader;
static vow_task *last_task;
static vow_event door;
static bool is_cut;  /* no more is wanted: what lies ready can be read, as far as it goes */
static bool is_over; /* and has been */

/* A job that reads. */
static struct {
    vow_promise *promise; /* NULL: there is none */
    bool canceled;
    int wanted;
    vow_status status;
    size_t count;
    vow_value items[MOST_AT_ONCE];
} job;

static _Atomic int given;
static struct token *stage_tokens[STAGES];

static vow_value give(vow_value none, void *context)
{
    (void)none;
    (void)context;
    int item = atomic_fetch_add(&given, 1);
    return item < source_count ? token_box(item) : vow_end();
}

static int number_in(vow_value item)
{
    return (int)(value_number(item) % KIND);
}

static vow_value run_stage(vow_value item, void *context)
{
    const struct stage *stage = context;
    int number = number_in(item);
    if (stage->kind == HOLDS && number >= stage->number % 8)
        (void)vow_event_wait(&door,
                             VOW_FOREVER); /* less long where nobody wants the item any more */
    switch (stage->kind == IN_BATCHES ? STAYS : pass(stage, &number)) {
    case GOES:
        return vow_skip();
    case ENDS:
        return vow_end();
    case FAILS:
        return vow_fail(VOW_USER, "an item fails");
    default:
        break;
    }
    if (stage->kind == ADDS)
        return token_box(number);
    return stage->kind == PROMISES ? vow_promise_value(vow_succeeded(vow_retain(item))) : item;
}

static void drop_stage(void *context)
{
    token_drop(stage_tokens[(struct stage *)context - stages]);
}

static vow_task_options read_options(struct bytes *bytes, int index)
{
    unsigned choice = next_byte(bytes);
    stage_tokens[index] = token_new();
    return (vow_task_options){.size = sizeof(vow_task_options),
                              .min_count = choice % 4 == 0 ? choice / 4 % 16 : 0,
                              .max_chunk = choice % 4 == 1 ? 1 + choice / 4 % 16 : 0,
                              .concurrency = choice % 4 == 2 ? (int)(choice / 4 % 3) : 0,
                              .batch = stages[index].kind == IN_BATCHES,
                              .drop = drop_stage};
}

static void begin_stage(struct bytes *bytes, int index)
{
    struct stage *stage = &stages[index];
    unsigned choice = next_byte(bytes);
    stage->kind = choice % 12 < STAGE_KINDS ? choice % 12 : HOLDS;
    stage->number = (int)(choice / 12);
    vow_task_options options = read_options(bytes, index);
    vow_source *source = index == 0 ? vow_source_function(give, NULL) : vow_source_reader(reader);
    vow_fn *fn = stage->kind == PASSES_ON ? NULL : run_stage;
    trace("stage %d: kind %d number %d min %zu chunk %zu at a time %d", index, stage->kind,
          stage->number, options.min_count, options.max_chunk, options.concurrency);
    vow_task_release(last_task);
    last_task = vow_task_new("stage", source, fn, stage, &options);
    reader = vow_pool_add_task(pool, vow_task_retain(last_task));
    must(reader != NULL);
}

static void begin(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    source_count = (int)next_below(bytes, MOST_ITEMS);
    stage_count = 1 + (int)(choice % STAGES);
    pool = vow_pool_new(fuzz_has_workers(choice) ? 1 + (int)choice % 2 : 0, NULL);
    atomic_store(&given, 0);
    last_task = NULL;
    door = (vow_event)VOW_EVENT_INIT;
    is_cut = is_over = false;
    job.promise = NULL;
    trace("%d workers, %d items", vow_pool_size(pool), source_count);
    for (int i = 0; i < stage_count; i++)
        begin_stage(bytes, i);
    compute_model();
}

/* Reading --------------------------------------------------------------------------------------------------------- */

static void note_real(const char *what, vow_status status, const vow_value *items, size_t count)
{
    note_on(REAL, what, status, (long)count);
    for (size_t i = 0; i < count; i++) {
        note_on(REAL, "item", number_in(items[i]), 0);
        vow_release(items[i]);
    }
}

static void note_model(const char *what, int wanted)
{
    int left = model.count - model.read;
    int count = wanted < left ? wanted : left;
    note_on(MODEL, what, count > 0 || wanted == 0 ? VOW_OK : model.status, count);
    for (int i = 0; i < count; i++)
        note_on(MODEL, "item", model.items[model.read++], 0);
}

/* So many of the items that come next, or none and why: where it is the pace's how many. */
static void accept(vow_status status, const vow_value *items, size_t count, int wanted)
{
    must((status == VOW_OK) == (count > 0 || wanted == 0));
    must((int)count <= wanted && (int)count <= model.count - model.read);
    for (size_t i = 0; i < count; i++) {
        must(number_in(items[i]) == model.items[model.read++]);
        vow_release(items[i]);
    }
}

/* Nothing comes behind the end. */
static void accept_cut(vow_status status, const vow_value *items, size_t count, int wanted)
{
    bool whole = model.read == model.count;
    accept(status, items, count, wanted);
    must(!is_over || count == 0);
    must(status == VOW_OK || status == VOW_CLOSED || (whole && status == model.status));
    is_over = is_over || status != VOW_OK;
}

static void read_both(int wanted)
{
    vow_value items[MOST_AT_ONCE];
    size_t count = 0;
    vow_status status = vow_read_many(reader, items, (size_t)wanted, VOW_FOREVER, &count);
    if (is_cut) {
        accept_cut(status, items, count, wanted);
        return;
    }
    note_real("read many", status, items, count);
    note_model("read many", wanted);
}

static void read_one_both(void)
{
    vow_value item;
    vow_status status = vow_read(reader, VOW_FOREVER, &item);
    if (is_cut) {
        accept_cut(status, &item, status == VOW_OK, 1);
        return;
    }
    note_real("read", status, &item, status == VOW_OK);
    note_model("read", 1);
}

/* The rest. An error comes behind the items, so it is seen only where there are none. */
static void read_all_both(void)
{
    if (is_cut)
        return;
    vow_value list = vow_read_all(reader, VOW_FOREVER);
    bool fails = model.count == model.read && model.status != VOW_CLOSED;
    note_on(REAL, "all", vow_error_status(list), 0);
    note_on(MODEL, "all", fails ? model.status : VOW_OK, 0);
    for (size_t i = 0; !vow_is_error(list) && i < vow_list_count(list); i++)
        note_on(REAL, "item", number_in(vow_list_at(list, i)), 0);
    while (model.read < model.count)
        note_on(MODEL, "item", model.items[model.read++], 0);
    vow_release(list);
}

/* A job that reads ------------------------------------------------------------------------------------------------ */

static vow_value run_job(vow_value input, void *context)
{
    (void)context;
    job.status = vow_read_many(reader, job.items, (size_t)job.wanted, VOW_FOREVER, &job.count);
    return input;
}

static void begin_job(int wanted)
{
    must(vow_event_clear(&door) == VOW_OK);
    job.canceled = false;
    job.wanted = wanted;
    job.promise = vow_spawn(vow_immediate(), run_job, vow_none(), NULL);
    trace("job reads %d: state %d", wanted, (int)vow_state(job.promise));
}

static void cancel_job(void)
{
    job.canceled = job.canceled || vow_state(job.promise) == VOW_PENDING;
    vow_cancel(job.promise);
}

static void accept_canceled(void)
{
    bool gave_up = job.status == VOW_CANCELED && job.count == 0;
    trace("canceled: %d, %zu of %d", job.status, job.count, job.wanted);
    if (is_cut && !gave_up)
        accept_cut(job.status, job.items, job.count, job.wanted);
    else if (job.status == VOW_OK || gave_up)
        accept(job.status, job.items, job.count, job.wanted);
    else
        must(model.read == model.count && job.status == model.status);
    if (fuzz_bend == BEND_READER && model.read < model.count)
        model.read++;
}

/* What it has read; only then may others read. */
static void end_job(void)
{
    vow_value none = vow_none();
    if (job.promise == NULL)
        return;
    must(vow_wait(job.promise, VOW_FOREVER, &none) == VOW_OK);
    vow_promise_release(job.promise);
    job.promise = NULL;
    if (job.canceled)
        accept_canceled();
    else if (is_cut)
        accept_cut(job.status, job.items, job.count, job.wanted);
    if (job.canceled || is_cut)
        return;
    note_real("read many", job.status, job.items, job.count);
    note_model("read many", job.wanted);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void cut(bool by_task)
{
    is_cut = true;
    must((by_task ? vow_pool_remove_task(pool, last_task) : vow_reader_close(reader)) == VOW_OK);
}

static void do_other(unsigned choice)
{
    if (choice % 8 == 7)
        cut(choice / 8 % 2 == 0);
    else if (choice % 8 == 6)
        must(vow_event_set(&door) == VOW_OK);
    else if (job.promise == NULL)
        begin_job((int)(choice / 8 + 8) % (MOST_AT_ONCE + 1));
    else
        cancel_job();
}

static void do_read(unsigned choice)
{
    must(vow_event_set(&door) == VOW_OK);
    end_job();
    if (choice % 8 == 0)
        read_one_both();
    else if (choice % 8 == 2)
        read_all_both();
    else
        read_both((int)(choice / 8 % (MOST_AT_ONCE + 1)));
}

static void resize(int size)
{
    if (vow_pool_size(pool) > 0)
        must(vow_pool_resize(pool, size) == VOW_OK);
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    trace("event %u", choice);
    if (choice % 8 == 1)
        resize(1 + (int)(choice / 8 % 2));
    else if (choice % 8 == 3 || choice % 8 == 4)
        do_other(next_byte(bytes));
    else if (choice % 8 != 2 || choice / 8 == 1)
        do_read(choice);
}

/* In the middle, with the door as it is: nobody wants what waits there. */
void fuzz_task(struct bytes *bytes)
{
    begin(bytes);
    for (int i = 0; i < MOST_READS && bytes_left(bytes); i++) {
        do_event(bytes);
        compare_notes();
    }
    if (job.promise != NULL)
        cancel_job();
    end_job();
    vow_reader_release(reader);
    must(vow_pool_free(pool) == VOW_OK);
    vow_task_release(last_task);
}
