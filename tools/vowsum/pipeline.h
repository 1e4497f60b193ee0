/**
 * pipeline.h - many files under way at once, told of in order.
 */
#ifndef VOWSUM_PIPELINE_H
#define VOWSUM_PIPELINE_H

#include <stdbool.h>

#include "file.h"
#include "session.h"

/** Who is told of files. */
struct sink {
    /** Tells of a file that was hashed, or failed. Borrows it. */
    void (*tell)(const struct file *file, void *self);
    void *self;
};

/**
 * Hashes all files of `source` on the session's pool, and tells `sink` of each in the source's order, one at a time.
 * False: the work was broken off, because the session was stopped, or memory or standard output failed,
 * of which a message has told. Waits; then `source` is not used any more.
 */
bool pipeline_run(struct session *session, struct source source, struct sink sink);

#endif
