/*
 * fetch.h - HTTP by libcurl on vow's loop: an address goes in, a promise of the page comes out.
 *
 * This is how a library that brings its own state machine joins a loop: it says which descriptors and which moment it
 * waits for, libuv and vow wait for them, and what it has completed fires deferreds. No thread, no waiting: any number of
 * pages is under way at the same time.
 */
#ifndef EXAMPLES_HTTP_FETCH_H
#define EXAMPLES_HTTP_FETCH_H

#include <uv.h>
#include <vow.h>

/* For the pages that are under way on one loop. */
struct fetcher;

/* `loop` lies over `uv`; both are borrowed. NULL without memory. The loop's thread, as all that follows. */
struct fetcher *fetcher_new(uv_loop_t *uv, vow_loop *loop);

/* Breaks off what is under way. Let `uv` run once more before closing it. Takes `fetcher`; NULL does nothing. */
void fetcher_free(struct fetcher *fetcher);

/*
 * The page at `url`, as a promise of its text. An error has the status VOW_USER + 404 where the server answered with 404,
 * and so on from 400 up; VOW_USER + libcurl's code, which is less than 100, where there was no answer. Canceling the
 * promise breaks the connection off.
 */
vow_promise *fetch(struct fetcher *fetcher, const char *url);

#endif
