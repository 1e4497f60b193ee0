/*
 * promises.c - scenarios of promises that are made of others: combined, derived, retried, grouped, foreign. The body
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

static vow_promise *with_a_link(vow_promise *promise)
{
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = give_input,
                             .context = token_context(),
                             .drop = drop_token};
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
    wait_or_cancel(vow_then(vow_finally(chain, give_input, NULL), give_another, NULL));
}

static void adds_links(void)
{
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = give_another,
                             .context = token_context(),
                             .drop = drop_token};
    vow_promise *promise = vow_add_callbacks(a_moment(), &handlers);
    promise = vow_add_callback(promise, give_another, NULL);
    promise = vow_add_errback(promise, give_input, NULL);
    promise = vow_add_both(promise, give_input, NULL);
    vow_release(result_of(promise));
}

/* Takes the deferred, which may have been canceled. */
static vow_value chain_later(vow_value input, void *deferred)
{
    (void)vow_sleep(MOMENT);
    require(vow_chain(with_a_link(a_moment()), deferred) == VOW_OK);
    return input;
}

static void waits_for_what_is_chained(void)
{
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *chains = child(chain_later, deferred);
    vow_release(result_of(with_a_link(promise)));
    join(chains);
}

static vow_value unpause_later(vow_value input, void *promise)
{
    (void)vow_sleep(MOMENT);
    require(vow_unpause(promise) == VOW_OK);
    return input;
}

static void waits_for_what_is_paused(void)
{
    vow_promise *paused = a_moment();
    require(vow_pause(paused) == VOW_OK);
    vow_promise *unpauses = child(unpause_later, paused);
    vow_release(result_of(vow_promise_retain(paused)));
    join(unpauses);
    vow_promise_release(paused);
}

static void waits_behind_what_is_paused(void)
{
    vow_promise *paused = with_a_link(a_moment());
    require(vow_pause(paused) == VOW_OK);
    vow_promise *unpauses = child(unpause_later, paused);
    vow_release(result_of(with_a_link(vow_promise_retain(paused))));
    join(unpauses);
    vow_promise_release(paused);
}

/* What was canceled is caught: there is a value all the same, unless that was canceled, too. */
static void catches_and_taps(void)
{
    vow_promise *caught = vow_catch(vow_then(a_moment(), give_up, NULL), give_another, NULL);
    vow_release(result_of(vow_tap(caught, give_another, NULL)));
}

static vow_value give_another_later(vow_value input, void *context)
{
    (void)vow_sleep(MOMENT);
    return give_another(input, context);
}

static void attempts(void)
{
    vow_value value = result_of(vow_attempt(give_another_later, token(), NULL));
    require(vow_is_box(value) || vow_canceled());
    vow_release(value);
    value = vow_await(vow_attempt(give_up, token(), NULL), VOW_FOREVER);
    require(vow_error_status(value) == VOW_USER || vow_canceled());
    vow_release(value);
}

/* An object of somebody else's, which tells a deferred of its end by a job. */
struct foreign {
    void *token;
    _Atomic int cancels;
};

static vow_value tell_deferred(vow_value input, void *context)
{
    (void)vow_sleep(MOMENT);
    (void)vow_fire(context, vow_retain(input)); /* refused where it was canceled */
    return vow_none();
}

static vow_value hear_of_foreign(void *object, vow_deferred *deferred)
{
    (void)object;
    (void)vow_sleep(MOMENT);
    join(child(tell_deferred, vow_deferred_retain(deferred)));
    return vow_none();
}

static vow_value hear_later_of_foreign(void *object, vow_deferred *deferred)
{
    (void)object;
    vow_promise_release(child(tell_deferred, vow_deferred_retain(deferred)));
    return vow_none();
}

static void cancel_foreign(void *object)
{
    struct foreign *foreign = object;
    require(atomic_fetch_add(&foreign->cancels, 1) == 0);
}

static void drop_foreign(void *object)
{
    struct foreign *foreign = object;
    drop_token(foreign->token);
    free(foreign);
}

static void *a_foreign_object(void)
{
    struct foreign *foreign = calloc(1, sizeof *foreign);
    require(foreign != NULL);
    foreign->token = token_context();
    return foreign;
}

static void waits_for_foreign_objects(void)
{
    struct vow_foreign_ops ops = {.size = sizeof ops,
                                  .then = hear_of_foreign,
                                  .cancel = cancel_foreign,
                                  .drop = drop_foreign};
    vow_release(result_of(vow_foreign(&ops, a_foreign_object())));
    ops.then = hear_later_of_foreign;
    vow_release(result_of(vow_foreign(&ops, a_foreign_object())));
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
    {"retries", retries, false},
    {"times out", times_out, false},
    {"follows a chain", follows_a_chain, false},
    {"adds links", adds_links, false},
    {"waits for what is chained", waits_for_what_is_chained, false},
    {"waits for what is paused", waits_for_what_is_paused, false},
    {"waits behind what is paused", waits_behind_what_is_paused, false},
    {"catches and taps", catches_and_taps, false},
    {"attempts", attempts, false},
    {"waits for foreign objects", waits_for_foreign_objects, false},
    {"waits for what has a canceller", waits_for_what_has_a_canceller, false},
    {"waits for a group", waits_for_a_group, false},
    {"waits for a message", waits_for_a_message, false},
    {NULL, NULL, false},
};
