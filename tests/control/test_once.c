/*
 * test_once.c - a function that succeeds once, whoever comes first.
 */
#include "control/canceller.h"
#include "control/lock_testing.h"
#include "control/park_testing.h"

#include <vow/coroutine.h>
#include <vow/event.h>
#include <vow/once.h>

static vow_value count_calls(vow_value input, void *context)
{
    note_locked((int64_t)(intptr_t)context);
    return input;
}

static void it_runs_once(void **state)
{
    (void)state;
    static vow_once once = VOW_ONCE_INIT;
    assert_false(vow_once_is_done(&once));
    assert_ok(vow_once_run(&once, count_calls, number_as_context(1), VOW_FOREVER));
    assert_ok(vow_once_run(&once, count_calls, number_as_context(2), VOW_POLL));
    assert_true(vow_once_is_done(&once));
    assert_logged(1);
}

struct slow {
    vow_once once;
    vow_event begun;
    vow_event may_end;
    int calls;
    int fails;
};

static vow_value slowly(vow_value input, void *context)
{
    struct slow *slow = context;
    slow->calls++;
    require(vow_event_set(&slow->begun) == VOW_OK);
    require(vow_event_wait(&slow->may_end, VOW_FOREVER) == VOW_OK);
    if (slow->fails-- > 0)
        return vow_fail(VOW_USER, "not yet");
    return input;
}

static void run_slowly(struct line_of_test *line)
{
    struct slow *slow = line->object;
    line->status = vow_once_run(&slow->once, slowly, slow, VOW_FOREVER);
}

static void start_many(struct slow *slow, struct line_of_test *lines, enum how how)
{
    for (int i = 0; i < 4; i++) {
        lines[i] = (struct line_of_test){.work = run_slowly, .object = slow};
        line_start(&lines[i], how);
    }
    assert_ok(vow_event_wait(&slow->begun, VOW_FOREVER));
    until_waiting(&slow->once.mutex, 3);
}

static void check_waiting(enum how how)
{
    struct slow slow = {VOW_ONCE_INIT, VOW_EVENT_INIT, VOW_EVENT_INIT, 0, 0};
    struct line_of_test lines[4];
    start_many(&slow, lines, how);
    assert_int_equal(vow_once_run(&slow.once, slowly, &slow, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_sentence("vow_once_run: ");
    assert_ok(vow_event_set(&slow.may_end));
    for (int i = 0; i < 4; i++) {
        line_end(&lines[i]);
        assert_ok(lines[i].status);
    }
    assert_int_equal(slow.calls, 1);
}

static void who_comes_meanwhile_waits_for_its_end(void **state)
{
    (void)state;
    with_every_line(check_waiting);
}

static void check_errors(enum how how)
{
    struct slow slow = {VOW_ONCE_INIT, VOW_EVENT_INIT, VOW_EVENT_INIT, 0, 2};
    struct line_of_test lines[4];
    int failed = 0;
    start_many(&slow, lines, how);
    assert_ok(vow_event_set(&slow.may_end));
    for (int i = 0; i < 4; i++) {
        line_end(&lines[i]);
        failed += lines[i].status == VOW_USER;
    }
    assert_int_equal(failed, 2);
    assert_int_equal(slow.calls, 3);
    assert_true(vow_once_is_done(&slow.once));
}

static void after_an_error_the_next_tries_again(void **state)
{
    (void)state;
    with_every_line(check_errors);
}

/* The home of what the function gave is one that runs its calls when it is told to. */
static void a_cancel_after_the_success_does_not_undo_it(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_once once = VOW_ONCE_INIT;
    vow_set_scheduler(scheduler);
    vow_promise *promise = vow_once_promise(&once, give_context, number_as_context(1));
    vow_set_scheduler(NULL);
    for (int i = 0; i < 3; i++) {
        (void)manual_step(scheduler, manual);
        vow_cancel(promise);
    }
    (void)manual_run(scheduler, manual);
    assert_true(vow_once_is_done(&once));
    vow_promise_release(promise);
    (void)manual_run(scheduler, manual);
    vow_scheduler_release(scheduler);
    vow_scheduler_release(scheduler); /* the former default: as in test_mutex.c */
}

static void the_error_speaks(void **state)
{
    (void)state;
    vow_once once = VOW_ONCE_INIT;
    assert_int_equal(vow_once_run(&once, raise_context, number_as_context(VOW_USER), VOW_FOREVER),
                     VOW_USER);
    assert_sentence("vow_once_run: fn: raised by a test");
}

static void a_promise_that_it_returns_is_waited_for(void **state)
{
    (void)state;
    vow_once once = VOW_ONCE_INIT;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_int_equal(vow_once_run(&once, give_promise, promise, vow_after(VOW_MS(1))),
                     VOW_TIMED_OUT);
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
    vow_deferred_release(deferred);
    promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_once_run(&once, give_promise, promise, VOW_FOREVER));
    assert_true(vow_once_is_done(&once));
    vow_promise_release(promise);
}

/* A promise that ends some time after it was canceled: when somebody waits for that, or nobody will. */
struct patient {
    vow_once once;
    vow_deferred *deferred;
    vow_promise *promise;
    vow_value value; /* what it comes to */
    _Atomic bool canceled;
    _Atomic bool left;
    _Atomic bool ended;
};

static void note_cancel(void *context)
{
    struct patient *patient = context;
    atomic_store(&patient->canceled, true);
}

static void *end_when_canceled(void *context)
{
    struct patient *patient = context;
    while (!atomic_load(&patient->canceled) ||
           (!atomic_load(&patient->left) && !is_waited_for(patient->promise)))
        (void)sched_yield();
    atomic_store(&patient->ended, true);
    fire(patient->deferred, patient->value);
    return NULL;
}

/* Gives the status of a run whose deadline passes first, and whether the promise had ended by then. */
static vow_status run_too_long(struct patient *patient, vow_value value, bool *ret_ended)
{
    *patient = (struct patient){.once = VOW_ONCE_INIT, .value = value};
    patient->deferred = vow_deferred_new(&patient->promise);
    assert_ok(vow_set_patient_canceller(patient->deferred, note_cancel, patient, count_drop));
    pthread_t thread = start_thread(end_when_canceled, patient);
    vow_status status =
        vow_once_run(&patient->once, give_promise, patient->promise, vow_after(VOW_MS(1)));
    *ret_ended = atomic_load(&patient->ended);
    atomic_store(&patient->left, true);
    join_thread(thread);
    vow_promise_release(patient->promise);
    return status;
}

static void at_the_deadline_what_it_returned_has_settled(void **state)
{
    (void)state;
    struct patient patient;
    bool ended;
    vow_status status = run_too_long(&patient, vow_fail(VOW_USER, "too late"), &ended);
    assert_true(ended);
    assert_int_equal(status, VOW_TIMED_OUT);
    assert_false(vow_once_is_done(&patient.once));
}

static void a_success_after_the_deadline_counts(void **state)
{
    (void)state;
    struct patient patient;
    bool ended;
    vow_status status = run_too_long(&patient, vow_none(), &ended);
    assert_true(ended);
    assert_ok(status);
    assert_true(vow_once_is_done(&patient.once));
}

static vow_value run_itself(vow_value input, void *once)
{
    (void)input;
    assert_int_equal(vow_once_run(once, run_itself, once, VOW_FOREVER), VOW_DEADLOCK);
    return vow_none();
}

static void a_function_that_runs_itself_is_a_deadlock(void **state)
{
    (void)state;
    vow_once once = VOW_ONCE_INIT;
    assert_ok(vow_once_run(&once, run_itself, &once, VOW_FOREVER));
}

static vow_value yield_and_give(vow_value input, void *unused)
{
    (void)unused;
    vow_release(vow_yield(vow_integer(1)));
    return input;
}

static vow_value run_once_that_runs_itself(vow_value input, void *once)
{
    (void)input;
    return vow_integer(vow_once_run(once, run_itself, once, VOW_FOREVER));
}

static void run_itself_on(vow_scheduler *scheduler)
{
    vow_once once = VOW_ONCE_INIT;
    vow_promise *job = vow_submit(scheduler, run_once_that_runs_itself, vow_none(), &once);
    assert_ok(vow_wait(job, VOW_FOREVER, NULL));
    assert_fulfilled(job, VOW_OK);
    vow_promise_release(job);
}

static void a_function_that_runs_itself_in_a_job_is_a_deadlock(void **state)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    run_itself_on(vow_pool_scheduler(pool));
    assert_ok(vow_pool_free(pool));
}

static void a_function_that_runs_itself_in_a_loops_call_is_a_deadlock(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    run_itself_on(vow_loop_scheduler(loop));
    assert_ok(vow_loop_free(loop));
}

static void a_function_that_a_promise_runs_and_that_runs_itself_is_a_deadlock(void **state)
{
    vow_once once = VOW_ONCE_INIT;
    (void)state;
    vow_promise *promise = vow_once_promise(&once, run_itself, &once);
    assert_ok(vow_wait(promise, VOW_FOREVER, NULL));
    vow_promise_release(promise);
}

static vow_value run_in_a_coroutine(vow_value input, void *once)
{
    (void)input;
    return vow_integer(vow_once_run(once, yield_and_give, NULL, VOW_FOREVER));
}

/* The line that the coroutine ran on last is not the one that runs the function. */
static void a_function_that_a_coroutine_stopped_in_keeps_others_waiting(void **state)
{
    vow_once once = VOW_ONCE_INIT;
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(run_in_a_coroutine, &once);
    vow_release(vow_next(coroutine));
    assert_int_equal(vow_once_run(&once, run_itself, &once, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_true(vow_is_end(vow_next(coroutine)));
    assert_true(vow_once_is_done(&once));
    vow_coroutine_release(coroutine);
}

/* Promises --------------------------------------------------------------------------------------------------------- */

/* Two who want the same done: the first one's function gives `inner`, which has not settled; the second one waits. */
struct two_runs {
    vow_once once;
    vow_promise *inner;
    vow_deferred *deferred;
    vow_promise *first;
    vow_promise *second;
};

static void begin_two(struct two_runs *two)
{
    *two = (struct two_runs){.once = VOW_ONCE_INIT};
    two->deferred = vow_deferred_new(&two->inner);
    two->first = vow_once_promise(&two->once, give_promise, two->inner);
    two->second = vow_once_promise(&two->once, count_calls, number_as_context(2));
    assert_pending(two->first);
    assert_pending(two->second);
}

static void end_two(struct two_runs *two)
{
    vow_promise_release(two->inner);
    vow_promise_release(two->first);
    vow_promise_release(two->second);
}

static void promises_share_one_run(void **state)
{
    (void)state;
    struct two_runs two;
    begin_two(&two);
    fire(two.deferred, vow_integer(7));
    assert_int_equal(vow_state(two.first), VOW_FULFILLED);
    assert_int_equal(vow_state(two.second), VOW_FULFILLED);
    vow_promise *third = vow_once_promise(&two.once, count_calls, NULL);
    assert_int_equal(vow_state(third), VOW_FULFILLED);
    assert_nothing_logged();
    vow_promise_release(third);
    end_two(&two);
}

static void after_a_rejection_the_next_promise_tries_again(void **state)
{
    (void)state;
    struct two_runs two;
    begin_two(&two);
    fire(two.deferred, vow_fail(VOW_USER, "no"));
    assert_rejected(two.first, VOW_USER);
    assert_int_equal(vow_state(two.second), VOW_FULFILLED);
    assert_logged(2);
    end_two(&two);
}

static void canceling_the_one_that_runs_cancels_its_work_and_the_next_tries(void **state)
{
    (void)state;
    struct two_runs two;
    begin_two(&two);
    vow_promise_release(two.inner); /* nobody else wants it */
    two.inner = NULL;
    vow_cancel(two.first);
    assert_rejected(two.first, VOW_CANCELED);
    assert_int_equal(vow_state(two.second), VOW_FULFILLED);
    assert_logged(2);
    vow_deferred_release(two.deferred);
    end_two(&two);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    vow_once once = VOW_ONCE_INIT;
    assert_int_equal(vow_once_run(NULL, count_calls, NULL, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_once_run: once is NULL");
    assert_int_equal(vow_once_run(&once, NULL, NULL, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_once_run: fn is NULL");
    assert_false(vow_once_is_done(NULL));
    vow_promise *promise = vow_once_promise(&once, NULL, NULL);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(it_runs_once),
        control_test(who_comes_meanwhile_waits_for_its_end),
        control_test(after_an_error_the_next_tries_again),
        control_test(a_cancel_after_the_success_does_not_undo_it),
        control_test(the_error_speaks),
        control_test(a_promise_that_it_returns_is_waited_for),
        control_test(at_the_deadline_what_it_returned_has_settled),
        control_test(a_success_after_the_deadline_counts),
        control_test(a_function_that_runs_itself_is_a_deadlock),
        control_test(a_function_that_runs_itself_in_a_job_is_a_deadlock),
        control_test(a_function_that_runs_itself_in_a_loops_call_is_a_deadlock),
        control_test(a_function_that_a_promise_runs_and_that_runs_itself_is_a_deadlock),
        control_test(a_function_that_a_coroutine_stopped_in_keeps_others_waiting),
        control_test(promises_share_one_run),
        control_test(after_a_rejection_the_next_promise_tries_again),
        control_test(canceling_the_one_that_runs_cancels_its_work_and_the_next_tries),
        control_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
