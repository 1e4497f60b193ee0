/*
 * promises.c - scenarios of promises that are made of others: combined, mapped, repeated, retried, grouped. The body
 * waits for the result, and cancels it where its wait is; once it lets go of it instead.
 */
#include "cancel_sweep.h"

/* Taken. */
static void wait_or_cancel(vow_promise *promise)
{
    if (vow_wait(promise, VOW_FOREVER, NULL) == VOW_CANCELED)
        vow_cancel(promise);
    join(promise);
}

static vow_promise *a_moment(void)
{
    return vow_delay(MOMENT, token());
}

static vow_value pass(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_promise *with_a_link(vow_promise *promise)
{
    vow_handlers handlers = {
        .size = sizeof handlers, .fulfilled = pass, .context = token_context(), .drop = drop_token};
    return vow_then_with(promise, &handlers);
}

static vow_value give_up(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_fail(VOW_USER, "as was to be expected");
}

static void gather(enum vow_gathering_kind kind, bool cancel_rest)
{
    struct vow_gathering how = {.size = sizeof how, .kind = kind, .wanted = 2};
    vow_promise *promises[3];
    how.cancel_rest = cancel_rest;
    for (int i = 0; i < 3; i++)
        promises[i] = with_a_link(a_moment());
    wait_or_cancel(vow_gather(promises, 3, &how));
}

static void gathers_all(void)
{
    gather(VOW_GATHER_ALL, true);
}

static void gathers_any(void)
{
    gather(VOW_GATHER_ANY, true);
}

static void gathers_some_and_leaves_the_rest(void)
{
    gather(VOW_GATHER_SOME, false);
}

static void races(void)
{
    vow_promise *promises[] = {a_moment(), vow_then(a_moment(), give_up, NULL)};
    vow_release(
        vow_await(vow_race(promises, 2), VOW_FOREVER)); /* let go of, where it is canceled */
}

static vow_value work_on_item(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_promise_value(a_moment());
}

static vow_value a_list(void)
{
    vow_value list = vow_list_new(4);
    for (int i = 0; i < 4; i++)
        (void)vow_list_append(list, token());
    return list;
}

static void maps(void)
{
    wait_or_cancel(vow_map(a_list(), work_on_item, NULL, 2));
}

static vow_value add_item(vow_value total, vow_value item, void *context)
{
    (void)item;
    (void)context;
    vow_release(total);
    return vow_promise_value(a_moment());
}

static void reduces(void)
{
    wait_or_cancel(vow_reduce(a_list(), add_item, token(), NULL));
}

static vow_value count_up(vow_value input, void *context)
{
    (void)context;
    int64_t count = vow_as_integer(input);
    return count == 3 ? vow_end() : vow_promise_value(vow_delay(MOMENT, vow_integer(count + 1)));
}

static void repeats(void)
{
    wait_or_cancel(vow_repeat(count_up, vow_integer(0), NULL));
}

static vow_value fail_later(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_promise_value(vow_then(a_moment(), give_up, NULL));
}

static void retries(void)
{
    struct vow_retrying how = {.size = sizeof how, .tries = 3, .pause = MOMENT};
    wait_or_cancel(vow_retry(fail_later, token(), NULL, &how));
}

static void times_out(void)
{
    vow_promise *never = NULL;
    vow_deferred *deferred = vow_deferred_new(&never);
    wait_or_cancel(vow_timeout(with_a_link(never), vow_after(MOMENT)));
    vow_deferred_release(deferred);
}

static vow_value give_another(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_promise_value(with_a_link(a_moment()));
}

static void follows_a_chain(void)
{
    vow_promise *chain = vow_then(with_a_link(a_moment()), give_another, NULL);
    wait_or_cancel(vow_then(vow_finally(chain, pass, NULL), give_another, NULL));
}

static void cancel_deferred(void *context)
{
    (void)context;
}

static void waits_for_what_has_a_canceller(void)
{
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    require(vow_set_canceller(deferred, cancel_deferred, token_context(), drop_token) == VOW_OK);
    if (vow_wait(promise, vow_after(MOMENT), NULL) == VOW_CANCELED)
        vow_cancel(promise);
    vow_promise_release(promise);
    vow_deferred_release(deferred);
}

static vow_value be_a_member(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(MOMENT);
    return input;
}

static void waits_for_a_group(void)
{
    struct vow_grouping grouping = {.size = sizeof grouping, .scheduler = vow_current_scheduler()};
    vow_group *group = vow_group_new(&grouping);
    for (int i = 0; i < 3; i++)
        require(vow_group_spawn(group, be_a_member, token(), NULL) == VOW_OK);
    require(vow_group_add(group, a_moment()) == VOW_OK);
    vow_promise *end = vow_group_close(group);
    if (vow_wait(end, VOW_FOREVER, NULL) == VOW_CANCELED)
        vow_group_cancel(group);
    join(end);
    vow_shield_begin();
    require(vow_group_free(group) == VOW_OK);
    vow_shield_end();
}

static void waits_for_iterations(void)
{
    struct vow_cooperating how = {.size = sizeof how, .scheduler = vow_current_scheduler()};
    vow_cooperator *cooperator = vow_cooperator_new(&how);
    vow_promise *one = vow_coiterate(cooperator, count_up, vow_integer(0), NULL);
    vow_promise *other = vow_coiterate(cooperator, count_up, vow_integer(0), NULL);
    wait_or_cancel(one);
    wait_or_cancel(other);
    vow_cooperator_free(cooperator);
}

static void waits_for_a_message(void)
{
    vow_dispatcher *dispatcher = vow_dispatcher_new(vow_current_scheduler());
    vow_promise *message = vow_next_message(dispatcher, VOW_ANY_SENDER, VOW_ANY_MESSAGE);
    (void)vow_sleep(MOMENT);
    require(vow_publish(dispatcher, NULL, vow_name("news"), token()) == VOW_OK);
    vow_release(vow_await(message, VOW_FOREVER));
    vow_dispatcher_free(dispatcher);
}

const struct scenario scenarios_of_promises[] = {
    {"gathers all", gathers_all, false},
    {"gathers any", gathers_any, false},
    {"gathers some and leaves the rest", gathers_some_and_leaves_the_rest, false},
    {"races", races, false},
    {"maps", maps, false},
    {"reduces", reduces, false},
    {"repeats", repeats, false},
    {"retries", retries, false},
    {"times out", times_out, false},
    {"follows a chain", follows_a_chain, false},
    {"waits for what has a canceller", waits_for_what_has_a_canceller, false},
    {"waits for a group", waits_for_a_group, false},
    {"waits for iterations", waits_for_iterations, false},
    {"waits for a message", waits_for_a_message, false},
    {NULL, NULL, false},
};
