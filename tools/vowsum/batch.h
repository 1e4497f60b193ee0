/**
 * batch.h - a few files that one job hashes: enough of them that a job is worth its while.
 */
#ifndef VOWSUM_BATCH_H
#define VOWSUM_BATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <vow.h>

#include "file.h"

/** A batch is full with so many files, or so many bytes in them. A larger file is alone in its batch's end. */
#define BATCH_FILES 64
#define BATCH_BYTES (INT64_C(1) << 20)

struct batch {
    int count;
    int64_t bytes; /**< in all files, as far as is known */
    struct file files[BATCH_FILES];
};

/** An empty batch, in a box; an error value where there is no memory. */
vow_value batch_new(void);

/** The batch in a box, borrowed. */
struct batch *batch_of(vow_value value);

/** Adds a file, whose name the batch frees from now on, and finds out what it is. The batch is not full. */
void batch_add(struct batch *batch, const struct file *file);

bool batch_full(const struct batch *batch);

#endif
