/**
 * file.h - one file on its way: found by a source, hashed and told of by workers.
 */
#ifndef VOWSUM_FILE_H
#define VOWSUM_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <vow.h>

#include "algorithm.h"

/** Where a file's content comes from. */
enum origin {
    BY_NAME,        /**< is opened and read */
    STANDARD_INPUT, /**< descriptor 0 */
    NOTHING_LEFT,   /**< standard input a second time: empty */
    NOWHERE         /**< it has failed already, or is a malformed line of a manifest */
};

struct file {
    char *name; /**< as it is shown; NULL in a malformed line */
    enum origin origin;
    bool found;     /**< in a tree, by a walk: where it has become a link, that is not followed */
    int error;      /**< an errno where it could not be read, else 0 */
    int descriptor; /**< while it is open; else -1 */
    bool patient;   /**< reading it may have to wait */
    off_t size;     /**< of a regular file that was opened by name; else -1 */
    uint64_t line;  /**< its line in a manifest, from 1 */
    unsigned char digest[DIGEST_LARGEST];
    unsigned char expected[DIGEST_LARGEST]; /**< what a manifest says */
};

/** What a source has for who asks. */
enum found {
    FOUND_FILE,    /**< a file */
    FOUND_NOTHING, /**< none this time: ask again (a folder was entered, a comment passed over) */
    FOUND_END      /**< no more */
};

/** Where files come from: a walk over trees, or a manifest. */
struct source {
    /** Writes the next file, whose name the caller frees. Quick, so that the caller can look around. */
    enum found (*next)(struct file *ret_file, void *self);
    void *self;
};

/** A file, whose name it frees from now on, in a box that closes it, too; an error value where there is no memory. */
vow_value file_value(const struct file *file);

/** The file in such a box, borrowed. */
struct file *file_of(vow_value value);

/** Closes it, if it is open. */
void file_close(struct file *file);

#endif
