/*
 * walk.c - depth first through trees, one entry at a time.
 *
 * 1. What is named on the command line is followed where it is a symbolic link, as sha256sum does; links
 *    inside a tree are left out: their targets are either in the tree, or not of it. What has become a link since its
 *    folder was read comes out with an error.
 * 2. In memory are the names of the folders on the way from the root to here, no more; no folder stays
 *    open.
 * 3. A folder that cannot be read comes out as a file with an error, at its place in the order.
 */
#include "walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memory.h"

struct level {
    struct directory directory;
    size_t next;   /* the entry that comes next */
    size_t prefix; /* the length of the folder's path, with its slash */
};

void walk_begin(struct walk *walk, char *const *names)
{
    *walk = (struct walk){.names = names};
}

/* Puts `name` behind the first `prefix` bytes of the path. */
static void set_path(struct walk *walk, size_t prefix, const char *name)
{
    size_t size = strlen(name) + 1;
    if (walk->path_room - prefix < size) {
        walk->path_room = prefix + size + 256;
        walk->path = memory_resize(walk->path, walk->path_room, 1);
    }
    memcpy(walk->path + prefix, name, size);
}

static struct level *push_level(struct walk *walk)
{
    if (walk->depth == walk->room) {
        walk->room = memory_more(walk->room, 16);
        walk->levels = memory_resize(walk->levels, walk->room, sizeof walk->levels[0]);
    }
    return &walk->levels[walk->depth++];
}

static void pop_level(struct walk *walk)
{
    directory_free(&walk->levels[--walk->depth].directory);
}

/* The path as a file that could not be read. */
static enum found fail(const struct walk *walk, struct file *ret_file, int error)
{
    char *name = memory_copy(walk->path);
    size_t length = strlen(name);
    if (length > 1 && name[length - 1] == '/')
        name[length - 1] = '\0';
    *ret_file = (struct file){.name = name, .origin = NOWHERE, .error = error};
    return FOUND_FILE;
}

/* Reads the folder at the path, which ends in a slash. One that was found in a folder is none where it is a link by now. */
static int read_folder(struct walk *walk, struct directory *ret_directory)
{
    if (walk->depth == 0)
        return directory_read(ret_directory, walk->path, true);
    char *slash = walk->path + strlen(walk->path) - 1;
    *slash = '\0';
    int error = directory_read(ret_directory, walk->path, false);
    *slash = '/';
    return error;
}

/* Enters the folder at the path, which ends in a slash. */
static enum found enter(struct walk *walk, struct file *ret_file)
{
    struct directory directory;
    int error = read_folder(walk, &directory);
    if (error != 0)
        return fail(walk, ret_file, error);
    *push_level(walk) = (struct level){.directory = directory, .prefix = strlen(walk->path)};
    return FOUND_NOTHING;
}

/* The next entry of the innermost folder. */
static enum found next_entry(struct walk *walk, struct file *ret_file)
{
    struct level *level = &walk->levels[walk->depth - 1];
    if (level->next == level->directory.count) {
        pop_level(walk);
        return FOUND_NOTHING;
    }
    const char *name = level->directory.names + level->directory.starts[level->next++];
    set_path(walk, level->prefix, name);
    if (name[strlen(name) - 1] == '/')
        return enter(walk, ret_file);
    *ret_file = (struct file){.name = memory_copy(walk->path), .found = true};
    return FOUND_FILE;
}

static bool is_folder(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The next argument of the command line. */
static enum found next_name(struct walk *walk, struct file *ret_file)
{
    const char *name = *walk->names;
    if (name == NULL)
        return FOUND_END;
    walk->names++;
    *ret_file = (struct file){.origin = BY_NAME};
    if (strcmp(name, "-") == 0) {
        ret_file->origin = walk->standard_input_read ? NOTHING_LEFT : STANDARD_INPUT;
        walk->standard_input_read = true;
    } else if (is_folder(name)) {
        size_t length = strlen(name);
        set_path(walk, 0, name);
        set_path(walk, length, name[length - 1] == '/' ? "" : "/");
        return enter(walk, ret_file);
    }
    ret_file->name = memory_copy(name);
    return FOUND_FILE;
}

enum found walk_next(struct walk *walk, struct file *ret_file)
{
    return walk->depth > 0 ? next_entry(walk, ret_file) : next_name(walk, ret_file);
}

static enum found next(struct file *ret_file, void *self)
{
    return walk_next(self, ret_file);
}

struct source walk_source(struct walk *walk)
{
    return (struct source){.next = next, .self = walk};
}

void walk_end(struct walk *walk)
{
    while (walk->depth > 0)
        pop_level(walk);
    free(walk->levels);
    free(walk->path);
}
