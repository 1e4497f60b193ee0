/*
 * retry.c - a fetcher that tries again after a pause, twice as long each time, for errors that are worth it; that gives up
 * at a deadline, and stops on Ctrl-C.
 *
 * All of it runs on one event loop. The pieces know nothing of each other: vow_retry repeats, vow_timeout cancels what
 * takes too long, vow_race cancels the fetch when the signal comes first, and a group has all of them end together.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

enum { UNREACHABLE = VOW_USER, UNKNOWN };

struct server {
    const char *name;
    int failures; /* it answers after so many */
    int error;    /* how it fails until then */
    int tries;
    vow_value page; /* what came of it */
};

/* One try: what a network library would give. */
static vow_value get(vow_value input, void *context)
{
    struct server *server = context;
    (void)input;
    if (++server->tries <= server->failures)
        return vow_fail(server->error, "%s does not answer", server->name);
    return vow_text_format("the page of %s, at try %d", server->name, server->tries);
}

static bool is_worth_it(vow_value error, unsigned tries, void *context)
{
    (void)tries;
    (void)context;
    return vow_error_is(error, UNREACHABLE);
}

static vow_promise *fetch(struct server *server, int64_t time)
{
    const struct vow_retrying patiently = {.size = sizeof patiently,
                                           .pause = VOW_US(500),
                                           .longest = VOW_S(10),
                                           .jitter = 0.25,
                                           .worth = is_worth_it};
    return vow_timeout(vow_retry(get, vow_none(), server, &patiently), vow_after(time));
}

static vow_value keep(vow_value page, void *context)
{
    struct server *server = context;
    server->page = vow_retain(page);
    return vow_none();
}

/* False, with a sentence: neither a page, nor what a server said, nor the deadline. */
static bool print(const struct server *server)
{
    vow_value page = server->page;
    vow_status status = vow_error_status(page);
    bool well = vow_is_text(page) || status == VOW_TIMED_OUT || status >= VOW_USER;
    if (!well)
        fprintf(stderr, "%s: %s\n", server->name, vow_error_message(page));
    else if (status == VOW_OK)
        printf("%s\n", vow_as_text(page));
    else
        printf("%s: %s\n", server->name, vow_status_text(status));
    return well;
}

/* What comes first: all pages, or Ctrl-C, which ends the fetches; and the other way round. */
static vow_promise *until_interrupted(vow_loop *loop, vow_promise *pages)
{
    static const struct vow_gathering first = {
        .size = sizeof first, .kind = VOW_GATHER_RACE, .cancel_rest = true};
    vow_promise *either[] = {pages, vow_signal(loop, SIGINT)};
    return vow_gather(either, 2, &first);
}

int main(void)
{
    struct server servers[] = {
        {.name = "example.org", .failures = 0},
        {.name = "example.com", .failures = 3, .error = UNREACHABLE},
        {.name = "example.edu", .failures = 3, .error = UNKNOWN},
        {.name = "example.net", .failures = 1000000, .error = UNREACHABLE},
    };
    vow_loop *loop = vow_loop_new(NULL);
    vow_group *group = vow_group_new(NULL);
    if (loop == NULL || group == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return EXIT_FAILURE;
    }
    size_t count = sizeof servers / sizeof servers[0];
    for (size_t i = 0; i < count; i++) {
        int64_t time = servers[i].failures < 1000 ? VOW_S(60) : VOW_MS(200);
        (void)vow_group_add(group, vow_add_both(fetch(&servers[i], time), keep, &servers[i]));
    }
    vow_value ended = vow_await(until_interrupted(loop, vow_group_close(group)), VOW_FOREVER);
    bool well = !vow_is_error(ended);
    if (well)
        printf("%s\n", vow_is_integer(ended) ? "interrupted" : "all have ended");
    else
        fprintf(stderr, "%s\n", vow_error_message(ended));
    vow_release(ended);
    vow_group_free(group);
    vow_loop_free(loop);
    for (size_t i = 0; i < count; i++) {
        well &= print(&servers[i]);
        vow_release(servers[i].page);
    }
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
