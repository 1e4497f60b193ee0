/*
 * fetch.c - HTTP by libcurl on vow's loop; see fetch.h.
 *
 * libcurl's multi interface calls `watch` when it wants to know about a socket, and `set_timer` when it wants to be woken;
 * what happens is handed back by curl_multi_socket_action, and what that completed is collected. A transfer ends once, in
 * transfer_end, which fires its deferred.
 */
#include "fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

struct fetcher {
    CURLM *multi;
    uv_loop_t *uv;
    vow_loop *loop;
    struct vow_timer timer;
};

struct watched_socket {
    uv_poll_t poll;
    struct fetcher *fetcher;
    curl_socket_t socket;
};

struct transfer {
    CURL *easy;
    struct fetcher *fetcher;
    vow_deferred *deferred;
    FILE *stream; /* writes to `page` */
    char *page;
    size_t size;
};

/* Transfers ------------------------------------------------------------------------------------------------------------ */

/* Fires, and frees it. Takes `result`. */
static void transfer_end(struct transfer *transfer, vow_value result)
{
    vow_deferred *deferred = transfer->deferred;
    if (transfer->easy != NULL) {
        curl_multi_remove_handle(transfer->fetcher->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    if (transfer->stream != NULL)
        fclose(transfer->stream);
    free(transfer->page);
    free(transfer);
    vow_fire(deferred, result);
}

static void on_cancel(void *context)
{
    transfer_end(context, vow_fail(VOW_CANCELED, "fetch: canceled"));
}

static vow_value result_of(struct transfer *transfer, CURLcode code)
{
    long status = 0;
    if (code != CURLE_OK)
        return vow_fail(VOW_USER + (int)code, "%s", curl_easy_strerror(code));
    if (fflush(transfer->stream) != 0)
        return vow_fail_errno("fetch");
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400)
        return vow_fail(VOW_USER + (int)status, "%ld, %s", status, transfer->page);
    return vow_text(transfer->page);
}

/* What libcurl has completed. */
static void collect(struct fetcher *fetcher)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(fetcher->multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result; /* the message goes with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_end(transfer, result_of(transfer, code));
    }
}

/* What libcurl waits for ------------------------------------------------------------------------------------------------ */

static void on_time(struct vow_timer *timer)
{
    struct fetcher *fetcher =
        (struct fetcher *)(void *)((char *)timer - offsetof(struct fetcher, timer));
    int running;
    curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(fetcher);
}

static int set_timer(CURLM *multi, long milliseconds, void *context)
{
    struct fetcher *fetcher = context;
    (void)multi;
    vow_deadline deadline = milliseconds < 0 ? VOW_FOREVER : vow_after(VOW_MS(milliseconds));
    return vow_timer_start(fetcher->loop, &fetcher->timer, deadline) == VOW_OK ? 0 : -1;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    const struct watched_socket *watched = poll->data;
    struct fetcher *fetcher = watched->fetcher;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    int running;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(fetcher->multi, watched->socket, flags, &running);
    collect(fetcher);
}

static void on_closed(uv_handle_t *poll)
{
    free(poll->data);
}

static struct watched_socket *watched_new(struct fetcher *fetcher, curl_socket_t socket)
{
    struct watched_socket *watched = calloc(1, sizeof *watched);
    if (watched == NULL || uv_poll_init_socket(fetcher->uv, &watched->poll, socket) < 0) {
        free(watched);
        return NULL;
    }
    watched->fetcher = fetcher;
    watched->socket = socket;
    watched->poll.data = watched;
    curl_multi_assign(fetcher->multi, socket, watched);
    return watched;
}

static int watch(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    struct watched_socket *watched = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched != NULL)
            uv_close((uv_handle_t *)&watched->poll, on_closed);
        return 0;
    }
    if (watched == NULL)
        watched = watched_new(context, socket);
    if (watched == NULL)
        return -1;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&watched->poll, events, on_ready) < 0 ? -1 : 0;
}

/* The interface --------------------------------------------------------------------------------------------------------- */

struct fetcher *fetcher_new(uv_loop_t *uv, vow_loop *loop)
{
    struct fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (fetcher == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(fetcher);
        return NULL;
    }
    fetcher->uv = uv;
    fetcher->loop = loop;
    fetcher->multi = curl_multi_init();
    if (fetcher->multi == NULL || vow_timer_init(&fetcher->timer, on_time) != VOW_OK) {
        fetcher_free(fetcher);
        return NULL;
    }
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
    return fetcher;
}

void fetcher_free(struct fetcher *fetcher)
{
    if (fetcher == NULL)
        return;
    curl_multi_cleanup(fetcher->multi);
    vow_timer_stop(&fetcher->timer);
    free(fetcher);
    curl_global_cleanup();
}

static bool transfer_begin(struct transfer *transfer, const char *url)
{
    transfer->easy = curl_easy_init();
    transfer->stream = open_memstream(&transfer->page, &transfer->size);
    if (transfer->easy == NULL || transfer->stream == NULL)
        return false;
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer->stream);
    curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    return curl_easy_setopt(transfer->easy, CURLOPT_URL, url) == CURLE_OK &&
           vow_set_canceller(transfer->deferred, on_cancel, transfer, NULL) == VOW_OK &&
           curl_multi_add_handle(transfer->fetcher->multi, transfer->easy) == CURLM_OK;
}

vow_promise *fetch(struct fetcher *fetcher, const char *url)
{
    vow_promise *promise;
    struct transfer *transfer = calloc(1, sizeof *transfer);
    vow_deferred *deferred = transfer == NULL ? NULL : vow_deferred_new(&promise);
    if (deferred == NULL) {
        free(transfer);
        return vow_failed(vow_fail(VOW_NO_MEMORY, "fetch: out of memory"));
    }
    transfer->fetcher = fetcher;
    transfer->deferred = deferred;
    if (!transfer_begin(transfer, url))
        transfer_end(transfer, vow_fail(VOW_SYSTEM, "fetch: %s cannot be fetched", url));
    return promise;
}
