/*
 * manifests.c - the second target: bytes as a manifest, read by vowsum (tools/vowsum/manifest.c and what it needs) and once more by
 * the model (manifests.h). What both have read is written in all forms and read back: it is the same.
 *
 * The first byte chooses the algorithm, and whether a manifest comes from standard input. A byte 0x1e parts two manifests, which
 * are read one after the other: what the first says about marks holds for the second, and standard input is read once.
 * VOW_FUZZ_BEND=1: the model takes no escapes; 2: it forgets the marks; 3: it takes standard input twice.
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

enum { PARTS = 0x1e };
enum bend { STRAIGHT, BEND_ESCAPES, BEND_MARKS, BEND_STANDARD_INPUT };

static enum bend bend;

/* The manifest that is read. */
static struct {
    const char *text;
    size_t size;
    size_t read;  /* by vowsum */
    size_t again; /* by the model */
    uint64_t line;
} input;

/* What the model keeps from one manifest to the next. */
static struct {
    enum marks marks;
    bool standard_input_read;
} kept;

/* What vowsum reads with, here from memory (tools/vowsum/patience.h) ------------------------------------------------- */

int patience_open(const char *name, bool follow)
{
    (void)name;
    (void)follow;
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

/* Whether the line lists a file, by the model. */
static bool lists_file(struct reading *reading, const struct manifest *manifest)
{
    if (memchr(reading->text, '\0', reading->size) != NULL)
        return false;
    if (bend == BEND_ESCAPES && memchr(reading->text, '\\', reading->size) != NULL)
        return false;
    return read_again(reading, &kept.marks) &&
           !(manifest->from_standard_input && strcmp(reading->name, "-") == 0);
}

static enum origin origin_again(const struct reading *reading)
{
    if (strcmp(reading->name, "-") != 0)
        return BY_NAME;
    bool read_before = kept.standard_input_read;
    kept.standard_input_read = true;
    return read_before ? NOTHING_LEFT : STANDARD_INPUT;
}

static void begin_again(const char *name)
{
    if (strcmp(name, "-") == 0)
        kept.standard_input_read = true;
    else if (bend == BEND_STANDARD_INPUT)
        kept.standard_input_read = false;
    if (bend == BEND_MARKS)
        kept.marks = MARKS_UNKNOWN;
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
    must(file->origin == origin_again(&reading));
    write_in_all_forms(manifest->session->options, file);
}

static void read_whole(struct manifest *manifest, const char *name)
{
    struct file file;
    enum found found;
    must(manifest_open(manifest, name) == 0);
    begin_again(name);
    struct source source = manifest_source(manifest);
    while ((found = source.next(&file, source.self)) != FOUND_END) {
        if (found != FOUND_FILE)
            continue;
        compare_line(manifest, &file);
        free(file.name);
    }
    struct reading rest;
    must(!next_line(&rest));
    must(manifest_close(manifest));
}

/* One manifest of `size` bytes, which are copied, so that a step beyond them is seen. */
static void read_part(struct manifest *manifest, const char *name, const uint8_t *data, size_t size)
{
    char *text = malloc(size + (size == 0));
    must(text != NULL);
    memcpy(text, data, size);
    memset(&input, 0, sizeof(input));
    input.text = text;
    input.size = size;
    read_whole(manifest, name);
    free(text);
}

static void read_both(struct session *session, unsigned choice, const uint8_t *data, size_t size)
{
    struct manifest manifest;
    const uint8_t *parts = memchr(data, PARTS, size);
    size_t first = parts != NULL ? (size_t)(parts - data) : size;
    memset(&kept, 0, sizeof(kept));
    manifest_begin(&manifest, session);
    read_part(&manifest, (choice & 4) != 0 ? "-" : "manifest", data, first);
    if (parts != NULL)
        read_part(&manifest, (choice & 8) != 0 ? "-" : "another", parts + 1, size - first - 1);
    manifest_end(&manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"sha256", "sha1", "sha512", "blake2b"};
    const char *bent = getenv("VOW_FUZZ_BEND");
    if (size == 0 || size > 4000)
        return 0;
    bend = bent != NULL ? (enum bend)atoi(bent) : STRAIGHT;
    const struct options options = {.algorithm = algorithm_find(names[data[0] % 4])};
    struct session session = {.options = &options};
    read_both(&session, data[0], data + 1, size - 1);
    return 0;
}
