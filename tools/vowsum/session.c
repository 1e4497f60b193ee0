/*
 * session.c - the loop, the pool, and Ctrl-C.
 *
 * 1. What ends the work sets a flag. Workers look at it between files and between pieces of them, and their task fails by
 *    it: so whoever reads from it learns of it as well.
 * 2. While the main thread waits for files, vow runs its loop. While it works itself, session_stopped() does, every now and
 *    then: so the bar moves and Ctrl-C is heard, with or without threads.
 */
#include "session.h"

#include <signal.h>
#include <stdio.h>

#include "message.h"

#define LOOK_EVERY VOW_MS(20)
#define FLUSH_EVERY VOW_MS(50)

/* The loop calls this when a signal has come, with its number. */
static vow_value stop(vow_value number, void *context)
{
    struct session *session = context;
    /* relaxed: nothing but the number itself is handed over */
    atomic_store_explicit(&session->stopped_by, (int)vow_as_integer(number), memory_order_relaxed);
    return vow_none();
}

/* So does it call this. */
static void flush(struct vow_timer *timer)
{
    (void)timer;
    if (ftrylockfile(stdout) != 0) /* somebody is writing */
        return;
    (void)fflush(stdout);
    funlockfile(stdout);
}

static vow_progress *make_progress(const struct options *options)
{
    static const struct vow_progress_unit units[] = {
        [PROGRESS_FILES] = {.name = "files"},
        [PROGRESS_BYTES] = {.bytes = true},
    };
    const vow_progress_options chosen = {
        .size = sizeof chosen,
        .units = units,
        .count = 2,
        .main = PROGRESS_BYTES,
        .always = options->progress,
    };
    return vow_progress_new(&chosen, vow_now());
}

static bool make_parts(struct session *session)
{
    /* The main thread sleeps until all is done: spinning would take a processor from the workers. */
    const struct vow_loop_options options = {.size = sizeof options, .spin = -1};

    session->digest = EVP_MD_fetch(NULL, session->options->algorithm->libcrypto, NULL);
    if (session->digest == NULL) {
        message("libcrypto does not offer %s", session->options->algorithm->name);
        return false;
    }
    session->loop = vow_loop_new(&options);
    session->pool = vow_pool_new(session->options->workers, NULL);
    session->progress = make_progress(session->options);
    if (session->loop == NULL || session->pool == NULL || session->progress == NULL) {
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
    (void)vow_timer_init(&session->flush, flush);
    (void)vow_timer_repeat(session->loop, &session->flush, vow_after(FLUSH_EVERY), FLUSH_EVERY);
    if (options->progress)
        (void)vow_progress_start(session->progress, session->loop);
    message_keep_off(session->progress);
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
    /* relaxed: as stop() */
    return vow_canceled() || session_signal(session) != 0 ||
           atomic_load_explicit(&session->broken, memory_order_relaxed);
}

vow_value session_failure(void)
{
    return vow_fail(VOW_CANCELED, "the session was stopped");
}

void session_break(struct session *session)
{
    /* relaxed: as stop() */
    atomic_store_explicit(&session->broken, true, memory_order_relaxed);
}

int session_signal(const struct session *session)
{
    /* relaxed: see stop() */
    return atomic_load_explicit(&session->stopped_by, memory_order_relaxed);
}

void session_close(struct session *session)
{
    message_keep_off(NULL);
    vow_progress_finish(session->progress, vow_now(), false);
    for (int i = 0; i < 2; i++) {
        vow_cancel(session->stops[i]);
        vow_promise_release(session->stops[i]);
    }
    (void)vow_pool_free(session->pool);
    (void)vow_loop_free(session->loop); /* its timers end with it */
    vow_progress_release(session->progress);
    EVP_MD_free(session->digest);
}
