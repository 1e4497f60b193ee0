/*
 * sum.c - a walk at one end of the pipeline, standard output at the other.
 */
#include "sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "message.h"
#include "pipeline.h"
#include "walk.h"

struct sum {
    const struct options *options;
    uint64_t unreadable;
};

static void tell(const struct file *file, void *self)
{
    struct sum *sum = self;
    if (file->error != 0) {
        message_about(file->name, "%s", strerror(file->error));
        sum->unreadable++;
        return;
    }
    line_write(stdout, sum->options, file);
}

bool sum_all(struct session *session)
{
    struct sum sum = {.options = session->options};
    struct walk walk;

    walk_begin(&walk, session->options->names);
    bool finished = pipeline_run(session, walk_source(&walk), (struct sink){tell, &sum});
    walk_end(&walk);
    if (sum.unreadable > 0)
        message("WARNING: %" PRIu64 " %s could not be read", sum.unreadable,
                sum.unreadable == 1 ? "file" : "files");
    return finished && sum.unreadable == 0;
}
