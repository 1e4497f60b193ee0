/*
 * manifests.c - the second target: bytes as a manifest, read by vowsum (tools/vowsum/manifest.c and what it needs) and once more by
 * the model (manifests.h). What both have read is written in all forms and read back: it is the same.
 *
 * The first byte chooses the algorithm, and whether the manifest comes from standard input. VOW_FUZZ_BEND=1: the model
 * takes no escapes.
 */
#include "manifests.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest.h"
#include "patience.h"
#include "quote.h"
#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static struct {
    const char *text;
    size_t size;
    size_t read;  /* by vowsum */
    size_t again; /* by the model */
    uint64_t line;
    enum marks marks;
} input;

/* What vowsum reads with, here from memory (tools/vowsum/patience.h) ------------------------------------------------- */

int patience_open(const char *name)
{
    (void)name;
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool patience_needed(int descriptor)
{
    (void)descriptor;
    return false;
}

ssize_t patience_read(struct session *session, int descriptor, bool patient, off_t place,
                      void *buffer, size_t size)
{
    size_t left = input.size - input.read;
    size_t count = size < left ? size : left;
    (void)session, (void)descriptor, (void)patient, (void)place;
    memcpy(buffer, input.text + input.read, count);
    input.read += count;
    return (ssize_t)count;
}

/* The model's lines -------------------------------------------------------------------------------------------------- */

/* The next line that is no comment and not empty, without its end; false: there is none. */
static bool next_line(struct reading *reading)
{
    while (input.again < input.size) {
        const char *text = input.text + input.again;
        const char *end = memchr(text, '\n', input.size - input.again);
        size_t size = end != NULL ? (size_t)(end - text) : input.size - input.again;
        input.again += size + (end != NULL);
        input.line++;
        if (size > 0 && text[size - 1] == '\r')
            size--;
        reading->text = text;
        reading->size = size;
        if (size > 0 && text[0] != '#')
            return true;
        if (end == NULL)
            return false;
    }
    return false;
}

static bool bent(const struct reading *reading)
{
    static int bend = -1;
    if (bend < 0)
        bend = getenv("VOW_FUZZ_BEND") != NULL;
    return bend != 0 && memchr(reading->text, '\\', reading->size) != NULL;
}

/* Whether the line lists a file, by the model. */
static bool lists_file(struct reading *reading, const struct manifest *manifest)
{
    if (memchr(reading->text, '\0', reading->size) != NULL || bent(reading))
        return false;
    return read_again(reading, &input.marks) &&
           !(manifest->from_standard_input && strcmp(reading->name, "-") == 0);
}

/* Writing and reading back ------------------------------------------------------------------------------------------- */

static void read_back(const struct options *options, const struct file *file)
{
    char *text = NULL, *name;
    size_t size = 0;
    unsigned char digest[DIGEST_LARGEST];
    enum form form = FORM_UNKNOWN;
    FILE *stream = open_memstream(&text, &size);
    must(stream != NULL);
    line_write(stream, options, file);
    must(fclose(stream) == 0 && size > 0 && text[size - 1] == '\n');
    must(memchr(text, '\n', size) == text + size - 1);
    text[size - 1] = '\0';
    must(line_read(text, options->algorithm, &form, digest, &name));
    must(strcmp(name, file->name) == 0);
    must(memcmp(digest, file->expected, options->algorithm->size) == 0);
    free(text);
}

static void write_in_all_forms(const struct options *options, struct file *file)
{
    memcpy(file->digest, file->expected, sizeof(file->digest));
    free(quote(file->name));
    if (file->name[0] == '\0')
        return; /* no file has this name, and an untagged line cannot say it */
    for (int form = 0; form < 3; form++) {
        struct options other = *options;
        other.tag = form == 0;
        other.marking = form == 1 ? BINARY : TEXT;
        read_back(&other, file);
    }
}

/* The target --------------------------------------------------------------------------------------------------------- */

static void compare_line(const struct manifest *manifest, struct file *file)
{
    struct reading reading = {.tag = manifest->session->options->algorithm->tag,
                              .digest_size = manifest->session->options->algorithm->size};
    must(next_line(&reading));
    must(file->line == input.line);
    bool lists = lists_file(&reading, manifest);
    must(lists == (file->name != NULL));
    if (!lists)
        return;
    must(strcmp(file->name, reading.name) == 0);
    must(memcmp(file->expected, reading.digest, reading.digest_size) == 0);
    must((file->origin == BY_NAME) == (strcmp(file->name, "-") != 0));
    write_in_all_forms(manifest->session->options, file);
}

static void read_whole(struct session *session, const char *name)
{
    struct manifest manifest;
    struct file file;
    enum found found;
    manifest_begin(&manifest, session);
    must(manifest_open(&manifest, name) == 0);
    struct source source = manifest_source(&manifest);
    while ((found = source.next(&file, source.self)) != FOUND_END) {
        if (found != FOUND_FILE)
            continue;
        compare_line(&manifest, &file);
        free(file.name);
    }
    struct reading rest;
    must(!next_line(&rest));
    must(manifest_close(&manifest));
    manifest_end(&manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"sha256", "sha1", "sha512", "blake2b"};
    if (size == 0 || size > 4000)
        return 0;
    char *text = malloc(size); /* so that a step beyond it is seen */
    must(text != NULL);
    memcpy(text, data + 1, size - 1);
    memset(&input, 0, sizeof(input));
    input.text = text;
    input.size = size - 1;
    const struct options options = {.algorithm = algorithm_find(names[data[0] % 4])};
    struct session session = {.options = &options};
    read_whole(&session, (data[0] & 4) != 0 ? "-" : "manifest");
    free(text);
    return 0;
}
