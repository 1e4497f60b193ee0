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
#include "progress.h"
#include "window.h"

struct session {
    const struct options *options;
    EVP_MD *digest; /**< libcrypto's method for the chosen algorithm */
    vow_loop *loop; /**< the main thread's: signals, and the bar's clock */
    vow_pool *pool; /**< where files are hashed */
    struct window window;
    struct progress progress;
    vow_promise *stops[2]; /**< what Ctrl-C, and a polite kill, will do */
    atomic_int stopped_by; /**< the signal that ended the work; 0 while none has */
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

/** The signal that ended the work; 0 where none has. */
int session_signal(const struct session *session);

/** Ends what is under way, and frees all. */
void session_close(struct session *session);

#endif
