/*
 * web.h - a web in one process, on one loop: what the examples that fetch pages begin and end with.
 */
#ifndef EXAMPLES_HTTP_WEB_H
#define EXAMPLES_HTTP_WEB_H

#include "fetch.h"
#include "server.h"

struct web {
    uv_loop_t uv;
    vow_loop *loop; /* lies over `uv` */
    struct fetcher *fetcher;
    struct server server;
};

/* Opens all of it; `answer` is the server's (server.h). Where it cannot, it says why, and the program ends. */
void web_open(struct web *web, vow_fn *answer, void *context);

/* Pages that are still under way are broken off. */
void web_close(struct web *web);

/* The page at `path` ("/names"), as a promise: see fetch.h. */
vow_promise *web_get(struct web *web, const char *path);

#endif
