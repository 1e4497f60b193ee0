/*
 * pipeline.c - the heart of vowsum: what follows what. Where it runs is the pool's affair.
 *
 *     find: the source --> hash --> tell: the sink
 *     (one at a time)     (many)    (the main thread, in the source's order)
 *
 * 1. Nothing is found before it is wanted, and at most AHEAD chunks of CHUNK files are under way: memory is bounded however
 *    large the tree is, and workers find work while the oldest file is a huge one.
 * 2. Nobody leaves early: what stops the session makes the task fail, and that ends the reading. So nothing is under way
 *    any more when it has ended.
 * 3. With a pool of size 0 the main thread does all of it while it reads: nothing else changes.
 */
#include "pipeline.h"

#include <stdio.h>
#include <unistd.h>

#include "hash.h"
#include "message.h"

#define AHEAD 512
#define CHUNK 64

struct pipeline {
    struct session *session;
    struct source source;
    struct sink sink;
    bool on_terminal; /* the lines go to one */
};

/* Gives the next file of the source. */
static vow_value find(vow_value none, void *context)
{
    const struct pipeline *pipeline = context;
    struct file file;
    (void)none;
    if (session_stopped(pipeline->session))
        return session_failure();
    switch (pipeline->source.next(&file, pipeline->source.self)) {
    case FOUND_FILE:
        return file_value(&file);
    case FOUND_NOTHING:
        return vow_skip();
    case FOUND_END:
    default:
        return vow_end();
    }
}

/* Tells the sink of a file; also after Ctrl-C, if it is ready. */
static vow_value tell(vow_value file, void *context)
{
    const struct pipeline *pipeline = context;
    if (pipeline->on_terminal)
        message_erase_status();
    pipeline->sink.tell(file_of(file), pipeline->sink.self);
    if (ferror(stdout))
        session_break(pipeline->session);
    (void)session_stopped(pipeline->session); /* the loop does what is due */
    return vow_none();
}

/* Whether all has been told of, as far as `result` of the reading and standard output say. */
static bool is_whole(vow_value result)
{
    bool whole = !vow_is_error(result);
    if (!whole && !vow_error_is(result, VOW_CANCELED))
        message("%s", vow_error_message(result));
    vow_release(result);
    return fflush(stdout) == 0 && whole;
}

bool pipeline_run(struct session *session, struct source source, struct sink sink)
{
    const vow_task_options options = {
        .size = sizeof options, .concurrency = AHEAD, .max_chunk = CHUNK};
    struct pipeline pipeline = {session, source, sink, isatty(STDOUT_FILENO) != 0};
    vow_reader *reader =
        vow_pool_add_task(session->pool, vow_task_new("hash", vow_source_function(find, &pipeline),
                                                      hash_file, session, &options));
    if (reader == NULL) {
        message("%s", vow_last_error());
        return false;
    }
    vow_value result = vow_read_each(reader, tell, &pipeline, VOW_FOREVER);
    if (!vow_reader_is_closed(reader)) /* the wait itself has failed */
        (void)vow_pool_close(session->pool, VOW_CANCEL, VOW_FOREVER);
    vow_reader_release(reader);
    return is_whole(result) && !session_stopped(session);
}
