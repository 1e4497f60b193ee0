/*
 * test_scheduler.c - users' schedulers, which scheduler is current, and homes that close.
 */
#include "control_testing.h"

#include <vow/loop.h>

static void a_promise_at_home_on_a_users_scheduler_runs_there_later(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    promise = vow_add_callback(promise, note_input, NULL);
    fire(deferred, vow_integer(1));
    assert_nothing_logged();
    assert_pending(promise);
    assert_int_equal(manual_run(scheduler, manual), 1);
    assert_logged(1);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void never_before_the_callers_stack_has_unwound(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_set_scheduler(scheduler);
    vow_promise *promise = vow_then(vow_succeeded(vow_integer(1)), note_input, NULL);
    assert_nothing_logged();
    (void)manual_run(scheduler, manual);
    assert_logged(1);
    vow_promise_release(promise);
    vow_set_scheduler(NULL);
    /* the former default keeps a reference for good: see vow_set_scheduler */
    vow_scheduler_release(scheduler);
    vow_scheduler_release(scheduler);
}

static void one_call_is_in_flight_for_many_links(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    for (int i = 0; i < 10; i++)
        promise = vow_add_callback(promise, note_context, number_as_context(i));
    fire(deferred, vow_integer(1));
    assert_int_equal(manual->queued, 1);
    assert_int_equal(manual_run(scheduler, manual), 1);
    assert_int_equal(the_log.count, 10);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static vow_value note_name(vow_value input, void *context)
{
    const char *name = vow_scheduler_name(vow_current_scheduler());
    (void)context;
    note(strcmp(name, "immediate") == 0 ? 1 : strcmp(name, "loop") == 0 ? 2 : 3);
    return input;
}

static void the_running_calls_scheduler_is_the_current_one(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    promise = vow_add_callback(promise, note_name, NULL);
    assert_ptr_equal(vow_current_scheduler(), vow_immediate());
    fire(deferred, vow_none());
    (void)manual_run(scheduler, manual);
    assert_ptr_equal(vow_current_scheduler(), vow_immediate());
    assert_logged(3);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void outside_of_calls_the_loop_made_last_is(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_none());
    vow_loop *loop = vow_loop_new(NULL);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(loop));
    promise = vow_add_callback(promise, note_name, NULL);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(loop));
    assert_ok(vow_loop_free(loop));
    assert_ptr_equal(vow_current_scheduler(), vow_immediate());
    assert_logged(1);
    vow_promise_release(promise);
}

static void a_promise_keeps_its_home_when_the_default_changes(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_set_scheduler(scheduler);
    promise = vow_add_callback(promise, note_name, NULL);
    fire(deferred, vow_none());
    assert_logged(1);
    vow_set_scheduler(vow_immediate());
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
    vow_scheduler_release(scheduler);
}

static void the_last_reference_drops_it(void **state)
{
    (void)state;
    struct manual *manual;
    bool freed = false;
    vow_scheduler *scheduler = manual_new(&manual, &freed);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    assert_ptr_equal(vow_scheduler_retain(scheduler), scheduler);
    vow_scheduler_release(scheduler);
    vow_scheduler_release(scheduler);
    assert_false(freed);
    fire(deferred, vow_none());
    vow_promise_release(promise);
    assert_true(freed);
    assert_null(vow_scheduler_retain(NULL));
    vow_scheduler_release(NULL);
}

static void a_link_keeps_the_scheduler_that_it_names(void **state)
{
    (void)state;
    struct manual *manual;
    bool freed = false;
    vow_scheduler *scheduler = manual_new(&manual, &freed);
    vow_handlers handlers = {
        .size = sizeof handlers, .fulfilled = note_input, .scheduler = scheduler};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callbacks(promise, &handlers);
    vow_scheduler_release(scheduler);
    assert_false(freed);
    fire(deferred, vow_integer(1));
    assert_true(manual_step(scheduler, manual)); /* the call's end frees both */
    assert_logged(1);
    assert_true(freed);
    vow_promise_release(promise);
}

/* Calls that are refused, or dropped ------------------------------------------------------------------------------ */

static void a_closed_home_rejects_what_hangs_on_the_promise(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = note_input,
                             .rejected = note_input,
                             .drop = count_drop};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    vow_promise *derived = vow_then_with(vow_promise_retain(promise), &handlers);
    manual_close(manual);
    fire(deferred, vow_integer(1));
    assert_nothing_logged();
    assert_int_equal(drops, 1);
    assert_rejected(derived, VOW_CANCELED);
    vow_promise_release(derived);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void who_looks_still_sees_the_value_of_a_promise_whose_home_is_closed(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    vow_promise *derived = vow_then(vow_promise_retain(promise), note_input, NULL);
    manual_close(manual);
    fire(deferred, vow_integer(1));
    assert_rejected(derived, VOW_CANCELED);
    assert_fulfilled(promise, 1);
    vow_promise_release(derived);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void a_link_whose_scheduler_is_closed_leaves_the_others_alone(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_handlers handlers = {
        .size = sizeof handlers, .fulfilled = note_input, .scheduler = scheduler};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callbacks(promise, &handlers);
    promise = vow_add_both(promise, note_input, NULL); /* at home, which is open */
    manual_close(manual);
    fire(deferred, vow_integer(1));
    assert_logged(-VOW_CANCELED);
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void dropping_a_queued_call_rejects_what_hangs_on_the_promise(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(scheduler, &promise);
    vow_promise *derived = vow_then(promise, note_input, NULL);
    derived = vow_then(derived, note_input, NULL);
    fire(deferred, vow_integer(1));
    manual_close(manual);
    (void)vow_run_pending();
    assert_nothing_logged();
    assert_rejected(derived, VOW_CANCELED);
    vow_promise_release(derived);
    vow_scheduler_release(scheduler);
}

/* Calls of the user's own ------------------------------------------------------------------------------------------- */

struct own_call {
    struct vow_call call;
    int runs;
    int dropped;
};

static void own_run(struct vow_call *call)
{
    ((struct own_call *)(void *)call)->runs++;
}

static void own_dropped(struct vow_call *call)
{
    ((struct own_call *)(void *)call)->dropped++;
}

static void a_call_is_run_or_dropped_once(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    struct own_call own = {.call = {.run = own_run, .dropped = own_dropped}};
    vow_scheduler_call(vow_immediate(), &own.call);
    assert_int_equal(own.runs, 1);
    vow_scheduler_call(scheduler, &own.call);
    (void)manual_run(scheduler, manual);
    assert_int_equal(own.runs, 2);
    assert_int_equal(own.dropped, 0);
    manual_close(manual);
    vow_scheduler_call(scheduler, &own.call);
    assert_int_equal(own.dropped, 1);
    assert_int_equal(own.runs, 2);
    vow_scheduler_release(scheduler);
}

/* A thread that ends with a link on a promise of its own, whose deferred is somebody else's. */
struct departing {
    pthread_barrier_t met;
    vow_deferred *deferred;
};

static void *depart(void *context)
{
    struct departing *departing = context;
    const vow_handlers handlers = {
        .size = sizeof handlers, .fulfilled = note_input, .drop = count_drop};
    vow_promise *promise;
    departing->deferred = vow_deferred_new(&promise);
    vow_promise_release(vow_then_with(promise, &handlers));
    (void)pthread_barrier_wait(&departing->met); /* made */
    (void)pthread_barrier_wait(&departing->met); /* fired, or not */
    return NULL;
}

static void depart_and_fire(bool in_time)
{
    struct departing departing;
    assert_int_equal(pthread_barrier_init(&departing.met, NULL, 2), 0);
    pthread_t thread = start_thread(depart, &departing);
    (void)pthread_barrier_wait(&departing.met);
    if (in_time)
        fire(departing.deferred, vow_integer(1));
    assert_int_equal(drops, 0);
    (void)pthread_barrier_wait(&departing.met);
    join_thread(thread);
    if (!in_time)
        fire(departing.deferred, vow_integer(1));
    assert_int_equal(drops, 1);
    (void)pthread_barrier_destroy(&departing.met);
}

static void what_is_queued_when_a_thread_ends_runs_then(void **state)
{
    (void)state;
    depart_and_fire(true);
    assert_logged(1);
}

static void what_comes_for_a_thread_that_has_ended_is_dropped(void **state)
{
    (void)state;
    depart_and_fire(false);
    assert_nothing_logged();
}

static void names_are_known(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_loop *loop = vow_loop_new(NULL);
    assert_string_equal(vow_scheduler_name(vow_immediate()), "immediate");
    assert_string_equal(vow_scheduler_name(scheduler), "manual");
    assert_string_equal(vow_scheduler_name(vow_loop_scheduler(loop)), "loop");
    assert_ok(vow_loop_free(loop));
    vow_scheduler_release(scheduler);
}

static void incomplete_ops_are_refused(void **state)
{
    (void)state;
    struct vow_scheduler_ops ops = {
        .size = sizeof ops, .schedule = manual_schedule, .drop = manual_drop};
    struct vow_scheduler_ops wrong = ops;
    assert_null(vow_scheduler_new(NULL, NULL));
    assert_sentence("vow_scheduler_new: ops is NULL");
    wrong.size = 1;
    assert_null(vow_scheduler_new(&wrong, NULL));
    assert_sentence("vow_scheduler_new: ops->size");
    wrong = ops;
    wrong.schedule = NULL;
    assert_null(vow_scheduler_new(&wrong, NULL));
    assert_sentence("vow_scheduler_new: ops->schedule");
    wrong = ops;
    wrong.drop = NULL;
    assert_null(vow_scheduler_new(&wrong, NULL));
    assert_sentence("ops->drop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_promise_at_home_on_a_users_scheduler_runs_there_later),
        control_test(never_before_the_callers_stack_has_unwound),
        control_test(one_call_is_in_flight_for_many_links),
        control_test(the_running_calls_scheduler_is_the_current_one),
        control_test(outside_of_calls_the_loop_made_last_is),
        control_test(a_promise_keeps_its_home_when_the_default_changes),
        control_test(the_last_reference_drops_it),
        control_test(a_link_keeps_the_scheduler_that_it_names),
        control_test(a_closed_home_rejects_what_hangs_on_the_promise),
        control_test(who_looks_still_sees_the_value_of_a_promise_whose_home_is_closed),
        control_test(a_link_whose_scheduler_is_closed_leaves_the_others_alone),
        control_test(dropping_a_queued_call_rejects_what_hangs_on_the_promise),
        control_test(a_call_is_run_or_dropped_once),
        control_test(what_is_queued_when_a_thread_ends_runs_then),
        control_test(what_comes_for_a_thread_that_has_ended_is_dropped),
        control_test(names_are_known),
        control_test(incomplete_ops_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
