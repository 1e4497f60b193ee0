/*
 * test_wait.c - looking and waiting: with deadlines, by other threads, inside of calls, in the order of links.
 */
#include "base/barrier.h"
#include "control_testing.h"

#include <vow/loop.h>

static void a_settled_promise_is_not_waited_for(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    vow_value value = vow_none();
    assert_ok(vow_wait(promise, VOW_POLL, &value));
    assert_int_equal(vow_as_integer(value), 1);
    assert_ok(vow_wait(promise, VOW_POLL, NULL));
    vow_promise_release(promise);
}

static void the_status_is_that_of_the_waiting(void **state)
{
    (void)state;
    vow_promise *promise = vow_failed(vow_fail(VOW_USER, "no"));
    vow_value value = vow_none();
    assert_ok(vow_wait(promise, VOW_FOREVER, &value));
    assert_error(value, VOW_USER);
    vow_promise_release(promise);
}

static void await_folds_the_two_and_takes_the_promise(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_int_equal(vow_as_integer(vow_await(vow_succeeded(vow_integer(1)), VOW_FOREVER)), 1);
    assert_error(vow_await(vow_failed(vow_fail(VOW_USER, "no")), VOW_FOREVER), VOW_USER);
    assert_error(vow_await(promise, VOW_POLL), VOW_TIMED_OUT);
    fire(deferred, vow_none());
}

static void a_deadline_that_has_passed_gives_up_and_cancels_nothing(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_value value = vow_integer(99);
    assert_int_equal(vow_wait(promise, VOW_POLL, &value), VOW_TIMED_OUT);
    assert_sentence("vow_wait");
    assert_int_equal(vow_wait(promise, vow_after(-1), &value), VOW_TIMED_OUT);
    assert_int_equal(vow_wait(promise, vow_after(VOW_MS(1)), &value), VOW_TIMED_OUT);
    assert_int_equal(vow_as_integer(value), 99);
    assert_false(vow_deferred_fired(deferred));
    fire(deferred, vow_integer(1));
    assert_ok(vow_wait(promise, VOW_POLL, &value));
    assert_int_equal(vow_as_integer(value), 1);
    vow_promise_release(promise);
}

static void a_paused_promise_is_not_there_yet(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_integer(1));
    assert_ok(vow_pause(promise));
    assert_int_equal(vow_wait(promise, VOW_POLL, NULL), VOW_TIMED_OUT);
    assert_ok(vow_unpause(promise));
    assert_ok(vow_wait(promise, VOW_POLL, NULL));
    vow_promise_release(promise);
}

static void all_of_several_are_waited_for(void **state)
{
    (void)state;
    vow_promise *promise[3] = {vow_succeeded(vow_integer(1)), vow_failed(vow_fail(VOW_USER, "no")),
                               NULL};
    vow_deferred *deferred = vow_deferred_new(&promise[2]);
    assert_ok(vow_wait_all(NULL, 0, VOW_POLL));
    assert_ok(vow_wait_all(promise, 2, VOW_POLL));
    assert_int_equal(vow_wait_all(promise, 3, VOW_POLL), VOW_TIMED_OUT);
    fire(deferred, vow_none());
    assert_ok(vow_wait_all(promise, 3, VOW_POLL));
    for (int i = 0; i < 3; i++)
        vow_promise_release(promise[i]);
}

/* With other threads -------------------------------------------------------------------------------------------- */

static void *shoot_and_go(void *context)
{
    struct shot *shot = context;
    shot->status = vow_resolve(shot->deferred, shot->value);
    vow_deferred_release(shot->deferred);
    return NULL;
}

static void a_wait_ends_when_another_thread_fires(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        vow_promise *promise;
        struct shot shot = {vow_deferred_new(&promise), vow_integer(i), VOW_OK};
        pthread_t thread = start_thread(shoot_and_go, &shot);
        assert_int_equal(vow_as_integer(vow_await(promise, VOW_FOREVER)), i);
        join_thread(thread);
    }
}

static vow_value add_after_wait(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) + 1000);
}

struct place {
    vow_promise *promise;
    sem_t waiting;
    int64_t seen;
};

static void *wait_at_place(void *context)
{
    struct place *place = context;
    vow_value value = vow_none();
    sem_post(&place->waiting);
    require(vow_wait(place->promise, VOW_FOREVER, &value) == VOW_OK);
    place->seen = vow_as_integer(value);
    return NULL;
}

static void a_wait_sees_the_value_at_or_after_its_place(void **state)
{
    (void)state;
    struct place place = {.seen = 0};
    vow_deferred *deferred = vow_deferred_new(&place.promise);
    assert_int_equal(sem_init(&place.waiting, 0, 0), 0);
    place.promise = vow_add_callback(place.promise, add_context, number_as_context(1));
    pthread_t thread = start_thread(wait_at_place, &place);
    sem_wait(&place.waiting);
    fire(deferred, vow_integer(1));
    join_thread(thread);
    assert_int_equal(place.seen, 2);
    place.promise = vow_add_callback(place.promise, add_after_wait, NULL);
    assert_int_equal(vow_as_integer(vow_await(place.promise, VOW_POLL)), 1002);
    sem_destroy(&place.waiting);
}

static void *await_there(void *context)
{
    vow_value value = vow_none();
    require(vow_wait(context, vow_after(VOW_S(100)), &value) == VOW_OK);
    require(vow_as_integer(value) == 7);
    return NULL;
}

/* The home's thread is blocked where vow does not see it; nothing but waits hangs on the promise. */
static void others_may_wait_and_fire_while_the_home_is_blocked(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        vow_promise *promise;
        struct shot shot = {vow_deferred_new(&promise), vow_integer(7), VOW_OK};
        pthread_t waiter = start_thread(await_there, promise);
        pthread_t shooter = start_thread(shoot, &shot);
        join_thread(waiter);
        join_thread(shooter);
        (void)vow_run_pending();
        vow_deferred_release(shot.deferred);
        vow_promise_release(promise);
    }
}

static void the_same_when_it_is_fired_before_they_wait(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(fire_elsewhere(deferred, vow_integer(7)));
    on_another_thread(await_there, promise);
    (void)vow_run_pending();
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void the_same_when_it_is_fired_with_a_promise(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(fire_elsewhere(deferred, vow_promise_value(vow_succeeded(vow_integer(7)))));
    on_another_thread(await_there, promise);
    (void)vow_run_pending();
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void many_threads_may_wait_for_one_promise(void **state)
{
    (void)state;
    enum { WAITERS = 8 };
    pthread_t threads[WAITERS];
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < WAITERS; i++)
        threads[i] = start_thread(await_there, promise);
    fire(deferred, vow_integer(7));
    for (int i = 0; i < WAITERS; i++)
        join_thread(threads[i]);
    vow_promise_release(promise);
}

static void run_pending_runs_what_others_fired(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, note_input, NULL);
    assert_int_equal(vow_run_pending(), 0);
    assert_ok(fire_elsewhere(deferred, vow_integer(1)));
    assert_nothing_logged();
    assert_int_equal(vow_run_pending(), 1);
    assert_logged(1);
    assert_int_equal(vow_run_pending(), 0);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void a_wait_runs_what_others_fired_at_other_promises_too(void **state)
{
    (void)state;
    vow_promise *promise[2];
    vow_deferred *deferred[2];
    for (int i = 0; i < 2; i++)
        deferred[i] = vow_deferred_new(&promise[i]);
    promise[0] = vow_add_callback(promise[0], note_input, NULL);
    assert_ok(fire_elsewhere(deferred[0], vow_integer(1)));
    assert_int_equal(vow_wait(promise[1], VOW_POLL, NULL), VOW_TIMED_OUT);
    assert_logged(1);
    for (int i = 0; i < 2; i++) {
        vow_deferred_release(deferred[i]);
        vow_promise_release(promise[i]);
    }
}

struct orphan {
    vow_deferred *deferred;
    vow_promise *promise;
    vow_promise *derived;
    bool fire;
};

static void *make_orphan(void *context)
{
    struct orphan *orphan = context;
    orphan->deferred = vow_deferred_new(&orphan->promise);
    orphan->derived = vow_then(vow_promise_retain(orphan->promise), note_input, NULL);
    return NULL;
}

static void a_promise_outlives_the_thread_that_made_it(void **state)
{
    (void)state;
    struct orphan orphan;
    on_another_thread(make_orphan, &orphan);
    fire(orphan.deferred, vow_integer(1));
    assert_int_equal(vow_as_integer(vow_await(orphan.promise, VOW_POLL)), 1);
    assert_error(vow_await(orphan.derived, VOW_POLL), VOW_CANCELED);
    assert_nothing_logged();
}

/* Inside of calls -------------------------------------------------------------------------------------------------- */

static vow_value wait_inside(vow_value input, void *context)
{
    struct place *place = context;
    vow_value value = vow_none();
    vow_status status = vow_wait(place->promise, vow_after(VOW_S(100)), &value);
    place->seen = status == VOW_OK ? vow_as_integer(value) : -status;
    return input;
}

static void a_callback_on_immediate_may_wait_for_another_thread(void **state)
{
    (void)state;
    struct place place;
    struct shot shot = {vow_deferred_new(&place.promise), vow_integer(3), VOW_OK};
    vow_promise *outer = vow_succeeded(vow_none());
    pthread_t thread = start_thread(shoot, &shot);
    outer = vow_add_callback(outer, wait_inside, &place);
    join_thread(thread);
    assert_int_equal(place.seen, 3);
    vow_promise_release(outer);
    vow_deferred_release(shot.deferred);
    vow_promise_release(place.promise);
}

struct descent {
    struct place place;
    struct shot shot;
    pthread_t thread;
};

static vow_value descend_and_wait(vow_value input, void *context)
{
    struct descent *descent = context;
    int64_t left = vow_as_integer(input);
    if (left > 0) {
        vow_promise_release(
            vow_then(vow_succeeded(vow_integer(left - 1)), descend_and_wait, context));
    } else {
        descent->thread = start_thread(shoot, &descent->shot);
        (void)wait_inside(input, &descent->place);
    }
    return input;
}

static void a_callback_that_is_nested_as_deeply_as_can_be_may_wait_too(void **state)
{
    (void)state;
    struct descent descent = {.shot = {.value = vow_integer(3)}};
    descent.shot.deferred = vow_deferred_new(&descent.place.promise);
    vow_promise_release(
        vow_then(vow_succeeded(vow_integer(VOW_NESTING - 1)), descend_and_wait, &descent));
    join_thread(descent.thread);
    assert_int_equal(descent.place.seen, 3);
    vow_deferred_release(descent.shot.deferred);
    vow_promise_release(descent.place.promise);
}

static vow_value descend_and_await_own(vow_value input, void *context)
{
    int64_t left = vow_as_integer(input);
    if (left > 0) {
        vow_promise_release(
            vow_then(vow_succeeded(vow_integer(left - 1)), descend_and_await_own, context));
    } else {
        vow_promise *next = vow_then(vow_succeeded(vow_integer(4)), NULL, NULL);
        next = vow_then(next, add_context, number_as_context(1));
        *(vow_value *)context = vow_await(next, vow_after(VOW_MS(100)));
    }
    return input;
}

static void what_nests_too_deeply_runs_in_a_wait_for_it(void **state)
{
    (void)state;
    vow_value result = vow_none();
    vow_promise_release(
        vow_then(vow_succeeded(vow_integer(VOW_NESTING - 1)), descend_and_await_own, &result));
    assert_true(vow_is_integer(result));
    assert_int_equal(vow_as_integer(result), 5);
}

/* Loops --------------------------------------------------------------------------------------------------------------- */

static void a_threads_wait_runs_its_loop(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, add_context, number_as_context(1));
    fire(deferred, vow_integer(1));
    assert_pending(promise);
    assert_int_equal(vow_as_integer(vow_await(promise, VOW_FOREVER)), 2);
    assert_ok(vow_loop_free(loop));
}

static void a_threads_wait_runs_its_loop_until_others_fire(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    for (int i = 0; i < 50; i++) {
        vow_promise *promise;
        struct shot shot = {vow_deferred_new(&promise), vow_integer(i), VOW_OK};
        pthread_t thread = start_thread(shoot_and_go, &shot);
        assert_int_equal(vow_as_integer(vow_await(promise, VOW_FOREVER)), i);
        join_thread(thread);
    }
    assert_ok(vow_loop_free(loop));
}

static vow_value wait_for_itself(vow_value input, void *context)
{
    (void)input;
    return vow_integer(vow_wait(context, VOW_FOREVER, NULL));
}

/* Without the bias it cannot be told who runs the function; the wait then lasts until its deadline. */
static void inside_a_promises_own_function_waiting_for_it_is_a_deadlock(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    if (vow_barrier_available()) {
        promise = vow_add_callback(promise, wait_for_itself, promise);
        fire(deferred, vow_none());
        assert_fulfilled(promise, VOW_DEADLOCK);
    } else {
        fire(deferred, vow_none());
    }
    vow_promise_release(promise);
}

static vow_value fire_seven(vow_value input, void *deferred)
{
    require(vow_fire(deferred, vow_integer(7)) == VOW_OK);
    return input;
}

static void inside_a_loops_call_a_wait_lets_the_loop_go_on(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    struct place place;
    vow_deferred *deferred = vow_deferred_new(&place.promise);
    vow_promise *outer = vow_then(vow_succeeded(vow_none()), wait_inside, &place);
    assert_ok(vow_schedule(vow_loop_scheduler(loop), fire_seven, vow_none(), deferred));
    assert_ok(vow_wait(outer, VOW_FOREVER, NULL));
    assert_int_equal(place.seen, 7);
    vow_promise_release(outer);
    vow_promise_release(place.promise);
    assert_ok(vow_loop_free(loop));
}

static void inside_a_loops_call_another_thread_may_end_the_wait(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    struct place place;
    struct shot shot = {vow_deferred_new(&place.promise), vow_integer(3), VOW_OK};
    vow_promise *outer = vow_then(vow_succeeded(vow_none()), wait_inside, &place);
    pthread_t thread = start_thread(shoot_and_go, &shot);
    assert_ok(vow_wait(outer, VOW_FOREVER, NULL));
    assert_int_equal(place.seen, 3);
    join_thread(thread);
    vow_promise_release(outer);
    vow_promise_release(place.promise);
    assert_ok(vow_loop_free(loop));
}

static void freeing_a_loop_cancels_the_waits_of_its_calls(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    struct place place;
    vow_deferred *deferred = vow_deferred_new(&place.promise);
    vow_promise *outer = vow_then(vow_succeeded(vow_none()), wait_inside, &place);
    assert_int_equal(vow_wait(outer, VOW_POLL, NULL), VOW_TIMED_OUT);
    assert_ok(vow_loop_free(loop));
    assert_int_equal(place.seen, -VOW_CANCELED);
    fire(deferred, vow_none());
    vow_promise_release(outer);
    vow_promise_release(place.promise);
}

static void inside_a_loops_call_what_has_settled_can_be_waited_for(void **state)
{
    (void)state;
    struct place place = {.promise = vow_succeeded(vow_integer(5))};
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *outer = vow_then(vow_succeeded(vow_none()), wait_inside, &place);
    assert_ok(vow_wait(outer, VOW_FOREVER, NULL));
    assert_int_equal(place.seen, 5);
    vow_promise_release(outer);
    vow_promise_release(place.promise);
    assert_ok(vow_loop_free(loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_settled_promise_is_not_waited_for),
        control_test(the_status_is_that_of_the_waiting),
        control_test(await_folds_the_two_and_takes_the_promise),
        control_test(a_deadline_that_has_passed_gives_up_and_cancels_nothing),
        control_test(a_paused_promise_is_not_there_yet),
        control_test(all_of_several_are_waited_for),
        control_test(a_wait_ends_when_another_thread_fires),
        control_test(a_wait_sees_the_value_at_or_after_its_place),
        control_test(others_may_wait_and_fire_while_the_home_is_blocked),
        control_test(the_same_when_it_is_fired_before_they_wait),
        control_test(the_same_when_it_is_fired_with_a_promise),
        control_test(many_threads_may_wait_for_one_promise),
        control_test(run_pending_runs_what_others_fired),
        control_test(a_wait_runs_what_others_fired_at_other_promises_too),
        control_test(a_promise_outlives_the_thread_that_made_it),
        control_test(a_callback_on_immediate_may_wait_for_another_thread),
        control_test(a_threads_wait_runs_its_loop),
        control_test(a_threads_wait_runs_its_loop_until_others_fire),
        control_test(inside_a_promises_own_function_waiting_for_it_is_a_deadlock),
        control_test(inside_a_loops_call_a_wait_lets_the_loop_go_on),
        control_test(inside_a_loops_call_another_thread_may_end_the_wait),
        control_test(freeing_a_loop_cancels_the_waits_of_its_calls),
        control_test(inside_a_loops_call_what_has_settled_can_be_waited_for),
        control_test(what_nests_too_deeply_runs_in_a_wait_for_it),
        control_test(a_callback_that_is_nested_as_deeply_as_can_be_may_wait_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
