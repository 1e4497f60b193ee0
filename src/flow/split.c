/*
 * split.c - tasks with several outputs: broadcast and partition (split.h).
 */
#include "flow/split.h"

#include "base/fail.h"
#include "flow/pipeline.h"
#include <vow/error.h>
#include <vow/memory.h>

enum { BOUND = 1024 };

/* Demand ---------------------------------------------------------------------------------------------------------- */

static size_t add_up(size_t one, size_t other)
{
    return one <= SIZE_MAX - 1 - other ? one + other : SIZE_MAX - 1;
}

/* How many items the fullest output can take, besides those on their way. */
static size_t room_beside(const struct split *split, size_t most, size_t expected)
{
    size_t taken = add_up(most, expected);
    if (split->bound == VOW_UNBOUNDED)
        return SIZE_MAX;
    return taken < split->bound ? split->bound - taken : 0;
}

static struct demand look(const struct split *split, const _Atomic size_t *expected)
{
    struct demand demand = {.ready = SIZE_MAX};
    size_t most = 0;
    for (size_t i = 0; i < split->count; i++) {
        struct channel *channel = split->outputs[i].channel;
        struct demand its = vow_channel_demand(channel, split->outputs[i].extra, expected);
        if (i == 0)
            demand.expected = its.expected;
        if (vow_channel_is_closed(channel))
            continue;
        most = its.ready > most ? its.ready : most;
        if (its.all)
            demand.ready = its.ready < demand.ready ? its.ready : demand.ready;
        demand.all = demand.all || its.all;
        if (split->choose != NULL)
            demand.missing = add_up(demand.missing, its.missing);
        else
            demand.missing = its.missing > demand.missing ? its.missing : demand.missing;
    }
    demand.room = room_beside(split, most, demand.expected);
    return demand;
}

static void mark(struct split *split, bool marked)
{
    split->marked = marked;
    for (size_t i = 0; i < split->count; i++) /* relaxed: invariant 3, by the channel's lock */
        atomic_store_explicit(&split->outputs[i].feed.low, marked ? SIZE_MAX : 0,
                              memory_order_relaxed);
}

struct demand vow_split_demand(struct split *split, const _Atomic size_t *expected)
{
    for (size_t i = 0; i < split->count; i++) /* relaxed: a number, nothing goes with it */
        split->outputs[i].extra =
            atomic_exchange_explicit(&split->outputs[i].polled, 0, memory_order_relaxed);
    struct demand demand = look(split, expected);
    bool tell = demand.room == 0 || demand.all;
    if (tell == split->marked)
        return demand;
    mark(split, tell);
    return tell ? look(split, expected) : demand;
}

static void want(struct channel_feed *feed, size_t extra)
{
    struct split_output *output = vow_container_of(feed, struct split_output, feed);
    if (extra != 0) /* relaxed: as above; of several who poll one is heeded */
        atomic_store_explicit(&output->polled, extra, memory_order_relaxed);
    vow_task_want(output->task, 0);
}

static void left(struct channel_feed *feed)
{
    struct split_output *output = vow_container_of(feed, struct split_output, feed);
    vow_task *task = output->task;
    /* relaxed: a count, and the last one goes by locks */
    if (atomic_fetch_sub_explicit(&task->split->read, 1, memory_order_relaxed) == 1)
        vow_task_stop(task);
    else
        vow_task_want(task, 0); /* it may have been the slowest */
    vow_task_release(task);
}

vow_task *vow_split_task_of(struct channel_feed *feed)
{
    return feed->want == want ? vow_container_of(feed, struct split_output, feed)->task : NULL;
}

size_t vow_split_buffered(const struct split *split)
{
    size_t most = 0;
    for (size_t i = 0; i < split->count; i++) {
        size_t held = vow_writer_size(split->outputs[i].writer);
        most = held > most ? held : most;
    }
    return most;
}

/* Supply ---------------------------------------------------------------------------------------------------------- */

static void drop_items(vow_value *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vow_value_drop(items[i]);
}

static void fail_without_memory(struct chunk *chunk)
{
    vow_task *task = chunk->pipeline->end;
    vow_pipeline_end_at(chunk->pipeline, chunk->number,
                        vow_fail(VOW_NO_MEMORY, "task %s: out of memory", task->name), task);
}

/* Items, taken, for one output; `asked` as for vow_channel_supply. False without memory. */
static bool supply_one(struct chunk *chunk, const struct split_output *output, vow_value *items,
                       size_t count, size_t asked)
{
    struct supply supply = {&items, count, NULL};
    size_t done = vow_channel_supply(output->channel, &supply, &chunk->pipeline->expected, asked);
    drop_items(items + done, count - done);
    return done == count || vow_channel_is_closed(output->channel);
}

static void supply_all(struct chunk *chunk, const struct split *split)
{
    bool supplied = true;
    for (size_t i = 0; i < split->count; i++) {
        bool last = i + 1 == split->count;
        for (size_t k = 0; k < chunk->count && !last; k++)
            chunk->items[k] = vow_retain(vow_borrow(chunk->items[k]));
        supplied = supply_one(chunk, &split->outputs[i], chunk->items, chunk->count,
                              last ? chunk->asked : 0) &&
                   supplied;
    }
    if (!supplied)
        fail_without_memory(chunk);
}

/* The output that an item goes to; SIZE_MAX: none, or, with it in `*ret_ends`, what ends the task. */
static size_t choose_output(const vow_task *task, vow_value item, vow_value *ret_ends)
{
    const struct split *split = task->split;
    vow_value choice = vow_value_take(split->choose(vow_borrow(item), split->context));
    if (vow_is_integer(choice) && (uint64_t)choice.as.integer < split->count)
        return (size_t)choice.as.integer;
    if (vow_is_end(choice) || vow_is_error(choice)) {
        *ret_ends = choice;
    } else if (!vow_is_skip(choice)) {
        *ret_ends =
            vow_fail(VOW_INVALID, "task %s: what chooses gave no number of an output", task->name);
        vow_release(choice);
    }
    return SIZE_MAX;
}

/* The items from `first` to before `end` go to one output, or to none. */
static bool supply_run(struct chunk *chunk, const struct split *split, size_t first, size_t end,
                       size_t number)
{
    vow_value *items = chunk->items + first;
    if (number != SIZE_MAX)
        return supply_one(chunk, &split->outputs[number], items, end - first, 0);
    drop_items(items, end - first);
    return true;
}

static void supply_chosen(struct chunk *chunk, const struct split *split)
{
    vow_value ends = vow_none();
    bool supplied = true;
    size_t first = 0, number = SIZE_MAX, i;
    for (i = 0; i < chunk->count; i++) {
        size_t choice = choose_output(chunk->pipeline->end, chunk->items[i], &ends);
        if (!vow_is_none(ends))
            break;
        if (choice == number)
            continue;
        supplied = supply_run(chunk, split, first, i, number) && supplied;
        first = i;
        number = choice;
    }
    supplied = supply_run(chunk, split, first, i, number) && supplied;
    drop_items(chunk->items + i, chunk->count - i);
    if (!vow_is_none(ends))
        vow_pipeline_end_at(chunk->pipeline, chunk->number, ends, chunk->pipeline->end);
    if (!supplied)
        fail_without_memory(chunk);
    (void)supply_one(chunk, &split->outputs[0], chunk->items, 0, chunk->asked);
}

void vow_split_supply(struct chunk *chunk)
{
    const struct split *split = chunk->pipeline->end->split;
    if (split->choose != NULL)
        supply_chosen(chunk, split);
    else
        supply_all(chunk, split);
    chunk->asked = 0;
    chunk->count = 0;
}

/* Beginning and end ----------------------------------------------------------------------------------------------- */

void vow_split_close(struct split *split, vow_value error)
{
    for (size_t i = 0; i < split->count; i++) {
        vow_writer *writer = split->outputs[i].writer;
        if (vow_is_error(error))
            (void)vow_writer_fail(writer, vow_retain(vow_borrow(error)));
        vow_writer_release(writer);
    }
}

static void discard(struct split *split, vow_reader **readers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vow_writer_release(split->outputs[i].writer);
        vow_reader_release(readers[i]);
    }
    vow_deallocate(split);
}

/* Of `count` outputs, whose readers are put into `readers`. NULL without memory. */
static struct split *split_new(vow_task *task, size_t count, vow_reader **readers)
{
    struct split *split = NULL;
    if (count <= (SIZE_MAX - sizeof(*split)) / sizeof(struct split_output))
        split = vow_allocate(sizeof(*split) + count * sizeof(struct split_output));
    if (split == NULL)
        return NULL;
    *split = (struct split){.read = count, .count = count};
    for (size_t i = 0; i < count; i++) {
        struct split_output *output = &split->outputs[i];
        *output = (struct split_output){.feed = {.want = want, .left = left}, .task = task};
        if (vow_channel_new(VOW_UNBOUNDED, NULL, &output->writer, &readers[i]) != VOW_OK) {
            discard(split, readers, i);
            return NULL;
        }
        output->channel = readers[i]->end.channel;
    }
    return split;
}

static vow_status check(vow_task *task, size_t count, const vow_split_options *options,
                        vow_reader *const *ret_readers, const char *function)
{
    if (task == NULL)
        return vow_task_refuse_null(function);
    if (ret_readers == NULL || count == 0)
        return vow_fail_status(VOW_INVALID, "%s: %s", function,
                               count == 0 ? "count is 0" : "ret_readers is NULL");
    if (options != NULL && options->size != sizeof(*options))
        return vow_fail_status(VOW_INVALID, "%s: options->size is not sizeof(vow_split_options)",
                               function);
    return VOW_OK;
}

/* The arguments are checked. Takes a reference to `task`, but not on failure. */
static vow_status add(vow_pool *pool, vow_task *task, size_t count,
                      const vow_split_options *options, vow_fn *choose, void *context,
                      vow_reader **ret_readers, const char *function)
{
    vow_reader **readers = count <= SIZE_MAX / sizeof(vow_reader *)
                               ? vow_allocate(count * sizeof(vow_reader *))
                               : NULL;
    struct split *split = readers != NULL ? split_new(task, count, readers) : NULL;
    vow_status status = VOW_OK;
    if (split == NULL) {
        vow_deallocate(readers);
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    }
    split->choose = choose;
    split->context = context;
    split->bound = options != NULL && options->bound != 0 ? options->bound : BOUND;
    for (size_t i = 1; i < count; i++)
        (void)vow_task_retain(task);
    if (vow_task_settle_split(task, pool, split, readers)) {
        for (size_t i = 0; i < count; i++)
            ret_readers[i] = readers[i];
    } else {
        status =
            vow_fail_status(VOW_INVALID, "%s: task %s is in a pool already", function, task->name);
        for (size_t i = 1; i < count; i++)
            vow_task_release(task);
        discard(split, readers, count);
    }
    vow_deallocate(readers);
    return status;
}

vow_status vow_pool_add_broadcast(vow_pool *pool, vow_task *task, size_t count,
                                  const vow_split_options *options, vow_reader **ret_readers)
{
    static const char function[] = "vow_pool_add_broadcast";
    vow_status status = check(task, count, options, ret_readers, function);
    if (status == VOW_OK)
        status = add(pool, task, count, options, NULL, NULL, ret_readers, function);
    if (status != VOW_OK)
        vow_task_release(task);
    return status;
}

vow_status vow_pool_add_partition(vow_pool *pool, vow_task *task, size_t count,
                                  const vow_split_options *options, vow_fn *choose, void *context,
                                  vow_reader **ret_readers)
{
    static const char function[] = "vow_pool_add_partition";
    vow_status status = check(task, count, options, ret_readers, function);
    if (status == VOW_OK && choose == NULL)
        status = vow_fail_literal(VOW_INVALID, "vow_pool_add_partition: choose is NULL");
    if (status == VOW_OK)
        status = add(pool, task, count, options, choose, context, ret_readers, function);
    if (status != VOW_OK)
        vow_task_release(task);
    return status;
}
