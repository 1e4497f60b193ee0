/*
 * test_ring.c - a promise that would wait for itself through something that is made of several: it is rejected, and so what
 * waits for it comes to an end.
 */
#include "control_testing.h"

#include <vow/combine.h>
#include <vow/delay.h>
#include <vow/each.h>
#include <vow/group.h>
#include <vow/list.h>
#include <vow/repeat.h>
#include <vow/retry.h>

/* A promise, and something that waits for it, made by `make`, which takes a reference. */
typedef vow_promise *make_fn(vow_promise *promise);

/* The promise is fired with what waits for it. */
static void check_rejected(make_fn *make)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *waiting = make(vow_promise_retain(promise));
    assert_pending(waiting);
    assert_int_equal(vow_resolve(deferred, vow_promise_value(vow_promise_retain(waiting))),
                     VOW_INVALID);
    assert_rejected(promise, VOW_INVALID);
    assert_int_not_equal(vow_state(waiting), VOW_PENDING);
    vow_deferred_release(deferred);
    vow_promise_release(waiting);
    vow_promise_release(promise);
}

static vow_promise *all_of(vow_promise *promise)
{
    return vow_all(&promise, 1);
}

static vow_promise *settled_of(vow_promise *promise)
{
    return vow_all_settled(&promise, 1);
}

static vow_promise *any_of(vow_promise *promise)
{
    return vow_any(&promise, 1);
}

static vow_promise *race_of(vow_promise *promise)
{
    return vow_race(&promise, 1);
}

static vow_promise *derived(vow_promise *promise)
{
    return vow_then(all_of(vow_then(promise, NULL, NULL)), NULL, NULL);
}

static vow_promise *nested(vow_promise *promise)
{
    for (int i = 0; i < 5; i++)
        promise = race_of(all_of(promise));
    return promise;
}

static vow_promise *in_time(vow_promise *promise)
{
    return vow_timeout(promise, vow_after(VOW_S(1000)));
}

static void one_that_gathers_itself_is_rejected(void **state)
{
    (void)state;
    check_rejected(all_of);
    check_rejected(settled_of);
    check_rejected(any_of);
    check_rejected(race_of);
}

static void so_is_one_that_does_through_others(void **state)
{
    (void)state;
    check_rejected(derived);
    check_rejected(nested);
    check_rejected(in_time);
}

/* Among others that have not come, and after one that has. */
static void it_is_found_among_others(void **state)
{
    (void)state;
    vow_promise *members[40];
    vow_deferred *deferreds[40];
    for (int i = 0; i < 40; i++)
        deferreds[i] = vow_deferred_new(&members[i]);
    vow_promise *last = vow_promise_retain(members[39]);
    vow_promise *all = vow_all_settled(members, 40);
    fire(deferreds[0], vow_none());
    assert_int_equal(vow_fire(deferreds[39], vow_promise_value(vow_promise_retain(all))),
                     VOW_INVALID);
    assert_rejected(last, VOW_INVALID);
    vow_promise_release(last);
    assert_pending(all);
    for (int i = 1; i < 39; i++)
        fire(deferreds[i], vow_none());
    assert_int_equal(vow_state(all), VOW_FULFILLED);
    vow_promise_release(all);
}

/* Wherever the promise is fired, and whoever has looked at those that wait for it: the home of all of them is here. */
static void check_rejected_elsewhere(make_fn *make)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *waiting = make(vow_promise_retain(promise));
    assert_int_equal(fire_elsewhere(deferred, vow_promise_value(vow_promise_retain(waiting))),
                     VOW_INVALID);
    vow_deferred_release(deferred);
    (void)vow_run_pending();
    assert_rejected(promise, VOW_INVALID);
    assert_int_not_equal(vow_state(waiting), VOW_PENDING);
    vow_promise_release(waiting);
    vow_promise_release(promise);
}

static vow_promise *in_time_of_all(vow_promise *promise)
{
    return all_of(in_time(promise));
}

static void it_is_found_from_another_thread(void **state)
{
    (void)state;
    check_rejected_elsewhere(all_of);
    check_rejected_elsewhere(in_time_of_all);
    check_rejected_elsewhere(derived);
    check_rejected_elsewhere(nested);
}

/* Calls for items, and calls that are repeated: their functions give `promise`. */

static vow_value give_item(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_promise *mapped(vow_promise *promise)
{
    vow_value list = vow_list_new(1);
    assert_ok(vow_list_append(list, vow_promise_value(promise)));
    return vow_map(list, give_item, NULL, 0);
}

static vow_value take_promise(vow_value input, void *context)
{
    vow_promise **promise = context;
    (void)input;
    return vow_promise_value(vow_promise_retain(*promise));
}

static vow_promise *kept;

static vow_promise *retried(vow_promise *promise)
{
    kept = promise;
    vow_promise *waiting =
        vow_retry(take_promise, vow_none(), &kept,
                  &(struct vow_retrying){.size = sizeof(struct vow_retrying), .tries = 1});
    vow_promise_release(promise);
    return waiting;
}

static void so_is_one_that_a_function_for_items_waits_for(void **state)
{
    (void)state;
    check_rejected(mapped);
}

static void so_is_one_that_is_tried(void **state)
{
    (void)state;
    check_rejected(retried);
}

/* What a cancel reaches in the end, and what that answers it with. */
struct answer {
    vow_deferred *deferred;
    vow_promise *with;
    vow_status status;
};

static void answer(void *context)
{
    struct answer *answer = context;
    answer->status =
        vow_resolve(answer->deferred, vow_promise_value(vow_promise_retain(answer->with)));
}

/* What waits was canceled, and waits still: for the promise, which is fired with it. */
static void check_rejected_when_canceled(make_fn *make)
{
    vow_promise *promise;
    struct answer given = {.deferred = vow_deferred_new(&promise)};
    assert_ok(vow_set_canceller(given.deferred, answer, &given, NULL));
    given.with = make(promise);
    vow_cancel(given.with);
    assert_int_equal(given.status, VOW_INVALID);
    assert_int_not_equal(vow_state(given.with), VOW_PENDING);
    vow_deferred_release(given.deferred);
    vow_promise_release(given.with);
}

static void it_is_found_though_what_waits_was_canceled(void **state)
{
    (void)state;
    check_rejected_when_canceled(all_of);
    check_rejected_when_canceled(race_of);
    check_rejected_when_canceled(derived);
    check_rejected_when_canceled(nested);
    check_rejected_when_canceled(in_time);
    check_rejected_when_canceled(retried);
}

static void a_member_that_waits_for_the_end_of_its_group_is_rejected(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_group *group = vow_group_new(NULL);
    assert_ok(vow_group_add(group, vow_promise_retain(promise)));
    vow_promise *end = vow_group_close(group);
    assert_int_equal(vow_fire(deferred, vow_promise_value(vow_promise_retain(end))), VOW_INVALID);
    assert_rejected(promise, VOW_INVALID);
    assert_rejected(end, VOW_INVALID);
    vow_promise_release(end);
    vow_promise_release(promise);
    vow_group_free(group);
}

/* A call that is repeated: the first time it gives `first`, then what waits for the loop itself. */
struct own_loop {
    vow_promise *first;
    vow_promise *loop;
};

static vow_value give_own_loop(vow_value input, void *context)
{
    struct own_loop *own = context;
    vow_promise *given = own->first;
    (void)input;
    own->first = NULL;
    return vow_promise_value(given != NULL ? given
                                           : vow_then(vow_promise_retain(own->loop), NULL, NULL));
}

static void so_is_a_loop_whose_call_waits_for_it_and_nothing_else_is_said_of_that(void **state)
{
    (void)state;
    struct own_loop own;
    vow_deferred *deferred = vow_deferred_new(&own.first);
    own.loop = vow_repeat(give_own_loop, vow_none(), &own);
    assert_pending(own.loop);
    fire(deferred, vow_none());
    assert_rejected(own.loop, VOW_INVALID);
    vow_promise_release(own.loop);
    assert_int_equal(unhandled, 0);
}

/* Not rings ---------------------------------------------------------------------------------------------------------- */

/* Two gatherings of the same, one of which is waited for by a promise that something waits for as well. */
static void what_only_meets_is_none(void **state)
{
    (void)state;
    vow_promise *source;
    vow_promise *promise;
    vow_deferred *first = vow_deferred_new(&source);
    vow_deferred *second = vow_deferred_new(&promise);
    vow_promise *all = all_of(vow_promise_retain(source));
    vow_promise *both[] = {vow_promise_retain(promise), source};
    vow_promise *outer = vow_all(both, 2);
    fire(second, vow_promise_value(all));
    assert_pending(outer);
    fire(first, vow_integer(1));
    assert_int_equal(vow_state(outer), VOW_FULFILLED);
    vow_promise_release(outer);
    vow_promise_release(promise);
}

/* The gathering was decided before: it waits for nothing any more, though its member is still to come. */
static void one_that_is_decided_waits_for_nothing(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *both[] = {vow_promise_retain(promise), vow_succeeded(vow_integer(1))};
    vow_promise *race = vow_race(both, 2);
    fire(deferred, vow_promise_value(race));
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
}

static vow_value give_all_of_another(vow_value input, void *context)
{
    vow_promise *promise;
    (void)input;
    *(vow_deferred **)context = vow_deferred_new(&promise);
    return vow_promise_value(all_of(promise));
}

/* Each has the links behind it looked through for a ring: were that all of them, this would not end for long. */
static void many_callbacks_may_give_what_is_made_of_others(void **state)
{
    enum { CALLBACKS = 50000 };
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_deferred *next = NULL;
    for (int i = 0; i < CALLBACKS; i++)
        (void)vow_add_callback(promise, give_all_of_another, &next);
    fire(deferred, vow_none());
    for (int i = 0; i < CALLBACKS; i++)
        fire(next, vow_none());
    assert_int_equal(vow_state(promise), VOW_FULFILLED);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(one_that_gathers_itself_is_rejected),
        control_test(so_is_one_that_does_through_others),
        control_test(it_is_found_among_others),
        control_test(it_is_found_from_another_thread),
        control_test(so_is_one_that_a_function_for_items_waits_for),
        control_test(so_is_one_that_is_tried),
        control_test(it_is_found_though_what_waits_was_canceled),
        control_test(so_is_a_loop_whose_call_waits_for_it_and_nothing_else_is_said_of_that),
        control_test(a_member_that_waits_for_the_end_of_its_group_is_rejected),
        control_test(what_only_meets_is_none),
        control_test(one_that_is_decided_waits_for_nothing),
        control_test(many_callbacks_may_give_what_is_made_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
