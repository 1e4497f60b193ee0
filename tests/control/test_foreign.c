/*
 * test_foreign.c - foreign promises: objects with a then-function of their own.
 */
#include "control/place_testing.h"

#include <vow/foreign.h>
#include <vow/submit.h>

/* A future of some other library: it tells one listener when it is done, from its own thread if it has one. */
struct future {
    int subscribed;
    int canceled;
    int dropped;
    int64_t result;
    int64_t added; /* to what give_foreign gets */
    int status;    /* how `then` fails; 0: it does not */
    bool settles_at_once;
    bool settles_on_cancel;
    vow_deferred *listener; /* NULL once it was told */
};

static vow_value fail_if(const struct future *future)
{
    return future->status != 0 ? vow_fail(future->status, "the future fails") : vow_none();
}

static vow_value future_then(void *object, vow_deferred *deferred)
{
    struct future *future = object;
    future->subscribed++;
    if (future->settles_at_once)
        (void)vow_resolve(deferred, vow_integer(future->result));
    else
        future->listener = vow_deferred_retain(deferred);
    return fail_if(future);
}

static vow_status future_done(struct future *future, vow_value value)
{
    vow_deferred *listener = future->listener;
    future->listener = NULL;
    return vow_fire(listener, value);
}

static void future_cancel(void *object)
{
    struct future *future = object;
    future->canceled++;
    if (future->settles_on_cancel)
        (void)future_done(future, vow_integer(future->result));
}

static void future_drop(void *object)
{
    ((struct future *)object)->dropped++;
}

static const struct vow_foreign_ops future_ops = {
    .size = sizeof future_ops, .then = future_then, .cancel = future_cancel, .drop = future_drop};

/* The first settlement ---------------------------------------------------------------------------------------------------- */

static void an_object_is_asked_once_and_at_once(void **state)
{
    (void)state;
    struct future future = {.result = 7};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    assert_int_equal(future.subscribed, 1);
    assert_pending(promise);
    assert_ok(future_done(&future, vow_integer(7)));
    assert_gives(promise, 7);
    assert_int_equal(future.subscribed, 1);
}

static void it_may_settle_before_its_then_has_returned(void **state)
{
    (void)state;
    struct future future = {.result = 8, .settles_at_once = true};
    assert_gives(vow_foreign(&future_ops, &future), 8);
    assert_int_equal(future.dropped, 1);
}

static void an_error_rejects(void **state)
{
    (void)state;
    struct future future = {0};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    assert_ok(future_done(&future, vow_fail(VOW_USER, "no")));
    assert_raises(promise, VOW_USER);
}

static void a_second_settlement_is_ignored_and_answered(void **state)
{
    (void)state;
    struct future future = {0};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    vow_deferred *again = vow_deferred_retain(future.listener);
    assert_ok(future_done(&future, vow_text("first")));
    assert_int_equal(vow_resolve(again, vow_text("second")), VOW_ALREADY_FIRED);
    assert_int_equal(vow_fire(again, vow_fail(VOW_USER, "third")), VOW_ALREADY_FIRED);
    assert_gives_text(promise, "\"first\"");
    assert_int_equal(unhandled, 0);
}

static void one_that_waits_for_a_promise_has_settled(void **state)
{
    (void)state;
    struct future future = {0};
    struct promises inner = promises_new(1);
    vow_promise *promise = vow_foreign(&future_ops, &future);
    vow_deferred *again = vow_deferred_retain(future.listener);
    assert_ok(future_done(&future, vow_promise_value(inner.promise[0])));
    assert_int_equal(vow_fire(again, vow_integer(2)), VOW_ALREADY_FIRED);
    assert_pending(promise);
    fire_number(&inner, 0, 1);
    assert_gives(promise, 1);
}

/* A then-function that fails ---------------------------------------------------------------------------------------------- */

static void failing_before_it_settles_rejects(void **state)
{
    (void)state;
    struct future future = {.status = VOW_USER};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    assert_int_equal(future_done(&future, vow_integer(1)), VOW_ALREADY_FIRED);
    assert_raises(promise, VOW_USER);
    assert_int_equal(future.dropped, 1);
}

static void failing_after_it_has_settled_is_ignored(void **state)
{
    (void)state;
    struct future future = {.status = VOW_USER, .settles_at_once = true, .result = 9};
    assert_gives(vow_foreign(&future_ops, &future), 9);
    assert_int_equal(unhandled, 0);
}

static vow_value keep_nothing(void *object, vow_deferred *deferred)
{
    (void)object;
    (void)deferred;
    return vow_text("released");
}

static void one_that_keeps_no_reference_has_given_up(void **state)
{
    (void)state;
    const struct vow_foreign_ops ops = {
        .size = sizeof ops, .then = keep_nothing, .drop = count_drop};
    assert_raises(vow_foreign(&ops, NULL), VOW_ABANDONED);
    assert_int_equal(drops, 1);
}

static void one_that_gives_its_reference_back_has_given_up(void **state)
{
    (void)state;
    struct future future = {0};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    vow_deferred_release(future.listener);
    assert_raises(promise, VOW_ABANDONED);
    assert_int_equal(future.dropped, 1);
}

/* As a value ---------------------------------------------------------------------------------------------------------------- */

static vow_value give_foreign(vow_value input, void *context)
{
    struct future *future = context;
    future->result = vow_as_integer(input) + future->added;
    return vow_promise_value(vow_foreign(&future_ops, future));
}

static void a_callback_that_gives_one_is_waited_for(void **state)
{
    (void)state;
    struct future future = {.settles_at_once = true, .added = 40};
    assert_gives(vow_then(vow_succeeded(vow_integer(2)), give_foreign, &future), 42);
}

static void one_may_settle_with_another(void **state)
{
    (void)state;
    struct future inner = {.settles_at_once = true, .result = 3};
    struct future outer = {0};
    vow_promise *promise = vow_foreign(&future_ops, &outer);
    assert_ok(future_done(&outer, vow_promise_value(vow_foreign(&future_ops, &inner))));
    assert_gives(promise, 3);
}

static void a_chain_of_them_takes_no_stack(void **state)
{
    (void)state;
    struct future future = {.settles_at_once = true, .added = 1};
    vow_promise *promise = vow_succeeded(vow_integer(0));
    for (int i = 0; i < 10000; i++)
        promise = vow_then(promise, give_foreign, &future);
    assert_gives(promise, 10000);
    assert_int_equal(future.subscribed, 10000);
    assert_int_equal(future.dropped, 10000);
}

/* Canceling ----------------------------------------------------------------------------------------------------------------- */

static void a_cancel_reaches_the_object(void **state)
{
    (void)state;
    struct future future = {0};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    vow_cancel(promise);
    vow_cancel(promise);
    assert_int_equal(future.canceled, 1);
    assert_int_equal(future.dropped, 1);
    assert_int_equal(future_done(&future, vow_integer(1)), VOW_ALREADY_FIRED);
    assert_raises(promise, VOW_CANCELED);
}

static void an_object_may_settle_when_it_is_canceled(void **state)
{
    (void)state;
    struct future future = {.settles_on_cancel = true, .result = 5};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    vow_cancel(promise);
    assert_gives(promise, 5);
    assert_int_equal(future.dropped, 1);
}

static void give_listener_back(void *object)
{
    struct future *future = object;
    vow_deferred_release(future->listener);
}

static void one_that_gives_its_reference_back_when_it_is_canceled_is_canceled(void **state)
{
    (void)state;
    const struct vow_foreign_ops ops = {
        .size = sizeof ops, .then = future_then, .cancel = give_listener_back, .drop = future_drop};
    struct future future = {0};
    vow_promise *promise = vow_foreign(&ops, &future);
    vow_cancel(promise);
    assert_raises(promise, VOW_CANCELED);
    assert_int_equal(future.dropped, 1);
}

static void a_cancel_after_it_has_settled_does_not_reach_it(void **state)
{
    (void)state;
    struct future future = {0};
    vow_promise *promise = vow_foreign(&future_ops, &future);
    assert_ok(future_done(&future, vow_integer(6)));
    vow_cancel(promise);
    assert_int_equal(future.canceled, 0);
    assert_gives(promise, 6);
}

static void an_object_without_cancel_is_left_alone(void **state)
{
    (void)state;
    const struct vow_foreign_ops ops = {
        .size = sizeof ops, .then = future_then, .drop = future_drop};
    struct future future = {0};
    vow_promise *promise = vow_foreign(&ops, &future);
    vow_cancel(promise);
    assert_int_equal(future.dropped, 1);
    (void)future_done(&future, vow_integer(1));
    assert_raises(promise, VOW_CANCELED);
}

/* Threads ------------------------------------------------------------------------------------------------------------------- */

enum { ROUNDS = 40 };

static void *settle_all(void *context)
{
    struct future *futures = context;
    for (int i = 0; i < ROUNDS; i++)
        require(future_done(&futures[i], vow_integer(i)) == VOW_OK);
    return NULL;
}

static void objects_settle_from_any_thread(void **state)
{
    (void)state;
    static struct future futures[ROUNDS];
    vow_promise *promises[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        futures[i] = (struct future){0};
        promises[i] = vow_foreign(&future_ops, &futures[i]);
    }
    pthread_t other = start_thread(settle_all, futures);
    for (int i = 0; i < ROUNDS; i++)
        assert_gives(promises[i], i);
    join_thread(other);
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(futures[i].dropped, 1);
}

/* Two threads settle, the third cancels: whoever comes first. */
struct race {
    pthread_barrier_t barrier;
    _Atomic int dropped;
    vow_deferred *listeners[2];
    vow_promise *promise;
};

static vow_value race_then(void *object, vow_deferred *deferred)
{
    struct race *race = object;
    for (int i = 0; i < 2; i++)
        race->listeners[i] = vow_deferred_retain(deferred);
    return vow_none();
}

static void race_drop(void *object)
{
    atomic_fetch_add(&((struct race *)object)->dropped, 1);
}

static void *race_settle(void *context)
{
    struct race *race = context;
    for (int i = 0; i < ROUNDS; i++) {
        (void)pthread_barrier_wait(&race->barrier);
        (void)vow_fire(race->listeners[0], vow_text("settled"));
        (void)pthread_barrier_wait(&race->barrier);
    }
    return NULL;
}

static void *race_cancel(void *context)
{
    struct race *race = context;
    for (int i = 0; i < ROUNDS; i++) {
        (void)pthread_barrier_wait(&race->barrier);
        vow_cancel(race->promise);
        (void)pthread_barrier_wait(&race->barrier);
    }
    return NULL;
}

static void of_settlements_and_a_cancel_at_the_same_time_one_counts(void **state)
{
    (void)state;
    static const struct vow_foreign_ops ops = {
        .size = sizeof ops, .then = race_then, .drop = race_drop};
    struct race race = {.dropped = 0};
    assert_int_equal(pthread_barrier_init(&race.barrier, NULL, 3), 0);
    pthread_t settling = start_thread(race_settle, &race);
    pthread_t canceling = start_thread(race_cancel, &race);
    for (int i = 0; i < ROUNDS; i++) {
        race.promise = vow_foreign(&ops, &race);
        (void)pthread_barrier_wait(&race.barrier);
        (void)vow_fire(race.listeners[1], vow_text("settled"));
        (void)pthread_barrier_wait(&race.barrier);
        vow_value value = vow_await(race.promise, VOW_FOREVER);
        if (vow_is_error(value))
            require(vow_error_status(value) == VOW_CANCELED);
        vow_release(value);
        require(atomic_load(&race.dropped) == i + 1);
    }
    join_thread(settling);
    join_thread(canceling);
    pthread_barrier_destroy(&race.barrier);
}

/* Misuse -------------------------------------------------------------------------------------------------------------------- */

static void without_functions_it_is_refused(void **state)
{
    (void)state;
    const struct vow_foreign_ops unsized = {.then = keep_nothing, .drop = count_drop};
    const struct vow_foreign_ops thenless = {.size = sizeof thenless, .drop = count_drop};
    vow_promise *promise = vow_foreign(NULL, NULL);
    assert_sentence("vow_foreign: ops is NULL");
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
    promise = vow_foreign(&unsized, NULL);
    assert_sentence("vow_foreign: ops->size is wrong");
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
    assert_int_equal(drops, 0);
    promise = vow_foreign(&thenless, NULL);
    assert_sentence("vow_foreign: ops->then is NULL");
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
    assert_int_equal(drops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(an_object_is_asked_once_and_at_once),
        everywhere(it_may_settle_before_its_then_has_returned),
        everywhere(an_error_rejects),
        everywhere(a_second_settlement_is_ignored_and_answered),
        everywhere(one_that_waits_for_a_promise_has_settled),
        everywhere(failing_before_it_settles_rejects),
        everywhere(failing_after_it_has_settled_is_ignored),
        everywhere(one_that_keeps_no_reference_has_given_up),
        everywhere(one_that_gives_its_reference_back_has_given_up),
        everywhere(a_callback_that_gives_one_is_waited_for),
        everywhere(one_may_settle_with_another),
        everywhere(a_chain_of_them_takes_no_stack),
        everywhere(a_cancel_reaches_the_object),
        everywhere(an_object_may_settle_when_it_is_canceled),
        everywhere(one_that_gives_its_reference_back_when_it_is_canceled_is_canceled),
        everywhere(a_cancel_after_it_has_settled_does_not_reach_it),
        everywhere(an_object_without_cancel_is_left_alone),
        everywhere(objects_settle_from_any_thread),
        everywhere(of_settlements_and_a_cancel_at_the_same_time_one_counts),
        control_test(without_functions_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
