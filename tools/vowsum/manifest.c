/*
 * manifest.c - reads manifests, a line at a time.
 */
#include "manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "patience.h"
#include "session.h"

/* What the stream reads with. */
static ssize_t read_some(void *cookie, char *buffer, size_t size)
{
    struct manifest *manifest = cookie;
    return patience_read(manifest->session, manifest->descriptor, manifest->patient, -1, buffer,
                         size);
}

void manifest_begin(struct manifest *manifest, struct session *session)
{
    *manifest = (struct manifest){.session = session};
}

int manifest_open(struct manifest *manifest, const char *name)
{
    manifest->from_standard_input = strcmp(name, "-") == 0;
    manifest->standard_input_read |= manifest->from_standard_input;
    manifest->descriptor = manifest->from_standard_input ? STDIN_FILENO : patience_open(name, true);
    if (manifest->descriptor < 0)
        return errno;
    manifest->patient = patience_needed(manifest->descriptor);
    manifest->line = 0;
    manifest->stream = fopencookie(manifest, "r", (cookie_io_functions_t){.read = read_some});
    if (manifest->stream == NULL)
        memory_exhausted();
    return 0;
}

/* Takes the newline, and a carriage return before it, off a line; gives what is left of its length. */
static size_t trim(char *text, size_t length)
{
    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    text[length] = '\0';
    return length;
}

/* Where the file called `name` is to be read from. Standard input is read once only. */
static enum origin origin_of(struct manifest *manifest, const char *name)
{
    if (strcmp(name, "-") != 0)
        return BY_NAME;
    bool read_before = manifest->standard_input_read;
    manifest->standard_input_read = true;
    return read_before ? NOTHING_LEFT : STANDARD_INPUT;
}

/* Makes a file of a line. A manifest on standard input cannot list standard input. */
static struct file make_file(struct manifest *manifest, size_t length)
{
    char *name;
    struct file file = {.line = manifest->line, .origin = NOWHERE};
    if (strlen(manifest->text) == length &&
        line_read(manifest->text, manifest->session->options->algorithm, &manifest->form,
                  file.expected, &name) &&
        !(manifest->from_standard_input && strcmp(name, "-") == 0)) {
        file.origin = origin_of(manifest, name);
        file.name = memory_copy(name);
    }
    return file;
}

static enum found next(struct file *ret_file, void *self)
{
    struct manifest *manifest = self;
    ssize_t length = getline(&manifest->text, &manifest->room, manifest->stream);
    if (length < 0) {
        if (feof(manifest->stream) == 0 && ferror(manifest->stream) == 0)
            memory_exhausted(); /* the line is longer than memory: the rest must not pass for read */
        return FOUND_END;
    }
    manifest->line++;
    bool comment = manifest->text[0] == '#';
    size_t rest = trim(manifest->text, (size_t)length);
    if (comment || rest == 0)
        return FOUND_NOTHING;
    *ret_file = make_file(manifest, rest);
    return FOUND_FILE;
}

struct source manifest_source(struct manifest *manifest)
{
    return (struct source){.next = next, .self = manifest};
}

bool manifest_close(struct manifest *manifest)
{
    bool good = ferror(manifest->stream) == 0;
    fclose(manifest->stream);
    if (!manifest->from_standard_input)
        close(manifest->descriptor);
    return good;
}

void manifest_end(struct manifest *manifest)
{
    free(manifest->text);
}
