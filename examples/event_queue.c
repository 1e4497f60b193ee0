/*
 * event_queue.c - an event loop made by hand, with a queue of 10 callbacks; then vow's loop.
 *
 * The first half is where people come from: events put callbacks into a queue, an endless loop takes them out and calls
 * them. It shows what such a loop leaves to its user: what becomes of the eleventh event at once, when the loop may end,
 * and where a callback's result or error goes. In the second half a call on the loop is a promise of its result: none is
 * lost, errors come out, and the loop ends when nothing is left to happen.
 */
#include <stdio.h>
#include <vow.h>

enum { QUEUE = 10, POSTS = 12, UNKNOWN = VOW_USER };

/* By hand ------------------------------------------------------------------------------------------------------------------ */

typedef void callback_fn(int post);

struct event {
    callback_fn *callback;
    int post;
};

struct event_loop {
    struct event queue[QUEUE];
    size_t first;
    size_t count;
    int lost;
};

/* There is nobody to wait for: the loop, which would make room, is who calls this. */
static void dispatch(struct event_loop *loop, struct event event)
{
    if (loop->count == QUEUE)
        loop->lost++;
    else
        loop->queue[(loop->first + loop->count++) % QUEUE] = event;
}

static void run(struct event_loop *loop)
{
    while (loop->count > 0) {
        struct event event = loop->queue[loop->first];
        loop->first = (loop->first + 1) % QUEUE;
        loop->count--;
        event.callback(event.post);
    }
}

static void on_data(int post)
{
    if (post == 7) /* what is to be done with an error, and by whom? */
        return;
    printf(" %d", post);
}

static void by_hand(void)
{
    struct event_loop loop = {.count = 0};
    printf("by hand:");
    for (int post = 1; post <= POSTS; post++) /* all that has come from the network at once */
        dispatch(&loop, (struct event){on_data, post});
    run(&loop);
    printf(", and %d were lost\n", loop.lost);
}

/* With vow ----------------------------------------------------------------------------------------------------------------- */

static vow_value get_data(vow_value post, void *context)
{
    (void)context;
    if (vow_as_integer(post) == 7)
        return vow_fail(UNKNOWN, "there is no post %d", (int)vow_as_integer(post));
    return post;
}

static vow_value show(vow_value post, void *context)
{
    (void)context;
    if (vow_error_is(post, UNKNOWN))
        printf(" (%s)", vow_error_message(post));
    else if (vow_is_error(post))
        return post; /* not the post's fault: on to whoever waits */
    else
        printf(" %d", (int)vow_as_integer(post));
    return vow_none();
}

static vow_status with_vow(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return VOW_NO_MEMORY;
    }
    printf("with vow:");
    vow_promise *shown[POSTS];
    for (int post = 1; post <= POSTS; post++) {
        vow_promise *data = vow_submit(vow_loop_scheduler(loop), get_data, vow_integer(post), NULL);
        shown[post - 1] = vow_add_both(data, show, NULL);
    }
    vow_status status = vow_loop_run_until_idle(loop);
    for (int i = 0; i < POSTS; i++) {
        vow_value lost = vow_await(shown[i], VOW_FOREVER);
        if (vow_is_error(lost)) {
            fprintf(stderr, "%s\n", vow_error_message(lost));
            status = vow_error_status(lost);
        }
        vow_release(lost);
    }
    if (status == VOW_OK)
        printf(", and none was lost\n");
    vow_loop_free(loop);
    return status;
}

int main(void)
{
    by_hand();
    return with_vow() == VOW_OK ? 0 : 1;
}
