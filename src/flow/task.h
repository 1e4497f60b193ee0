/*
 * task.h - what a task is inside (vow/task.h), and the list of those that are in pools.
 *
 *      new ---- added ---- begun: part of a pipeline (pipeline.h) ---- done
 *       '---------'---------------------------------------------------^
 *
 * Who refers to whom:
 *
 *      reader --> channel --> feed: the task      its writer <-- the task --> its source --> another task's reader
 *      the pipeline <--> its tasks, until it has ended
 *
 * Invariants
 * 1. `home` is set once, when the task is added; `pipeline` once, when somebody reads it or a task below it that carries on.
 *    Both under the lock of the tasks, which is taken before a pipeline's.
 * 2. A task has its writer until it is done; so its channel, too, is there until then.
 * 3. The feed's reference is given back when the last reader has gone.
 * 4. A pipeline's source and the functions of its tasks are called only while it has chunks under way.
 */
#ifndef VOW_FLOW_TASK_H
#define VOW_FLOW_TASK_H

#include <vow/task.h>

#include "flow/channel.h"
#include "flow/source.h"

struct pipeline;
struct split;

struct vow_task {
    struct counted counted;
    struct channel_feed feed;
    vow_task *next, **link; /* among those that are added and not done; link NULL: it is not */
    char *name;
    vow_fn *fn; /* NULL: items are passed on */
    void *context;
    void (*drop)(void *context);
    size_t min_count;
    size_t max_chunk;
    unsigned concurrency;
    bool batch;
    bool unordered;
    bool stopped;        /* it begins no more */
    bool ended;          /* vow_task_end has begun */
    vow_source *source;  /* NULL: done */
    vow_scheduler *home; /* NULL: not added */
    struct split *split; /* its outputs; NULL: one, of the two fields below */
    vow_writer *writer;
    struct channel *channel;
    int64_t began;                       /* when `pipeline` was set */
    _Atomic(struct pipeline *) pipeline; /* a reference; NULL: not begun */
    _Atomic bool done;
    vow_value error; /* written before `done` */
    /* Counts, of all chunks: */
    _Atomic uint64_t taken, given, calls, chunks;
    _Atomic int64_t nanoseconds;
};

static inline struct pipeline *vow_task_pipeline(const vow_task *task)
{
    /* T1 acquire: pairs with T2 (pipeline_begin.c): what it is made of is seen */
    return atomic_load_explicit(&((vow_task *)(uintptr_t)task)->pipeline, memory_order_acquire);
}

/* The lock of the list, of invariant 1. */
extern struct lock vow_tasks_lock;

/* Somebody misses items of the task's, and `extra` that nobody waits for. */
void vow_task_want(vow_task *task, size_t extra);

/* Ends the task, if it has not: its last reader has gone, or it is removed. */
void vow_task_stop(vow_task *task);

/* `function` has been given NULL for a task: VOW_INVALID, and why, unless what should have made the task has said that. */
vow_status vow_task_refuse_null(const char *function);

/* Makes it a task of `pool`'s with several outputs, whose channels these readers read; takes `split`, and a reference. False,
   and nothing has changed: it is in a pool already. */
bool vow_task_settle_split(vow_task *task, vow_pool *pool, struct split *split,
                           vow_reader *const *readers);
/* A task that is added and not done, and the one above; references, the caller's. */
struct task_seen {
    vow_task *task;
    vow_task *above;    /* whose items it takes; NULL: of no task */
    const char *source; /* what its items come from: a static text */
    int64_t began;      /* 0: not yet */
};

/* As vow_tasks. */
size_t vow_tasks_see(vow_pool *pool, struct task_seen *seen, size_t most);

/* The task whose items come out of `reader`; NULL: of none. */
vow_task *vow_task_of(const vow_reader *reader);

/* Nothing more will be computed: closes what comes out, with `error` (taken; none: without) and gives up what goes in. For
   vow_task_error if it is `own`. Has an effect once; outside of locks. */
void vow_task_end(vow_task *task, vow_value error, bool own);

#endif
