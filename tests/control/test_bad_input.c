/*
 * test_bad_input.c - misuse is never a crash: a status or an error whose sentence names function, argument and reason.
 */
#include "control_testing.h"

#include <vow/line.h>
#include <vow/submit.h>

static const vow_handlers unsized = {.size = 0, .fulfilled = note_input, .drop = count_drop};
static const vow_handlers sized = {.size = sizeof(vow_handlers), .drop = count_drop};

/* `promise`, taken, is rejected with VOW_INVALID, and its error's message contains `sentence`. */
static void assert_refused(vow_promise *promise, const char *sentence)
{
    vow_value error = vow_await(promise, VOW_POLL);
    assert_int_equal(vow_error_status(error), VOW_INVALID);
    if (strstr(vow_error_message(error), sentence) == NULL)
        fail_msg("the message is \"%s\", without \"%s\"", vow_error_message(error), sentence);
    vow_release(error);
}

static void links_on_no_promise_give_a_rejected_one(void **state)
{
    (void)state;
    assert_refused(vow_then(NULL, note_input, NULL), "vow_then: promise is NULL");
    assert_refused(vow_catch(NULL, note_input, NULL), "vow_catch: promise is NULL");
    assert_refused(vow_finally(NULL, note_input, NULL), "vow_finally: promise is NULL");
    assert_refused(vow_then_with(NULL, &sized), "vow_then_with: promise is NULL");
    assert_refused(vow_add_callback(NULL, note_input, NULL), "vow_add_callback: promise is NULL");
    assert_refused(vow_add_errback(NULL, note_input, NULL), "vow_add_errback: promise is NULL");
    assert_refused(vow_add_both(NULL, note_input, NULL), "vow_add_both: promise is NULL");
    assert_refused(vow_add_callbacks(NULL, &sized), "vow_add_callbacks: promise is NULL");
    assert_int_equal(drops, 2);
}

static void handlers_that_are_missing_or_unsized_are_refused_and_dropped(void **state)
{
    (void)state;
    assert_refused(vow_then_with(vow_succeeded(probe_new()), NULL),
                   "vow_then_with: handlers is NULL");
    assert_refused(vow_add_callbacks(vow_succeeded(probe_new()), NULL),
                   "vow_add_callbacks: handlers is NULL");
    assert_refused(vow_then_with(vow_succeeded(probe_new()), &unsized),
                   "vow_then_with: handlers->size is 0");
    assert_refused(vow_add_callbacks(vow_succeeded(probe_new()), &unsized),
                   "vow_add_callbacks: handlers->size is 0");
    assert_int_equal(probe_drops, 4);
    assert_nothing_logged();
}

/* The drop function of an unsized struct cannot be known to be one: its fields may lie elsewhere. */
static void of_unsized_handlers_nothing_is_read(void **state)
{
    (void)state;
    vow_promise *promise = vow_then_with(vow_succeeded(vow_none()), &unsized);
    assert_int_equal(drops, 0);
    vow_release(vow_await(promise, VOW_POLL));
}

static void misuse_vow(void *context)
{
    (void)context;
    (void)vow_as_integer(vow_none()); /* leaves a sentence of its own behind */
}

static void a_drop_function_does_not_change_the_sentence(void **state)
{
    (void)state;
    vow_handlers handlers = {.size = sizeof handlers, .drop = misuse_vow};
    assert_refused(vow_then_with(NULL, &handlers), "vow_then_with: promise is NULL");
    assert_refused(vow_add_callbacks(NULL, &handlers), "vow_add_callbacks: promise is NULL");
}

static void misuse_dropped(void *object)
{
    (void)object;
    (void)vow_as_integer(vow_none());
}

static const struct vow_type misusing_type = {.name = "misusing", .drop = misuse_dropped};

static void releasing_the_refused_promise_does_not_either(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_box_new(&misusing_type, 1));
    assert_refused(vow_then_with(promise, NULL), "vow_then_with: handlers is NULL");
}

static void jobs_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct vow_job job = {.size = 1, .fn = note_input};
    assert_refused(vow_submit_with(vow_immediate(), NULL), "vow_submit_with: job is NULL");
    assert_refused(vow_submit_with(vow_immediate(), &job), "job->size");
    assert_refused(vow_submit(vow_immediate(), NULL, probe_new(), NULL), "vow_submit: fn is NULL");
    assert_refused(vow_call_from_thread(NULL, note_input, probe_new(), NULL),
                   "vow_call_from_thread: scheduler is NULL");
    assert_refused(vow_call_from_thread(vow_immediate(), NULL, probe_new(), NULL), "fn is NULL");
    assert_refused(vow_attempt(NULL, probe_new(), NULL), "vow_attempt: fn is NULL");
    assert_error(vow_call_from_thread_wait(NULL, note_input, probe_new(), NULL, VOW_POLL),
                 VOW_INVALID);
    assert_int_equal(probe_drops, 5);
    assert_refused(vow_spawn(vow_immediate(), NULL, probe_new(), NULL), "vow_spawn: fn is NULL");
    assert_int_equal(vow_schedule(vow_immediate(), NULL, probe_new(), NULL), VOW_INVALID);
    assert_sentence("vow_schedule: fn is NULL");
    assert_int_equal(probe_drops, 7);
}

static void waits_for_nothing_are_refused(void **state)
{
    (void)state;
    vow_promise *some[2] = {vow_succeeded(vow_none()), NULL};
    assert_int_equal(vow_wait(NULL, VOW_POLL, NULL), VOW_INVALID);
    assert_sentence("vow_wait: promise is NULL");
    assert_error(vow_await(NULL, VOW_POLL), VOW_INVALID);
    assert_int_equal(vow_wait_all(NULL, 1, VOW_POLL), VOW_INVALID);
    assert_sentence("vow_wait_all: promises is NULL");
    assert_int_equal(vow_wait_all(some, 2, VOW_POLL), VOW_INVALID);
    vow_promise_release(some[0]);
}

static void looking_at_nothing_is_refused(void **state)
{
    (void)state;
    vow_value value = vow_integer(9);
    assert_false(vow_peek(NULL, &value));
    assert_sentence("vow_peek: promise is NULL");
    assert_int_equal(vow_as_integer(value), 9);
    assert_int_equal(vow_state(NULL), VOW_PENDING);
    assert_sentence("vow_state: promise is NULL");
}

static void peeking_without_a_place_for_the_value_is_fine(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(probe_new());
    assert_true(vow_peek(promise, NULL));
    vow_promise_release(promise);
    assert_int_equal(probe_drops, 1);
}

static void pausing_nothing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_pause(NULL), VOW_INVALID);
    assert_sentence("vow_pause: promise is NULL");
    assert_int_equal(vow_unpause(NULL), VOW_INVALID);
    assert_sentence("vow_unpause: promise is NULL");
}

static void firing_nothing_is_refused_and_the_value_released(void **state)
{
    (void)state;
    assert_int_equal(vow_resolve(NULL, probe_new()), VOW_INVALID);
    assert_sentence("vow_resolve: deferred is NULL");
    assert_int_equal(vow_reject(NULL, vow_fail(VOW_USER, "no")), VOW_INVALID);
    assert_int_equal(vow_fire(NULL, probe_new()), VOW_INVALID);
    assert_sentence("vow_fire: deferred is NULL");
    assert_int_equal(vow_notify(NULL, probe_new()), VOW_INVALID);
    assert_sentence("vow_notify: deferred is NULL");
    assert_int_equal(probe_drops, 3);
}

static void note_nothing(void *context)
{
    (void)context;
}

static void a_canceller_on_nothing_is_refused_and_dropped(void **state)
{
    (void)state;
    assert_int_equal(vow_set_canceller(NULL, note_nothing, NULL, count_drop), VOW_INVALID);
    assert_sentence("vow_set_canceller: deferred is NULL");
    assert_int_equal(drops, 1);
}

static void no_canceller_is_refused_and_dropped(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_int_equal(vow_set_canceller(deferred, NULL, NULL, count_drop), VOW_INVALID);
    assert_sentence("vow_set_canceller: canceller is NULL");
    assert_int_equal(drops, 1);
    fire(deferred, vow_none());
    vow_promise_release(promise);
}

static void asking_no_deferred_is_refused(void **state)
{
    (void)state;
    assert_null(vow_deferred_promise(NULL));
    assert_sentence("vow_deferred_promise: deferred is NULL");
    assert_false(vow_deferred_fired(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(links_on_no_promise_give_a_rejected_one),
        control_test(handlers_that_are_missing_or_unsized_are_refused_and_dropped),
        control_test(of_unsized_handlers_nothing_is_read),
        control_test(a_drop_function_does_not_change_the_sentence),
        control_test(releasing_the_refused_promise_does_not_either),
        control_test(jobs_that_cannot_be_are_refused),
        control_test(waits_for_nothing_are_refused),
        control_test(no_canceller_is_refused_and_dropped),
        control_test(peeking_without_a_place_for_the_value_is_fine),
        control_test(looking_at_nothing_is_refused),
        control_test(pausing_nothing_is_refused),
        control_test(firing_nothing_is_refused_and_the_value_released),
        control_test(a_canceller_on_nothing_is_refused_and_dropped),
        control_test(asking_no_deferred_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
