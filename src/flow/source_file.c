/*
 * source_file.c - sources: lines and chunks of what a file descriptor gives.
 *
 * Both take their items out of one buffer:
 *
 *      buffer   |  taken  |  begin … end: read, not taken  |  room  |
 *
 * What is left is moved to the front before more is read; a line, or a chunk, that fills the buffer makes it larger.
 *
 * Reading is tried without waiting first. Where that gives nothing the system is asked in a blocking section: another worker
 * takes over meanwhile. There a pipe, a socket or a terminal is waited for in slices, so that a wait that nobody needs any
 * more ends.
 *
 * Invariant: the bytes from `begin` to `searched` hold no newline.
 */
#include "flow/source.h"

#include "base/box.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/platform.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vow/error.h>
#include <vow/line.h>
#include <vow/submit.h>
#include <vow/text.h>

enum { BUFFER = 256 * 1024, SLICE = 50 /* milliseconds */ };

struct source_file {
    vow_source *source;
    const char *function;
    int fd;
    bool regular; /* a read never waits for somebody else */
    bool tries;   /* reading without waiting is possible */
    bool ended;   /* the system has said that there is no more */
    size_t size;  /* of a chunk; 0: lines */
    char *buffer;
    size_t room, begin, end, searched;
};

/* Reading --------------------------------------------------------------------------------------------------------- */

/* Whether reading without waiting is what the system refuses. */
static inline bool is_unknown(int number)
{
    return number == EOPNOTSUPP || number == ENOSYS || number == EINVAL || number == ESPIPE;
}

/* What is there at once; -1 with EAGAIN: nothing, or that cannot be known. */
static ssize_t read_at_once(struct source_file *file, char *to, size_t size)
{
#if VOW_LINUX && defined(RWF_NOWAIT)
    struct iovec part = {.iov_base = to, .iov_len = size};
    ssize_t got = file->tries ? preadv2(file->fd, &part, 1, -1, RWF_NOWAIT) : -1;
    if (got >= 0 || (file->tries && !is_unknown(errno)))
        return got;
    file->tries = false;
#endif
    struct pollfd wanted = {.fd = file->fd, .events = POLLIN};
    if (!file->regular && poll(&wanted, 1, 0) > 0)
        return read(file->fd, to, size);
    errno = EAGAIN;
    return -1;
}

/* In a blocking section. The same results; EAGAIN after a slice of time. */
static ssize_t read_blocking(const struct source_file *file, char *to, size_t size)
{
    struct pollfd wanted = {.fd = file->fd, .events = POLLIN};
    if (file->regular)
        return read(file->fd, to, size);
    int ready = poll(&wanted, 1, SLICE);
    if (ready > 0)
        return read(file->fd, to, size);
    errno = ready == 0 ? EAGAIN : errno;
    return -1;
}

static bool may_go_on(ssize_t got)
{
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* At most `size` bytes; 0 at the end, -1 with errno; ECANCELED: nobody wants them any more. */
static ssize_t read_bytes(struct source_file *file, char *to, size_t size)
{
    ssize_t got = read_at_once(file, to, size);
    if (!may_go_on(got))
        return got;
    vow_blocking_begin();
    do {
        got = read_blocking(file, to, size);
    } while (may_go_on(got) && !vow_canceled());
    int number = may_go_on(got) ? ECANCELED : errno;
    vow_blocking_end();
    errno = number;
    return got;
}

/* Moves what is left to the front, and sees to it that there is room behind it. False without memory. */
static bool make_room(struct source_file *file)
{
    size_t left = file->end - file->begin;
    if (file->begin != 0 && left != 0)
        memmove(file->buffer, file->buffer + file->begin, left);
    file->searched -= file->begin;
    file->begin = 0;
    file->end = left;
    if (left < file->room)
        return true;
    size_t room = file->room != 0 ? 2 * file->room : BUFFER;
    char *larger = room > file->room ? vow_reallocate(file->buffer, room) : NULL;
    if (larger == NULL)
        return false;
    file->buffer = larger;
    file->room = room;
    return true;
}

static vow_value no_memory(const struct source_file *file)
{
    return vow_fail(VOW_NO_MEMORY, "%s: out of memory", file->function);
}

/* Reads more, or finds the end. None, or an error. */
static vow_value read_more(struct source_file *file)
{
    if (!make_room(file))
        return no_memory(file);
    ssize_t got = read_bytes(file, file->buffer + file->end, file->room - file->end);
    if (got < 0)
        return vow_fail_errno("%s: descriptor %d cannot be read", file->function, file->fd);
    file->ended = got == 0;
    file->end += (size_t)got;
    return vow_none();
}

/* Items ----------------------------------------------------------------------------------------------------------- */

/* A text; bytes where there is a zero in it. */
static vow_value line_of(const char *line, size_t length)
{
    if (memchr(line, '\0', length) != NULL)
        return vow_bytes(line, length);
    struct box *box = vow_box_inline(&vow_text_type, length + 1);
    if (box == NULL)
        return vow_error_static(VOW_NO_MEMORY);
    char *text = vow_box_content(box);
    memcpy(text, line, length);
    text[length] = '\0';
    return vow_box_value(box);
}

/* Takes `length` bytes out of the buffer, and `mark` more that are no part of the item. */
static vow_value take(struct source_file *file, size_t length, size_t mark)
{
    const char *at = file->buffer + file->begin;
    vow_value item = file->size == 0 ? line_of(at, length) : vow_bytes(at, length);
    if (vow_is_error(item))
        return no_memory(file);
    file->begin += length + mark;
    file->searched = file->begin;
    return item;
}

/* The next whole one in the buffer, or, at the end, the last one; a skip: more has to be read; the end. */
static vow_value next_item(struct source_file *file)
{
    size_t left = file->end - file->begin;
    if (file->size != 0 && left >= file->size)
        return take(file, file->size, 0);
    if (file->size == 0 && file->searched < file->end) {
        const char *from = file->buffer + file->searched;
        const char *newline = memchr(from, '\n', file->end - file->searched);
        if (newline != NULL)
            return take(file, (size_t)(newline - file->buffer) - file->begin, 1);
        file->searched = file->end;
    }
    if (!file->ended)
        return vow_skip();
    return left != 0 ? take(file, left, 0) : vow_end();
}

/* Who wants all that will come is given what is there, before somebody else is waited for. */
static bool is_enough(const struct source_file *file, size_t done)
{
    return done != 0 && file->source->eager && !file->regular;
}

static vow_value pull_file(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    struct source_file *file = self;
    size_t done = 0;
    vow_value ends = vow_none();
    while (done < count && vow_is_none(ends)) {
        vow_value item = next_item(file);
        if (vow_is_skip(item)) {
            if (is_enough(file, done))
                break;
            ends = read_more(file);
        } else if (vow_is_end(item) || vow_is_error(item)) {
            ends = item;
        } else {
            items[done++] = item;
        }
    }
    *ret_count = done;
    return ends;
}

/* Making ---------------------------------------------------------------------------------------------------------- */

static void drop_file(void *self)
{
    struct source_file *file = self;
    vow_deallocate(file->buffer);
    vow_deallocate(file);
}

/* Files and disks; and what is open for writing alone, whose read fails at once: to be polled it would wait for ever. */
static bool never_waits(int fd)
{
    struct stat about;
    int flags = fcntl(fd, F_GETFL);
    if (flags != -1 && (flags & O_ACCMODE) == O_WRONLY)
        return true;
    return fstat(fd, &about) == 0 && (S_ISREG(about.st_mode) || S_ISBLK(about.st_mode));
}

static vow_source *file_source(int fd, size_t size, const char *name, const char *function)
{
    if (fd < 0)
        return vow_source_refuse(function, "fd is negative");
    struct source_file *file = vow_allocate(sizeof(*file));
    if (file == NULL) {
        (void)vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
        return NULL;
    }
    *file = (struct source_file){
        .function = function, .fd = fd, .regular = never_waits(fd), .tries = true, .size = size};
    vow_source *source = vow_source_make(name, pull_file, drop_file, file, function);
    if (source != NULL)
        file->source = source;
    return source;
}

vow_source *vow_source_lines(int fd)
{
    return file_source(fd, 0, "lines", "vow_source_lines");
}

vow_source *vow_source_chunks(int fd, size_t size)
{
    static const char function[] = "vow_source_chunks";
    if (size == 0)
        return vow_source_refuse(function, "size is 0");
    return file_source(fd, size, "chunks", function);
}
