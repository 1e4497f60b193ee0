/*
 * test_cancel_inwards.c - a cancel goes inwards: to what is adopted, to a source, to a job; and calls off what waits.
 */
#include "control_testing.h"

#include "control/told.h"
#include "wait/known_table.h"
#include <vow/submit.h>

static void note_canceller(void *context)
{
    note((int64_t)(intptr_t)context);
}

/* Inwards ------------------------------------------------------------------------------------------------------ */

static void an_adopting_promise_hands_the_cancel_on(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_promise *outer;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_deferred *out = vow_deferred_new(&outer);
    assert_ok(vow_set_canceller(in, note_canceller, number_as_context(1), NULL));
    assert_ok(vow_resolve(out, vow_promise_value(vow_promise_retain(inner))));
    vow_cancel(outer);
    assert_logged(1);
    assert_rejected(inner, VOW_CANCELED);
    assert_rejected(outer, VOW_CANCELED);
    vow_deferred_release(in);
    vow_deferred_release(out);
    vow_promise_release(inner);
    vow_promise_release(outer);
}

static void a_cancel_reaches_what_another_thread_has_fired_with(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_promise *outer;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_deferred *out = vow_deferred_new(&outer);
    assert_ok(fire_elsewhere(out, vow_promise_value(vow_promise_retain(inner))));
    vow_cancel(outer); /* before the home has looked */
    (void)vow_run_pending();
    assert_rejected(inner, VOW_CANCELED);
    assert_rejected(outer, VOW_CANCELED);
    vow_deferred_release(in);
    vow_deferred_release(out);
    vow_promise_release(inner);
    vow_promise_release(outer);
}

static void a_sole_consumer_reaches_the_source(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, note_input, NULL);
    promise = vow_then(promise, note_input, NULL);
    vow_cancel(promise);
    assert_true(vow_deferred_fired(deferred));
    assert_rejected(promise, VOW_CANCELED);
    assert_nothing_logged();
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void several_producers_are_no_consumers(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_deferred *another = vow_deferred_retain(deferred);
    promise = vow_then(promise, NULL, NULL);
    vow_cancel(promise);
    assert_true(vow_deferred_fired(deferred));
    vow_deferred_release(deferred);
    vow_deferred_release(another);
    vow_promise_release(promise);
}

/* A piece of progress that is still on its way is no consumer either. */
static void progress_under_way_is_no_consumer(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    promise = vow_then(promise, note_input, NULL);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    vow_cancel(promise);
    bool reached = vow_deferred_fired(deferred);
    (void)manual_run(scheduler, manual);
    assert_rejected(promise, VOW_CANCELED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
    (void)manual_run(scheduler, manual);
    vow_scheduler_release(scheduler);
    assert_true(reached);
}

/* As a thread does that has had nothing to do, for a wait. */
static void who_searches_for_deadlocks_is_no_consumer(void **state)
{
    (void)state;
    struct trail trail = {.held = trail.first, .room = sizeof(trail.first) / sizeof(*trail.first)};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(vow_then(promise, NULL, NULL), NULL, NULL);
    vow_lock_take(&vow_known_lock);
    assert_null(vow_known_follow(promise, &trail));
    vow_lock_give(&vow_known_lock);
    assert_true(trail.count > 0);
    vow_cancel(promise);
    assert_true(vow_deferred_fired(deferred));
    while (trail.count > 0)
        vow_known_release(trail.held[--trail.count]);
    assert_rejected(promise, VOW_CANCELED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

/* As who has a promise follow another one, which may wait for it. */
static void who_searches_for_rings_is_no_consumer(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *source = promise;
    promise = vow_then(vow_then(promise, NULL, NULL), NULL, NULL);
    vow_promise_enter(source);
    vow_promise *held = vow_link_waits(vow_link_first(source));
    vow_promise_leave(source);
    vow_cancel(promise);
    assert_true(vow_deferred_fired(deferred));
    vow_promise_unref_unseen(held);
    assert_rejected(promise, VOW_CANCELED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

/* What is made of several promises is a deferred's. */
static void who_searches_last_abandons_what_its_producers_have_left(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *held = vow_told_waiting(deferred);
    vow_deferred_release(deferred);
    assert_pending(promise);
    vow_promise_unref_unseen(held);
    assert_rejected(promise, VOW_ABANDONED);
    vow_promise_release(promise);
}

static void with_another_consumer_the_source_goes_on(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *first = vow_then(vow_promise_retain(promise), note_context, number_as_context(1));
    vow_promise *second = vow_then(promise, note_context, number_as_context(2));
    vow_cancel(first);
    assert_rejected(first, VOW_CANCELED);
    assert_false(vow_deferred_fired(deferred));
    fire(deferred, vow_integer(6));
    assert_logged(2);
    assert_fulfilled(second, 6);
    vow_promise_release(first);
    vow_promise_release(second);
}

static void the_last_of_two_consumers_reaches_the_source(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *first = vow_then(vow_promise_retain(promise), NULL, NULL);
    vow_promise *second = vow_then(promise, NULL, NULL);
    vow_cancel(first);
    vow_cancel(second);
    assert_true(vow_deferred_fired(deferred));
    assert_rejected(second, VOW_CANCELED);
    vow_deferred_release(deferred);
    vow_promise_release(first);
    vow_promise_release(second);
}

static void callbacks_of_the_source_are_no_consumers(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_errback(promise, note_input, NULL);
    promise = vow_add_both(promise, note_context, number_as_context(1));
    vow_promise *derived = vow_then(promise, NULL, NULL);
    vow_cancel(derived);
    assert_true(vow_deferred_fired(deferred));
    assert_logged(-VOW_CANCELED, 1);
    assert_rejected(derived, VOW_CANCELED);
    vow_promise_release(derived);
    vow_deferred_release(deferred);
}

static void callbacks_that_were_added_behind_it_are_another_consumer(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then(vow_promise_retain(promise), NULL, NULL);
    vow_promise_release(vow_add_callback(promise, note_input, NULL));
    vow_cancel(derived);
    assert_rejected(derived, VOW_CANCELED);
    assert_false(vow_deferred_fired(deferred));
    fire(deferred, vow_integer(6));
    assert_logged(6);
    vow_promise_release(derived);
}

static void a_source_that_somebody_holds_goes_on(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then(vow_promise_retain(promise), note_input, NULL);
    vow_cancel(derived);
    assert_rejected(derived, VOW_CANCELED);
    assert_pending(promise);
    fire(deferred, vow_integer(1));
    assert_fulfilled(promise, 1);
    assert_nothing_logged();
    vow_promise_release(derived);
    vow_promise_release(promise);
}

static void behind_a_paused_value_the_function_is_called_off(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_pause(promise));
    vow_promise *derived = vow_then(vow_promise_retain(promise), note_input, NULL);
    vow_cancel(derived);
    assert_rejected(derived, VOW_CANCELED);
    assert_ok(vow_unpause(promise));
    assert_nothing_logged();
    vow_promise_release(derived);
    vow_promise_release(promise);
}

static void a_function_that_is_queued_is_called_off(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    promise = vow_then(promise, note_input, NULL);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    vow_deferred_release(deferred);
    vow_cancel(promise);
    (void)manual_run(scheduler, manual);
    (void)vow_run_pending();
    assert_rejected(promise, VOW_CANCELED);
    assert_nothing_logged();
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static vow_value cancel_context(vow_value input, void *context)
{
    vow_cancel(*(vow_promise **)context);
    return input;
}

static void canceling_a_link_further_down_while_links_run(void **state)
{
    (void)state;
    vow_promise *later;
    vow_handlers handlers = {.size = sizeof handlers, .fulfilled = note_input, .drop = count_drop};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *first = vow_then(vow_promise_retain(promise), cancel_context, &later);
    later = vow_then_with(vow_promise_retain(promise), &handlers);
    vow_promise *third = vow_then(promise, note_input, NULL);
    fire(deferred, vow_integer(1));
    assert_rejected(later, VOW_CANCELED);
    assert_logged(1);
    assert_int_equal(drops, 1);
    vow_promise_release(first);
    vow_promise_release(later);
    vow_promise_release(third);
}

static void canceling_oneself_inside_the_function_rejects(void **state)
{
    (void)state;
    vow_promise *derived;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    derived = vow_then(promise, cancel_context, &derived);
    fire(deferred, probe_new());
    assert_rejected(derived, VOW_CANCELED);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(derived);
}

static void *cancel_there(void *context)
{
    vow_cancel(context);
    return NULL;
}

static void another_thread_may_cancel_and_links_run_at_home(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_both(promise, note_input, NULL);
    on_another_thread(cancel_there, promise);
    assert_nothing_logged();
    (void)vow_run_pending();
    assert_logged(-VOW_CANCELED);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

/* Jobs ---------------------------------------------------------------------------------------------------------- */

static void a_queued_job_is_rejected_at_once_and_skipped(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    struct vow_job job = {
        .size = sizeof job, .fn = note_input, .input = probe_new(), .drop = count_drop};
    vow_promise *promise = vow_submit_with(scheduler, &job);
    promise = vow_add_both(promise, note_input, NULL);
    vow_cancel(promise);
    assert_logged(-VOW_CANCELED);
    assert_rejected(promise, VOW_CANCELED);
    (void)manual_run(scheduler, manual);
    assert_logged(-VOW_CANCELED);
    assert_int_equal(drops, 1);
    assert_int_equal(probe_drops, 1);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static vow_value cancel_running(vow_value input, void *context)
{
    (void)input;
    assert_false(vow_canceled());
    vow_cancel(*(vow_promise **)context);
    assert_true(vow_canceled());
    assert_int_equal(vow_state(*(vow_promise **)context), VOW_PENDING);
    return vow_canceled() ? vow_fail(VOW_CANCELED, "stopped half-way") : probe_new();
}

static void a_running_job_sees_it_and_settles_the_promise_when_it_has_ended(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    struct vow_job job = {
        .size = sizeof job, .fn = cancel_running, .context = &promise, .drop = count_drop};
    promise = vow_submit_with(scheduler, &job);
    (void)manual_run(scheduler, manual);
    assert_rejected(promise, VOW_CANCELED);
    assert_int_equal(drops, 1);
    assert_false(vow_canceled());
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void links_of_a_canceled_job_run_while_its_call_is_still_queued(void **state)
{
    (void)state;
    struct manual *manual;
    struct manual *home;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_scheduler *at = manual_new(&home, NULL);
    struct vow_job job = {.size = sizeof job, .fn = note_input, .home = at};
    vow_promise *promise = vow_submit_with(scheduler, &job);
    promise = vow_add_both(promise, note_input, NULL);
    vow_cancel(promise);
    (void)manual_run(at, home);
    assert_logged(-VOW_CANCELED);
    promise =
        vow_add_both(promise, note_context, number_as_context(2)); /* and one that is added later */
    (void)manual_run(at, home);
    assert_logged(-VOW_CANCELED, 2);
    (void)manual_run(scheduler, manual);
    (void)manual_run(at, home);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
    vow_scheduler_release(at);
}

/* Inwards, while the links of what is canceled run ----------------------------------------------------------------- */

/* A promise with a callback that gives another one, and one consumer, whom the end of that callback cancels. */
struct inwards {
    vow_deferred *deferred;
    vow_deferred *inner_deferred;
    vow_promise *inner;
    vow_promise *consumer;
};

static vow_value give_inner(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_promise_retain(((struct inwards *)context)->inner));
}

static void cancel_consumer(void *context)
{
    vow_cancel(((struct inwards *)context)->consumer);
}

/* `promise` is taken. */
static void begin_inwards(struct inwards *inwards, vow_promise *promise)
{
    const vow_handlers handlers = {.size = sizeof(handlers),
                                   .fulfilled = give_inner,
                                   .context = inwards,
                                   .drop = cancel_consumer};
    inwards->inner_deferred = vow_deferred_new(&inwards->inner);
    promise = vow_add_callbacks(promise, &handlers);
    inwards->consumer = vow_then(promise, NULL, NULL);
}

static void check_inwards(struct inwards *inwards)
{
    assert_true(vow_deferred_fired(inwards->inner_deferred));
    assert_rejected(inwards->inner, VOW_CANCELED);
    assert_rejected(inwards->consumer, VOW_CANCELED);
    vow_deferred_release(inwards->inner_deferred);
    vow_promise_release(inwards->inner);
    vow_promise_release(inwards->consumer);
}

static void the_end_of_a_callback_may_cancel_what_it_gave(void **state)
{
    (void)state;
    struct inwards inwards;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    begin_inwards(&inwards, promise);
    fire(deferred, vow_none());
    check_inwards(&inwards);
}

static void also_where_the_producer_stays(void **state)
{
    (void)state;
    struct inwards inwards;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    begin_inwards(&inwards, promise);
    assert_ok(vow_resolve(deferred, vow_none()));
    check_inwards(&inwards);
    vow_deferred_release(deferred);
}

static void also_where_another_thread_has_fired_it(void **state)
{
    (void)state;
    struct inwards inwards;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    begin_inwards(&inwards, promise);
    assert_ok(fire_elsewhere(deferred, vow_none()));
    (void)vow_run_pending();
    check_inwards(&inwards);
    vow_deferred_release(deferred);
}

static void also_where_it_is_derived_itself_and_others_were_told_before(void **state)
{
    (void)state;
    struct inwards inwards;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, NULL, NULL);
    vow_promise *before = vow_then(vow_promise_retain(promise), NULL, NULL);
    begin_inwards(&inwards, promise);
    fire(deferred, vow_none());
    check_inwards(&inwards);
    assert_int_equal(vow_state(before), VOW_FULFILLED);
    vow_promise_release(before);
}

static void also_in_the_end_of_the_value_that_is_replaced(void **state)
{
    static const struct vow_type type = {.name = "canceler", .drop = cancel_consumer};
    (void)state;
    struct inwards inwards;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    inwards.inner_deferred = vow_deferred_new(&inwards.inner);
    promise = vow_add_callback(promise, give_inner, &inwards);
    inwards.consumer = vow_then(promise, NULL, NULL);
    assert_ok(vow_resolve(deferred, vow_box_adopt(&type, &inwards)));
    check_inwards(&inwards);
    vow_deferred_release(deferred);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(an_adopting_promise_hands_the_cancel_on),
        control_test(a_cancel_reaches_what_another_thread_has_fired_with),
        control_test(a_sole_consumer_reaches_the_source),
        control_test(several_producers_are_no_consumers),
        control_test(progress_under_way_is_no_consumer),
        control_test(who_searches_for_deadlocks_is_no_consumer),
        control_test(who_searches_for_rings_is_no_consumer),
        control_test(who_searches_last_abandons_what_its_producers_have_left),
        control_test(with_another_consumer_the_source_goes_on),
        control_test(the_last_of_two_consumers_reaches_the_source),
        control_test(callbacks_of_the_source_are_no_consumers),
        control_test(callbacks_that_were_added_behind_it_are_another_consumer),
        control_test(a_source_that_somebody_holds_goes_on),
        control_test(behind_a_paused_value_the_function_is_called_off),
        control_test(a_function_that_is_queued_is_called_off),
        control_test(canceling_a_link_further_down_while_links_run),
        control_test(canceling_oneself_inside_the_function_rejects),
        control_test(another_thread_may_cancel_and_links_run_at_home),
        control_test(a_queued_job_is_rejected_at_once_and_skipped),
        control_test(a_running_job_sees_it_and_settles_the_promise_when_it_has_ended),
        control_test(the_end_of_a_callback_may_cancel_what_it_gave),
        control_test(also_where_the_producer_stays),
        control_test(also_where_another_thread_has_fired_it),
        control_test(also_where_it_is_derived_itself_and_others_were_told_before),
        control_test(also_in_the_end_of_the_value_that_is_replaced),
        control_test(links_of_a_canceled_job_run_while_its_call_is_still_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
