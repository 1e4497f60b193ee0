/*
 * pipeline.c - the heart of vowsum: what follows what. Where it runs is the pool's affair.
 *
 *     source --> batch --> vow_submit --> window of promises --> vow_wait --> sink
 *                          (a job each)   (oldest first)
 *
 * 1. At most WINDOW_LARGEST batches are under way, so memory is bounded however large the tree; there are so many
 *    that workers find work while the oldest batch holds one huge file.
 * 2. The main thread takes results from the oldest promise only: output has the source's order.
 * 3. The sink is told on the main thread, of whole batches: nothing is half-printed.
 * 4. With a pool of size 0 a batch is hashed inside vow_submit, and told of at once: nothing else changes.
 */
#include "pipeline.h"

#include <stdio.h>
#include <unistd.h>

#include "batch.h"
#include "hash.h"
#include "message.h"

/* Fills a batch from the source. An empty one: there is no more. */
static vow_value gather(struct session *session, struct source source)
{
    vow_value value = batch_new(BATCH_FILES);
    struct batch *batch = batch_of(value);
    enum found found = batch == NULL ? FOUND_END : FOUND_NOTHING;

    while (found != FOUND_END && batch->count < BATCH_FILES && !session_stopped(session)) {
        struct file file;
        found = source.next(&file, source.self);
        if (found == FOUND_FILE)
            batch_add(batch, &file);
    }
    return value;
}

static void tell_batch(const struct batch *batch, struct sink sink)
{
    for (int i = 0; i < batch->count; i++)
        sink.tell(&batch->files[i], sink.self);
}

/* Tells of a finished batch. False: it failed, or standard output did. */
static bool deliver(vow_value result, struct sink sink)
{
    if (vow_is_error(result)) {
        if (!vow_error_is(result, VOW_CANCELED))
            message("%s", vow_error_message(result));
        return false;
    }
    if (isatty(STDOUT_FILENO))
        message_erase_status(); /* the lines go to the same terminal */
    tell_batch(batch_of(result), sink);
    return fflush(stdout) == 0;
}

/* Lets go of the oldest promise. If its job left a rest to another, that comes next. */
static void advance(struct window *window, vow_promise *rest)
{
    if (rest != NULL)
        window_replace_oldest(window, rest);
    else
        window_pop(window);
}

/* Waits for the oldest batch and delivers it. The loop runs meanwhile. */
static bool deliver_oldest(struct session *session, struct sink sink)
{
    vow_value result;
    if (vow_wait(window_oldest(&session->window), VOW_FOREVER, &result) != VOW_OK) {
        message("%s", vow_last_error());
        return false;
    }
    bool delivered = deliver(result, sink);
    advance(&session->window, delivered ? batch_take_rest(batch_of(result)) : NULL);
    vow_release(result);
    return delivered;
}

/* Delivers what is ready, and waits where the window has no room for another batch. */
static bool deliver_ready(struct session *session, struct sink sink)
{
    struct window *window = &session->window;
    while (window->count == WINDOW_LARGEST ||
           (window->count > 0 && vow_state(window_oldest(window)) != VOW_PENDING))
        if (!deliver_oldest(session, sink))
            return false;
    return true;
}

/* Has one more batch hashed. False: there is none. */
static bool submit_next(struct session *session, struct source source)
{
    vow_value batch = gather(session, source);
    if (vow_is_error(batch)) {
        window_push(&session->window, vow_failed(batch));
        return false;
    }
    if (batch_of(batch)->count == 0 || session_stopped(session)) {
        vow_release(batch);
        return false;
    }
    vow_scheduler *workers = vow_pool_scheduler(session->pool);
    window_push(&session->window, vow_submit(workers, hash_batch, batch, session));
    return true;
}

bool pipeline_run(struct session *session, struct source source, struct sink sink)
{
    bool going = true;
    while (going && submit_next(session, source))
        going = deliver_ready(session, sink);
    while (going && session->window.count > 0)
        going = deliver_oldest(session, sink);
    window_empty(&session->window);
    return going && !session_stopped(session);
}
