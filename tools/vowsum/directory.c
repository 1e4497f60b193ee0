/*
 * directory.c - reads and sorts one folder.
 *
 * 1. All names lie in one block of memory, and each has an offset into it: some thirty bytes for a file,
 *    so that a folder of a million is read without harm.
 * 2. Names sort as bytes. With its slash, a folder sorts where its content belongs: a tree comes out
 *    in the order in which `LC_ALL=C sort` would put the paths ("a.txt" before "a/b").
 */
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

/* A directory that is being read, and the room that it has. */
struct reading {
    struct directory directory;
    size_t names_used, names_room, starts_room;
};

/* What kind of file an entry is: DT_REG, DT_DIR, or something else. Some file systems must be asked. */
static unsigned char type_of(DIR *stream, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    if (fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return DT_UNKNOWN;
    return S_ISREG(status.st_mode) ? DT_REG : S_ISDIR(status.st_mode) ? DT_DIR : DT_UNKNOWN;
}

static void make_room(struct reading *reading, size_t name_size)
{
    struct directory *directory = &reading->directory;
    if (reading->names_room - reading->names_used < name_size) {
        reading->names_room = memory_more(reading->names_room, name_size + 1024);
        directory->names = memory_resize(directory->names, reading->names_room, 1);
    }
    if (directory->count == reading->starts_room) {
        reading->starts_room = memory_more(reading->starts_room, 32);
        directory->starts =
            memory_resize(directory->starts, reading->starts_room, sizeof directory->starts[0]);
    }
}

static void add(struct reading *reading, const char *name, bool folder)
{
    make_room(reading, strlen(name) + sizeof "/");
    char *start = reading->directory.names + reading->names_used;
    char *end = stpcpy(stpcpy(start, name), folder ? "/" : "");
    reading->directory.starts[reading->directory.count++] = reading->names_used;
    reading->names_used += (size_t)(end - start) + 1;
}

/* Reads all entries. Gives 0 or an errno. */
static int read_all(struct reading *reading, DIR *stream)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        unsigned char type = type_of(stream, entry);
        if (type == DT_REG || type == DT_DIR)
            add(reading, entry->d_name, type == DT_DIR);
    }
    return errno;
}

static int by_bytes(const void *left, const void *right, void *names)
{
    const size_t *first = left, *second = right;
    return strcmp((const char *)names + *first, (const char *)names + *second);
}

/* NULL with errno: it cannot be opened. */
static DIR *open_folder(const char *path, bool follow)
{
    int descriptor =
        open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
    DIR *stream = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (descriptor >= 0 && stream == NULL) {
        int error = errno;
        close(descriptor);
        errno = error;
    }
    return stream;
}

int directory_read(struct directory *ret_directory, const char *path, bool follow)
{
    struct reading reading = {.names_used = 0};
    DIR *stream = open_folder(path, follow);
    if (stream == NULL)
        return errno;
    int error = read_all(&reading, stream);
    closedir(stream);
    if (error != 0) {
        directory_free(&reading.directory);
        return error;
    }
    struct directory *directory = &reading.directory;
    if (directory->count > 1)
        qsort_r(directory->starts, directory->count, sizeof directory->starts[0], by_bytes,
                directory->names);
    *ret_directory = *directory;
    return 0;
}

void directory_free(struct directory *directory)
{
    free(directory->names);
    free(directory->starts);
}
