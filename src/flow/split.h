/*
 * split.h - the outputs of a task that has several (vow/split.h).
 *
 * Each is a channel of its own with a feed; what they ask for is put together for the pipeline that ends here.
 *
 * Invariants
 * 1. Each output's feed has a reference to the task until its last reader has gone.
 * 2. `expected` (pipeline.h) gets smaller inside the channel of an output, when the items are in all of them; who looks at
 *    the demand reads it inside the first one, before the others: it never finds less than what is on its way to those that it
 *    looks at then.
 * 3. Who finds no room marks the feeds before it looks for the last time, inside the channels; who has read looks for the
 *    mark afterwards. So one of both sees the other.
 */
#ifndef VOW_FLOW_SPLIT_H
#define VOW_FLOW_SPLIT_H

#include "flow/task.h"
#include <vow/split.h>

struct chunk;

struct split_output {
    struct channel_feed feed;
    vow_task *task;
    vow_writer *writer; /* until the task has ended */
    struct channel *channel;
    _Atomic size_t
        polled; /* so many are wanted there by one who does not wait, until that is looked at … */
    size_t extra; /* … in this look; under the pipeline's lock */
};

struct split {
    vow_fn *choose; /* NULL: every item goes to all */
    void *context;
    size_t bound;
    _Atomic size_t read; /* outputs whose readers have not gone */
    bool marked;         /* the feeds are, because there is no room; under the pipeline's lock */
    size_t count;
    struct split_output outputs[];
};

/* Under the pipeline's lock. */
struct demand vow_split_demand(struct split *split, const _Atomic size_t *expected);

/* Gives the items of a chunk to the outputs; it has none afterwards. What ends the pipeline there is told to it. */
void vow_split_supply(struct chunk *chunk);

/* Nothing more comes, because of `error` (borrowed; or none). Once. */
void vow_split_close(struct split *split, vow_value error);

/* The task of an output; NULL: it is none. */
vow_task *vow_split_task_of(struct channel_feed *feed);

/* The most items that lie in an output. */
size_t vow_split_buffered(const struct split *split);

#endif
