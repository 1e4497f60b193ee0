/*
 * test_notify_forward.c - progress goes on through what stands for one promise at a time: chains, timeouts, retries, loops;
 * and not through what gathers many.
 */
#include "control_testing.h"

#include <vow/combine.h>
#include <vow/cooperate.h>
#include <vow/delay.h>
#include <vow/each.h>
#include <vow/list.h>
#include <vow/loop.h>
#include <vow/repeat.h>
#include <vow/retry.h>
#include <vow/submit.h>

static vow_value note_progress(vow_value input, void *context)
{
    note(vow_as_integer(input) * 100 + (int64_t)(intptr_t)context);
    return input;
}

static const vow_handlers listening = {
    .size = sizeof listening, .notified = note_progress, .fulfilled = note_input};

/* `promise` (taken), listened to: progress is noted times 100, then the result. */
static vow_promise *listened(vow_promise *promise)
{
    return vow_then_with(promise, &listening);
}

/* Notifies 1, fires with 2: heard through `promise`, which is taken. */
static void check_heard(vow_deferred *deferred, vow_promise *promise)
{
    promise = listened(promise);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(100);
    fire(deferred, vow_integer(2));
    assert_logged(100, 2);
    vow_promise_release(promise);
}

static void finally_and_tap_pass_it_on(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_tap(promise, add_context, number_as_context(1));
    check_heard(deferred, vow_finally(promise, add_context, number_as_context(1)));
}

static void a_deferred_that_is_chained_passes_it_on(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_promise *outer;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_chain(promise, vow_deferred_new(&outer)));
    check_heard(deferred, outer);
}

static void a_timeout_passes_it_on(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    check_heard(deferred, vow_timeout(promise, vow_after(VOW_S(1000))));
}

static void on_a_loop_a_timeout_s_result_comes_after_it(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = listened(vow_timeout(promise, vow_after(VOW_S(1000))));
    assert_ok(vow_notify(deferred, vow_integer(1)));
    fire(deferred, vow_integer(2));
    assert_nothing_logged();
    assert_ok(vow_loop_run_until_idle(loop));
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
    assert_logged(100, 2);
}

static void *notify_and_fire(void *context)
{
    require(vow_notify(context, vow_integer(1)) == VOW_OK);
    require(vow_fire(context, vow_integer(2)) == VOW_OK);
    return NULL;
}

static void from_another_thread_a_timeout_s_result_comes_after_it(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = listened(vow_timeout(promise, vow_after(VOW_S(1000))));
    on_another_thread(notify_and_fire, deferred);
    (void)vow_run_pending();
    assert_logged(100, 2);
    vow_promise_release(promise);
}

static void a_timeout_that_has_let_go_hears_no_more(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *timely = listened(vow_timeout(vow_promise_retain(promise), VOW_POLL));
    assert_rejected(timely, VOW_TIMED_OUT);
    vow_promise_release(timely);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_nothing_logged();
    fire(deferred, vow_integer(2));
    vow_promise_release(promise);
}

/* Nor does one that was canceled, while somebody else still holds the promise. */
static void a_timeout_that_was_canceled_hears_no_more(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *timely = vow_timeout(vow_promise_retain(promise), vow_after(VOW_S(1000)));
    vow_cancel(timely);
    assert_rejected(timely, VOW_CANCELED);
    vow_promise_release(timely);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    fire(deferred, vow_integer(2));
    vow_promise_release(promise);
}

/* Functions that are called again --------------------------------------------------------------------------------- */

/* What the calls have begun: each gives the promise of a deferred. */
struct calls {
    vow_deferred *deferred[4];
    size_t count;
};

static vow_value begin_call(vow_value input, void *context)
{
    struct calls *calls = context;
    vow_promise *promise;
    (void)input;
    calls->deferred[calls->count++] = vow_deferred_new(&promise);
    return vow_promise_value(promise);
}

static vow_value begin_sum(vow_value total, vow_value item, void *context)
{
    (void)total;
    return begin_call(item, context);
}

static void each_try_of_a_retry_is_heard(void **state)
{
    (void)state;
    struct calls calls = {.count = 0};
    vow_promise *promise = listened(vow_retry(begin_call, vow_none(), &calls, NULL));
    assert_ok(vow_notify(calls.deferred[0], vow_integer(1)));
    fire(calls.deferred[0], vow_fail(VOW_USER, "once"));
    assert_ok(vow_notify(calls.deferred[1], vow_integer(2)));
    fire(calls.deferred[1], vow_integer(3));
    assert_logged(100, 200, 3);
    vow_promise_release(promise);
}

static void each_turn_of_a_loop_is_heard(void **state)
{
    (void)state;
    struct calls calls = {.count = 0};
    vow_promise *promise = listened(vow_repeat(begin_call, vow_none(), &calls));
    assert_ok(vow_notify(calls.deferred[0], vow_integer(1)));
    fire(calls.deferred[0], vow_integer(2));
    assert_ok(vow_notify(calls.deferred[1], vow_integer(3)));
    fire(calls.deferred[1], vow_end());
    assert_logged(100, 300, 2);
    vow_promise_release(promise);
}

static void each_step_of_an_iteration_is_heard(void **state)
{
    (void)state;
    struct calls calls = {.count = 0};
    vow_cooperator *cooperator = vow_cooperator_new(NULL);
    vow_promise *promise = listened(vow_coiterate(cooperator, begin_call, vow_none(), &calls));
    (void)vow_run_pending();
    assert_ok(vow_notify(calls.deferred[0], vow_integer(1)));
    fire(calls.deferred[0], vow_integer(2));
    (void)vow_run_pending();
    assert_ok(vow_notify(calls.deferred[1], vow_integer(3)));
    fire(calls.deferred[1], vow_end());
    (void)vow_run_pending();
    assert_logged(100, 300, 2);
    vow_promise_release(promise);
    vow_cooperator_free(cooperator);
}

static vow_value two_items(void)
{
    vow_value items = vow_list_new(2);
    assert_ok(vow_list_append(items, vow_integer(1)));
    assert_ok(vow_list_append(items, vow_integer(2)));
    return items;
}

/* Two calls, one after the other, behind `promise`, which is taken. */
static void check_both_are_heard(struct calls *calls, vow_promise *promise)
{
    vow_handlers handlers = listening;
    handlers.fulfilled = NULL;
    promise = vow_then_with(promise, &handlers);
    assert_ok(vow_notify(calls->deferred[0], vow_integer(1)));
    fire(calls->deferred[0], vow_none());
    assert_ok(vow_notify(calls->deferred[1], vow_integer(2)));
    fire(calls->deferred[1], vow_none());
    assert_logged(100, 200);
    vow_promise_release(promise);
}

static void items_in_order_are_heard(void **state)
{
    (void)state;
    struct calls calls = {.count = 0};
    check_both_are_heard(&calls, vow_each(two_items(), begin_call, &calls));
}

static void so_are_those_of_a_reduction(void **state)
{
    (void)state;
    struct calls calls = {.count = 0};
    check_both_are_heard(&calls, vow_reduce(two_items(), begin_sum, vow_none(), &calls));
}

static vow_value report_and_end(vow_value input, void *context)
{
    (void)context;
    require(vow_report(vow_integer(1)) == VOW_OK);
    return input;
}

static void what_a_job_reports_goes_through_all_of_them(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise = vow_submit(scheduler, report_and_end, vow_integer(2), NULL);
    promise = vow_timeout(promise, vow_after(VOW_S(1000)));
    promise = vow_succeeded(vow_promise_value(promise));
    promise = listened(vow_timeout(vow_tap(promise, NULL, NULL), vow_after(VOW_S(1000))));
    (void)manual_run(scheduler, manual);
    assert_logged(100, 2);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

/* Many at once ---------------------------------------------------------------------------------------------------- */

static void of_many_nobody_could_tell_whose_it_is(void **state)
{
    (void)state;
    vow_promise *members[2];
    vow_deferred *first = vow_deferred_new(&members[0]);
    vow_deferred *second = vow_deferred_new(&members[1]);
    members[0] = vow_then_with(members[0], &listening);
    vow_handlers handlers = listening;
    handlers.fulfilled = NULL;
    handlers.context = number_as_context(1);
    vow_promise *promise = vow_then_with(vow_all(members, 2), &handlers);
    assert_ok(vow_notify(first, vow_integer(1)));
    assert_ok(vow_notify(second, vow_integer(2)));
    assert_logged(100); /* by the listener of the member */
    fire(first, vow_integer(3));
    fire(second, vow_integer(4));
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(finally_and_tap_pass_it_on),
        control_test(a_deferred_that_is_chained_passes_it_on),
        control_test(a_timeout_passes_it_on),
        control_test(on_a_loop_a_timeout_s_result_comes_after_it),
        control_test(from_another_thread_a_timeout_s_result_comes_after_it),
        control_test(a_timeout_that_has_let_go_hears_no_more),
        control_test(a_timeout_that_was_canceled_hears_no_more),
        control_test(each_try_of_a_retry_is_heard),
        control_test(each_turn_of_a_loop_is_heard),
        control_test(each_step_of_an_iteration_is_heard),
        control_test(items_in_order_are_heard),
        control_test(so_are_those_of_a_reduction),
        control_test(what_a_job_reports_goes_through_all_of_them),
        control_test(of_many_nobody_could_tell_whose_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
