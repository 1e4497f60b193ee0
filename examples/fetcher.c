/*
 * fetcher.c - fetches pages from servers that fail: tries again after pauses that grow, for errors that are worth it, under
 * one deadline for all of it, and stops on Ctrl-C.
 *
 * Each piece knows nothing of the others: fetch (http/fetch.h) gets a page, a timeout ends a try that takes too long,
 * vow_retry repeats it, vow_all_settled has all pages under way together, another timeout is the deadline, and a race with
 * the signal ends what is left. A cancel goes the way back through all of them, down to the connections; what comes out
 * comes when these have been closed.
 */
#define _POSIX_C_SOURCE 200809L /* kill */
#include "http/web.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The server, which has its moods ----------------------------------------------------------------------------------------- */

static vow_value serve(vow_value path, void *context)
{
    static int flaky;
    (void)context;
    if (strcmp(vow_as_text(path), "/steady") == 0)
        return vow_text("steady as ever");
    if (strcmp(vow_as_text(path), "/flaky") == 0 && ++flaky > 3)
        return vow_text("here at last");
    bool interrupts = strcmp(vow_as_text(path), "/ctrl-c") == 0;
    if (interrupts) /* somebody loses patience */
        kill(getpid(), SIGINT);
    if (interrupts || strcmp(vow_as_text(path), "/slow") == 0) /* an answer that nobody waits for */
        return vow_promise_value(vow_delay(VOW_S(3600), vow_text("sorry to keep you waiting")));
    if (strcmp(vow_as_text(path), "/gone") == 0)
        return vow_fail(HTTP_ERROR + 404, "no such page");
    return vow_fail(HTTP_ERROR + 503, "come back later");
}

/* The fetcher ------------------------------------------------------------------------------------------------------------- */

/* No answer, or an unhappy server; not what stays true ("there is no such page", no memory), nor what somebody wanted to end. */
static bool is_worth_it(vow_value error, unsigned tries, void *web)
{
    vow_status status = vow_error_status(error);
    (void)tries;
    (void)web;
    return status == VOW_TIMED_OUT ||
           (status >= VOW_USER && (status < VOW_USER + 400 || status >= VOW_USER + 500));
}

/* One try. */
static vow_value get_page(vow_value path, void *web)
{
    if (vow_is_error(path))
        return path; /* no memory for it */
    return vow_promise_value(vow_timeout(web_get(web, vow_as_text(path)), vow_after(VOW_S(60))));
}

static vow_promise *get_patiently(struct web *web, const char *path)
{
    const struct vow_retrying patiently = {.size = sizeof patiently,
                                           .pause = VOW_MS(1),
                                           .longest = VOW_MS(20),
                                           .jitter = 0.5,
                                           .worth = is_worth_it};
    return vow_retry(get_page, vow_text(path), web, &patiently);
}

/* All pages, or Ctrl-C, whichever comes first; the other one is canceled. */
static vow_promise *get_pages(struct web *web, const char *const *paths, size_t count, int64_t time)
{
    static const struct vow_gathering first = {
        .size = sizeof first, .kind = VOW_GATHER_RACE, .cancel_rest = true};
    vow_promise *pages[8];
    for (size_t i = 0; i < count; i++)
        pages[i] = get_patiently(web, paths[i]);
    vow_promise *either[] = {vow_timeout(vow_all_settled(pages, count), vow_after(time)),
                             vow_signal(web->loop, SIGINT)};
    return vow_gather(either, 2, &first);
}

/* ------------------------------------------------------------------------------------------------------------------------- */

/* False, with a sentence: neither a page, nor what a server answered, nor the deadline. */
static bool print_page(const char *path, vow_value page)
{
    vow_status status = vow_error_status(page);
    bool well = status == VOW_OK || status == VOW_CANCELED || status >= VOW_USER;
    if (!well)
        fprintf(stderr, "%s: %s\n", path, vow_error_message(page));
    else if (status == VOW_CANCELED) /* its sentence tells how many tries there were */
        printf("  %s: %s\n", path, vow_status_text(status));
    else
        printf("  %s: %s\n", path,
               vow_is_error(page) ? vow_error_message(page) : vow_as_text(page));
    return well;
}

static bool show(struct web *web, const char *what, const char *const *paths, size_t count,
                 int64_t time)
{
    vow_value pages = vow_await(get_pages(web, paths, count, time), VOW_FOREVER);
    bool well = !vow_is_error(pages);
    printf("%s:\n", what);
    if (vow_is_integer(pages))
        printf("  interrupted by signal %d\n", (int)vow_as_integer(pages));
    else if (!well)
        fprintf(stderr, "%s: %s\n", what, vow_error_message(pages));
    else
        for (size_t i = 0; i < count; i++)
            well &= print_page(paths[i], vow_list_at(pages, i));
    vow_release(pages);
    return well;
}

int main(void)
{
    struct web web;
    web_open(&web, serve, NULL);
    bool well = show(&web, "with patience", (const char *const[]){"/steady", "/flaky", "/gone"}, 3,
                     VOW_S(600));
    well &= show(&web, "with a deadline", (const char *const[]){"/down", "/slow"}, 2, VOW_MS(50));
    /* Until the server has gone: a signal that comes after its page was given up must not end the process. */
    vow_promise *interrupted = vow_signal(web.loop, SIGINT);
    bool listens = vow_state(interrupted) == VOW_PENDING;
    if (listens)
        well &= show(&web, "with Ctrl-C", (const char *const[]){"/ctrl-c"}, 1, VOW_S(600));
    else
        fprintf(stderr, "nobody listens for Ctrl-C: %s\n", vow_last_error());
    web_close(&web);
    vow_promise_release(interrupted);
    return well && listens ? 0 : 1;
}
