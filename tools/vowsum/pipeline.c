/*
 * pipeline.c - the heart of vowsum: what follows what. Where it runs is the pool's affair.
 *
 *     find: the source --> hash --> tell: the sink
 *     (one at a time)     (many)    (one at a time, in the source's order)
 *
 * 1. Nothing is found before it is wanted, and at most AHEAD chunks of CHUNK files are under way: memory is bounded however
 *    large the tree is, and workers find work while the oldest file is a huge one.
 * 2. A worker carries a chunk of files from the walk to the output. The main thread waits for the end, and has its loop for
 *    Ctrl-C and the bar meanwhile.
 * 3. Nobody leaves early: what stops the session makes the task fail, and that ends the reading. So nothing is under way
 *    any more when it has ended.
 * 4. With a pool of size 0 the main thread does all of it while it waits: nothing else changes.
 */
#include "pipeline.h"

#include <stdio.h>
#include <unistd.h>

#include "hash.h"
#include "message.h"

#define AHEAD 128
#define CHUNK 256

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
        message_hide_status();
    pipeline->sink.tell(file_of(file), pipeline->sink.self);
    if (pipeline->on_terminal)
        message_show_status();
    if (ferror(stdout))
        session_break(pipeline->session);
    (void)session_stopped(pipeline->session); /* the loop does what is due */
    return vow_skip();
}

/* The three as tasks of the pool: a reader of nothing, whose end is that of the work. */
static vow_reader *lay(struct pipeline *pipeline)
{
    const vow_task_options many = {.size = sizeof many, .concurrency = AHEAD, .max_chunk = CHUNK};
    const vow_task_options one = {.size = sizeof one, .concurrency = 1};
    vow_pool *pool = pipeline->session->pool;
    vow_source *found = vow_source_function(find, pipeline);
    vow_reader *hashed =
        vow_pool_add_task(pool, vow_task_new("hash", found, hash_file, pipeline->session, &many));
    return vow_pool_add_task(pool,
                             vow_task_new("tell", vow_source_reader(hashed), tell, pipeline, &one));
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
    struct pipeline pipeline = {session, source, sink, isatty(STDOUT_FILENO) != 0};
    vow_reader *reader = lay(&pipeline);
    if (reader == NULL) {
        message("%s", vow_last_error());
        return false;
    }
    vow_value result = vow_read_each(reader, NULL, NULL, VOW_FOREVER);
    if (!vow_reader_is_closed(reader)) /* the wait itself has failed */
        (void)vow_pool_close(session->pool, VOW_CANCEL, VOW_FOREVER);
    vow_reader_release(reader);
    return is_whole(result) && !session_stopped(session);
}
