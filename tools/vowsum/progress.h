/**
 * progress.h - the bar: files, bytes, megabytes a second, time left.
 */
#ifndef VOWSUM_PROGRESS_H
#define VOWSUM_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>
#include <vow.h>

struct progress {
    atomic_llong files, bytes; /**< done so far */
    atomic_llong bytes_in_all; /**< what there is to do; 0 while nobody has counted it */
    int64_t began;
    vow_loop *loop; /**< NULL where there is no bar */
    vow_promise *tick;
};

/** From now on `loop` draws a bar on standard error, ten times a second. Borrows `loop`. */
void progress_begin(struct progress *progress, vow_loop *loop);

/** Takes the bar away for good. */
void progress_end(struct progress *progress);

/** Counts what a job has done. Any thread. */
void progress_add_bytes(struct progress *progress, size_t bytes);
void progress_add_file(struct progress *progress);

/** Says how many bytes there are to do. Any thread. */
void progress_expect(struct progress *progress, int64_t bytes);

#endif
