/**
 * batch.h - a few files that one job hashes: enough of them that a job is worth its while.
 */
#ifndef VOWSUM_BATCH_H
#define VOWSUM_BATCH_H

#include <vow.h>

#include "file.h"

/** How many files a job gets. */
#define BATCH_FILES 64

struct batch {
    vow_promise *rest; /**< of the batch that follows this one, where it was split; else NULL */
    int count;
    struct file files[];
};

/** An empty batch with room for so many files, in a box; an error value where there is no memory. */
vow_value batch_new(int room);

/** The batch in a box, borrowed. */
struct batch *batch_of(vow_value value);

/** Adds a file, whose name the batch frees from now on. There is room for it. */
void batch_add(struct batch *batch, const struct file *file);

/**
 * Moves the last `count` files, and the rest behind them, to a new batch, whose promise is to become the
 * rest. An error value, and nothing moves: no memory.
 */
vow_value batch_split(struct batch *batch, int count);

/** Gives `rest` away; the caller owns it. */
vow_promise *batch_take_rest(struct batch *batch);

#endif
