/**
 * directory.h - what lies in one folder, sorted.
 */
#ifndef VOWSUM_DIRECTORY_H
#define VOWSUM_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

/** The regular files and folders of a folder. A folder's name ends in a slash. */
struct directory {
    char *names;    /**< one after the other, each with its zero */
    size_t *starts; /**< where each begins, in sorted order */
    size_t count;
};

/**
 * Reads what lies in the folder `path`: regular files and folders, nothing else, no symbolic links. `follow`: also where
 * `path` itself is one; without it, `path` ends in no slash, behind which systems follow. Gives 0, or an errno, and then
 * leaves `ret_directory` alone. directory_free() frees what it holds.
 */
int directory_read(struct directory *ret_directory, const char *path, bool follow);

void directory_free(struct directory *directory);

#endif
