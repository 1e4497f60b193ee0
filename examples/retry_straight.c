/*
 * retry_straight.c - retry.c once more, as straight code: a fetcher that tries again after a pause, twice as long each
 * time, and gives up at a deadline.
 *
 * Three fetches are under way at the same time on one loop. Each is a loop in C that waits; retry.c has the same in
 * promises and callbacks.
 */
#include <stdio.h>
#include <vow.h>

enum { UNREACHABLE = VOW_USER };

struct fetch {
    const char *name;
    int tries_to_fail; /* the server answers after so many */
    int64_t patience;
    int tries;
};

/* One try: what a network library would give. */
static vow_promise *get(struct fetch *fetch)
{
    if (++fetch->tries <= fetch->tries_to_fail)
        return vow_failed(vow_fail(UNREACHABLE, "%s cannot be reached", fetch->name));
    return vow_succeeded(vow_text_format("the page of %s", fetch->name));
}

static vow_value fetch_page(vow_value input, void *context)
{
    struct fetch *fetch = context;
    vow_deadline end = vow_after(fetch->patience);
    (void)input;
    for (int64_t pause = VOW_US(500);; pause *= 2) {
        vow_value page = vow_await(get(fetch), end);
        if (!vow_error_is(page, UNREACHABLE))
            return page;
        if (vow_sooner(vow_after(pause), end).at == end.at)
            return vow_fail_because(page, VOW_TIMED_OUT, "%s: gave up", fetch->name);
        vow_release(page);
        if (vow_sleep(pause) != VOW_OK)
            return vow_fail(VOW_CANCELED, "%s: called off", fetch->name);
    }
}

/* False, with a sentence: neither a page nor the deadline. */
static bool print_page(vow_value page, const struct fetch *fetch)
{
    vow_status status = vow_error_status(page);
    bool well = status == VOW_OK || status == VOW_TIMED_OUT;
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(page));
    else if (status == VOW_TIMED_OUT)
        printf("%s: %s\n", fetch->name, vow_status_text(status));
    else
        printf("%s, after %d tries\n", vow_as_text(page), fetch->tries);
    vow_release(page);
    return well;
}

int main(void)
{
    struct fetch fetches[] = {
        {.name = "example.org", .tries_to_fail = 0, .patience = VOW_S(60)},
        {.name = "example.com", .tries_to_fail = 3, .patience = VOW_S(60)},
        {.name = "example.net", .tries_to_fail = 1000000, .patience = VOW_MS(20)},
    };
    vow_promise *pages[3];
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }
    for (int i = 0; i < 3; i++)
        pages[i] = vow_submit(vow_loop_scheduler(loop), fetch_page, vow_none(), &fetches[i]);
    bool well = true;
    for (int i = 0; i < 3; i++)
        well &= print_page(vow_await(pages[i], VOW_FOREVER), &fetches[i]);
    vow_loop_free(loop);
    return well ? 0 : 1;
}
