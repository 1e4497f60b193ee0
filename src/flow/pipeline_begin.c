/*
 * pipeline_begin.c - how tasks become a pipeline, and what is left of one at the end (pipeline.h).
 *
 * The first read of a task looks upwards: as far as each task hands all its items to the one below, and to nobody else, they
 * are one pipeline, and what each of them asks for is put together for the whole.
 */
#include "flow/pipeline.h"

#include "base/clock.h"
#include "base/object.h"
#include <vow/memory.h>

static void destroy(struct counted *object)
{
    struct pipeline *pipeline = vow_container_of(object, struct pipeline, counted);
    while (pipeline->all != NULL) {
        struct chunk *chunk = pipeline->all;
        pipeline->all = chunk->another;
        vow_chunk_free(chunk);
    }
    vow_value_drop(pipeline->error);
    vow_deallocate(pipeline->stages);
    vow_deallocate(pipeline->gates);
    vow_object_delete(pipeline, sizeof(*pipeline));
}

static const struct counted_class pipeline_class = {.name = "pipeline", .destroy = destroy};
COUNTED_KNOWN(pipeline_class)

/* Whether nobody but the task that has it reads from its channel, which is open: from then on that cannot change, but by who
   stops the task above. */
static bool is_only_reader(const vow_reader *reader)
{
    struct channel *channel = reader->end.channel;
    /* acquire: pairs with the release of who gave the last other reference back (counted.h): the hooks that it has set are
       seen, and the close */
    if (atomic_load_explicit(&reader->end.counted.word, memory_order_acquire) >> 32 != 1)
        return false;
    bool locked = vow_channel_enter(channel);
    bool only = channel->readers == 1 && !vow_channel_is_closed(channel);
    vow_channel_leave(channel, locked);
    return only;
}

/* The task above that hands all its items to `task`, and to nobody else; NULL: there is none. */
static vow_task *carried_with(const vow_task *task)
{
    vow_reader *reader = task->source->reader;
    vow_task *above = reader != NULL ? vow_task_of(reader) : NULL;
    if (above == NULL || above->split != NULL || above->home != task->home ||
        vow_task_pipeline(above) != NULL || above->stopped || !is_only_reader(reader))
        return NULL;
    bool hooked = reader->before.call != NULL || reader->after.call != NULL;
    return hooked ? NULL : above;
}

static size_t count_stages(vow_task *task)
{
    size_t count = 0;
    for (; task != NULL; task = carried_with(task))
        count++;
    return count;
}

static size_t common_divisor(size_t one, size_t other)
{
    while (other != 0) {
        size_t rest = one % other;
        one = other;
        other = rest;
    }
    return one;
}

/* A chunk's size in which each stage that works on lists finds whole ones; SIZE_MAX: there is none that can be counted. */
static size_t common_multiple(size_t one, size_t other)
{
    size_t common, factor = other / common_divisor(one, other);
    return __builtin_mul_overflow(one, factor, &common) ? SIZE_MAX : common;
}

/* What a task asks of the whole. */
static void heed(struct pipeline *pipeline, const vow_task *task)
{
    pipeline->unordered = pipeline->unordered || task->unordered;
    if (task->min_count > pipeline->least)
        pipeline->least = task->min_count;
    if (task->concurrency > pipeline->most)
        pipeline->most = task->concurrency;
    if (task->batch && task->max_chunk == 0)
        pipeline->counted_whole = true;
}

/* Where whole lists of all lengths would take too many items, those at a chunk's end are shorter, but for the longest. */
static size_t chunk_size(struct pipeline *pipeline)
{
    enum { LARGEST = 16384 };
    size_t common = 1, longest = 1, items = SIZE_MAX;
    for (size_t i = 0; i < pipeline->count; i++) {
        const vow_task *task = pipeline->stages[i];
        if (task->max_chunk == 0)
            continue;
        if (task->batch) {
            common = common_multiple(common, task->max_chunk);
            longest = task->max_chunk > longest ? task->max_chunk : longest;
            pipeline->whole = true;
        } else if (task->max_chunk < items) {
            items = task->max_chunk;
        }
    }
    if (pipeline->whole)
        return common <= LARGEST ? common : longest;
    return items != SIZE_MAX ? items : 0;
}

static void set_gates(struct pipeline *pipeline)
{
    bool ordered = true;
    for (size_t i = 0; i < pipeline->count; i++) {
        const vow_task *task = pipeline->stages[i];
        ordered = ordered && !task->unordered;
        pipeline->gates[i] = (struct gate){.limit = task->concurrency, .ordered = ordered};
    }
    pipeline->gates[pipeline->count] = (struct gate){.limit = 1, .ordered = ordered};
}

/* Fills it in; under the lock of the tasks. */
static void take_up(struct pipeline *pipeline, vow_task *end)
{
    int64_t now = vow_real_now();
    size_t i = pipeline->count;
    for (vow_task *task = end; task != NULL && i > 0; task = carried_with(task)) {
        pipeline->stages[--i] = vow_task_retain(task);
        heed(pipeline, task);
        pipeline->source = task->source;
    }
    vow_check(i == 0);
    pipeline->end = end;
    pipeline->fixed = chunk_size(pipeline);
    set_gates(pipeline);
    for (; i < pipeline->count; i++) {
        vow_counted_retain(&pipeline->counted);
        pipeline->stages[i]->began = now;
        /* T2 release: pairs with T1 (task.h) */
        atomic_store_explicit(&pipeline->stages[i]->pipeline, pipeline, memory_order_release);
    }
}

static struct pipeline *make(vow_task *end)
{
    struct pipeline *pipeline = vow_object_new(sizeof(*pipeline));
    if (pipeline == NULL)
        return NULL;
    size_t count = count_stages(end);
    *pipeline = (struct pipeline){.count = count, .suits = 1, .last = UINT64_MAX};
    vow_counted_init(&pipeline->counted, &pipeline_class, 1, 0);
    pipeline->stages = vow_allocate(count * sizeof(vow_task *));
    pipeline->gates = vow_allocate((count + 1) * sizeof(struct gate));
    struct chunk *first = vow_chunk_new(pipeline);
    pipeline->all = pipeline->spare = first;
    if (pipeline->stages == NULL || pipeline->gates == NULL || first == NULL) {
        vow_counted_release(&pipeline->counted);
        return NULL;
    }
    return pipeline;
}

struct pipeline *vow_pipeline_of(vow_task *task, bool *ret_stopped)
{
    *ret_stopped = false;
    struct pipeline *pipeline = vow_task_pipeline(task);
    if (vow_likely(pipeline != NULL))
        return pipeline;
    vow_lock_take(&vow_tasks_lock);
    pipeline = vow_task_pipeline(task);
    if (pipeline == NULL && !task->stopped) {
        pipeline = make(task);
        if (pipeline != NULL) {
            take_up(pipeline, task);
            vow_counted_release(&pipeline->counted); /* its tasks have it */
        }
        task->stopped = *ret_stopped = pipeline == NULL;
    }
    vow_lock_give(&vow_tasks_lock);
    return pipeline;
}
