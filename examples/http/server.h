/*
 * server.h - an HTTP server for the examples, on libuv's TCP: it serves this machine alone, on a port that the system
 * chooses, one request for each connection.
 *
 * What it answers is up to a function of the program's, which gets the path and gives a text, an error, or a promise of
 * either: so a server may take its time, and others are served meanwhile.
 */
#ifndef EXAMPLES_HTTP_SERVER_H
#define EXAMPLES_HTTP_SERVER_H

#include <uv.h>
#include <vow.h>

/* What an HTTP status is as an error: HTTP_ERROR + 404. */
enum { HTTP_ERROR = VOW_USER };

/* Its memory is the program's, until the loop has run after server_stop. */
struct server {
    uv_tcp_t socket;
    vow_fn *answer;
    void *context;
    int port;
    int connections;          /* that are open */
    struct connection *spare; /* for the next one: so that there is always one that can be served */
    bool full;                /* one waits for a connection to end */
};

/* Serves from now on, while `uv` runs; listening alone does not keep it running. 0, or libuv's code. Without memory for more
   connections, clients wait until others have been served. */
int server_start(struct server *server, uv_loop_t *uv, vow_fn *answer, void *context);

/* Takes no more connections. Those that there are end when they have been answered, or when the client has gone. */
void server_stop(struct server *server);

#endif
