/**
 * hash.h - the job: hashing files.
 */
#ifndef VOWSUM_HASH_H
#define VOWSUM_HASH_H

#include <vow.h>

/**
 * A job. Its input is a batch, its context the session. Fills in digest or error of each file, and gives the batch
 * back; an error value if the session was stopped, or lacks memory. A file of any size takes the same memory.
 */
vow_value hash_batch(vow_value input, void *context);

#endif
