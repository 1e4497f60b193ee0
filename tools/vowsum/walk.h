/**
 * walk.h - a source: the files that the command line names, and those of the trees that it names.
 */
#ifndef VOWSUM_WALK_H
#define VOWSUM_WALK_H

#include <stdbool.h>

#include "directory.h"
#include "file.h"

struct level;

struct walk {
    char *const *names;   /**< the arguments that are still to come */
    struct level *levels; /**< the folders that we are in, the outermost first */
    size_t depth, room;
    char *path; /**< of the entry that we are at */
    size_t path_room;
    bool standard_input_read;
};

/** Begins a walk over `names`, which NULL ends; they are borrowed until walk_end(). */
void walk_begin(struct walk *walk, char *const *names);

/** The next file. Entering or leaving a folder is a step of its own. */
enum found walk_next(struct walk *walk, struct file *ret_file);

/** The walk as a source. */
struct source walk_source(struct walk *walk);

void walk_end(struct walk *walk);

#endif
