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

static vow_value say(vow_value page, void *context)
{
    (void)context;
    if (vow_is_error(page))
        printf("%s: %s\n", vow_status_text(vow_error_status(page)), vow_error_message(page));
    else
        printf("%s\n", vow_as_text(page));
    return vow_none();
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
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        int64_t time = servers[i].failures < 1000 ? VOW_S(60) : VOW_MS(200);
        vow_group_add(group, vow_add_both(fetch(&servers[i], time), say, NULL));
    }
    vow_value ended = vow_await(until_interrupted(loop, vow_group_close(group)), VOW_FOREVER);
    printf("%s\n", vow_is_integer(ended) ? "interrupted" : "all have ended");
    vow_release(ended);
    vow_group_free(group);
    vow_loop_free(loop);
    return EXIT_SUCCESS;
}
