/*
 * listeners.c - scenarios of who is told of something and waits, while more is on its way to him: he hears one piece after
 * the other, and what he works with goes when he has ended.
 */
#include "cancel_sweep.h"

enum { PIECES = 3 };

/* The context of who listens. */
struct listener {
    void *token;
    int heard;
    bool listens; /* he is inside of his function */
};

static struct listener *a_listener(void)
{
    struct listener *listener = calloc(1, sizeof *listener);
    require(listener != NULL);
    listener->token = token_context();
    return listener;
}

static void drop_listener(void *context)
{
    struct listener *listener = context;
    require(!listener->listens);
    drop_token(listener->token);
    free(listener);
}

static vow_value hear_slowly(vow_value piece, void *context)
{
    struct listener *listener = context;
    require(!listener->listens);
    listener->listens = true;
    (void)vow_sleep(MOMENT);
    require(vow_is_box(piece));
    listener->listens = false;
    listener->heard++;
    return vow_none();
}

static vow_value have_heard_all(vow_value input, void *context)
{
    const struct listener *listener = context;
    require(listener->heard == PIECES);
    return input;
}

/* Takes the promise; `fulfilled` may be NULL. */
static vow_promise *with_a_listener(vow_promise *promise, vow_fn *fulfilled)
{
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = fulfilled,
                             .notified = hear_slowly,
                             .context = a_listener(),
                             .drop = drop_listener};
    return vow_then_with(promise, &handlers);
}

/* Takes the deferred, which may have been canceled. */
static vow_value tell_progress(vow_value input, void *deferred)
{
    for (int i = 0; i < PIECES; i++) {
        vow_status status = vow_notify(deferred, token());
        require(status == VOW_OK || status == VOW_ALREADY_FIRED);
        (void)vow_sleep(MOMENT);
    }
    require(vow_fire(deferred, vow_retain(input)) == VOW_OK);
    return vow_none();
}

static void hears_progress(void)
{
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = with_a_listener(promise, have_heard_all);
    vow_promise *telling = child(tell_progress, deferred);
    vow_release(result_of(promise));
    join(telling);
}

/* Who is canceled lets go of it while he is told; the other one hears it to the end. */
static void hears_progress_beside_another(void)
{
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *one = with_a_listener(vow_promise_retain(promise), have_heard_all);
    vow_promise *other = with_a_listener(promise, have_heard_all);
    vow_promise *telling = child(tell_progress, deferred);
    vow_release(result_of(one));
    vow_shield_begin();
    vow_value told = vow_await(other, VOW_FOREVER);
    vow_shield_end();
    require(vow_is_box(told));
    vow_release(told);
    join(telling);
}

static vow_value report_tokens(vow_value input, void *context)
{
    (void)context;
    for (int i = 0; i < PIECES; i++) {
        require(vow_report(token()) == VOW_OK);
        (void)vow_sleep(MOMENT);
    }
    return input;
}

static void hears_what_a_job_reports(void)
{
    vow_release(result_of(with_a_listener(child(report_tokens, NULL), NULL)));
}

/* Has not ended before what it gives has settled. */
static vow_value hear_message(vow_value message, void *context)
{
    vow_release(hear_slowly(vow_message_payload(message), context));
    return vow_promise_value(a_moment());
}

static void publishes_to_who_waits(void)
{
    vow_dispatcher *dispatcher = vow_dispatcher_new(vow_current_scheduler());
    vow_subscription *subscription = vow_subscribe(dispatcher, VOW_ANY_SENDER, vow_name("news"),
                                                   hear_message, a_listener(), drop_listener);
    for (int i = 0; i < PIECES; i++) {
        require(vow_publish(dispatcher, NULL, vow_name("news"), token()) == VOW_OK);
        (void)vow_sleep(MOMENT);
    }
    require(vow_unsubscribe(subscription) == VOW_OK);
    vow_subscription_release(subscription);
    vow_dispatcher_free(dispatcher);
}

const struct scenario scenarios_of_listeners[] = {
    {"hears progress", hears_progress, false},
    {"hears progress beside another", hears_progress_beside_another, false},
    {"hears what a job reports", hears_what_a_job_reports, false},
    {"publishes to who waits", publishes_to_who_waits, false},
    {NULL, NULL, false},
};
