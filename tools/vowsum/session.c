/*
 * session.c - the loop, the pool, and Ctrl-C.
 *
 * 1. A signal ends the work in two ways. Promises of what is under way are canceled: queued jobs never begin, and
 *    those that run see it by vow_canceled(). And `stopped_by` is set: for the main thread, and for jobs whose
 *    promise it does not hold yet (a pool of size 0 runs them inside vow_submit; a job left work to them).
 * 2. While the main thread waits for a promise, vow runs its loop. While it works itself, session_stopped()
 *    does, every now and then: so the bar moves and Ctrl-C is heard, with or without threads.
 */
#include "session.h"

#include <signal.h>

#include "message.h"

#define LOOK_EVERY VOW_MS(20)

/* The loop calls this when a signal has come, with its number. */
static vow_value stop(vow_value number, void *context)
{
    struct session *session = context;
    /* relaxed: nothing but the number itself is handed over */
    atomic_store_explicit(&session->stopped_by, (int)vow_as_integer(number), memory_order_relaxed);
    window_cancel(&session->window);
    return vow_none();
}

static bool make_parts(struct session *session)
{
    /* The main thread sleeps until a batch is done: spinning would take a processor from the workers. */
    const struct vow_loop_options options = {.size = sizeof options, .spin = -1};

    session->digest = EVP_MD_fetch(NULL, session->options->algorithm->libcrypto, NULL);
    if (session->digest == NULL) {
        message("libcrypto does not offer %s", session->options->algorithm->name);
        return false;
    }
    session->loop = vow_loop_new(&options);
    session->pool = vow_pool_new(session->options->workers, NULL);
    if (session->loop == NULL || session->pool == NULL) {
        message("%s", vow_last_error());
        return false;
    }
    return true;
}

bool session_open(struct session *session, const struct options *options)
{
    *session = (struct session){.options = options, .main_thread = pthread_self()};
    if (!make_parts(session)) {
        session_close(session);
        return false;
    }
    session->stops[0] = vow_then(vow_signal(session->loop, SIGINT), stop, session);
    session->stops[1] = vow_then(vow_signal(session->loop, SIGTERM), stop, session);
    if (options->progress)
        progress_begin(&session->progress, session->loop);
    return true;
}

/* Lets the loop do what is due, if its last turn is some time ago. */
static void look_around(struct session *session)
{
    int64_t now = vow_now();
    if (now - session->looked_at < LOOK_EVERY)
        return;
    session->looked_at = now;
    (void)vow_loop_run_once(session->loop, VOW_POLL);
}

bool session_stopped(struct session *session)
{
    if (pthread_equal(pthread_self(), session->main_thread))
        look_around(session);
    return vow_canceled() || session_signal(session) != 0;
}

int session_signal(const struct session *session)
{
    /* relaxed: see stop() */
    return atomic_load_explicit(&session->stopped_by, memory_order_relaxed);
}

void session_close(struct session *session)
{
    progress_end(&session->progress);
    for (int i = 0; i < 2; i++) {
        vow_cancel(session->stops[i]);
        vow_promise_release(session->stops[i]);
    }
    (void)vow_pool_free(session->pool);
    (void)vow_loop_free(session->loop);
    EVP_MD_free(session->digest);
}
