/*
 * lists.c - scenarios of what is done again and again: for each item of a list, until somebody says so, in turns; and of
 * lists of promises that are combined.
 */
#include "cancel_sweep.h"

enum { ITEMS = 4 };

static vow_value work_on_item(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_promise_value(a_moment());
}

static vow_value a_list(void)
{
    vow_value list = vow_list_new(ITEMS);
    for (int i = 0; i < ITEMS; i++)
        (void)vow_list_append(list, token());
    return list;
}

/* Taken; of a list of all items. */
static void take_list(vow_promise *promise)
{
    vow_value list = result_of(promise);
    require(vow_is_error(list) || vow_list_count(list) == ITEMS);
    vow_release(list);
}

static void maps(void)
{
    take_list(vow_map(a_list(), work_on_item, NULL, 2));
}

static vow_value keep_item(vow_value input, void *context)
{
    (void)context;
    require(vow_is_box(input));
    return vow_promise_value(a_moment());
}

static void filters(void)
{
    take_list(vow_filter(a_list(), keep_item, NULL, 2));
}

static vow_value look_at_item(vow_value input, void *context)
{
    (void)vow_sleep(MOMENT);
    return keep_item(input, context);
}

static void sees_each_item(void)
{
    take_list(vow_each(a_list(), look_at_item, NULL));
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
    vow_release(result_of(vow_reduce(a_list(), add_item, token(), NULL)));
}

static vow_value count_up(vow_value input, void *context)
{
    (void)context;
    int64_t count = vow_as_integer(input);
    return count == 3 ? vow_end() : vow_promise_value(vow_delay(MOMENT, vow_integer(count + 1)));
}

static void repeats(void)
{
    vow_release(result_of(vow_repeat(count_up, vow_integer(0), NULL)));
}

static bool is_third(vow_value value, void *count)
{
    require(vow_is_box(value));
    return ++*(int *)count == 3;
}

static void repeats_until_the_third(void)
{
    int count = 0;
    if (has_come(vow_repeat_until(work_on_item, token(), is_third, &count)))
        require(count == 3);
}

static void waits_for_iterations(void)
{
    struct vow_cooperating how = {.size = sizeof how, .scheduler = vow_current_scheduler()};
    vow_cooperator *cooperator = vow_cooperator_new(&how);
    vow_promise *one = vow_coiterate(cooperator, count_up, vow_integer(0), NULL);
    vow_promise *other = vow_coiterate(cooperator, count_up, vow_integer(0), NULL);
    vow_release(result_of(one));
    vow_release(result_of(other));
    vow_cooperator_free(cooperator);
}

static void waits_for_the_end_of_an_iteration(void)
{
    vow_cooperator *cooperator = vow_cooperator_new(NULL);
    vow_iteration *iteration = vow_cooperate(cooperator, count_up, vow_integer(0), NULL);
    vow_value last = result_of(vow_iteration_done(iteration));
    require(vow_is_error(last) || vow_as_integer(last) == 3);
    vow_release(last);
    vow_iteration_release(iteration);
    vow_cooperator_free(cooperator);
}

/* Comes to no end: after some steps it waits for what does not come before it is stopped. */
static vow_value go_on(vow_value input, void *steps)
{
    (void)input;
    int64_t moment = ++*(int *)steps < 3 ? MOMENT : VOW_S(3600);
    return vow_promise_value(vow_delay(moment, token()));
}

/* It has ended before where it was canceled. */
static void require_stopped(vow_status status)
{
    require(status == VOW_OK || status == VOW_CLOSED);
}

static vow_value stop_later(vow_value input, void *iteration)
{
    (void)vow_sleep(MOMENT);
    require_stopped(vow_iteration_pause(iteration));
    (void)vow_sleep(MOMENT);
    require_stopped(vow_iteration_resume(iteration));
    (void)vow_sleep(MOMENT);
    require_stopped(vow_iteration_stop(iteration));
    return input;
}

static void waits_for_an_iteration_that_is_stopped(void)
{
    int steps = 0;
    vow_cooperator *cooperator = vow_cooperator_new(NULL);
    vow_iteration *iteration = vow_cooperate(cooperator, go_on, token(), &steps);
    vow_promise *stops = child(stop_later, iteration);
    vow_promise *done = vow_iteration_done(iteration);
    if (vow_wait(done, VOW_FOREVER, NULL) != VOW_OK)
        vow_cancel(done);
    vow_shield_begin();
    vow_value end = vow_await(done, VOW_FOREVER);
    vow_shield_end();
    require(vow_error_status(end) == VOW_CANCELED);
    vow_release(end);
    join(stops);
    vow_iteration_release(iteration);
    vow_cooperator_free(cooperator);
}

static void combines_all(void)
{
    vow_promise *promises[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        promises[i] = a_moment();
    take_list(vow_all(promises, ITEMS));
    for (int i = 0; i < ITEMS; i++)
        promises[i] = a_moment();
    take_list(vow_all_settled(promises, ITEMS));
}

static void combines_some(void)
{
    vow_promise *promises[] = {a_moment(), a_moment()};
    vow_value first = result_of(vow_any(promises, 2));
    require(vow_is_error(first) || vow_is_box(first));
    vow_release(first);
    for (int i = 0; i < 2; i++)
        promises[i] = a_moment();
    vow_value one = result_of(vow_some(promises, 2, 1));
    require(vow_is_error(one) || vow_list_count(one) == 1);
    vow_release(one);
}

/* All of them are filled, or none. */
static void fills_fields(void)
{
    vow_value values[] = {vow_none(), vow_none()};
    struct vow_field fields[] = {{a_moment(), &values[0]}, {a_moment(), &values[1]}};
    bool filled = has_come(vow_gather_fields(fields, 2, token()));
    for (int i = 0; i < 2; i++) {
        require(vow_is_box(values[i]) == filled);
        vow_release(values[i]);
    }
}

const struct scenario scenarios_of_lists[] = {
    {"maps", maps, false},
    {"filters", filters, false},
    {"sees each item", sees_each_item, false},
    {"reduces", reduces, false},
    {"repeats", repeats, false},
    {"repeats until the third", repeats_until_the_third, false},
    {"waits for iterations", waits_for_iterations, false},
    {"waits for the end of an iteration", waits_for_the_end_of_an_iteration, false},
    {"waits for an iteration that is stopped", waits_for_an_iteration_that_is_stopped, false},
    {"combines all", combines_all, false},
    {"combines some", combines_some, false},
    {"fills fields", fills_fields, false},
    {NULL, NULL, false},
};
