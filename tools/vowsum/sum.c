/*
 * sum.c - a walk at one end of the pipeline, standard output at the other.
 */
#include "sum.h"

#include <stdio.h>
#include <string.h>

#include "line.h"
#include "message.h"
#include "pipeline.h"
#include "walk.h"

struct sum {
    const struct options *options;
    bool all_read;
};

static void tell(const struct file *file, void *self)
{
    struct sum *sum = self;
    if (file->error != 0) {
        message_about(file->name, "%s", strerror(file->error));
        sum->all_read = false;
        return;
    }
    line_write(stdout, sum->options, file);
}

bool sum_all(struct session *session)
{
    struct sum sum = {.options = session->options, .all_read = true};
    struct walk walk;

    walk_begin(&walk, session->options->names);
    bool finished = pipeline_run(session, walk_source(&walk), (struct sink){tell, &sum});
    walk_end(&walk);
    return finished && sum.all_read;
}
