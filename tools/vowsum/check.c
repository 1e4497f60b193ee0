/*
 * check.c - a manifest at one end of the pipeline, verdicts at the other, in the words of sha256sum.
 */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "manifest.h"
#include "message.h"
#include "pipeline.h"

/* What has become of one manifest's lines. */
struct check {
    const struct options *options;
    const char *name; /* of the manifest, as messages show it */
    uint64_t matching, different, unreadable, malformed, missing;
};

/* Names come out as they are, but one with a newline is escaped: each verdict has one line. */
static void write_verdict(const char *name, const char *verdict)
{
    bool escaped = strchr(name, '\n') != NULL;
    if (escaped)
        putchar('\\');
    line_write_name(stdout, name, escaped);
    printf(": %s\n", verdict);
}

static void tell_malformed(struct check *check, const struct file *file)
{
    check->malformed++;
    if (check->options->checking.warn)
        message_about(check->name, "%" PRIu64 ": improperly formatted %s checksum line", file->line,
                      check->options->algorithm->tag);
}

static void tell_unreadable(struct check *check, const struct file *file)
{
    check->unreadable++;
    message_about(file->name, "%s", strerror(file->error));
    if (!check->options->checking.status)
        write_verdict(file->name, "FAILED open or read");
}

static void tell_read(struct check *check, const struct file *file)
{
    bool same = memcmp(file->digest, file->expected, check->options->algorithm->size) == 0;
    *(same ? &check->matching : &check->different) += 1;
    if (check->options->checking.status || (same && check->options->checking.quiet))
        return;
    write_verdict(file->name, same ? "OK" : "FAILED");
}

static void tell(const struct file *file, void *self)
{
    struct check *check = self;
    if (file->name == NULL)
        tell_malformed(check, file);
    else if (file->error == ENOENT && check->options->checking.ignore_missing)
        check->missing++;
    else if (file->error != 0)
        tell_unreadable(check, file);
    else
        tell_read(check, file);
}

static void warn_of(uint64_t count, const char *one, const char *many)
{
    if (count > 0)
        message("WARNING: %" PRIu64 " %s", count, count == 1 ? one : many);
}

static void sum_up(const struct check *check)
{
    if (check->matching + check->different + check->unreadable + check->missing == 0) {
        message_about(check->name, "no properly formatted checksum lines found");
        return;
    }
    if (check->options->checking.status)
        return;
    warn_of(check->malformed, "line is improperly formatted", "lines are improperly formatted");
    warn_of(check->unreadable, "listed file could not be read", "listed files could not be read");
    warn_of(check->different, "computed checksum did NOT match",
            "computed checksums did NOT match");
    if (check->options->checking.ignore_missing && check->matching == 0)
        message_about(check->name, "no file was verified");
}

static bool all_right(const struct check *check)
{
    return check->matching > 0 && check->different == 0 && check->unreadable == 0 &&
           (check->malformed == 0 || !check->options->checking.strict);
}

/* Checks the open manifest. */
static bool check_open(struct session *session, struct manifest *manifest, struct check *check)
{
    bool finished = pipeline_run(session, manifest_source(manifest), (struct sink){tell, check});
    bool read = manifest_close(manifest);
    if (!finished)
        return false;
    if (!read) {
        message_about(check->name, "read error");
        return false;
    }
    sum_up(check);
    return all_right(check);
}

static bool check_one(struct session *session, struct manifest *manifest, const char *name)
{
    struct check check = {
        .options = session->options,
        .name = strcmp(name, "-") == 0 ? "standard input" : name,
    };
    int error = manifest_open(manifest, name);
    if (error == 0)
        return check_open(session, manifest, &check);
    message_about(name, "%s", strerror(error));
    return false;
}

bool check_all(struct session *session)
{
    bool right = true;
    struct manifest manifest;
    manifest_begin(&manifest, session);
    for (char *const *name = session->options->names; *name != NULL; name++)
        if (!session_stopped(session))
            right &= check_one(session, &manifest, *name);
    manifest_end(&manifest);
    return right;
}
