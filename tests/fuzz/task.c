/*
 * task.c - programs over tasks: pipelines of one to three stages whose items are read in pieces, while the pool is resized; and
 * a model that computes the whole stream at once (vow/task.h). Whatever computes it, and in whichever chunks, what is read
 * is the same.
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
    stage->kind = choice % STAGE_KINDS;
    stage->number = (int)(choice / STAGE_KINDS);
    vow_task_options options = read_options(bytes, index);
    vow_source *source = index == 0 ? vow_source_function(give, NULL) : vow_source_reader(reader);
    vow_fn *fn = stage->kind == PASSES_ON ? NULL : run_stage;
    trace("stage %d: kind %d number %d min %zu chunk %zu at a time %d", index, stage->kind,
          stage->number, options.min_count, options.max_chunk, options.concurrency);
    reader = vow_pool_add_task(pool, vow_task_new("stage", source, fn, stage, &options));
    must(reader != NULL);
}

static void begin(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    source_count = (int)next_below(bytes, MOST_ITEMS);
    stage_count = 1 + (int)(choice % STAGES);
    pool = vow_pool_new(fuzz_has_workers(choice) ? 1 + (int)choice % 2 : 0, NULL);
    atomic_store(&given, 0);
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

static void read_both(int wanted)
{
    vow_value items[MOST_AT_ONCE];
    size_t count = 0;
    vow_status status = vow_read_many(reader, items, (size_t)wanted, VOW_FOREVER, &count);
    note_real("read many", status, items, count);
    note_model("read many", wanted);
}

static void read_one_both(void)
{
    vow_value item;
    vow_status status = vow_read(reader, VOW_FOREVER, &item);
    note_real("read", status, &item, status == VOW_OK);
    note_model("read", 1);
}

/* The rest. An error comes behind the items, so it is seen only where there are none. */
static void read_all_both(void)
{
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

static void do_read(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    trace("event %u", choice);
    switch (choice % 8) {
    case 0:
        read_one_both();
        break;
    case 1:
        if (vow_pool_size(pool) > 0)
            must(vow_pool_resize(pool, 1 + (int)(choice / 8 % 2)) == VOW_OK);
        break;
    case 2:
        if (choice / 8 == 1)
            read_all_both();
        break;
    default:
        read_both((int)(choice / 8 % (MOST_AT_ONCE + 1)));
        break;
    }
}

void fuzz_task(struct bytes *bytes)
{
    begin(bytes);
    for (int i = 0; i < MOST_READS && bytes_left(bytes); i++) {
        do_read(bytes);
        compare_notes();
    }
    vow_reader_release(reader);
    must(vow_pool_free(pool) == VOW_OK);
}
