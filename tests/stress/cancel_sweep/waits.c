/*
 * waits.c - scenarios of a line that waits: sleeps, promises, deadlines, shields, children, coroutines, forks.
 */
#include "cancel_sweep.h"

static void sleeps(void)
{
    for (int i = 0; i < 3; i++)
        require_ok_or_canceled(vow_sleep(MOMENT));
}

static void sleeps_until_moments(void)
{
    for (int i = 0; i < 2; i++) {
        vow_deadline moment = vow_after(MOMENT);
        vow_status status = vow_sleep_until(moment);
        require_ok_or_canceled(status);
        require(status == VOW_OK ? vow_now() >= moment.at : vow_canceled());
    }
}

static vow_value sleep_for_good(vow_value input, void *context)
{
    (void)context;
    require(vow_sleep_until(VOW_FOREVER) == VOW_CANCELED);
    return input;
}

static void ends_a_sleep(void)
{
    vow_promise *sleeping = child(sleep_for_good, NULL);
    (void)vow_sleep(MOMENT);
    vow_cancel(sleeping);
    join(sleeping);
}

static void reschedules(void)
{
    for (int i = 0; i < 3; i++)
        require_ok_or_canceled(vow_reschedule());
}

static void waits_for_children(void)
{
    vow_promise *children[2];
    for (int i = 0; i < 2; i++)
        children[i] = child(give_input_later, NULL);
    for (int i = 0; i < 2; i++) {
        vow_value value = vow_none();
        vow_status status = vow_wait(children[i], VOW_FOREVER, &value);
        require_ok_or_canceled(status);
        require(status != VOW_OK || vow_is_box(value));
        vow_release(value);
        vow_promise_release(children[i]);
    }
}

/* Its waits are for the child alone, which is canceled if the await is. */
static void awaits_and_cancels(void)
{
    vow_promise *awaited = child(give_input_later, NULL);
    if (vow_wait(awaited, VOW_FOREVER, NULL) != VOW_OK)
        vow_cancel(awaited);
    join(awaited);
}

static void waits_until_deadlines(void)
{
    vow_promise *never = NULL;
    vow_deferred *deferred = vow_deferred_new(&never);
    for (int i = 0; i < 2; i++) {
        vow_status status = vow_wait(never, vow_after(MOMENT), NULL);
        require(status == VOW_TIMED_OUT || status == VOW_CANCELED);
    }
    (void)vow_fire(deferred, token());
    vow_promise_release(never);
}

static void waits_for_all(void)
{
    vow_promise *children[3];
    for (int i = 0; i < 3; i++)
        children[i] = child(give_input_later, NULL);
    require_ok_or_canceled(vow_wait_all(children, 3, VOW_FOREVER));
    for (int i = 0; i < 3; i++)
        vow_promise_release(children[i]);
}

static void waits_behind_a_shield(void)
{
    vow_shield_begin();
    for (int i = 0; i < 2; i++)
        require(vow_sleep(MOMENT) == VOW_OK);
    vow_shield_end();
    require_ok_or_canceled(vow_sleep(MOMENT));
}

static void spawns(void)
{
    vow_promise *spawned = vow_spawn(vow_current_scheduler(), give_input_later, token(), NULL);
    require_ok_or_canceled(vow_sleep(MOMENT));
    join(spawned);
}

static vow_value sleep_in_a_scope(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(MOMENT);
    return vow_sleep(VOW_S(60)) == VOW_OK ? vow_none() : input;
}

static void stays_within_a_deadline(void)
{
    vow_release(vow_within(vow_after(3 * MOMENT), sleep_in_a_scope, token(), NULL));
}

static vow_value block(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(MOMENT);
    return input;
}

static void waits_for_a_blocking_job(void)
{
    struct vow_job job = {.size = sizeof job,
                          .fn = block,
                          .input = token(),
                          .context = token_context(),
                          .drop = drop_token,
                          .blocking = true};
    vow_release(vow_await(vow_submit_with(vow_current_scheduler(), &job), VOW_FOREVER));
}

static vow_value yield_tokens(vow_value input, void *context)
{
    (void)context;
    for (int i = 0; i < 3; i++) {
        vow_release(vow_yield(token()));
        (void)vow_sleep(MOMENT);
    }
    return input;
}

static void reads_a_generator_that_sleeps(void)
{
    struct vow_coroutine_options options = {.size = sizeof options,
                                            .body = yield_tokens,
                                            .context = token_context(),
                                            .drop = drop_token};
    vow_coroutine *generator = vow_coroutine_new_with(&options);
    vow_value item = vow_next(generator);
    for (int i = 0; i < 2 && !vow_is_end(item) && !vow_is_error(item); i++) {
        vow_release(item);
        item = vow_next(generator);
    }
    vow_release(item);
    vow_coroutine_release(generator); /* closed in the middle */
}

static vow_value fork_more(vow_value input, void *context)
{
    struct vow_forked fork;
    if (vow_as_integer(input) == 0) {
        (void)vow_sleep(MOMENT);
        return token();
    }
    vow_fork(&fork, fork_more, vow_integer(vow_as_integer(input) - 1), context);
    vow_release(fork_more(vow_integer(vow_as_integer(input) - 1), context));
    return vow_join(&fork);
}

static void forks_and_joins(void)
{
    vow_release(fork_more(vow_integer(2), NULL));
}

static vow_value begin_and_sleep(vow_value input, void *begun)
{
    require(vow_event_set(begun) == VOW_OK);
    for (int i = 0; i < 2; i++)
        (void)vow_sleep(MOMENT);
    return input;
}

/* In a pool a worker that has nothing else to do begins it while the line that forked it is parked. */
static void joins_what_was_stolen(void)
{
    struct vow_forked fork;
    vow_event begun = VOW_EVENT_INIT;
    vow_fork(&fork, begin_and_sleep, token(), &begun);
    vow_status status = vow_event_wait(&begun, vow_after(VOW_MS(10)));
    require(status == VOW_OK || status == VOW_TIMED_OUT || status == VOW_CANCELED);
    vow_value joined = vow_join(&fork);
    require(vow_is_box(joined));
    vow_release(joined);
}

const struct scenario scenarios_of_waits[] = {
    {"sleeps", sleeps, false},
    {"sleeps until moments", sleeps_until_moments, false},
    {"ends a sleep", ends_a_sleep, true},
    {"reschedules", reschedules, false},
    {"waits for children", waits_for_children, false},
    {"awaits a child and cancels it", awaits_and_cancels, false},
    {"waits until deadlines", waits_until_deadlines, false},
    {"waits for all", waits_for_all, false},
    {"waits behind a shield", waits_behind_a_shield, false},
    {"spawns", spawns, false},
    {"stays within a deadline", stays_within_a_deadline, false},
    {"waits for a blocking job", waits_for_a_blocking_job, false},
    {"reads a generator that sleeps", reads_a_generator_that_sleeps, false},
    {"forks and joins", forks_and_joins, false},
    {"joins what was stolen", joins_what_was_stolen, false},
    {NULL, NULL, false},
};
