/**
 * session.h - what one run of vowsum works with: the loop, the pool, and what it takes to stop them.
 */
#ifndef VOWSUM_SESSION_H
#define VOWSUM_SESSION_H

#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <vow.h>

#include "options.h"

/** What the bar counts. */
enum { PROGRESS_FILES, PROGRESS_BYTES };

struct session {
    const struct options *options;
    EVP_MD *digest; /**< libcrypto's method for the chosen algorithm */
    vow_loop *loop; /**< the main thread's: signals, and the bar's clock */
    vow_pool *pool; /**< where files are hashed */
    vow_progress *progress;
    vow_promise *stops[2];  /**< what Ctrl-C, and a polite kill, will do */
    struct vow_timer flush; /**< so that lines do not lie in standard output's buffer for long */
    atomic_int stopped_by;  /**< the signal that ended the work; 0 while none has */
    atomic_bool broken;     /**< standard output cannot be written */
    atomic_int jobs;        /**< that hash a file each */
    pthread_t main_thread;
    int64_t looked_at; /**< when the main thread last ran the loop by hand */
};

/** Makes loop and pool. False: it cannot be, and a message has said why. Borrows `options`. */
bool session_open(struct session *session, const struct options *options);

/**
 * Whether the work is to end: to be asked between files and between pieces of them, from any thread.
 * On the main thread, outside of the loop's calls, it also lets the loop do what is due.
 */
bool session_stopped(struct session *session);

/** What a stage gives then. */
vow_value session_failure(void);

/** Ends the work, because standard output cannot be written. Any thread. */
void session_break(struct session *session);

/** The signal that ended the work; 0 where none has. */
int session_signal(const struct session *session);

/** Ends what is under way, and frees all. */
void session_close(struct session *session);

#endif
