/*
 * test_cancel.c - asking for an end where a promise has a producer: with a canceller and without.
 */
#include "control_testing.h"

#include <vow/pool.h>
#include <vow/submit.h>

/* Roots ------------------------------------------------------------------------------------------------------ */

static void without_a_canceller_the_promise_is_rejected(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_both(promise, note_input, NULL);
    vow_cancel(promise);
    assert_logged(-VOW_CANCELED);
    assert_rejected(promise, VOW_CANCELED);
    assert_true(vow_deferred_fired(deferred));
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void exactly_one_late_firing_is_swallowed(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_cancel(promise);
    assert_ok(vow_resolve(deferred, probe_new()));
    assert_int_equal(probe_drops, 1);
    assert_int_equal(vow_resolve(deferred, vow_integer(1)), VOW_ALREADY_FIRED);
    assert_rejected(promise, VOW_CANCELED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_second_cancel_swallows_no_second_firing(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_cancel(promise);
    vow_cancel(promise);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    vow_cancel(promise);
    assert_int_equal(vow_resolve(deferred, vow_integer(1)), VOW_ALREADY_FIRED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void canceling_what_has_settled_does_nothing(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    vow_cancel(promise);
    assert_fulfilled(promise, 1);
    assert_int_equal(vow_resolve(deferred, vow_integer(2)), VOW_ALREADY_FIRED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void canceling_nothing_does_nothing(void **state)
{
    (void)state;
    vow_cancel(NULL);
}

static void a_recovered_cancel_is_a_value(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_errback(promise, give_context, number_as_context(3));
    vow_cancel(promise);
    assert_fulfilled(promise, 3);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

/* Cancellers -------------------------------------------------------------------------------------------------- */

static void note_canceller(void *context)
{
    note((int64_t)(intptr_t)context);
}

static void fire_in_canceller(void *context)
{
    assert_ok(vow_resolve(context, vow_integer(5)));
}

static void a_silent_canceller_leaves_canceled_and_swallows_nothing(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, note_canceller, number_as_context(1), count_drop));
    vow_cancel(promise);
    assert_logged(1);
    assert_int_equal(drops, 1);
    assert_rejected(promise, VOW_CANCELED);
    assert_int_equal(vow_resolve(deferred, vow_integer(1)), VOW_ALREADY_FIRED);
    vow_cancel(promise);
    assert_logged(1);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_canceller_may_fire_itself(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, fire_in_canceller, deferred, NULL));
    vow_cancel(promise);
    assert_fulfilled(promise, 5);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void cancel_in_canceller(void *context)
{
    note(1);
    vow_cancel(context);
}

static void a_canceller_that_cancels_runs_once(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, cancel_in_canceller, promise, NULL));
    vow_cancel(promise);
    assert_logged(1);
    assert_rejected(promise, VOW_CANCELED);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_firing_drops_the_canceller_unrun(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, note_canceller, NULL, count_drop));
    assert_ok(vow_resolve(deferred, vow_pointer(&drops)));
    assert_int_equal(drops, 1);
    vow_cancel(promise);
    assert_nothing_logged();
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void abandoning_drops_the_canceller_unrun(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, note_canceller, NULL, count_drop));
    vow_deferred_release(deferred);
    assert_int_equal(drops, 1);
    assert_nothing_logged();
    assert_rejected(promise, VOW_ABANDONED);
    vow_promise_release(promise);
}

static void a_later_canceller_replaces_the_former(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, note_canceller, number_as_context(1), count_drop));
    assert_ok(vow_set_canceller(deferred, note_canceller, number_as_context(2), count_drop));
    assert_int_equal(drops, 1);
    vow_cancel(promise);
    assert_logged(2);
    assert_int_equal(drops, 2);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_canceller_after_the_firing_is_refused_and_dropped(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    assert_int_equal(vow_set_canceller(deferred, note_canceller, NULL, count_drop),
                     VOW_ALREADY_FIRED);
    assert_sentence("vow_set_canceller");
    assert_int_equal(drops, 1);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void *fire_there(void *context)
{
    require(vow_resolve(context, vow_integer(4)) == VOW_OK);
    return NULL;
}

static void firing_elsewhere_drops_the_canceller(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, note_canceller, NULL, count_drop));
    on_another_thread(fire_there, deferred);
    (void)vow_run_pending();
    assert_int_equal(drops, 1);
    assert_fulfilled(promise, 4);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static pthread_t dropped_on;

static void note_thread(void *context)
{
    (void)context;
    dropped_on = pthread_self();
    count_drop(NULL);
}

static void *cancel_there(void *promise)
{
    vow_cancel(promise);
    require(drops == 1 && pthread_equal(dropped_on, pthread_self()));
    return NULL;
}

static void the_drop_of_a_canceled_link_runs_on_the_thread_that_cancels(void **state)
{
    (void)state;
    vow_handlers handlers = {
        .size = sizeof(handlers), .fulfilled = note_input, .drop = note_thread};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then_with(vow_promise_retain(promise), &handlers);
    on_another_thread(cancel_there, derived);
    fire(deferred, vow_integer(1));
    assert_rejected(derived, VOW_CANCELED);
    assert_nothing_logged();
    assert_int_equal(drops, 1);
    vow_promise_release(derived);
    vow_promise_release(promise);
}

/* Jobs with a canceller: a loop's timers and signals have one (control/later.c) ---------------------------------------- */

struct late_job {
    sem_t gate, begun, end;
};

static vow_value hold_worker(vow_value input, void *context)
{
    require(sem_wait(&((struct late_job *)context)->gate) == 0);
    return input;
}

static vow_value begin_late(vow_value input, void *context)
{
    struct late_job *late = context;
    (void)input;
    require(sem_post(&late->begun) == 0);
    require(sem_wait(&late->end) == 0);
    return vow_integer(vow_canceled());
}

static void let_begin(void *context)
{
    struct late_job *late = context;
    require(sem_post(&late->gate) == 0);
    require(sem_wait(&late->begun) == 0);
}

static void a_job_that_begins_while_its_canceller_runs_fires_by_itself(void **state)
{
    (void)state;
    if (vow_async_is_disabled())
        skip(); /* there it would begin before it has a canceller */
    struct late_job late;
    require(sem_init(&late.gate, 0, 0) == 0 && sem_init(&late.begun, 0, 0) == 0 &&
            sem_init(&late.end, 0, 0) == 0);
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_scheduler *worker = vow_pool_scheduler(pool);
    vow_promise_release(vow_submit(worker, hold_worker, vow_none(), &late));
    vow_promise *job = vow_submit(worker, begin_late, vow_none(), &late);
    assert_ok(vow_set_canceller((vow_deferred *)job, let_begin, &late, NULL));
    vow_cancel(job);
    assert_pending(job);
    require(sem_post(&late.end) == 0);
    assert_ok(vow_wait(job, VOW_FOREVER, NULL));
    assert_fulfilled(job, true);
    vow_promise_release(job);
    assert_ok(vow_pool_free(pool));
    (void)sem_destroy(&late.gate);
    (void)sem_destroy(&late.begun);
    (void)sem_destroy(&late.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(without_a_canceller_the_promise_is_rejected),
        control_test(exactly_one_late_firing_is_swallowed),
        control_test(a_second_cancel_swallows_no_second_firing),
        control_test(canceling_what_has_settled_does_nothing),
        control_test(canceling_nothing_does_nothing),
        control_test(a_recovered_cancel_is_a_value),
        control_test(a_silent_canceller_leaves_canceled_and_swallows_nothing),
        control_test(a_canceller_may_fire_itself),
        control_test(a_canceller_that_cancels_runs_once),
        control_test(a_firing_drops_the_canceller_unrun),
        control_test(abandoning_drops_the_canceller_unrun),
        control_test(a_later_canceller_replaces_the_former),
        control_test(a_canceller_after_the_firing_is_refused_and_dropped),
        control_test(firing_elsewhere_drops_the_canceller),
        control_test(the_drop_of_a_canceled_link_runs_on_the_thread_that_cancels),
        control_test(a_job_that_begins_while_its_canceller_runs_fires_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
