/**
 * patience.h - reading from what may stay silent, without being deaf to Ctrl-C.
 */
#ifndef VOWSUM_PATIENCE_H
#define VOWSUM_PATIENCE_H

#include <stdbool.h>
#include <sys/types.h>

struct session;

/**
 * Opens a file for reading, without waiting for a named pipe's writer; `follow`: also where the name is a symbolic link's.
 * A descriptor, or -1 with errno.
 */
int patience_open(const char *name, bool follow);

/** Whether what `descriptor` reads may keep its reader waiting: a pipe, a terminal; no regular file. */
bool patience_needed(int descriptor);

/**
 * Reads as read(2) does, or from `place` on as pread(2) does unless that is negative; waits for data where `patient`, and
 * looks after the session meanwhile. ECANCELED: the session was stopped. In a job or on the main thread.
 */
ssize_t patience_read(struct session *session, int descriptor, bool patient, off_t place,
                      void *buffer, size_t size);

#endif
