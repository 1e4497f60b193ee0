/**
 * window.h - the promises of what is under way, oldest first.
 */
#ifndef VOWSUM_WINDOW_H
#define VOWSUM_WINDOW_H

#include <stdbool.h>
#include <vow.h>

/** The most promises in a window. */
#define WINDOW_LARGEST 1024

/** A ring of promises, each owned. */
struct window {
    vow_promise *promises[WINDOW_LARGEST];
    size_t first, count;
};

/** Adds the newest. Takes `promise`; the window is not full. */
void window_push(struct window *window, vow_promise *promise);

/** The oldest, borrowed; NULL if there is none. */
vow_promise *window_oldest(const struct window *window);

/** Lets go of the oldest. */
void window_pop(struct window *window);

/** The same, but `promise` takes its place. Takes `promise`. */
void window_replace_oldest(struct window *window, vow_promise *promise);

/** Asks all of them for an end. */
void window_cancel(const struct window *window);

/** Cancels those that are pending, and lets go of all of them. */
void window_empty(struct window *window);

#endif
