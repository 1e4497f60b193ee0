/*
 * test_notify.c - progress: to the listeners of a promise and of those derived from it, before settlement only.
 */
#include "control_testing.h"

#include <vow/loop.h>
#include <vow/submit.h>

static vow_handlers listening(vow_fn *notified, int64_t number)
{
    return (vow_handlers){
        .size = sizeof(vow_handlers), .notified = notified, .context = number_as_context(number)};
}

static vow_value note_progress(vow_value input, void *context)
{
    note(vow_as_integer(input) * 100 + (int64_t)(intptr_t)context);
    return input;
}

static void listeners_get_each_piece_in_order(void **state)
{
    (void)state;
    vow_handlers handlers = listening(note_progress, 1);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callbacks(promise, &handlers);
    handlers.context = number_as_context(2);
    promise = vow_add_callbacks(promise, &handlers);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_ok(vow_notify(deferred, vow_integer(2)));
    assert_logged(101, 102, 201, 202);
    fire(deferred, vow_integer(3));
    assert_logged(101, 102, 201, 202);
    vow_promise_release(promise);
}

static void derived_promises_hear_it_unchanged(void **state)
{
    (void)state;
    vow_handlers handlers = listening(note_progress, 1);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then_with(promise, &handlers);
    promise = vow_then(promise, add_context, number_as_context(1));
    handlers.context = number_as_context(2);
    promise = vow_then_with(promise, &handlers);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(101, 102);
    fire(deferred, vow_integer(3));
    assert_fulfilled(promise, 4);
    vow_promise_release(promise);
}

static void a_promise_hears_what_it_waits_for(void **state)
{
    (void)state;
    vow_handlers handlers = listening(note_progress, 1);
    vow_promise *inner;
    vow_promise *outer;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_deferred *out = vow_deferred_new(&outer);
    outer = vow_add_callbacks(outer, &handlers);
    fire(out, vow_promise_value(inner));
    assert_ok(vow_notify(in, vow_integer(1)));
    assert_logged(101);
    fire(in, vow_none());
    vow_promise_release(outer);
}

static void what_a_listener_gives_changes_nothing(void **state)
{
    (void)state;
    vow_handlers handlers = listening(raise_context, VOW_USER);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callbacks(promise, &handlers);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    fire(deferred, vow_integer(2));
    assert_fulfilled(promise, 2);
    vow_promise_release(promise);
    assert_int_equal(unhandled, 0);
}

static void after_the_firing_it_is_refused_and_its_value_released(void **state)
{
    (void)state;
    vow_handlers handlers = listening(note_progress, 1);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callbacks(promise, &handlers);
    assert_ok(vow_resolve(deferred, vow_none()));
    assert_int_equal(vow_notify(deferred, probe_new()), VOW_ALREADY_FIRED);
    assert_sentence("vow_notify");
    assert_int_equal(probe_drops, 1);
    assert_nothing_logged();
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void after_a_cancel_it_is_refused(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_cancel(promise);
    assert_int_equal(vow_notify(deferred, vow_integer(1)), VOW_ALREADY_FIRED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void it_is_not_kept_for_later_listeners(void **state)
{
    (void)state;
    vow_handlers handlers = listening(note_progress, 1);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_notify(deferred, probe_new()));
    assert_int_equal(probe_drops, 1);
    promise = vow_add_callbacks(promise, &handlers);
    fire(deferred, vow_none());
    assert_nothing_logged();
    vow_promise_release(promise);
}

static vow_value fire_in_listener(vow_value input, void *context)
{
    assert_ok(vow_resolve(context, vow_integer(9)));
    note(1);
    return input;
}

static void a_listener_may_fire_and_the_result_follows_the_progress(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_handlers handlers = {.size = sizeof handlers,
                             .notified = fire_in_listener,
                             .fulfilled = note_input,
                             .context = deferred};
    promise = vow_add_callbacks(promise, &handlers);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(1, 9);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static vow_value notify_in_listener(vow_value input, void *context)
{
    int64_t number = vow_as_integer(input);
    note(number);
    if (number < 3)
        assert_ok(vow_notify(context, vow_integer(number + 1)));
    return input;
}

static void a_listener_may_notify_again(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_handlers handlers = {
        .size = sizeof handlers, .notified = notify_in_listener, .context = deferred};
    promise = vow_add_callbacks(promise, &handlers);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(1, 2, 3);
    fire(deferred, vow_none());
    vow_promise_release(promise);
}

static void what_a_listener_sends_comes_to_all_when_all_have_heard_what_was_before(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_handlers first = {
        .size = sizeof first, .notified = notify_in_listener, .context = deferred};
    vow_handlers second = {.size = sizeof second, .notified = note_input};
    promise = vow_add_callbacks(promise, &first);
    promise = vow_add_callbacks(promise, &second);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(1, 1, 2, 2, 3, 3);
    fire(deferred, vow_none());
    vow_promise_release(promise);
}

static void many_listeners_are_all_told(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < 20; i++) {
        vow_handlers handlers = listening(note_progress, i);
        promise = vow_add_callbacks(promise, &handlers);
    }
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_int_equal(the_log.count, 20);
    assert_int_equal(the_log.numbers[19], 119);
    fire(deferred, vow_none());
    vow_promise_release(promise);
}

static void a_canceled_listener_hears_no_more(void **state)
{
    (void)state;
    vow_handlers handlers = listening(note_progress, 1);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then_with(vow_promise_retain(promise), &handlers);
    vow_cancel(derived);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_nothing_logged();
    fire(deferred, vow_none());
    vow_promise_release(derived);
    vow_promise_release(promise);
}

static vow_value note_and_cancel(vow_value input, void *promise)
{
    note(100 + vow_as_integer(input));
    vow_cancel(promise);
    return input;
}

static void a_promise_that_its_listener_cancels_hears_no_more(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_handlers sends = {
        .size = sizeof sends, .notified = notify_in_listener, .context = deferred};
    promise = vow_add_callbacks(promise, &sends);
    vow_promise *derived = vow_then(vow_promise_retain(promise), NULL, NULL);
    vow_handlers cancels = {
        .size = sizeof cancels, .notified = note_and_cancel, .context = derived};
    derived = vow_add_callbacks(derived, &cancels);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(1, 101, 2, 3);
    fire(deferred, vow_none());
    vow_promise_release(derived);
    vow_promise_release(promise);
}

/* The same, with what is canceled found in its place. */
static vow_value cancel_what_is_there(vow_value input, void *promise)
{
    vow_cancel(*(vow_promise **)promise);
    return input;
}

static void count_cancel(void *context)
{
    ++*(int *)context;
}

static void what_a_listener_cancels_is_taken_out_when_all_have_heard(void **state)
{
    (void)state;
    int cancels = 0;
    vow_promise *promise;
    vow_promise *first = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, count_cancel, &cancels, NULL));
    first =
        vow_then_with(vow_promise_retain(promise), &(vow_handlers){.size = sizeof(vow_handlers),
                                                                   .notified = cancel_what_is_there,
                                                                   .context = &first,
                                                                   .drop = count_drop});
    vow_promise *second = vow_then(promise, NULL, NULL);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_int_equal(drops, 1);
    vow_cancel(second); /* the only consumer that is left */
    assert_int_equal(cancels, 1);
    vow_promise_release(first);
    vow_promise_release(second);
    vow_deferred_release(deferred);
}

struct three {
    vow_promise *promises[3];
};

static vow_value cancel_two(vow_value input, void *context)
{
    struct three *three = context;
    vow_cancel(three->promises[0]);
    vow_cancel(three->promises[1]);
    return input;
}

static void cancel_third(void *context)
{
    vow_cancel(((struct three *)context)->promises[2]);
}

static void in_the_drop_of_what_a_listener_canceled_the_last_consumer_may_be_canceled(void **state)
{
    (void)state;
    int cancels = 0;
    struct three three;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, count_cancel, &cancels, NULL));
    vow_handlers handlers = {
        .size = sizeof handlers, .notified = cancel_two, .context = &three, .drop = cancel_third};
    three.promises[0] = vow_then_with(vow_promise_retain(promise), &handlers);
    handlers = (vow_handlers){.size = sizeof handlers, .fulfilled = note_input, .drop = count_drop};
    three.promises[1] = vow_then_with(vow_promise_retain(promise), &handlers);
    three.promises[2] = vow_then(promise, NULL, NULL);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_int_equal(drops, 1);
    assert_int_equal(cancels, 1);
    for (int i = 0; i < 3; i++)
        vow_promise_release(three.promises[i]);
    vow_deferred_release(deferred);
}

static void a_listener_may_cancel_the_source_through_promises_that_derive_from_it(void **state)
{
    (void)state;
    int cancels = 0;
    vow_promise *promise;
    vow_promise *last = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, count_cancel, &cancels, NULL));
    vow_promise *listening =
        vow_then_with(promise, &(vow_handlers){.size = sizeof(vow_handlers),
                                               .notified = cancel_what_is_there,
                                               .context = &last});
    last = vow_then(listening, NULL, NULL);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_int_equal(cancels, 1);
    vow_promise_release(last);
    vow_deferred_release(deferred);
}

static void a_listener_runs_at_the_promises_home_whatever_scheduler_its_link_names(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_handlers handlers = listening(note_progress, 1);
    handlers.scheduler = scheduler;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then_with(promise, &handlers);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(101);
    fire(deferred, vow_none());
    (void)manual_run(scheduler, manual);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

/* Across threads and loops ------------------------------------------------------------------------------------ */

static void *notify_and_fire(void *context)
{
    require(vow_notify(context, vow_integer(1)) == VOW_OK);
    require(vow_notify(context, vow_integer(2)) == VOW_OK);
    require(vow_resolve(context, vow_integer(3)) == VOW_OK);
    return NULL;
}

static void *look_at(void *context)
{
    require(vow_state(context) == VOW_PENDING);
    return NULL;
}

/* Another thread notifies and fires, where a further one may have looked before. */
static void check_from_afar(bool looked_at)
{
    vow_handlers handlers = listening(note_progress, 0);
    handlers.fulfilled = note_input;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callbacks(promise, &handlers);
    if (looked_at)
        on_another_thread(look_at, promise);
    on_another_thread(notify_and_fire, deferred);
    assert_nothing_logged();
    (void)vow_run_pending();
    assert_logged(100, 200, 3);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void from_another_thread_it_comes_in_order_before_the_result(void **state)
{
    (void)state;
    check_from_afar(false);
}

static void it_does_so_when_other_threads_have_looked_too(void **state)
{
    (void)state;
    check_from_afar(true);
}

/* Each promise hears it in order; between source and derived there is none. */
static void on_a_loop_it_comes_in_order_before_the_result(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_handlers handlers = listening(note_progress, 0);
    handlers.fulfilled = note_input;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then_with(vow_promise_retain(promise), &handlers);
    (void)notify_and_fire(deferred);
    assert_nothing_logged();
    assert_ok(vow_loop_run_until_idle(loop));
    vow_deferred_release(deferred);
    vow_promise_release(derived);
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
    assert_logged(100, 200, 3);
}

static void on_a_loop_derived_promises_hear_it_before_the_result_too(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_handlers handlers = listening(note_progress, 0);
    handlers.fulfilled = note_input;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then_with(vow_then(promise, NULL, NULL), &handlers);
    (void)notify_and_fire(deferred);
    assert_ok(vow_loop_run_until_idle(loop));
    vow_deferred_release(deferred);
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
    assert_logged(100, 200, 3);
}

/* Made, fired for good and made to wait for another by a thread that has ended. */
struct orphan {
    vow_promise *promise;
    vow_promise *inner;
};

static void *make_orphan(void *context)
{
    struct orphan *orphan = context;
    vow_deferred *deferred = vow_deferred_new(&orphan->promise);
    orphan->promise = vow_add_callback(orphan->promise, give_promise, orphan->inner);
    require(vow_fire(deferred, vow_none()) == VOW_OK);
    return NULL;
}

static void progress_that_finds_its_home_closed_changes_nothing(void **state)
{
    (void)state;
    struct orphan orphan;
    vow_deferred *deferred = vow_deferred_new(&orphan.inner);
    on_another_thread(make_orphan, &orphan);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    fire(deferred, vow_integer(2));
    assert_fulfilled(orphan.promise, 2);
    vow_promise_release(orphan.promise);
    vow_promise_release(orphan.inner);
}

/* Jobs ---------------------------------------------------------------------------------------------------------- */

static vow_value report_twice(vow_value input, void *context)
{
    (void)context;
    require(vow_report(vow_integer(1)) == VOW_OK);
    require(vow_report(vow_integer(2)) == VOW_OK);
    return input;
}

static void a_job_reports_to_the_listeners_of_its_promise(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_handlers handlers = listening(note_progress, 0);
    handlers.fulfilled = note_input;
    vow_promise *promise = vow_submit(scheduler, report_twice, vow_integer(7), NULL);
    promise = vow_add_callbacks(promise, &handlers);
    (void)manual_run(scheduler, manual);
    assert_logged(100, 200, 7);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void outside_of_jobs_a_report_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_report(probe_new()), VOW_INVALID);
    assert_sentence("vow_report");
    assert_int_equal(probe_drops, 1);
}

static vow_value report_canceled(vow_value input, void *context)
{
    vow_cancel(*(vow_promise **)context);
    require(vow_report(vow_integer(1)) == VOW_OK);
    return input;
}

static void a_canceled_job_may_still_report_until_it_has_ended(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    promise = vow_submit(scheduler, report_canceled, vow_none(), &promise);
    (void)manual_run(scheduler, manual);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(listeners_get_each_piece_in_order),
        control_test(derived_promises_hear_it_unchanged),
        control_test(a_promise_hears_what_it_waits_for),
        control_test(what_a_listener_gives_changes_nothing),
        control_test(after_the_firing_it_is_refused_and_its_value_released),
        control_test(after_a_cancel_it_is_refused),
        control_test(it_is_not_kept_for_later_listeners),
        control_test(a_listener_may_fire_and_the_result_follows_the_progress),
        control_test(a_listener_may_notify_again),
        control_test(what_a_listener_sends_comes_to_all_when_all_have_heard_what_was_before),
        control_test(many_listeners_are_all_told),
        control_test(a_canceled_listener_hears_no_more),
        control_test(a_promise_that_its_listener_cancels_hears_no_more),
        control_test(what_a_listener_cancels_is_taken_out_when_all_have_heard),
        control_test(in_the_drop_of_what_a_listener_canceled_the_last_consumer_may_be_canceled),
        control_test(a_listener_may_cancel_the_source_through_promises_that_derive_from_it),
        control_test(a_listener_runs_at_the_promises_home_whatever_scheduler_its_link_names),
        control_test(from_another_thread_it_comes_in_order_before_the_result),
        control_test(it_does_so_when_other_threads_have_looked_too),
        control_test(on_a_loop_it_comes_in_order_before_the_result),
        control_test(on_a_loop_derived_promises_hear_it_before_the_result_too),
        control_test(progress_that_finds_its_home_closed_changes_nothing),
        control_test(a_job_reports_to_the_listeners_of_its_promise),
        control_test(outside_of_jobs_a_report_is_refused),
        control_test(a_canceled_job_may_still_report_until_it_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
