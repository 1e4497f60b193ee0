/*
 * test_repeat.c - loops of promises.
 */
#include "control/place_testing.h"

#include <vow/line.h>
#include <vow/repeat.h>
#include <vow/submit.h>

enum { BAD = VOW_USER, LONG = 100000 };

/* Counts up to the number in the context. */
static vow_value count_up(vow_value number, void *context)
{
    int64_t next = vow_as_integer(number) + 1;
    return next > (int64_t)(intptr_t)context ? vow_end() : vow_integer(next);
}

static vow_value count_up_elsewhere(vow_value number, void *context)
{
    return vow_promise_value(vow_submit(NULL, count_up, number, context));
}

static void the_end_gives_the_value_before_it(void **state)
{
    (void)state;
    assert_gives(vow_repeat(count_up, vow_integer(0), number_as_context(5)), 5);
}

static void an_end_at_once_gives_what_it_began_with(void **state)
{
    (void)state;
    assert_gives(vow_repeat(count_up, vow_integer(9), number_as_context(5)), 9);
}

static void each_call_waits_for_the_promise_of_the_one_before(void **state)
{
    (void)state;
    assert_gives(vow_repeat(count_up_elsewhere, vow_integer(0), number_as_context(20)), 20);
}

static vow_value fail_at_five(vow_value number, void *context)
{
    (void)context;
    return vow_as_integer(number) == 5 ? vow_fail(BAD, "five")
                                       : vow_integer(vow_as_integer(number) + 1);
}

static void an_error_ends_it(void **state)
{
    (void)state;
    assert_gives_text(vow_repeat(fail_at_five, vow_integer(0), NULL), "error(1000: five)");
}

static bool is_seven(vow_value value, void *context)
{
    (void)context;
    return vow_as_integer(value) == 7;
}

static void until_gives_the_value_that_is_it(void **state)
{
    (void)state;
    assert_gives(vow_repeat_until(count_up, vow_integer(0), is_seven, number_as_context(50)), 7);
}

static void a_loop_of_a_hundred_thousand_calls_ends(void **state)
{
    (void)state;
    assert_gives(vow_repeat(count_up, vow_integer(0), number_as_context(LONG)), LONG);
}

static vow_value succeed_counting(vow_value number, void *context)
{
    return vow_promise_value(vow_succeeded(count_up(number, context)));
}

static _Atomic long most_objects;

static vow_value succeed_and_look(vow_value number, void *context)
{
    long objects = vow_live_objects();
    if (objects > atomic_load(&most_objects))
        atomic_store(&most_objects, objects);
    return succeed_counting(number, context);
}

static void a_long_loop_takes_constant_memory(void **state)
{
    (void)state;
    atomic_store(&most_objects, 0);
    long before = vow_live_objects();
    assert_gives(vow_repeat(succeed_and_look, vow_integer(0), number_as_context(LONG)), LONG);
    assert_in_range(most_objects - before, 0, 20);
}

static vow_value wait_forever(vow_value number, void *context)
{
    (void)number;
    return vow_promise_value(vow_promise_retain(context));
}

static void a_cancel_ends_what_is_under_way(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *loop = vow_repeat(wait_forever, vow_none(), made.promise[0]);
    assert_int_equal(vow_wait(loop, vow_after(VOW_US(100)), NULL), VOW_TIMED_OUT);
    vow_cancel(loop);
    assert_raises(loop, VOW_CANCELED);
    vow_promise_release(made.promise[0]);
    vow_deferred_release(made.deferred[0]);
}

static vow_value go_on_and_on(vow_value number, void *context)
{
    (void)context;
    (void)vow_reschedule();
    return number;
}

static vow_value go_on_and_on_elsewhere(vow_value number, void *context)
{
    return vow_promise_value(vow_submit(NULL, go_on_and_on, number, context));
}

static void an_endless_loop_can_be_canceled(void **state)
{
    (void)state;
    vow_promise *loop = vow_repeat(go_on_and_on_elsewhere, vow_integer(1), NULL);
    assert_int_equal(vow_wait(loop, vow_after(VOW_US(100)), NULL), VOW_TIMED_OUT);
    vow_cancel(loop);
    assert_raises(loop, VOW_CANCELED);
}

static void what_cannot_be_repeated_is_named(void **state)
{
    (void)state;
    assert_gives_text(vow_repeat(NULL, vow_text("first"), NULL),
                      "error(INVALID: vow_repeat: fn is NULL)");
    assert_gives_text(vow_repeat_until(count_up, vow_text("first"), NULL, NULL),
                      "error(INVALID: vow_repeat_until: done is NULL)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(the_end_gives_the_value_before_it),
        everywhere(an_end_at_once_gives_what_it_began_with),
        everywhere(each_call_waits_for_the_promise_of_the_one_before),
        everywhere(an_error_ends_it),
        everywhere(until_gives_the_value_that_is_it),
        everywhere(a_loop_of_a_hundred_thousand_calls_ends),
        everywhere(a_long_loop_takes_constant_memory),
        everywhere(a_cancel_ends_what_is_under_way),
        everywhere(an_endless_loop_can_be_canceled),
        everywhere(what_cannot_be_repeated_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
