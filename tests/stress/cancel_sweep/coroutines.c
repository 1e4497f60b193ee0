/*
 * coroutines.c - scenarios of coroutines whose bodies wait: what they are sent arrives, whoever is canceled meanwhile.
 */
#include "cancel_sweep.h"

enum { ITEMS = 3 };

/* Gives back what it is sent, until that is an error. */
static vow_value echo(vow_value item, void *context)
{
    (void)context;
    while (!vow_is_error(item)) {
        (void)vow_sleep(MOMENT);
        item = vow_yield(vow_retain(item));
    }
    (void)vow_sleep(MOMENT);
    return item;
}

static vow_coroutine *an_echo(void)
{
    struct vow_coroutine_options options = {
        .size = sizeof options, .body = echo, .context = token_context(), .drop = drop_token};
    return vow_coroutine_new_with(&options);
}

static void send_token(vow_coroutine *coroutine)
{
    vow_value back = vow_send(coroutine, token());
    require(vow_is_box(back));
    vow_release(back);
}

static void sends_and_throws(void)
{
    vow_coroutine *coroutine = an_echo();
    send_token(coroutine);
    send_token(coroutine);
    vow_value thrown = vow_throw(coroutine, vow_fail(VOW_USER, "as was to be expected"));
    require(vow_error_status(thrown) == VOW_USER && vow_coroutine_done(coroutine));
    vow_release(thrown);
    vow_coroutine_release(coroutine);
}

static void closes_coroutines(void)
{
    vow_coroutine *begun = an_echo();
    vow_coroutine *never_begun = an_echo();
    send_token(begun);
    require(vow_coroutine_close(begun) == VOW_OK);
    require(vow_coroutine_close(never_begun) == VOW_OK);
    vow_coroutine_release(begun);
    vow_coroutine_release(never_begun);
}

static vow_value give_tokens(vow_value input, void *context)
{
    (void)context;
    for (int i = 0; i < ITEMS; i++) {
        (void)vow_sleep(MOMENT);
        vow_release(vow_yield(token()));
    }
    return input;
}

static vow_value count_items(vow_value item, void *count)
{
    for (; !vow_is_error(item); item = vow_yield(vow_none())) {
        (void)vow_sleep(MOMENT);
        ++*(int *)count;
    }
    return item;
}

static void broadcasts(void)
{
    int counts[] = {0, 0};
    vow_coroutine *consumers[] = {vow_coroutine_new(count_items, &counts[0]),
                                  vow_coroutine_new(count_items, &counts[1])};
    vow_coroutine *both = vow_broadcast(consumers, 2);
    vow_coroutine *generator = vow_coroutine_new(give_tokens, NULL);
    vow_release(vow_inject(generator, both));
    require(vow_coroutine_close(both) == VOW_OK);
    require(counts[0] == ITEMS && counts[1] == ITEMS);
    vow_coroutine_release(generator);
    vow_coroutine_release(both);
    vow_coroutine_release(consumers[0]);
    vow_coroutine_release(consumers[1]);
}

const struct scenario scenarios_of_coroutines[] = {
    {"sends and throws", sends_and_throws, false},
    {"closes coroutines", closes_coroutines, false},
    {"broadcasts", broadcasts, false},
    {NULL, NULL, false},
};
