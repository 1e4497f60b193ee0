/*
 * test_each.c - a function for each item of a list: map, filter, each, reduce.
 */
#include "control/place_testing.h"

#include <vow/each.h>
#include <vow/line.h>
#include <vow/submit.h>

enum { BAD = VOW_USER };

/* A list of 1 to `count`. */
static vow_value numbers(int count)
{
    vow_value list = vow_list_new(0);
    for (int i = 1; i <= count; i++)
        assert_ok(vow_list_append(list, vow_integer(i)));
    return list;
}

static vow_value ten_times(vow_value item, void *context)
{
    (void)context;
    return vow_integer(10 * vow_as_integer(item));
}

static vow_value ten_times_elsewhere(vow_value item, void *context)
{
    return vow_promise_value(vow_submit(NULL, ten_times, item, context));
}

static vow_value fail_at_two(vow_value item, void *context)
{
    (void)context;
    return vow_as_integer(item) == 2 ? vow_fail(BAD, "two") : item;
}

/* Map ---------------------------------------------------------------------------------------------------------------- */

static void map_gives_results_in_the_order_of_the_items(void **state)
{
    (void)state;
    assert_gives_text(vow_map(numbers(3), ten_times, NULL, 0), "[10, 20, 30]");
}

static void map_waits_for_the_promises_that_the_function_gives(void **state)
{
    (void)state;
    assert_gives_text(vow_map(numbers(4), ten_times_elsewhere, NULL, 2), "[10, 20, 30, 40]");
}

static void map_waits_for_items_that_are_promises(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_value list = numbers(1);
    assert_ok(vow_list_append(list, vow_promise_value(made.promise[0])));
    vow_promise *mapped = vow_map(list, ten_times, NULL, 1);
    fire_number(&made, 0, 7);
    assert_gives_text(mapped, "[10, 70]");
}

static void map_without_a_function_gives_what_promises_give(void **state)
{
    (void)state;
    vow_value list = numbers(1);
    assert_ok(vow_list_append(list, vow_promise_value(vow_succeeded(vow_text("two")))));
    assert_gives_text(vow_map(list, NULL, NULL, 0), "[1, \"two\"]");
}

static void map_of_no_items_is_an_empty_list(void **state)
{
    (void)state;
    assert_gives_text(vow_map(vow_list_new(0), ten_times, NULL, 5), "[]");
}

/* How many are under way, and were at most. */
struct crowd {
    _Atomic int now, most, begun;
    struct promises made;
};

static vow_value come_and_go(vow_value number, void *context)
{
    struct crowd *crowd = context;
    atomic_fetch_sub(&crowd->now, 1);
    return number;
}

static vow_value join_crowd(vow_value item, void *context)
{
    struct crowd *crowd = context;
    int now = atomic_fetch_add(&crowd->now, 1) + 1;
    int most = atomic_load(&crowd->most);
    while (now > most && !atomic_compare_exchange_weak(&crowd->most, &most, now)) {
    }
    atomic_fetch_add(&crowd->begun, 1);
    size_t index = (size_t)vow_as_integer(item) - 1;
    return vow_promise_value(vow_then(crowd->made.promise[index], come_and_go, crowd));
}

static void map_has_no_more_under_way_than_the_limit(void **state)
{
    (void)state;
    struct crowd crowd = {.made = promises_new(6)};
    vow_promise *mapped = vow_map(numbers(6), join_crowd, &crowd, 2);
    for (size_t i = 0; i < 6; i++)
        fire_number(&crowd.made, i, (int64_t)i);
    assert_gives_text(mapped, "[0, 1, 2, 3, 4, 5]");
    assert_in_range(crowd.most, 1, 2);
}

static void map_is_rejected_with_the_first_error(void **state)
{
    (void)state;
    assert_gives_text(vow_map(numbers(3), fail_at_two, NULL, 1), "error(1000: two)");
}

static _Atomic int calls;
static _Atomic int told;

static vow_value count_calls(vow_value item, void *context)
{
    atomic_fetch_add(&calls, 1);
    return fail_at_two(item, context);
}

static void map_begins_no_item_after_an_error(void **state)
{
    (void)state;
    atomic_store(&calls, 0);
    assert_raises(vow_map(numbers(10), count_calls, NULL, 1), BAD);
    assert_int_equal(calls, 2);
}

/* The first item waits for its end, the second fails. */
static vow_value wait_or_fail(vow_value item, void *context)
{
    (void)context;
    if (vow_as_integer(item) == 2)
        return vow_fail(BAD, "two");
    if (vow_sleep_until(VOW_FOREVER) == VOW_CANCELED && vow_canceled())
        atomic_fetch_add(&told, 1);
    return item;
}

static vow_value wait_or_fail_elsewhere(vow_value item, void *context)
{
    return vow_promise_value(vow_spawn(vow_default_pool(), wait_or_fail, item, context));
}

static void map_cancels_what_is_under_way_and_settles_when_it_has_ended(void **state)
{
    (void)state;
    atomic_store(&told, 0);
    assert_raises(vow_map(numbers(2), wait_or_fail_elsewhere, NULL, 0), BAD);
    assert_in_range(told, 0, 1); /* 0: it was canceled before it began */
}

static void a_cancel_of_the_result_cancels_the_items(void **state)
{
    (void)state;
    struct crowd crowd = {.made = promises_new(2)};
    vow_promise *mapped = vow_map(numbers(2), join_crowd, &crowd, 2);
    while (atomic_load(&crowd.begun) != 2 && vow_run_pending() + 1 != 0 &&
           vow_wait(mapped, vow_after(VOW_US(100)), NULL) == VOW_TIMED_OUT) {
    }
    vow_cancel(mapped);
    assert_raises(mapped, VOW_CANCELED);
    vow_deferred_release(crowd.made.deferred[0]);
    vow_deferred_release(crowd.made.deferred[1]);
}

/* A function that is called for what a promise gives, and ends some time after it was told to. */
struct told_late {
    vow_promise *gate;
    _Atomic bool begun, may_end, ended;
};

static vow_value end_when_allowed(vow_value item, void *context)
{
    struct told_late *late = context;
    atomic_store(&late->begun, true);
    (void)vow_wait(late->gate, VOW_FOREVER, NULL);
    vow_shield_begin();
    while (!atomic_load(&late->may_end))
        (void)vow_reschedule();
    vow_shield_end();
    atomic_store(&late->ended, true);
    return item;
}

static vow_value allow_end(vow_value input, void *context)
{
    struct told_late *late = context;
    atomic_store(&late->may_end, true);
    return input;
}

/* On immediate it would hold up the test. */
#define where_jobs_park(function)                                                                  \
    test_at(function, "loop", place_loop), test_at(function, "pool of 0", place_pool_0),           \
        test_at(function, "pool of 1", place_pool_1), test_at(function, "pool of 2", place_pool_2)

static void a_cancel_waits_for_the_function_that_was_called_for_what_a_promise_gave(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    struct told_late late = {.gate = made.promise[1]};
    vow_value list = vow_list_new(1);
    assert_ok(vow_list_append(list, vow_promise_value(made.promise[0])));
    vow_promise *mapped = vow_map(list, end_when_allowed, &late, 0);
    fire_number(&made, 0, 7);
    while (!atomic_load(&late.begun))
        (void)vow_wait(mapped, vow_after(VOW_US(100)), NULL);
    vow_cancel(mapped);
    assert_int_equal(vow_state(mapped), VOW_PENDING);
    vow_promise *allowed = vow_submit(vow_default_pool(), allow_end, vow_none(), &late);
    assert_raises(mapped, VOW_CANCELED);
    assert_true(atomic_load(&late.ended));
    vow_promise_release(allowed);
    vow_promise_release(made.promise[1]);
    vow_deferred_release(made.deferred[1]);
}

/* Filter, each, reduce ----------------------------------------------------------------------------------------------- */

static vow_value is_odd(vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(item) % 2);
}

static void filter_keeps_the_items_that_are_wanted(void **state)
{
    (void)state;
    assert_gives_text(vow_filter(numbers(5), is_odd, NULL, 2), "[1, 3, 5]");
}

static void filter_asks_the_items_themselves_without_a_function(void **state)
{
    (void)state;
    vow_value list = numbers(1);
    assert_ok(vow_list_append(list, vow_none()));
    assert_ok(vow_list_append(list, vow_promise_value(vow_succeeded(vow_integer(0)))));
    assert_ok(vow_list_append(list, vow_promise_value(vow_succeeded(vow_text("kept")))));
    assert_ok(vow_list_append(list, vow_skip()));
    assert_gives_text(vow_filter(list, NULL, NULL, 0), "[1, \"kept\"]");
}

static vow_value yes(vow_value item, void *context)
{
    (void)item;
    (void)context;
    return vow_integer(1);
}

/* A filter that everything passes, of one promise, which is given back for others to use as well. */
static vow_promise *filter_one(struct promises *made)
{
    vow_value list = vow_list_new(0);
    vow_promise *item = vow_promise_retain(made->promise[0]);
    assert_ok(vow_list_append(list, vow_promise_value(item)));
    return vow_filter(list, yes, NULL, 0);
}

static void filter_keeps_what_an_item_gave_while_others_hold_it_up(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *filtered = filter_one(&made);
    vow_promise *changed = vow_add_callback(made.promise[0], give_promise, made.promise[1]);
    fire_number(&made, 0, 42);
    vow_value kept = vow_await(filtered, VOW_FOREVER);
    fire_number(&made, 1, 7);
    vow_promise_release(made.promise[1]);
    assert_gives(changed, 7);
    assert_prints(kept, "[42]");
}

static void filter_keeps_what_it_asked_about_though_others_change_the_item(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *filtered = filter_one(&made);
    vow_promise *changed = vow_add_callback(made.promise[0], add_context, number_as_context(1));
    fire_number(&made, 0, 42);
    assert_gives(changed, 43);
    assert_gives_text(filtered, "[42]");
}

static void each_calls_one_after_the_other_and_gives_the_list(void **state)
{
    (void)state;
    assert_gives_text(vow_each(numbers(4), note_input, NULL), "[1, 2, 3, 4]");
    assert_logged(1, 2, 3, 4);
}

static vow_value note_twice(vow_value item, void *context)
{
    (void)context;
    note(vow_as_integer(item));
    (void)vow_reschedule();
    note(-vow_as_integer(item));
    return vow_none();
}

static vow_value note_twice_in_a_line(vow_value item, void *context)
{
    return vow_promise_value(vow_spawn(NULL, note_twice, item, context));
}

static void each_begins_an_item_when_the_one_before_has_ended(void **state)
{
    (void)state;
    vow_release(vow_await(vow_each(numbers(2), note_twice_in_a_line, NULL), VOW_FOREVER));
    assert_logged(1, -1, 2, -2);
}

static vow_value add(vow_value total, vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(total) * 10 + vow_as_integer(item));
}

static vow_value append(vow_value total, vow_value item, void *context)
{
    (void)context;
    return vow_text_format("%s%jd", vow_as_text(total), (intmax_t)vow_as_integer(item));
}

static void reduce_goes_from_the_first_to_the_last(void **state)
{
    (void)state;
    assert_gives(vow_reduce(numbers(4), add, vow_integer(0), NULL), 1234);
    assert_gives_text(vow_reduce(numbers(3), append, vow_text(""), NULL), "\"123\"");
}

static void reduce_of_no_items_gives_what_it_starts_from(void **state)
{
    (void)state;
    vow_value first = vow_promise_value(vow_succeeded(vow_text("first")));
    assert_gives_text(vow_reduce(vow_list_new(0), append, first, NULL), "\"first\"");
}

static vow_value fail_at_three(vow_value total, vow_value item, void *context)
{
    (void)context;
    (void)total;
    return vow_as_integer(item) == 3 ? vow_fail(BAD, "three") : vow_retain(item);
}

static void reduce_ends_with_the_first_error(void **state)
{
    (void)state;
    assert_raises(vow_reduce(numbers(5), fail_at_three, vow_none(), NULL), BAD);
}

/* Bad input, and many ------------------------------------------------------------------------------------------------ */

static void what_cannot_be_gone_through_is_named(void **state)
{
    (void)state;
    assert_gives_text(vow_map(vow_integer(3), ten_times, NULL, 0),
                      "error(INVALID: vow_map: list is integer, not a list)");
    assert_gives_text(vow_filter(vow_text("list"), is_odd, NULL, 0),
                      "error(INVALID: vow_filter: list is box, not a list)");
    assert_gives_text(vow_each(vow_list_new(0), NULL, NULL),
                      "error(INVALID: vow_each: fn is NULL)");
    assert_gives_text(vow_reduce(vow_list_new(0), NULL, vow_text("first"), NULL),
                      "error(INVALID: vow_reduce: fn is NULL)");
}

enum { MANY_ITEMS = 100000 };

static void a_hundred_thousand_items_are_mapped(void **state)
{
    (void)state;
    vow_value list = vow_await(vow_map(numbers(MANY_ITEMS), ten_times, NULL, 0), VOW_FOREVER);
    assert_int_equal(vow_list_count(list), MANY_ITEMS);
    assert_int_equal(vow_as_integer(vow_list_at(list, MANY_ITEMS - 1)), 10 * MANY_ITEMS);
    vow_release(list);
}

static vow_value sum(vow_value total, vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(total) + vow_as_integer(item));
}

static void a_hundred_thousand_items_are_reduced(void **state)
{
    (void)state;
    assert_gives(vow_reduce(numbers(MANY_ITEMS), sum, vow_integer(0), NULL),
                 (int64_t)MANY_ITEMS * (MANY_ITEMS + 1) / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(map_gives_results_in_the_order_of_the_items),
        everywhere(map_waits_for_the_promises_that_the_function_gives),
        everywhere(map_waits_for_items_that_are_promises),
        everywhere(map_without_a_function_gives_what_promises_give),
        everywhere(map_of_no_items_is_an_empty_list),
        everywhere(map_has_no_more_under_way_than_the_limit),
        everywhere(map_is_rejected_with_the_first_error),
        everywhere(map_begins_no_item_after_an_error),
        everywhere(map_cancels_what_is_under_way_and_settles_when_it_has_ended),
        everywhere(a_cancel_of_the_result_cancels_the_items),
        where_jobs_park(a_cancel_waits_for_the_function_that_was_called_for_what_a_promise_gave),
        everywhere(filter_keeps_the_items_that_are_wanted),
        everywhere(filter_asks_the_items_themselves_without_a_function),
        everywhere(filter_keeps_what_an_item_gave_while_others_hold_it_up),
        everywhere(filter_keeps_what_it_asked_about_though_others_change_the_item),
        everywhere(each_calls_one_after_the_other_and_gives_the_list),
        everywhere(each_begins_an_item_when_the_one_before_has_ended),
        everywhere(reduce_goes_from_the_first_to_the_last),
        everywhere(reduce_of_no_items_gives_what_it_starts_from),
        everywhere(reduce_ends_with_the_first_error),
        everywhere(what_cannot_be_gone_through_is_named),
        everywhere(a_hundred_thousand_items_are_mapped),
        everywhere(a_hundred_thousand_items_are_reduced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
