/*
 * test_locks_no_memory.c - the promise faces of locks where the allocator gives nothing: a rejected promise, and the lock
 * as it was. (The parking faces need no memory.)
 *
 * A program of its own, because the allocator is the whole process's. Each is called with an allocator that fails at its
 * first allocation, then at its second, … until it succeeds.
 */
#include "control/lock_testing.h"
#include "control/no_memory_testing.h"

#include <vow/condition.h>
#include <vow/limiter.h>
#include <vow/mutex.h>
#include <vow/once.h>
#include <vow/semaphore.h>

static vow_mutex mutex = VOW_MUTEX_INIT;
static vow_semaphore semaphore = VOW_SEMAPHORE_INIT(2);
static vow_once once;
static vow_condition condition = VOW_CONDITION_INIT;

static vow_promise *lock(void)
{
    return vow_mutex_lock_promise(&mutex);
}

static vow_value pass(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_promise *run(void)
{
    return vow_mutex_run(&mutex, pass, NULL);
}

static vow_promise *run_with_permits(void)
{
    return vow_semaphore_run(&semaphore, 2, pass, NULL);
}

static vow_promise *run_once(void)
{
    once = (vow_once)VOW_ONCE_INIT;
    return vow_once_promise(&once, pass, NULL);
}

static void is_free(void)
{
    assert_true(vow_mutex_try_lock(&mutex));
    assert_ok(vow_mutex_unlock(&mutex));
}

static void a_free_mutex_stays_free(void **state)
{
    (void)state;
    vow_promise_release(starve(lock, is_free));
    assert_ok(vow_mutex_unlock(&mutex));
    vow_promise_release(starve(run, is_free));
    is_free();
}

static void has_its_permits(void)
{
    assert_int_equal(vow_semaphore_permits(&semaphore), 2);
}

static void no_permit_is_lost(void **state)
{
    (void)state;
    vow_promise_release(starve(run_with_permits, has_its_permits));
    has_its_permits();
}

static void nobody_waits(void)
{
    assert_int_equal(waiting_for(&mutex), 0);
}

static void nobody_stands_in_the_queue_of_a_held_mutex(void **state)
{
    (void)state;
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise *promise = starve(lock, nobody_waits);
    assert_int_equal(waiting_for(&mutex), 1);
    vow_cancel(promise);
    vow_promise_release(promise);
    promise = starve(run, nobody_waits);
    vow_cancel(promise);
    vow_promise_release(promise);
    assert_ok(vow_mutex_unlock(&mutex));
}

static void once_can_be_tried_again(void)
{
    assert_ok(vow_once_run(&once, pass, NULL, VOW_POLL));
}

static void what_could_not_be_done_once_can_be_tried_again(void **state)
{
    (void)state;
    vow_promise_release(starve(run_once, once_can_be_tried_again));
    assert_true(vow_once_is_done(&once));
}

static vow_promise *wait_for_condition(void)
{
    if (!vow_mutex_try_lock(&mutex))
        return vow_failed(vow_fail(VOW_USER, "the mutex is held"));
    return vow_condition_wait_promise(&condition, &mutex);
}

static void a_condition_s_promise_that_is_rejected_does_not_hold_the_mutex(void **state)
{
    (void)state;
    vow_promise *promise = starve(wait_for_condition, is_free);
    is_free();
    assert_ok(vow_condition_signal(&condition));
    assert_int_equal(vow_state(promise), VOW_FULFILLED);
    assert_ok(vow_mutex_unlock(&mutex));
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_free_mutex_stays_free),
        control_test(no_permit_is_lost),
        control_test(nobody_stands_in_the_queue_of_a_held_mutex),
        control_test(what_could_not_be_done_once_can_be_tried_again),
        control_test(a_condition_s_promise_that_is_rejected_does_not_hold_the_mutex),
    };
    (void)setenv("VOW_NO_CACHE", "1", 1);
    return cmocka_run_group_tests(tests, set_allocator, NULL);
}
