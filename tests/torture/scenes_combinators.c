/*
 * scenes_combinators.c - several promises as one, lists, retries, delays, groups, scopes, cooperators.
 */
#include "torture/scene.h"

static vow_value pass(vow_value input, void *context)
{
    (void)context;
    return input;
}

/* Promises of 0, 1, 2 …, which begin to be fulfilled by fire_all(). */
enum { COUNT = 4 };

struct several {
    vow_deferred *deferreds[COUNT];
    vow_promise *promises[COUNT];
    vow_promise *given[COUNT];
};

static void several_release(struct several *several)
{
    for (int i = 0; i < COUNT; i++) {
        vow_promise_release(several->promises[i]);
        vow_deferred_release(several->deferreds[i]);
    }
}

static bool several_new(struct several *several)
{
    for (int i = 0; i < COUNT; i++)
        if ((several->deferreds[i] = vow_deferred_new(&several->promises[i])) == NULL)
            return false;
    return true;
}

static void fire_all(struct several *several)
{
    for (int i = 0; i < COUNT; i++)
        sure(vow_resolve(several->deferreds[i], vow_integer(i)) == VOW_OK);
}

/* What gathers promises takes them: these are further references. */
static vow_promise **again(struct several *several)
{
    for (int i = 0; i < COUNT; i++)
        several->given[i] = vow_promise_retain(several->promises[i]);
    return several->given;
}

#define SEVERAL __attribute__((cleanup(several_release))) struct several

/* Takes a promise of a list: whether it has `count` items, or refused. */
static void has_items(vow_promise *promise, size_t count)
{
    vow_auto_value list = vow_await(promise, VOW_FOREVER);
    need_value(list);
    sure(vow_list_count(list) == count);
}

static void all(void)
{
    SEVERAL several = {0};
    if (!several_new(&several))
        need(NULL);
    vow_promise *promise = vow_all(again(&several), COUNT);
    fire_all(&several);
    has_items(promise, COUNT);
}

static void all_settled(void)
{
    SEVERAL several = {0};
    if (!several_new(&several))
        need(NULL);
    vow_promise *promise = vow_all_settled(again(&several), COUNT);
    fire_all(&several);
    has_items(promise, COUNT);
}

static void any_and_race(void)
{
    SEVERAL several = {0};
    if (!several_new(&several))
        need(NULL);
    vow_promise *any = vow_any(again(&several), COUNT);
    vow_promise *race = vow_race(again(&several), COUNT);
    fire_all(&several);
    vow_auto_value first = vow_await(any, VOW_FOREVER);
    vow_auto_value second = vow_await(race, VOW_FOREVER);
    need_value(first);
    need_value(second);
    sure(vow_is_integer(first) && vow_is_integer(second));
}

static void some(void)
{
    SEVERAL several = {0};
    if (!several_new(&several))
        need(NULL);
    vow_promise *promise = vow_some(again(&several), COUNT, 2);
    fire_all(&several);
    has_items(promise, 2);
}

static void gathered(void)
{
    static const struct vow_gathering gathering = {
        .size = sizeof gathering, .kind = VOW_GATHER_ALL, .cancel_rest = true};
    SEVERAL several = {0};
    if (!several_new(&several))
        need(NULL);
    vow_value left = vow_none(), right = vow_none();
    const struct vow_field fields[] = {{vow_promise_retain(several.promises[0]), &left},
                                       {vow_promise_retain(several.promises[3]), &right}};
    vow_promise *list = vow_gather(again(&several), COUNT, &gathering);
    vow_promise *both = vow_gather_fields(fields, 2, vow_integer(9));
    fire_all(&several);
    has_items(list, COUNT);
    vow_auto_value result = vow_await(both, VOW_FOREVER);
    need_value(result);
    sure(vow_as_integer(result) == 9 && vow_as_integer(right) == 3);
}

/* Each ---------------------------------------------------------------------------------------------------------- */

static vow_value three_integers(void)
{
    vow_value list = vow_list_new(3);
    for (int i = 1; i <= 3 && !vow_is_error(list); i++) {
        vow_status status = vow_list_append(list, vow_integer(i));
        if (status != VOW_OK) {
            vow_release(list);
            list = vow_fail(status, "three_integers");
        }
    }
    return list;
}

/* A promise of its input, which settles later. */
static vow_value later(vow_value input, void *context)
{
    (void)context;
    return vow_promise_value(vow_delay(VOW_US(10), input));
}

static vow_value is_odd(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) % 2);
}

static vow_value add(vow_value total, vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(total) + vow_as_integer(item));
}

static void each(void)
{
    vow_auto_value list = three_integers();
    need_value(list);
    has_items(vow_map(vow_retain(list), later, NULL, 2), 3);
    has_items(vow_filter(vow_retain(list), is_odd, NULL, 0), 2);
    need_integer(vow_reduce(vow_retain(list), add, vow_integer(0), NULL), 6);
    vow_auto_value done = vow_await(vow_each(vow_retain(list), later, NULL), VOW_FOREVER);
    need_value(done);
}

static vow_value fail_twice(vow_value input, void *tries)
{
    return ++*(int *)tries < 3 ? vow_fail(VOW_USER, "not yet") : input;
}

static bool if_it_is_ours(vow_value error, unsigned tries, void *context)
{
    (void)tries;
    (void)context;
    return vow_error_is(error, VOW_USER);
}

static void retried(void)
{
    static const struct vow_retrying retrying = {
        .size = sizeof retrying, .tries = 5, .pause = VOW_US(1), .worth = if_it_is_ours};
    static int tries; /* where the scene is canceled, the function may be called yet */
    need_integer(vow_retry(fail_twice, vow_integer(3), &tries, &retrying), 3);
    sure(tries == 3);
}

static vow_value count_to_three(vow_value input, void *context)
{
    (void)context;
    int64_t number = vow_as_integer(input);
    return number == 3 ? vow_end() : later(vow_integer(number + 1), NULL);
}

static bool is_three(vow_value value, void *context)
{
    (void)context;
    return vow_as_integer(value) == 3;
}

static vow_value later_by_one(vow_value input, void *context)
{
    return later(vow_integer(vow_as_integer(input) + 1), context);
}

static void repeated(void)
{
    need_integer(vow_repeat(count_to_three, vow_integer(0), NULL), 3);
    need_integer(vow_repeat_until(later_by_one, vow_integer(0), is_three, NULL), 3);
}

static void delayed(void)
{
    need_integer(vow_delay(VOW_US(1), vow_integer(3)), 3);
    need_integer(vow_timeout(vow_delay(VOW_US(1), vow_integer(4)), vow_after(VOW_S(600))), 4);
    vow_promise *never;
    vow_auto_deferred deferred = vow_deferred_new(&never);
    need(deferred);
    vow_auto_value value = vow_await(vow_timeout(never, vow_after(VOW_US(1))), VOW_FOREVER);
    sure(vow_is_error(value));
    if (!vow_error_is(value, VOW_TIMED_OUT))
        need_value(value);
}

/* Groups, scopes, cooperators ------------------------------------------------------------------------------------ */

static int ran;

static vow_value run_a_little(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_sleep(VOW_US(10));
    if (status != VOW_OK)
        return vow_fail(status, "%s", vow_last_error());
    ran++;
    return input;
}

static void grouped(void)
{
    vow_auto_group group = vow_group_new(NULL);
    need(group);
    vow_status statuses[2];
    for (int i = 0; i < 2; i++)
        statuses[i] = vow_group_spawn(group, run_a_little, vow_integer(i), NULL);
    vow_status added = vow_group_add(group, vow_delay(VOW_US(1), vow_none()));
    sure(vow_group_count(group) <= 3);
    vow_auto_value end = scene_join(vow_group_close(group));
    sure(vow_group_count(group) == 0);
    need_value(end);
    need_ok(statuses[0]);
    need_ok(statuses[1]);
    need_ok(added);
    sure(ran == 2 && !vow_group_is_canceled(group));
}

static void grouped_and_canceled(void)
{
    vow_auto_group group = vow_group_new(NULL);
    need(group);
    vow_status status = vow_group_add(group, vow_delay(VOW_S(600), vow_none()));
    vow_group_cancel(group);
    sure(vow_group_is_canceled(group));
    vow_auto_value end = vow_await(vow_group_close(group), VOW_FOREVER);
    need_ok(status);
    if (!vow_error_is(end, VOW_CANCELED))
        need_value(end);
}

static void within_a_scope(void)
{
    vow_auto_value value = vow_within(vow_after(VOW_S(600)), run_a_little, vow_integer(5), NULL);
    need_value(value);
    sure(vow_as_integer(value) == 5 && ran == 1);
}

static vow_value three_steps(vow_value input, void *context)
{
    (void)context;
    int64_t number = vow_as_integer(input);
    if (number == 3)
        return vow_end();
    return number == 1 ? later(vow_integer(2), NULL) : vow_integer(number + 1);
}

static void cooperating(void)
{
    vow_auto_cooperator cooperator = vow_cooperator_new(NULL);
    need(cooperator);
    vow_auto_iteration iteration = vow_cooperate(cooperator, three_steps, vow_integer(0), NULL);
    need(iteration);
    vow_auto_promise other = vow_coiterate(cooperator, three_steps, vow_integer(0), NULL);
    vow_status paused = vow_iteration_pause(iteration);
    if (paused == VOW_OK)
        sure(vow_iteration_resume(iteration) == VOW_OK);
    else
        sure(paused == VOW_CLOSED);
    sure(vow_cooperator_count(cooperator) <= 2);
    need_integer(vow_iteration_done(iteration), 3);
    need_integer(vow_promise_retain(other), 3);
    vow_iteration_release(vow_iteration_retain(iteration));
}

static vow_value wait_for_ever(vow_value input, void *promise)
{
    (void)input;
    return vow_promise_value(vow_promise_retain(promise));
}

/* Stopped while it waits, on a loop, by its iteration, and as a whole. */
static void cooperating_and_stopped(void)
{
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_promise *never;
    vow_auto_deferred deferred = vow_deferred_new(&never);
    need(deferred);
    vow_auto_promise kept = never;
    vow_auto_cooperator cooperator = vow_cooperator_new(NULL);
    need(cooperator);
    vow_auto_iteration one = vow_cooperate(cooperator, wait_for_ever, vow_none(), kept);
    need(one);
    vow_auto_iteration other = vow_cooperate(cooperator, wait_for_ever, vow_none(), kept);
    need(other);
    need_ok(vow_loop_run_once(loop, VOW_POLL));
    vow_status status = vow_iteration_stop(one);
    vow_cooperator_stop(cooperator);
    vow_auto_value first = vow_await(vow_iteration_done(one), VOW_FOREVER);
    vow_auto_value second = vow_await(vow_iteration_done(other), VOW_FOREVER);
    sure(vow_is_error(first) && vow_is_error(second));
    if (!vow_error_is(first, VOW_CANCELED))
        need_value(first);
    if (!vow_error_is(second, VOW_CANCELED))
        need_value(second);
    sure(status == VOW_OK || status == VOW_CLOSED);
    sure(vow_cooperate(cooperator, pass, vow_none(), NULL) == NULL);
}

const struct scene scenes_of_combinators[] = {
    SCENE(all),
    SCENE(all_settled),
    SCENE(any_and_race),
    SCENE(some),
    SCENE(gathered),
    SCENE(each),
    SCENE(retried),
    SCENE(repeated),
    SCENE(delayed),
    SCENE(grouped),
    SCENE(grouped_and_canceled),
    SCENE(within_a_scope),
    SCENE(cooperating),
    SCENE_ALONE(cooperating_and_stopped),
    {0},
};
