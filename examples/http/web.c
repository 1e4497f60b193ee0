/*
 * web.c - a web in one process; see web.h.
 */
#include "web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

void web_open(struct web *web, vow_fn *answer, void *context)
{
    signal(SIGPIPE, SIG_IGN); /* who writes to a connection that has gone gets an error instead */
    int code = uv_loop_init(&web->uv);
    if (code < 0)
        give_up("the loop", uv_strerror(code));
    web->loop = vow_loop_new(
        &(struct vow_loop_options){.size = sizeof(struct vow_loop_options), .uv = &web->uv});
    if (web->loop == NULL)
        give_up("the loop", vow_last_error());
    web->fetcher = fetcher_new(&web->uv, web->loop);
    if (web->fetcher == NULL)
        give_up("the fetcher", "out of memory");
    code = server_start(&web->server, &web->uv, answer, context);
    if (code < 0)
        give_up("the server", uv_strerror(code));
}

/* The fetcher goes first: then the server's connections end by themselves, and the loop runs until they have. What still
   waits for something else, such as for another try, ends with vow's loop. */
void web_close(struct web *web)
{
    fetcher_free(web->fetcher);
    web->fetcher = NULL;
    server_stop(&web->server);
    while (web->server.connections > 0)
        uv_run(&web->uv, UV_RUN_ONCE);
    vow_loop_free(web->loop);
    uv_run(&web->uv, UV_RUN_DEFAULT); /* the last close callbacks */
    uv_loop_close(&web->uv);
}

vow_promise *web_get(struct web *web, const char *path)
{
    char url[256];
    if (web->fetcher == NULL)
        return vow_failed(vow_fail(VOW_CANCELED, "the web is closed"));
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", web->server.port, path);
    return fetch(web->fetcher, url);
}
