/*
 * server.c - an HTTP server for the examples; see server.h.
 *
 * A connection reads until it has the request, has it answered, writes that, and is closed: it is freed in the last of
 * libuv's callbacks. It goes on reading meanwhile, to see when the client goes away; then the answer is canceled, and
 * comes all the same, as an error: so that there is one way to the end.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct connection {
    uv_tcp_t socket;
    uv_write_t write;
    struct server *server;
    vow_promise *answer; /* NULL before there is a request */
    char *response;
    size_t length; /* of the request, so far */
    char request[1024];
    bool left;   /* the client has gone */
    bool writes; /* and hangs up when it has */
};

static void serve_next(struct server *server);

static void on_closed(uv_handle_t *socket)
{
    struct connection *connection = socket->data;
    struct server *server = connection->server;
    vow_promise_release(connection->answer);
    free(connection->response);
    server->connections--;
    if (server->spare != NULL || uv_is_closing((uv_handle_t *)&server->socket))
        free(connection);
    else
        server->spare = connection;
    if (server->full)
        serve_next(server);
}

static void hang_up(struct connection *connection)
{
    uv_close((uv_handle_t *)&connection->socket, on_closed);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    hang_up(write->data);
}

/* What goes over the wire: its length, or -1. */
static int write_response(vow_value answer, char **ret_response)
{
    int status = 200;
    if (vow_is_error(answer))
        status =
            vow_error_status(answer) >= HTTP_ERROR ? vow_error_status(answer) - HTTP_ERROR : 500;
    const char *body = vow_is_error(answer) ? vow_error_message(answer) : vow_as_text(answer);
    return asprintf(ret_response,
                    "HTTP/1.1 %d %s\r\n"
                    "Content-Type: text/plain\r\n"
                    "Content-Length: %zu\r\n"
                    "Connection: close\r\n\r\n%s",
                    status, status == 200 ? "OK" : "Failed", strlen(body), body);
}

static vow_value respond(vow_value answer, void *context)
{
    struct connection *connection = context;
    int length = connection->left ? -1 : write_response(answer, &connection->response);
    if (length < 0) {
        connection->response = NULL;
        return vow_none();
    }
    uv_buf_t buffer = uv_buf_init(connection->response, (unsigned)length);
    connection->write.data = connection;
    connection->writes = uv_write(&connection->write, (uv_stream_t *)&connection->socket, &buffer,
                                  1, on_written) == 0;
    return vow_none();
}

/* Once, after respond, or where that was refused. */
static void on_answered(void *context)
{
    struct connection *connection = context;
    if (!connection->writes)
        hang_up(connection);
}

static void have_it_answered(struct connection *connection)
{
    char path[256];
    vow_promise *answer;
    if (sscanf(connection->request, "GET %255s", path) == 1)
        answer = vow_then(vow_succeeded(vow_text(path)), connection->server->answer,
                          connection->server->context);
    else
        answer = vow_failed(vow_fail(HTTP_ERROR + 400, "GET is all that is understood here"));
    const vow_handlers either = {.size = sizeof either,
                                 .fulfilled = respond,
                                 .rejected = respond,
                                 .context = connection,
                                 .drop = on_answered};
    connection->answer = vow_add_callbacks(answer, &either);
}

static void on_read(uv_stream_t *socket, ssize_t count, const uv_buf_t *buffer)
{
    struct connection *connection = socket->data;
    (void)buffer;
    if (count < 0) { /* the client has gone, or asks at too much length */
        connection->left = true;
        uv_read_stop(socket);
        if (connection->answer != NULL)
            vow_cancel(connection->answer);
        else
            hang_up(connection);
        return;
    }
    connection->length += (size_t)count;
    connection->request[connection->length] = '\0';
    if (connection->answer == NULL && strstr(connection->request, "\r\n\r\n") != NULL)
        have_it_answered(connection);
}

/* Without room libuv reports an error, and reads no more. */
static void give_room(uv_handle_t *socket, size_t size, uv_buf_t *ret_buffer)
{
    struct connection *connection = socket->data;
    (void)size;
    *ret_buffer = uv_buf_init(connection->request + connection->length,
                              (unsigned)(sizeof connection->request - 1 - connection->length));
}

/* A connection for the next client; NULL without memory, if others are open. */
static struct connection *connection_new(struct server *server)
{
    struct connection *connection =
        server->spare != NULL ? server->spare : malloc(sizeof *connection);
    server->spare = NULL;
    if (connection != NULL)
        *connection = (struct connection){.server = server, .socket.data = connection};
    return connection;
}

/* Until it is accepted, libuv takes no other. */
static void serve_next(struct server *server)
{
    struct connection *connection = connection_new(server);
    server->full = connection == NULL;
    if (server->full)
        return;
    uv_stream_t *socket = (uv_stream_t *)&connection->socket;
    server->connections++;
    uv_tcp_init(server->socket.loop, &connection->socket);
    connection->socket.data = connection;
    if (uv_accept((uv_stream_t *)&server->socket, socket) < 0 ||
        uv_read_start(socket, give_room, on_read) < 0)
        hang_up(connection);
}

static void on_connection(uv_stream_t *listening, int status)
{
    if (status == 0)
        serve_next(listening->data);
}

int server_start(struct server *server, uv_loop_t *uv, vow_fn *answer, void *context)
{
    struct sockaddr_in address;
    int length = sizeof address;
    *server = (struct server){.answer = answer, .context = context};
    server->spare = malloc(sizeof *server->spare);
    if (server->spare == NULL)
        return UV_ENOMEM;
    uv_ip4_addr("127.0.0.1", 0, &address);
    int code = uv_tcp_init(uv, &server->socket);
    server->socket.data = server;
    if (code == 0)
        code = uv_tcp_bind(&server->socket, (const struct sockaddr *)&address, 0);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&server->socket, 128, on_connection);
    if (code == 0)
        code = uv_tcp_getsockname(&server->socket, (struct sockaddr *)&address, &length);
    server->port = ntohs(address.sin_port);
    uv_unref((uv_handle_t *)&server->socket);
    return code;
}

void server_stop(struct server *server)
{
    free(server->spare);
    server->spare = NULL;
    server->full = false;
    uv_close((uv_handle_t *)&server->socket, NULL);
}
