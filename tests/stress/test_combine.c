/*
 * test_combine.c - random cancels against everything that is made of promises: gatherings, maps, retries, loops, delays,
 * timeouts, groups. All settle, nothing is lost, each drop function runs once.
 */
#include "gang.h"

#include <vow/combine.h>
#include <vow/cooperate.h>
#include <vow/delay.h>
#include <vow/each.h>
#include <vow/group.h>
#include <vow/line.h>
#include <vow/pool.h>
#include <vow/repeat.h>
#include <vow/retry.h>
#include <vow/submit.h>

enum { ROUNDS = 1500, FEW = 5, FLAKY = VOW_USER };

static vow_scheduler *workers;

/* Work that ends in one of several ways, here or on a worker ------------------------------------------------------------ */

static vow_value work(vow_value input, void *context)
{
    (void)context;
    switch (vow_as_integer(input) % 5) {
    case 0:
        return vow_fail(FLAKY, "flaky");
    case 1:
        (void)vow_sleep(VOW_US(20));
        return vow_canceled() ? vow_fail(VOW_CANCELED, "told") : input;
    case 2:
        (void)vow_reschedule();
        return input;
    case 3:
        return vow_text("done");
    default:
        return input;
    }
}

static vow_value work_elsewhere(vow_value input, void *context)
{
    return vow_promise_value(vow_submit(workers, work, input, context));
}

static vow_value one_less(vow_value input, void *context)
{
    int64_t number = vow_as_integer(input) - 1;
    (void)context;
    if (number <= 0)
        return vow_end();
    return vow_promise_value(vow_delay(VOW_US(5), vow_integer(number)));
}

/* A job whose drop function is counted. */
static vow_promise *counted_job(struct member *member)
{
    struct vow_job job = {.size = sizeof job,
                          .fn = work,
                          .input = vow_integer((int64_t)random_below(member, 100)),
                          .drop = count_end};
    atomic_fetch_add(&links_begun, 1);
    return vow_submit_with(workers, &job);
}

static vow_promise *counted_promise(struct member *member)
{
    vow_handlers handlers = counted_link();
    vow_promise *promise = random_below(member, 2) == 0
                               ? vow_delay(VOW_US(random_below(member, 50)), vow_text("delayed"))
                               : counted_job(member);
    return vow_then_with(promise, &handlers);
}

/* Something to cancel --------------------------------------------------------------------------------------------------- */

static vow_promise *gathering(struct member *member)
{
    vow_promise *promises[FEW];
    struct vow_gathering what = {.size = sizeof what,
                                 .kind = (enum vow_gathering_kind)random_below(member, 5),
                                 .cancel_rest = random_below(member, 2) == 0};
    if (what.kind == VOW_GATHER_SOME)
        what.wanted = 2;
    for (int i = 0; i < FEW; i++)
        promises[i] = counted_promise(member);
    return vow_gather(promises, FEW, &what);
}

static vow_value some_numbers(struct member *member)
{
    vow_value list = vow_list_new(FEW);
    for (int i = 0; i < FEW; i++)
        (void)vow_list_append(list, vow_integer(1 + (int64_t)random_below(member, 4)));
    return list;
}

static vow_promise *retrying(struct member *member)
{
    struct vow_retrying how = {
        .size = sizeof how, .tries = 3, .pause = VOW_US(random_below(member, 30)), .jitter = 1};
    return vow_retry(work_elsewhere, vow_integer((int64_t)random_below(member, 5)), NULL, &how);
}

static vow_promise *timed(struct member *member)
{
    return vow_timeout(counted_promise(member), vow_after(VOW_US(random_below(member, 60))));
}

static vow_promise *something(struct member *member)
{
    switch (random_below(member, 6)) {
    case 0:
        return gathering(member);
    case 1:
        return vow_map(some_numbers(member), work_elsewhere, NULL, random_below(member, 3));
    case 2:
        return vow_filter(some_numbers(member), work, NULL, 2);
    case 3:
        return retrying(member);
    case 4:
        return vow_repeat(one_less, vow_integer(3), NULL);
    default:
        return timed(member);
    }
}

static void *cancel_and_release(void *promise)
{
    vow_cancel(promise);
    vow_promise_release(promise);
    return NULL;
}

static vow_value cancel_in_a_job(vow_value input, void *context)
{
    (void)cancel_and_release(context);
    return input;
}

/* Now, a little later, or by a worker meanwhile; or not at all. */
static void cancel_somehow(struct member *member, vow_promise *promise)
{
    switch (random_below(member, 4)) {
    case 0:
        vow_cancel(promise);
        break;
    case 1:
        (void)vow_wait(promise, vow_after(VOW_US(random_below(member, 40))), NULL);
        vow_cancel(promise);
        break;
    case 2:
        vow_promise_release(
            vow_submit(workers, cancel_in_a_job, vow_none(), vow_promise_retain(promise)));
        break;
    default:
        break;
    }
}

static void cancel_promises(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        vow_promise *promise = something(member);
        if (random_below(member, 3) == 0)
            promise = vow_timeout(promise, vow_after(VOW_US(random_below(member, 100))));
        cancel_somehow(member, promise);
        vow_release(vow_await(promise, VOW_FOREVER));
    }
    finish_links(member);
}

static vow_value spawn_more(vow_value input, void *context)
{
    if (vow_as_integer(input) > 0)
        (void)vow_group_spawn(context, spawn_more, vow_integer(vow_as_integer(input) - 1), context);
    return work(input, NULL);
}

static void cancel_groups(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS / 2); round++) {
        struct vow_grouping what = {
            .size = sizeof what, .scheduler = workers, .keep_going = random_below(member, 2) == 0};
        if (random_below(member, 2) == 0)
            what.deadline = vow_after(VOW_US(random_below(member, 100)));
        vow_group *group = vow_group_new(&what);
        for (int i = 0; i < FEW; i++) {
            (void)vow_group_spawn(group, spawn_more, vow_integer(3), group);
            (void)vow_group_add(group, something(member));
        }
        vow_promise *end = vow_group_close(group);
        cancel_somehow(member, end);
        if (random_below(member, 2) == 0)
            vow_release(vow_await(vow_promise_retain(end), VOW_FOREVER));
        vow_promise_release(end);
        require(vow_group_free(group) == VOW_OK);
    }
    finish_links(member);
}

static vow_value give_back(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_value wait_for_a_worker(vow_value input, void *context)
{
    return vow_promise_value(vow_submit(workers, give_back, input, context));
}

/* At any moment, mostly while it goes from what it has waited for to its next step. */
static void end_iteration(struct member *member, vow_cooperator *cooperator,
                          vow_iteration *iteration)
{
    volatile unsigned rest = random_below(member, 4000);
    while (rest > 0)
        rest--;
    if (random_below(member, 2) == 0)
        (void)vow_iteration_stop(iteration);
    else
        vow_cooperator_stop(cooperator);
}

static void stop_iterations(struct member *member)
{
    struct vow_cooperating how = {.size = sizeof how, .scheduler = workers};
    vow_promise *others[FEW];
    for (int round = 0; round < fewer(4 * ROUNDS); round++) {
        vow_cooperator *cooperator = vow_cooperator_new(&how);
        vow_iteration *iteration =
            vow_cooperate(cooperator, wait_for_a_worker, vow_integer(1), NULL);
        for (int i = 0; i < FEW; i++)
            others[i] = vow_coiterate(cooperator, wait_for_a_worker, vow_integer(i), NULL);
        end_iteration(member, cooperator, iteration);
        vow_cooperator_free(cooperator);
        vow_release(vow_await(vow_iteration_done(iteration), VOW_FOREVER));
        for (int i = 0; i < FEW; i++)
            vow_release(vow_await(others[i], VOW_FOREVER));
        vow_iteration_release(iteration);
    }
    finish_links(member);
}

static void with_workers(void (*act)(struct member *))
{
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    vow_pool *pool = vow_pool_new(2, NULL);
    workers = vow_pool_scheduler(pool);
    gang_run(act);
    assert_ok(vow_pool_free(pool)); /* canceled jobs may end after everybody has looked away */
    assert_all_links_ended();
}

static void promises_of_many_kinds_settle_whoever_cancels(void **state)
{
    (void)state;
    with_workers(cancel_promises);
}

static void groups_end_whoever_cancels(void **state)
{
    (void)state;
    with_workers(cancel_groups);
}

static void iterations_end_once_whoever_stops_them(void **state)
{
    (void)state;
    with_workers(stop_iterations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(promises_of_many_kinds_settle_whoever_cancels),
        stress_test(groups_end_whoever_cancels),
        stress_test(iterations_end_once_whoever_stops_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
