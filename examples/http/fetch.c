/*
 * fetch.c - HTTP by libcurl on vow's loop; see fetch.h.
 *
 * libcurl's multi interface calls `watch` when it wants to know about a socket, and `set_timer` when it wants to be woken;
 * what happens is handed back by curl_multi_socket_action, and what that completed is collected. A transfer ends once, in
 * transfer_end, which fires its deferred. Where what libcurl wants to wait for was
 * refused, all of them end: it has no way out of its own there that all its versions survive.
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
    struct transfer *transfers; /* that are under way */
    bool refused;               /* a socket or a moment that libcurl waits for */
};

struct watched_socket {
    uv_poll_t poll;
    struct fetcher *fetcher;
    curl_socket_t socket;
};

struct transfer {
    struct transfer *next, **link; /* in the fetcher's list */
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
    *transfer->link = transfer->next;
    if (transfer->next != NULL)
        transfer->next->link = transfer->link;
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

static void end_all(struct fetcher *fetcher, vow_status status, const char *why)
{
    while (fetcher->transfers != NULL)
        transfer_end(fetcher->transfers, vow_fail(status, "fetch: %s", why));
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

/* Something has happened to `socket`. */
static void act(struct fetcher *fetcher, curl_socket_t socket, int flags)
{
    int running;
    curl_multi_socket_action(fetcher->multi, socket, flags, &running);
    collect(fetcher);
    if (fetcher->refused)
        end_all(fetcher, VOW_NO_MEMORY, "out of memory");
    fetcher->refused = false;
}

/* What libcurl waits for ------------------------------------------------------------------------------------------------ */

static void on_time(struct vow_timer *timer)
{
    act((struct fetcher *)(void *)((char *)timer - offsetof(struct fetcher, timer)),
        CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long milliseconds, void *context)
{
    struct fetcher *fetcher = context;
    (void)multi;
    vow_deadline deadline = milliseconds < 0 ? VOW_FOREVER : vow_after(VOW_MS(milliseconds));
    if (vow_timer_start(fetcher->loop, &fetcher->timer, deadline) != VOW_OK)
        fetcher->refused = true;
    return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    const struct watched_socket *watched = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(watched->fetcher, watched->socket, flags);
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
    struct fetcher *fetcher = context;
    struct watched_socket *watched = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched != NULL)
            uv_close((uv_handle_t *)&watched->poll, on_closed);
        return 0;
    }
    if (watched == NULL)
        watched = watched_new(fetcher, socket);
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (watched == NULL || uv_poll_start(&watched->poll, events, on_ready) < 0)
        fetcher->refused = true;
    return 0;
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
    end_all(fetcher, VOW_CANCELED, "the fetcher was freed");
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
    *transfer = (struct transfer){.next = fetcher->transfers,
                                  .link = &fetcher->transfers,
                                  .fetcher = fetcher,
                                  .deferred = deferred};
    if (transfer->next != NULL)
        transfer->next->link = &transfer->next;
    fetcher->transfers = transfer;
    if (!transfer_begin(transfer, url))
        transfer_end(transfer, vow_fail(VOW_SYSTEM, "fetch: %s cannot be fetched", url));
    return promise;
}
