/*
 * retry.c - a fetcher that tries again after a pause, twice as long each time, and gives up at a deadline.
 *
 * All of it runs on one event loop. The wait for the next try is a promise like any other: canceling the whole reaches
 * the timer that it stands at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

enum { UNREACHABLE = VOW_USER };

struct fetch {
    vow_loop *loop;
    const char *name;
    int tries_to_fail; /* the server answers after so many */
    int tries;
};

/* One try: what a network library would give. */
static vow_promise *get(struct fetch *fetch)
{
    if (++fetch->tries <= fetch->tries_to_fail)
        return vow_failed(vow_fail(UNREACHABLE, "%s cannot be reached", fetch->name));
    return vow_succeeded(vow_text_format("the page of %s", fetch->name));
}

static vow_promise *get_with_retries(struct fetch *fetch);

static vow_value try_again(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(get_with_retries(context));
}

static vow_value wait_and_try_again(vow_value error, void *context)
{
    struct fetch *fetch = context;
    if (!vow_error_is(error, UNREACHABLE))
        return error;
    int64_t pause = VOW_US(500) << (fetch->tries < 20 ? fetch->tries : 20);
    return vow_promise_value(vow_call_later(fetch->loop, pause, try_again, vow_none(), fetch));
}

static vow_promise *get_with_retries(struct fetch *fetch)
{
    return vow_catch(get(fetch), wait_and_try_again, fetch);
}

/* The deadline: a timer that cancels, unless the page comes first and cancels the timer. */
static vow_value cancel(vow_value input, void *promise)
{
    (void)input;
    vow_cancel(promise);
    return vow_none();
}

static vow_value say_too_late(vow_value error, void *context)
{
    struct fetch *fetch = context;
    if (!vow_error_is(error, VOW_CANCELED))
        return error;
    return vow_fail_because(error, VOW_TIMED_OUT, "%s: gave up", fetch->name);
}

static vow_value fetch_page(struct fetch *fetch, int64_t nanoseconds)
{
    vow_promise *page = get_with_retries(fetch);
    vow_promise *timer = vow_call_later(fetch->loop, nanoseconds, cancel, vow_none(), page);
    vow_value result =
        vow_await(vow_catch(vow_promise_retain(page), say_too_late, fetch), VOW_FOREVER);
    vow_cancel(timer);
    vow_promise_release(timer);
    vow_promise_release(page);
    return result;
}

static void print_page(vow_value page, const struct fetch *fetch)
{
    if (vow_is_error(page))
        printf("%s: %s\n", vow_status_text(vow_error_status(page)), vow_error_message(page));
    else
        printf("%s, after %d tries\n", vow_as_text(page), fetch->tries);
    vow_release(page);
}

int main(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return EXIT_FAILURE;
    }
    struct fetch good = {.loop = loop, .name = "example.org", .tries_to_fail = 0};
    struct fetch slow = {.loop = loop, .name = "example.com", .tries_to_fail = 3};
    struct fetch dead = {.loop = loop, .name = "example.net", .tries_to_fail = 1000000};
    print_page(fetch_page(&good, VOW_S(60)), &good);
    print_page(fetch_page(&slow, VOW_S(60)), &slow);
    print_page(fetch_page(&dead, VOW_MS(20)), &dead);
    vow_loop_free(loop);
    return EXIT_SUCCESS;
}
