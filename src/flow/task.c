/*
 * task.c - tasks: made, added to pools, asked, removed (task.h).
 */
#include "flow/pipeline.h"

#include "base/child.h"
#include "base/fail.h"
#include "base/ledger.h"
#include "base/object.h"
#include "execution/pool_inside.h"
#include "flow/split.h"
#include <string.h>
#include <vow/error.h>
#include <vow/memory.h>

struct lock vow_tasks_lock;
VOW_CHILD_LOCK(vow_tasks_lock);

/* Those that are added and not done, the newest first. */
static vow_task *listed;

/* The list ---------------------------------------------------------------------------------------------------------- */

/* Under the lock of the tasks. */
static void enlist(vow_task *task)
{
    task->next = listed;
    task->link = &listed;
    if (listed != NULL)
        listed->link = &task->next;
    listed = task;
}

/* The same. */
static void delist(vow_task *task)
{
    if (task->link == NULL)
        return;
    *task->link = task->next;
    if (task->next != NULL)
        task->next->link = task->link;
    task->link = NULL;
}

static vow_scheduler *home_of(vow_pool *pool)
{
    return pool != NULL ? vow_pool_scheduler(pool) : vow_default_pool();
}

static void see(vow_task *task, struct task_seen *seen)
{
    vow_reader *reader = task->source->reader;
    *seen = (struct task_seen){
        .task = vow_task_retain(task),
        .above = reader != NULL ? vow_task_retain(vow_task_of(reader)) : NULL,
        .source = task->source->ops.name,
        .began = task->began,
    };
}

/* Those of `home`: into `tasks`, or `seen`. */
static size_t list(const vow_scheduler *home, vow_task **tasks, struct task_seen *seen, size_t most)
{
    size_t count = 0, position = 0;
    vow_lock_take(&vow_tasks_lock);
    for (vow_task *task = listed; task != NULL; task = task->next)
        count += task->home == home;
    position = count;
    for (vow_task *task = listed; task != NULL; task = task->next) {
        if (task->home != home || --position >= most)
            continue;
        if (tasks != NULL)
            tasks[position] = vow_task_retain(task);
        if (seen != NULL)
            see(task, &seen[position]);
    }
    vow_lock_give(&vow_tasks_lock);
    return count;
}

size_t vow_tasks(vow_pool *pool, vow_task **tasks, size_t most)
{
    return list(home_of(pool), tasks, NULL, most);
}

size_t vow_tasks_see(vow_pool *pool, struct task_seen *seen, size_t most)
{
    return list(home_of(pool), NULL, seen, most);
}

/* Making ---------------------------------------------------------------------------------------------------------- */

static void destroy(struct counted *object)
{
    vow_task *task = vow_container_of(object, vow_task, counted);
    struct pipeline *pipeline = vow_task_pipeline(task);
    vow_source_free(task->source); /* it was never added */
    if (task->drop != NULL)
        task->drop(task->context);
    if (pipeline != NULL)
        vow_counted_release(&pipeline->counted);
    if (task->home != NULL)
        vow_home_release(task->home);
    vow_value_drop(task->error);
    vow_deallocate(task->split);
    vow_deallocate(task->name);
    vow_ledger_remove(task);
    vow_deallocate(task);
}

static const struct counted_class task_class = {.name = "task", .destroy = destroy};
COUNTED_KNOWN(task_class)

/* Whether what failed last, on this line, was a function whose name begins so: it has said why there is a NULL. */
static bool said(const char *function)
{
    return strncmp(vow_last_error(), function, strlen(function)) == 0;
}

static vow_status check_options(const vow_task_options *options)
{
    if (options->concurrency < 0)
        return vow_fail_status(VOW_INVALID, "vow_task_new: options->concurrency is %d",
                               options->concurrency);
    if (options->max_chunk > SIZE_MAX / sizeof(vow_value) ||
        options->min_count > SIZE_MAX / sizeof(vow_value))
        return vow_fail_status(VOW_INVALID,
                               "vow_task_new: options->%s is more than memory can hold",
                               options->max_chunk > options->min_count ? "max_chunk" : "min_count");
    return VOW_OK;
}

static vow_status check_new(const char *name, const vow_source *source,
                            const vow_task_options *options)
{
    if (source == NULL)
        return said("vow_source_") ? VOW_INVALID
                                   : vow_fail_literal(VOW_INVALID, "vow_task_new: source is NULL");
    if (name == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_task_new: name is NULL");
    return check_options(options);
}

static vow_task *make(const char *name, const vow_task_options *options)
{
    vow_task *task = vow_allocate(sizeof(*task));
    size_t length = strlen(name) + 1;
    char *copy = task != NULL ? vow_allocate(length) : NULL;
    if (copy == NULL) {
        vow_deallocate(task);
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_task_new: out of memory");
        return NULL;
    }
    memcpy(copy, name, length);
    *task = (vow_task){.name = copy,
                       .min_count = options->min_count,
                       .max_chunk = options->max_chunk,
                       .concurrency = (unsigned)options->concurrency,
                       .batch = options->batch,
                       .unordered = options->unordered,
                       .drop = options->drop};
    vow_counted_init(&task->counted, &task_class, 1, 0);
    vow_ledger_add(task, sizeof(*task), NULL);
    return task;
}

vow_task *vow_task_new(const char *name, vow_source *source, vow_fn *fn, void *context,
                       const vow_task_options *options)
{
    static const vow_task_options defaults = {.size = sizeof(defaults)};
    if (options != NULL && options->size != sizeof(*options)) {
        vow_source_free(source);
        (void)vow_fail_literal(VOW_INVALID,
                               "vow_task_new: options->size is not sizeof(vow_task_options)");
        return NULL;
    }
    if (options == NULL)
        options = &defaults;
    vow_status status = check_new(name, source, options);
    vow_task *task = status == VOW_OK ? make(name, options) : NULL;
    if (task == NULL) {
        vow_source_free(source);
        if (options->drop != NULL)
            options->drop(context);
        return NULL;
    }
    task->source = source;
    task->fn = fn;
    task->context = context;
    return task;
}

vow_task *vow_task_retain(vow_task *task)
{
    if (task != NULL)
        vow_counted_retain(&task->counted);
    return task;
}

void vow_task_release(vow_task *task)
{
    if (task != NULL)
        vow_counted_release(&task->counted);
}

/* Demand ---------------------------------------------------------------------------------------------------------- */

void vow_task_want(vow_task *task, size_t extra)
{
    if (vow_task_is_done(task))
        return;
    bool stopped;
    struct pipeline *pipeline = vow_pipeline_of(task, &stopped);
    if (pipeline != NULL)
        vow_pipeline_demand(pipeline, extra);
    else if (stopped)
        vow_task_end(task, vow_fail(VOW_NO_MEMORY, "task %s: out of memory", task->name), true);
}

static void want(struct channel_feed *feed, size_t extra)
{
    vow_task_want(vow_container_of(feed, vow_task, feed), extra);
}

void vow_task_stop(vow_task *task)
{
    vow_lock_take(&vow_tasks_lock);
    struct pipeline *pipeline = vow_task_pipeline(task);
    task->stopped = true; /* if it has not begun it never will */
    vow_lock_give(&vow_tasks_lock);
    if (pipeline != NULL)
        vow_pipeline_stop(pipeline);
    else
        vow_task_end(task, vow_none(), false);
}

static void left(struct channel_feed *feed)
{
    vow_task *task = vow_container_of(feed, vow_task, feed);
    vow_task_stop(task);
    vow_task_release(task);
}

vow_task *vow_task_of(const vow_reader *reader)
{
    struct channel_feed *feed = reader->end.channel->feed;
    if (feed == NULL)
        return NULL;
    return feed->want == want ? vow_container_of(feed, vow_task, feed) : vow_split_task_of(feed);
}

/* Takes `writer` and `error`. */
static void close_output(vow_task *task, vow_writer *writer, vow_value error)
{
    if (task->split != NULL)
        vow_split_close(task->split, error);
    if (vow_is_error(error) && writer != NULL)
        (void)vow_writer_fail(writer, error);
    else
        vow_release(error);
    vow_writer_release(writer);
}

void vow_task_end(vow_task *task, vow_value error, bool own)
{
    vow_lock_take(&vow_tasks_lock);
    bool first = !task->ended;
    vow_source *source = task->source;
    vow_writer *writer = task->writer;
    if (first) {
        delist(task);
        task->source = NULL;
        task->writer = NULL;
        task->ended = true;
        task->stopped = true;
    }
    vow_lock_give(&vow_tasks_lock);
    if (!first) {
        vow_release(error);
        return;
    }
    vow_source_free(source);
    task->error = own ? vow_retain(vow_borrow(error)) : vow_none();
    /* D1 release: pairs with D2 */
    atomic_store_explicit(&task->done, true, memory_order_release);
    if (task->drop != NULL)
        task->drop(task->context);
    task->drop = NULL;
    close_output(task, writer, error); /* the last: who reads may free what all of this uses */
}

/* Pools ----------------------------------------------------------------------------------------------------------- */

/* Under the lock: makes it a task of `home`. False: it is in a pool already. */
static bool settle(vow_task *task, vow_scheduler *home)
{
    if (task->home != NULL)
        return false;
    vow_home_retain(home);
    task->home = home;
    enlist(task);
    return true;
}

static bool settle_in(vow_task *task, vow_scheduler *home, vow_writer *writer, vow_reader *reader)
{
    vow_lock_take(&vow_tasks_lock);
    bool first = settle(task, home);
    if (first) {
        task->writer = writer;
        task->channel = reader->end.channel;
        task->feed = (struct channel_feed){.want = want, .left = left};
        vow_reader_feed(reader, &task->feed);
    }
    vow_lock_give(&vow_tasks_lock);
    return first;
}

bool vow_task_settle_split(vow_task *task, vow_pool *pool, struct split *split,
                           vow_reader *const *readers)
{
    vow_lock_take(&vow_tasks_lock);
    bool first = settle(task, home_of(pool));
    if (first) {
        task->split = split;
        for (size_t i = 0; i < split->count; i++)
            vow_reader_feed(readers[i], &split->outputs[i].feed);
    }
    vow_lock_give(&vow_tasks_lock);
    return first;
}

vow_status vow_task_refuse_null(const char *function)
{
    if (said("vow_task_new") || said("vow_source_"))
        return VOW_INVALID;
    return vow_fail_status(VOW_INVALID, "%s: task is NULL", function);
}

vow_reader *vow_pool_add_task(vow_pool *pool, vow_task *task)
{
    vow_writer *writer;
    vow_reader *reader;
    if (task == NULL) {
        (void)vow_task_refuse_null("vow_pool_add_task");
        return NULL;
    }
    if (vow_channel_new(VOW_UNBOUNDED, NULL, &writer, &reader) != VOW_OK) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_pool_add_task: out of memory");
        vow_task_release(task);
        return NULL;
    }
    if (settle_in(task, home_of(pool), writer, reader))
        return reader; /* the reference is the feed's now */
    vow_writer_release(writer);
    vow_reader_release(reader);
    (void)vow_fail_status(VOW_INVALID, "vow_pool_add_task: task %s is in a pool already",
                          task->name);
    vow_task_release(task);
    return NULL;
}

vow_status vow_pool_remove_task(vow_pool *pool, vow_task *task)
{
    if (task == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_pool_remove_task: task is NULL");
    vow_lock_take(&vow_tasks_lock);
    bool mine = task->home == home_of(pool);
    vow_lock_give(&vow_tasks_lock);
    if (!mine)
        return vow_fail_status(VOW_INVALID, "vow_pool_remove_task: task %s is not in this pool",
                               task->name);
    vow_task_stop(task);
    return VOW_OK;
}

/* Asking ---------------------------------------------------------------------------------------------------------- */

const char *vow_task_name(const vow_task *task)
{
    return task != NULL ? task->name : "";
}

bool vow_task_is_done(const vow_task *task)
{
    /* D2 acquire: pairs with D1; its error is seen */
    return task == NULL || atomic_load_explicit(&task->done, memory_order_acquire);
}

vow_value vow_task_error(const vow_task *task)
{
    if (task == NULL || !vow_task_is_done(task))
        return vow_none();
    return vow_retain(vow_borrow(task->error));
}

/* relaxed: figures */
static uint64_t figure(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

vow_status vow_task_count(const vow_task *task, struct vow_task_counts *counts)
{
    if (task == NULL || counts == NULL)
        return vow_fail_status(VOW_INVALID, "vow_task_count: %s is NULL",
                               task == NULL ? "task" : "counts");
    if (counts->size != sizeof(*counts))
        return vow_fail_literal(VOW_INVALID, "vow_task_count: counts->size is not sizeof(struct "
                                             "vow_task_counts)");
    struct pipeline *pipeline = vow_task_pipeline(task);
    counts->taken = figure(&task->taken);
    counts->given = figure(&task->given);
    counts->calls = figure(&task->calls);
    counts->chunks = figure(&task->chunks);
    /* relaxed: a figure */
    counts->nanoseconds = atomic_load_explicit(&task->nanoseconds, memory_order_relaxed);
    counts->in_flight = pipeline != NULL ? vow_pipeline_expected(pipeline) : 0;
    counts->buffered = 0;
    vow_lock_take(&vow_tasks_lock);
    if (task->writer != NULL) /* so long the channel is there */
        counts->buffered = vow_writer_size(task->writer);
    else if (task->split != NULL && !task->ended)
        counts->buffered = vow_split_buffered(task->split);
    vow_lock_give(&vow_tasks_lock);
    return VOW_OK;
}
