/*
 * test_event.c - all who wait go on when it happens.
 */
#include "control/lock_testing.h"

#include <vow/event.h>

static vow_event static_event = VOW_EVENT_INIT;

static void a_static_event_is_set_and_cleared(void **state)
{
    (void)state;
    assert_false(vow_event_is_set(&static_event));
    assert_int_equal(vow_event_wait(&static_event, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(vow_event_wait(&static_event, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_ok(vow_event_set(&static_event));
    assert_ok(vow_event_set(&static_event));
    assert_true(vow_event_is_set(&static_event));
    assert_ok(vow_event_wait(&static_event, VOW_POLL));
    assert_ok(vow_event_clear(&static_event));
    assert_int_equal(vow_event_wait(&static_event, VOW_POLL), VOW_TIMED_OUT);
}

static void wait_for_it(struct line_of_test *line)
{
    line->status = vow_event_wait(line->object, VOW_FOREVER);
}

static void check_all(enum how how)
{
    vow_event event = VOW_EVENT_INIT;
    struct line_of_test lines[4];
    for (int i = 0; i < 4; i++) {
        lines[i] = (struct line_of_test){.work = wait_for_it, .object = &event, .status = -1};
        line_start(&lines[i], how);
    }
    until_waiting(&event, 4);
    assert_ok(vow_event_set(&event));
    assert_ok(vow_event_clear(&event));
    for (int i = 0; i < 4; i++) {
        line_end(&lines[i]);
        assert_ok(lines[i].status);
    }
}

static void all_who_wait_go_on_even_if_it_is_cleared_right_after(void **state)
{
    (void)state;
    with_every_line(check_all);
}

static void promises_are_fulfilled_in_their_order(void **state)
{
    (void)state;
    vow_event event = VOW_EVENT_INIT;
    vow_promise *promises[3];
    for (int i = 0; i < 3; i++)
        promises[i] = noted(vow_event_wait_promise(&event), i);
    vow_cancel(promises[1]);
    assert_ok(vow_event_set(&event));
    assert_logged(0, 2);
    assert_rejected(promises[1], VOW_CANCELED);
    for (int i = 0; i < 3; i++)
        vow_promise_release(promises[i]);
}

static void a_promise_of_what_has_happened_is_fulfilled(void **state)
{
    (void)state;
    vow_event event = VOW_EVENT_INIT;
    assert_ok(vow_event_set(&event));
    vow_value value = vow_await(vow_event_wait_promise(&event), VOW_POLL);
    assert_ptr_equal(vow_as_pointer(value), &event);
}

static vow_value wait_for_context(vow_value input, void *promise)
{
    require(vow_wait(promise, VOW_FOREVER, NULL) == VOW_OK);
    return input;
}

static void a_function_that_it_runs_may_wait_for_another_one_s_promise(void **state)
{
    (void)state;
    vow_event event = VOW_EVENT_INIT;
    vow_promise *first = vow_event_wait_promise(&event);
    vow_promise *second = vow_event_wait_promise(&event);
    first = vow_add_callback(first, wait_for_context, second);
    assert_ok(vow_event_set(&event));
    assert_int_equal(vow_state(first), VOW_FULFILLED);
    vow_promise_release(first);
    vow_promise_release(second);
}

static void closing_ends_all_waits(void **state)
{
    (void)state;
    vow_event event = VOW_EVENT_INIT;
    vow_promise *promise = vow_event_wait_promise(&event);
    assert_ok(vow_event_close(&event));
    assert_rejected(promise, VOW_CLOSED);
    assert_ok(vow_event_set(&event));
    assert_int_equal(vow_event_wait(&event, VOW_FOREVER), VOW_CLOSED);
    vow_promise_release(promise);
}

static void an_event_that_was_set_is_closed_as_well(void **state)
{
    (void)state;
    vow_event event = VOW_EVENT_INIT;
    assert_ok(vow_event_set(&event));
    assert_ok(vow_event_close(&event));
    assert_false(vow_event_is_set(&event));
    assert_int_equal(vow_event_wait(&event, VOW_FOREVER), VOW_CLOSED);
}

static void no_event_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_event_wait(NULL, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_event_wait: event is NULL");
    assert_int_equal(vow_event_set(NULL), VOW_INVALID);
    assert_int_equal(vow_event_clear(NULL), VOW_INVALID);
    assert_int_equal(vow_event_close(NULL), VOW_INVALID);
    assert_false(vow_event_is_set(NULL));
    vow_promise *promise = vow_event_wait_promise(NULL);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static _Atomic(vow_event *) offered;

static void *end_what_is_offered(void *end)
{
    vow_event *event;
    while ((event = atomic_exchange(&offered, NULL)) != &static_event)
        if (event != NULL)
            (void)((vow_status(*)(vow_event *))(uintptr_t)end)(event);
    return NULL;
}

/* Sanitizers tell whether anybody touched one afterwards. */
static void who_waited_may_free_it(void **state)
{
    vow_status (*const ends[])(vow_event *) = {vow_event_set, vow_event_close};
    (void)state;
    for (int end = 0; end < 2; end++) {
        pthread_t thread = start_thread(end_what_is_offered, (void *)(uintptr_t)ends[end]);
        for (int i = 0; i < 5000; i++) {
            vow_event *event = calloc(1, sizeof(*event));
            atomic_store(&offered, event);
            for (int pause = 0; pause < i % 300; pause++)
                vow_pause_processor();
            assert_int_equal(vow_event_wait(event, VOW_FOREVER), end == 0 ? VOW_OK : VOW_CLOSED);
            free(event);
        }
        atomic_store(&offered, &static_event);
        join_thread(thread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_static_event_is_set_and_cleared),
        control_test(all_who_wait_go_on_even_if_it_is_cleared_right_after),
        control_test(promises_are_fulfilled_in_their_order),
        control_test(a_promise_of_what_has_happened_is_fulfilled),
        control_test(a_function_that_it_runs_may_wait_for_another_one_s_promise),
        control_test(closing_ends_all_waits),
        control_test(an_event_that_was_set_is_closed_as_well),
        control_test(who_waited_may_free_it),
        control_test(no_event_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
