/*
 * test_semaphore.c - permits: counted, first come first served, never past another.
 */
#include "control/lock_testing.h"

#include <vow/semaphore.h>

static vow_semaphore static_semaphore = VOW_SEMAPHORE_INIT(2);

static void a_static_semaphore_has_its_permits(void **state)
{
    (void)state;
    assert_int_equal(vow_semaphore_permits(&static_semaphore), 2);
    assert_ok(vow_semaphore_acquire(&static_semaphore, 1, VOW_POLL));
    assert_true(vow_semaphore_try_acquire(&static_semaphore, 1));
    assert_false(vow_semaphore_try_acquire(&static_semaphore, 1));
    assert_int_equal(vow_semaphore_acquire(&static_semaphore, 1, VOW_POLL), VOW_TIMED_OUT);
    assert_sentence("vow_semaphore_acquire: the deadline passed first");
    assert_ok(vow_semaphore_release(&static_semaphore, 2));
    assert_int_equal(vow_semaphore_permits(&static_semaphore), 2);
}

static bool try_one(void *semaphore)
{
    return vow_semaphore_try_acquire(semaphore, 1);
}

static void permits_can_be_tried_for_while_another_looks_at_them(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    assert_true(try_beside_another(try_one, &semaphore));
    assert_false(try_beside_another(try_one, &semaphore));
    assert_ok(vow_semaphore_close(&semaphore));
    assert_ok(vow_semaphore_release(&semaphore, 1));
    assert_false(try_beside_another(try_one, &semaphore));
}

static void acquire_and_note(struct line_of_test *line)
{
    require(vow_semaphore_acquire(line->object, 1, VOW_FOREVER) == VOW_OK);
    note_locked(line->number);
    require(vow_semaphore_release(line->object, 1) == VOW_OK);
}

static void check_order(enum how how)
{
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(0);
    struct line_of_test lines[4];
    for (int i = 0; i < 4; i++) {
        lines[i] =
            (struct line_of_test){.work = acquire_and_note, .object = &semaphore, .number = i};
        line_start(&lines[i], how);
        until_waiting(&semaphore, (uint32_t)i + 1);
    }
    assert_ok(vow_semaphore_release(&semaphore, 1));
    for (int i = 0; i < 4; i++)
        line_end(&lines[i]);
    assert_logged(0, 1, 2, 3);
    assert_int_equal(vow_semaphore_permits(&semaphore), 1);
}

static void lines_are_served_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    with_every_line(check_order);
}

static void a_release_of_many_serves_many(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(0);
    vow_promise *promises[4];
    for (int i = 0; i < 4; i++)
        promises[i] = noted(vow_semaphore_acquire_promise(&semaphore, 1), i);
    assert_ok(vow_semaphore_release(&semaphore, 3));
    assert_logged(0, 1, 2);
    assert_ok(vow_semaphore_release(&semaphore, 3));
    assert_int_equal(vow_semaphore_permits(&semaphore), 2);
    for (int i = 0; i < 4; i++)
        vow_promise_release(promises[i]);
}

static void nobody_is_served_past_another(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    vow_promise *large = vow_semaphore_acquire_promise(&semaphore, 3);
    vow_promise *small = vow_semaphore_acquire_promise(&semaphore, 1);
    assert_pending(small);
    assert_false(vow_semaphore_try_acquire(&semaphore, 1));
    assert_ok(vow_semaphore_release(&semaphore, 2));
    assert_int_equal(vow_state(large), VOW_FULFILLED);
    assert_pending(small);
    assert_ok(vow_semaphore_release(&semaphore, 1));
    assert_int_equal(vow_state(small), VOW_FULFILLED);
    vow_promise_release(large);
    vow_promise_release(small);
}

static void who_gives_up_lets_those_behind_go_on(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    vow_promise *large = vow_semaphore_acquire_promise(&semaphore, 3);
    vow_promise *small = vow_semaphore_acquire_promise(&semaphore, 1);
    vow_cancel(large);
    assert_rejected(large, VOW_CANCELED);
    assert_int_equal(vow_state(small), VOW_FULFILLED);
    assert_int_equal(vow_semaphore_permits(&semaphore), 0);
    vow_promise_release(large);
    vow_promise_release(small);
}

static void acquire_three(struct line_of_test *line)
{
    line->status = vow_semaphore_acquire(line->object, 3, line->deadline);
}

static void check_deadline(enum how how)
{
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    struct line_of_test line = {
        .work = acquire_three, .object = &semaphore, .deadline = vow_after(VOW_MS(5))};
    line_start(&line, how);
    line_end(&line);
    assert_int_equal(line.status, VOW_TIMED_OUT);
    assert_int_equal(waiting_for(&semaphore), 0);
    assert_int_equal(vow_semaphore_permits(&semaphore), 1);
    assert_true(vow_semaphore_try_acquire(&semaphore, 1));
}

static void who_runs_out_of_time_takes_nothing(void **state)
{
    (void)state;
    with_every_line(check_deadline);
}

static void a_promise_that_nobody_hears_takes_nothing(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(0);
    vow_promise_release(vow_semaphore_acquire_promise(&semaphore, 1));
    assert_ok(vow_semaphore_release(&semaphore, 1));
    assert_int_equal(vow_semaphore_permits(&semaphore), 1);
}

static void too_many_permits_are_refused(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(VOW_SEMAPHORE_LARGEST);
    assert_int_equal(vow_semaphore_release(&semaphore, 1), VOW_LIMIT);
    assert_int_equal(vow_semaphore_release(&semaphore, UINT32_MAX), VOW_LIMIT);
    assert_sentence("vow_semaphore_release: there would be more than 2147483647 permits");
    assert_int_equal(vow_semaphore_permits(&semaphore), VOW_SEMAPHORE_LARGEST);
}

static void absurd_counts_are_refused(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    assert_int_equal(vow_semaphore_acquire(&semaphore, 0, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_semaphore_acquire: count is 0, not 1 to 2147483647");
    assert_int_equal(vow_semaphore_acquire(&semaphore, UINT32_MAX, VOW_FOREVER), VOW_INVALID);
    assert_false(vow_semaphore_try_acquire(&semaphore, 0));
    vow_promise *promise = vow_semaphore_acquire_promise(&semaphore, 0);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static void no_semaphore_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_semaphore_acquire(NULL, 1, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_semaphore_acquire: semaphore is NULL");
    assert_int_equal(vow_semaphore_release(NULL, 1), VOW_INVALID);
    assert_int_equal(vow_semaphore_close(NULL), VOW_INVALID);
    assert_int_equal(vow_semaphore_permits(NULL), 0);
    vow_promise *promise = vow_semaphore_acquire_promise(NULL, 1);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static void closing_ends_all_waits(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    vow_promise *promise = vow_semaphore_acquire_promise(&semaphore, 2);
    assert_ok(vow_semaphore_close(&semaphore));
    assert_rejected(promise, VOW_CLOSED);
    assert_int_equal(vow_semaphore_acquire(&semaphore, 1, VOW_FOREVER), VOW_CLOSED);
    assert_ok(vow_semaphore_release(&semaphore, 1));
    assert_int_equal(vow_semaphore_permits(&semaphore), 2);
    vow_promise_release(promise);
}

/* Running with permits held ------------------------------------------------------------------------------------------ */

static vow_value note_permits(vow_value input, void *context)
{
    (void)input;
    note(vow_semaphore_permits(context));
    return vow_integer(5);
}

static void a_function_runs_with_its_permits_taken(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(3);
    vow_promise *promise = vow_semaphore_run(&semaphore, 2, note_permits, &semaphore);
    assert_fulfilled(promise, 5);
    assert_logged(1);
    assert_int_equal(vow_semaphore_permits(&semaphore), 3);
    vow_promise_release(promise);
}

static void permits_are_held_until_what_the_function_gave_has_settled(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(2);
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *promise = vow_semaphore_run(&semaphore, 2, give_promise, inner);
    vow_promise *next = vow_semaphore_run(&semaphore, 1, note_permits, &semaphore);
    assert_nothing_logged();
    fire(deferred, vow_fail(VOW_USER, "failed"));
    assert_logged(1);
    assert_rejected(promise, VOW_USER);
    assert_fulfilled(next, 5);
    assert_int_equal(vow_semaphore_permits(&semaphore), 2);
    vow_promise_release(inner);
    vow_promise_release(promise);
    vow_promise_release(next);
}

static void a_run_that_is_canceled_before_its_turn_takes_nothing(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    vow_promise *promise = vow_semaphore_run(&semaphore, 2, note_input, NULL);
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    assert_nothing_logged();
    assert_ok(vow_semaphore_release(&semaphore, 1));
    assert_int_equal(vow_semaphore_permits(&semaphore), 2);
    vow_promise_release(promise);
}

static void a_run_that_cannot_be_is_refused(void **state)
{
    (void)state;
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    assert_error(vow_await(vow_semaphore_run(NULL, 1, note_input, NULL), VOW_FOREVER), VOW_INVALID);
    assert_error(vow_await(vow_semaphore_run(&semaphore, 0, note_input, NULL), VOW_FOREVER),
                 VOW_INVALID);
    assert_sentence("vow_semaphore_run: count is 0, not 1 to 2147483647");
    assert_error(vow_await(vow_semaphore_run(&semaphore, 1, NULL, NULL), VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_semaphore_run: fn is NULL");
    assert_ok(vow_semaphore_close(&semaphore));
    assert_error(vow_await(vow_semaphore_run(&semaphore, 1, note_input, NULL), VOW_FOREVER),
                 VOW_CLOSED);
    assert_nothing_logged();
    assert_int_equal(vow_semaphore_permits(&semaphore), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_static_semaphore_has_its_permits),
        control_test(permits_can_be_tried_for_while_another_looks_at_them),
        control_test(lines_are_served_in_the_order_in_which_they_came),
        control_test(a_release_of_many_serves_many),
        control_test(nobody_is_served_past_another),
        control_test(who_gives_up_lets_those_behind_go_on),
        control_test(who_runs_out_of_time_takes_nothing),
        control_test(a_promise_that_nobody_hears_takes_nothing),
        control_test(too_many_permits_are_refused),
        control_test(absurd_counts_are_refused),
        control_test(no_semaphore_is_refused),
        control_test(closing_ends_all_waits),
        control_test(a_function_runs_with_its_permits_taken),
        control_test(permits_are_held_until_what_the_function_gave_has_settled),
        control_test(a_run_that_is_canceled_before_its_turn_takes_nothing),
        control_test(a_run_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
