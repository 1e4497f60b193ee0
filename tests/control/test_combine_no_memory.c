/*
 * test_combine_no_memory.c - combinators, loops of promises, delays, foreign promises and groups where the allocator gives
 * nothing: a promise that is rejected with VOW_NO_MEMORY, and what was taken has been released.
 *
 * A program of its own, because the allocator is the whole process's.
 */
#include "control/no_memory_testing.h"

#include <vow/combine.h>
#include <vow/delay.h>
#include <vow/each.h>
#include <vow/foreign.h>
#include <vow/group.h>
#include <vow/repeat.h>
#include <vow/retry.h>

/* With all the memory there is: what the functions under test are given. */
static vow_deferred *deferred;

static vow_promise *pending(void)
{
    vow_promise *promise;
    int allocations = until_failure;
    until_failure = -1;
    deferred = vow_deferred_new(&promise);
    until_failure = allocations;
    return promise;
}

static vow_value one_text(void)
{
    int allocations = until_failure;
    until_failure = -1;
    vow_value list = vow_list_new(1);
    assert_ok(vow_list_append(list, vow_text("item")));
    until_failure = allocations;
    return list;
}

/* The deferred of the promise that was given. */
static void let_go(void)
{
    vow_deferred_release(deferred);
}

static void nothing(void)
{
}

static vow_value pass(vow_value input, void *context)
{
    (void)context;
    return input;
}

/* Never settles while there is memory: it ends by a cancel. */
static void starve_and_cancel(vow_promise *(*make)(void), void (*check)(void))
{
    vow_promise *promise = starve(make, check);
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
    check();
}

static vow_promise *all(void)
{
    vow_promise *promise = pending();
    return vow_all(&promise, 1);
}

static vow_promise *any(void)
{
    vow_promise *promise = pending();
    return vow_any(&promise, 1);
}

static vow_promise *some(void)
{
    vow_promise *promise = pending();
    return vow_some(&promise, 1, 1);
}

static vow_promise *fields(void)
{
    struct vow_field field = {pending(), NULL};
    return vow_gather_fields(&field, 1, vow_integer(1));
}

static void gatherings_are_rejected(void **state)
{
    (void)state;
    starve_and_cancel(all, let_go);
    starve_and_cancel(any, let_go);
    starve_and_cancel(some, let_go);
    starve_and_cancel(fields, let_go);
}

static vow_promise *timed(void)
{
    return vow_timeout(pending(), vow_after(VOW_S(1000)));
}

static vow_promise *delayed(void)
{
    return vow_delay(VOW_S(1000), vow_none());
}

/* Its delay may be what there was no memory for: then nobody keeps the time, and it must not be waited for. */
static void a_timeout_always_settles(void **state)
{
    (void)state;
    for (int allocations = 0; allocations < 30; allocations++) {
        until_failure = allocations;
        vow_promise *promise = vow_timeout(pending(), vow_after(VOW_US(1)));
        until_failure = -1;
        vow_value value = vow_none();
        assert_ok(vow_wait(promise, vow_after(VOW_S(100)), &value));
        assert_true(vow_error_is(value, VOW_NO_MEMORY) || vow_error_is(value, VOW_TIMED_OUT));
        vow_release(value);
        vow_promise_release(promise);
        let_go();
    }
}

static void delays_and_timeouts_are_rejected(void **state)
{
    (void)state;
    starve_and_cancel(delayed, nothing);
    for (int allocations = 0; allocations < 30; allocations++) {
        until_failure = allocations;
        vow_promise *promise = timed();
        until_failure = -1;
        vow_cancel(promise);
        vow_promise_release(promise);
        let_go();
    }
}

static vow_promise *map(void)
{
    return vow_map(one_text(), pass, NULL, 1);
}

static vow_promise *filter(void)
{
    return vow_filter(one_text(), pass, NULL, 0);
}

static vow_promise *each(void)
{
    return vow_each(one_text(), pass, NULL);
}

static void items_are_released(void **state)
{
    (void)state;
    vow_promise_release(starve(map, nothing));
    vow_promise_release(starve(filter, nothing));
    vow_promise_release(starve(each, nothing));
}

static vow_promise *once(void)
{
    static const struct vow_retrying one = {.size = sizeof one, .tries = 1};
    return vow_retry(pass, vow_integer(1), NULL, &one);
}

static vow_value end(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_end();
}

static vow_promise *loop(void)
{
    return vow_repeat(end, vow_integer(1), NULL);
}

static void tries_and_loops_are_rejected(void **state)
{
    (void)state;
    vow_promise_release(starve(once, nothing));
    vow_promise_release(starve(loop, nothing));
}

static vow_value settle_with_two(void *object, vow_deferred *to_settle)
{
    (void)object;
    (void)vow_resolve(to_settle, vow_integer(2));
    return vow_none();
}

static vow_promise *foreign(void)
{
    static const struct vow_foreign_ops ops = {
        .size = sizeof ops, .then = settle_with_two, .drop = count_drop};
    atomic_store(&drops, 0);
    return vow_foreign(&ops, NULL);
}

static void dropped_once(void)
{
    assert_int_equal(drops, 1);
}

static void foreign_objects_are_dropped(void **state)
{
    (void)state;
    vow_promise_release(starve(foreign, dropped_once));
    dropped_once();
}

static void a_group_takes_no_member_that_it_cannot_keep(void **state)
{
    (void)state;
    vow_group *group = NULL;
    for (int allocations = 0; group == NULL; allocations++) {
        until_failure = allocations;
        group = vow_group_new(NULL);
        until_failure = -1;
    }
    vow_status status = VOW_NO_MEMORY;
    for (int allocations = 0; status != VOW_OK; allocations++) {
        vow_promise *promise = pending();
        until_failure = allocations;
        status = vow_group_add(group, promise);
        until_failure = -1;
        assert_true(status == VOW_OK || status == VOW_NO_MEMORY);
        assert_int_equal(vow_group_count(group), status == VOW_OK ? 1 : 0);
        if (status != VOW_OK)
            let_go();
    }
    vow_group_cancel(group);
    let_go();
    assert_ok(vow_group_free(group));
}

static void a_group_ends_without_memory_for_a_list_of_its_errors(void **state)
{
    (void)state;
    static const struct vow_grouping stubborn = {.size = sizeof stubborn, .keep_going = true};
    vow_group *group = vow_group_new(&stubborn);
    assert_ok(vow_group_add(group, vow_failed(vow_fail(VOW_USER, "first"))));
    assert_ok(vow_group_add(group, vow_failed(vow_fail(VOW_USER + 1, "second"))));
    until_failure = 0;
    vow_promise *ended = vow_group_close(group);
    until_failure = -1;
    assert_rejected(ended, VOW_USER);
    vow_promise_release(ended);
    assert_ok(vow_group_free(group));
}

static void a_gathering_fails_without_memory_for_the_sentence(void **state)
{
    (void)state;
    vow_promise *promises[] = {vow_failed(vow_fail(VOW_CLOSED, "first")), pending()};
    vow_promise *gathered = vow_any(promises, 2);
    vow_value second = vow_fail(VOW_INVALID, "second");
    until_failure = 0;
    (void)vow_resolve(deferred, second);
    until_failure = -1;
    assert_rejected(gathered, VOW_CLOSED);
    vow_promise_release(gathered);
    let_go();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(gatherings_are_rejected),
        control_test(a_timeout_always_settles),
        control_test(delays_and_timeouts_are_rejected),
        control_test(items_are_released),
        control_test(tries_and_loops_are_rejected),
        control_test(foreign_objects_are_dropped),
        control_test(a_group_takes_no_member_that_it_cannot_keep),
        control_test(a_group_ends_without_memory_for_a_list_of_its_errors),
        control_test(a_gathering_fails_without_memory_for_the_sentence),
    };
    (void)setenv("VOW_NO_CACHE", "1", 1);
    return cmocka_run_group_tests(tests, set_allocator, NULL);
}
