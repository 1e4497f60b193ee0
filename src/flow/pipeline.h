/*
 * pipeline.h - tasks that hand their items to each other only, and are worked on together.
 *
 * The items come out of the first one's source in *chunks*, and a worker carries a chunk through all stages, if nothing
 * stands in the way; so what it costs to hand things on is paid once per chunk. A chunk is a call to the pool:
 *
 *      spare --- issued --> source --> stage 0 --> stage 1 --> … --> out --> spare
 *                             |           '---- a gate: waits for its turn ---'
 *                             '-- the next one may be issued
 *
 * One chunk at a time is on its way to the source or in it (`sourcing`): that is what numbers them. At a *gate*, before a
 * stage whose concurrency is bounded and before the way out, chunks wait as data: no worker waits with them.
 *
 * Issued is as much as is demanded (how_many): what those who wait to read miss, less what is under way; or, where
 * somebody wants everything, as long as not too much is computed ahead of them.
 *
 * The end. `last` is the number of the chunk that ends the pipeline, by the end of the source or by a failure; it only
 * gets lower, and what comes behind it is given up. `stopped`: nobody wants anything any more, and all is given up. When no
 * chunk is under way any more after either, the pipeline ends: once.
 *
 * Invariants
 * 1. At most one chunk is issued and has not left the source.
 * 2. `expected` is the sum of `asked` of all chunks under way whose items are not in the channel yet; `owed` was demanded, and
 *    not issued yet. `expected` gets smaller where the items get into the channel, so that who asks what is missing sees both.
 * 3. Each chunk is in one place: with the pool or a worker, in one gate's queue, or spare.
 * 4. At an ordered gate chunks pass in the order of their numbers; none of them with a number up to `last` is missing.
 * 5. Whoever adds to the channel, or makes a place free, looks at the demand afterwards; who reads stands in the queue
 *    before. So one of both sees the other.
 * 6. No function of users' is called, and no value dropped, under the lock. A chunk's `running` is touched under it.
 */
#ifndef VOW_FLOW_PIPELINE_H
#define VOW_FLOW_PIPELINE_H

#include "base/lock.h"
#include "flow/task.h"
#include "wait/waiter.h"

#define CHUNK_AT_SOURCE SIZE_MAX

struct chunk {
    struct vow_call call;
    struct vow_call telling; /* to the thread where it runs: its waits are to end */
    struct chunk *next;      /* in a gate's queue, or spare, or given up */
    struct chunk *another;   /* of all that the pipeline has */
    struct pipeline *pipeline;
    struct running_job *running; /* NULL: it does not run */
    uint64_t number;
    size_t stage;  /* where it goes next */
    size_t asked;  /* as many items are expected of it */
    size_t wanted; /* from the source */
    size_t count, room;
    vow_value *items;
    size_t other_room;
    vow_value *other;   /* for stages that give lists */
    bool eager;         /* everything is wanted */
    bool passed;        /* it is through the gate before `stage` */
    bool told;          /* `telling` is on its way */
    vow_status dropped; /* why the pool did not run it */
};

struct gate {
    unsigned limit; /* chunks inside; 0: any number, and nobody waits */
    unsigned inside;
    bool ordered;
    uint64_t next;         /* ordered: the number of the next one to pass */
    struct chunk *waiting; /* by their numbers */
};

struct pipeline {
    struct counted counted;
    struct lock lock; /* guards all below that changes */
    size_t count;     /* of stages */
    vow_task **stages;
    struct gate *gates; /* before each stage, and before the way out */
    vow_source *source; /* the first stage's */
    vow_task *end;      /* the last stage */
    bool unordered;
    bool counted_whole; /* what is demanded by number is not cut */
    size_t fixed;  /* items in a chunk that was demanded by number, the most in others; 0: none */
    bool whole;    /* all chunks have `fixed` items: they are made of lists */
    size_t least;  /* items that a demand computes at least */
    unsigned most; /* chunks under way, if there are more than the workers need */
    /* Demand: */
    size_t owed;
    _Atomic size_t expected; /* gets larger under the lock, smaller inside the channel */
    bool eager;
    bool sourcing;
    bool quick;   /* the last chunk was done in less time than a wake-up takes */
    size_t suits; /* items in a chunk, by the time that they took */
    /* Chunks: */
    uint64_t next_number;
    unsigned under_way;
    struct chunk *spare;
    struct chunk *all;
    /* The end: */
    _Atomic bool stopped;
    _Atomic uint64_t last; /* UINT64_MAX: not known yet */
    bool over;
    vow_value error; /* of `last` */
    vow_task *failed;
};

/* Sees to it that `task`, added and read by nobody else, is part of a pipeline. NULL: it is stopped; if that is because there was
   no memory here, `*ret_stopped`, and the caller is to end it. */
struct pipeline *vow_pipeline_of(vow_task *task, bool *ret_stopped);

/* Issues what is demanded now; `extra` items by somebody who does not wait. */
void vow_pipeline_demand(struct pipeline *pipeline, size_t extra);

/* Gives up all that is under way. */
void vow_pipeline_stop(struct pipeline *pipeline);

/* Whether the calling line, inside of a chunk of `pipeline`, would wait for itself if it read what that gives: in the source,
   with nothing else under way; in a stage, with nothing before it; or on the way out, in who is told there. */
bool vow_pipeline_waits_for_caller(struct pipeline *pipeline);

/* Items under way. */
size_t vow_pipeline_expected(struct pipeline *pipeline);

/* For chunks (chunk.c) ------------------------------------------------------------------------------------------------- */

struct chunk *vow_chunk_new(struct pipeline *pipeline);
void vow_chunk_free(struct chunk *chunk);

/* Drops the items of a chunk. */
void vow_chunk_empty(struct chunk *chunk);

/* Room for `room` items, of which `count` are kept. False without memory. */
bool vow_items_grow(vow_value **items, size_t *ret_room, size_t count, size_t room);

/* Under the lock: the next chunk to issue, for the caller to hand over. NULL: none is wanted. */
struct chunk *vow_pipeline_next(struct pipeline *pipeline, size_t extra);

/* Hands a chunk to the pool. */
void vow_pipeline_hand_over(struct pipeline *pipeline, struct chunk *chunk);

/* The chunk that ends it is `number`, because of `error` (taken) of `failed`, or by the end; unless an earlier one does. What a
   chunk says later is about earlier items of its: that counts. */
void vow_pipeline_end_at(struct pipeline *pipeline, uint64_t number, vow_value error,
                         vow_task *failed);

/* The chunk is done with; it took so many nanoseconds, negative: not known. Gives the next one to issue, or NULL. The pipeline
   may end. */
struct chunk *vow_pipeline_return(struct chunk *chunk, int64_t took);

/* How many workers its pool has. */
int vow_pipeline_workers(const struct pipeline *pipeline);

/* Whether what the chunk computes is not wanted any more. */
static inline bool vow_chunk_is_vain(const struct chunk *chunk)
{
    const struct pipeline *pipeline = chunk->pipeline;
    /* relaxed: hints, so as not to compute in vain; they are looked at under the lock where it matters */
    return atomic_load_explicit(&pipeline->stopped, memory_order_relaxed) ||
           (!pipeline->unordered &&
            chunk->number > atomic_load_explicit(&pipeline->last, memory_order_relaxed));
}

/* Stages (stage.c) ---------------------------------------------------------------------------------------------------- */

/* Puts the chunk's items through stage number `stage`. What ends the pipeline there is told to it. */
void vow_stage_run(struct chunk *chunk, size_t stage);

#endif
