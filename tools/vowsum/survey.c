/*
 * survey.c - goes ahead of the work, through the same sources.
 */
#include "survey.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "manifest.h"
#include "walk.h"

/* The size of a regular file; 0 for all else. */
static int64_t size_of(const char *name)
{
    struct stat status;
    if (name == NULL || stat(name, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    return status.st_size;
}

/* Adds the sizes of all files of a source to `sum`, which stays at INT64_MAX once it is there. */
static int64_t add_up(struct session *session, struct source source, int64_t sum)
{
    struct file file;
    enum found found = FOUND_NOTHING;
    while (found != FOUND_END && !session_stopped(session)) {
        found = source.next(&file, source.self);
        if (found != FOUND_FILE)
            continue;
        if (__builtin_add_overflow(sum, size_of(file.name), &sum))
            sum = INT64_MAX;
        free(file.name);
    }
    return sum;
}

static int64_t add_up_trees(struct session *session)
{
    struct walk walk;
    walk_begin(&walk, session->options->names);
    int64_t sum = add_up(session, walk_source(&walk), 0);
    walk_end(&walk);
    return sum;
}

/* Manifests that come through a pipe cannot be read twice: they are left out. */
static int64_t add_up_manifests(struct session *session)
{
    int64_t sum = 0;
    struct manifest manifest;
    manifest_begin(&manifest, session);
    for (char *const *name = session->options->names; *name != NULL; name++) {
        if (size_of(*name) == 0 || manifest_open(&manifest, *name) != 0)
            continue;
        sum = add_up(session, manifest_source(&manifest), sum);
        (void)manifest_close(&manifest);
    }
    manifest_end(&manifest);
    return sum;
}

/* The job: gives the sum, as an integer. Its input is none, its context the session. */
static vow_value survey(vow_value input, void *context)
{
    struct session *session = context;
    (void)input;
    return vow_integer(session->options->check ? add_up_manifests(session) : add_up_trees(session));
}

/* The loop calls this with the sum. */
static vow_value expect(vow_value bytes, void *context)
{
    struct session *session = context;
    vow_progress_expect(session->progress, PROGRESS_BYTES, vow_as_integer(bytes));
    return vow_none();
}

vow_promise *survey_begin(struct session *session)
{
    if (!session->options->progress)
        return NULL;
    vow_scheduler *workers = vow_pool_scheduler(session->pool);
    return vow_then(vow_submit(workers, survey, vow_none(), session), expect, session);
}
