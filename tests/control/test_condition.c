/*
 * test_condition.c - waiting for what a mutex guards: nothing is missed, and the mutex is held again.
 */
#include "control/lock_testing.h"

#include <vow/condition.h>

struct shop {
    vow_mutex mutex;
    vow_condition baked;
    int bread;
};

static struct shop static_shop = {VOW_MUTEX_INIT, VOW_CONDITION_INIT, 0};

static void buy(struct line_of_test *line)
{
    struct shop *shop = line->object;
    vow_status status = vow_mutex_lock(&shop->mutex, VOW_FOREVER);
    while (status == VOW_OK && shop->bread == 0)
        status = vow_condition_wait(&shop->baked, &shop->mutex, VOW_FOREVER);
    require(status == VOW_OK);
    shop->bread--;
    note(line->number);
    require(vow_mutex_unlock(&shop->mutex) == VOW_OK);
}

static void bake(struct shop *shop, int bread)
{
    assert_ok(vow_mutex_lock(&shop->mutex, VOW_FOREVER));
    shop->bread += bread;
    if (bread == 1)
        assert_ok(vow_condition_signal(&shop->baked));
    else
        assert_ok(vow_condition_broadcast(&shop->baked));
    assert_ok(vow_mutex_unlock(&shop->mutex));
}

static void start_buyers(struct line_of_test *lines, int count, enum how how)
{
    for (int i = 0; i < count; i++) {
        lines[i] = (struct line_of_test){.work = buy, .object = &static_shop, .number = i};
        line_start(&lines[i], how);
        until_waiting(&static_shop.baked, (uint32_t)i + 1);
    }
}

static void check_signal(enum how how)
{
    struct line_of_test lines[3];
    start_buyers(lines, 3, how);
    for (int i = 0; i < 3; i++) {
        bake(&static_shop, 1);
        line_end(&lines[i]);
    }
    assert_logged(0, 1, 2);
}

static void a_signal_lets_who_waited_longest_go_on(void **state)
{
    (void)state;
    with_every_line(check_signal);
}

static void check_broadcast(enum how how)
{
    struct line_of_test lines[4];
    start_buyers(lines, 4, how);
    bake(&static_shop, 4);
    for (int i = 0; i < 4; i++)
        line_end(&lines[i]);
    assert_int_equal(the_log.count, 4);
    assert_int_equal(static_shop.bread, 0);
}

static void a_broadcast_lets_all_go_on(void **state)
{
    (void)state;
    with_every_line(check_broadcast);
}

static void after_a_deadline_the_mutex_is_held(void **state)
{
    (void)state;
    assert_ok(vow_mutex_lock(&static_shop.mutex, VOW_FOREVER));
    assert_int_equal(
        vow_condition_wait(&static_shop.baked, &static_shop.mutex, vow_after(VOW_MS(1))),
        VOW_TIMED_OUT);
    assert_sentence("vow_condition_wait: ");
    assert_int_equal(vow_condition_wait(&static_shop.baked, &static_shop.mutex, VOW_POLL),
                     VOW_TIMED_OUT);
    assert_int_equal(waiting_for(&static_shop.baked), 0);
    assert_ok(vow_mutex_unlock(&static_shop.mutex));
}

static void a_signal_without_anybody_is_not_kept(void **state)
{
    (void)state;
    assert_ok(vow_condition_signal(&static_shop.baked));
    assert_true(vow_mutex_try_lock(&static_shop.mutex));
    assert_int_equal(
        vow_condition_wait(&static_shop.baked, &static_shop.mutex, vow_after(VOW_MS(1))),
        VOW_TIMED_OUT);
    assert_ok(vow_mutex_unlock(&static_shop.mutex));
}

static void a_promise_holds_the_mutex_when_it_is_fulfilled(void **state)
{
    (void)state;
    assert_true(vow_mutex_try_lock(&static_shop.mutex));
    vow_promise *first = vow_condition_wait_promise(&static_shop.baked, &static_shop.mutex);
    assert_true(vow_mutex_try_lock(&static_shop.mutex)); /* it was unlocked */
    assert_ok(vow_condition_signal(&static_shop.baked));
    assert_pending(first);
    assert_ok(vow_mutex_unlock(&static_shop.mutex));
    assert_int_equal(vow_state(first), VOW_FULFILLED);
    assert_false(vow_mutex_try_lock(&static_shop.mutex));
    assert_ok(vow_mutex_unlock(&static_shop.mutex));
    vow_promise_release(first);
}

static void a_promise_canceled_before_the_signal_leaves_it_to_the_next(void **state)
{
    (void)state;
    assert_true(vow_mutex_try_lock(&static_shop.mutex));
    vow_promise *first = vow_condition_wait_promise(&static_shop.baked, &static_shop.mutex);
    assert_true(vow_mutex_try_lock(&static_shop.mutex));
    vow_promise *second = vow_condition_wait_promise(&static_shop.baked, &static_shop.mutex);
    vow_cancel(first);
    assert_rejected(first, VOW_CANCELED);
    assert_ok(vow_condition_signal(&static_shop.baked));
    assert_int_equal(vow_state(second), VOW_FULFILLED);
    assert_ok(vow_mutex_unlock(&static_shop.mutex));
    vow_promise_release(first);
    vow_promise_release(second);
}

static void a_promise_canceled_after_the_signal_does_not_hold_the_mutex(void **state)
{
    (void)state;
    assert_true(vow_mutex_try_lock(&static_shop.mutex));
    vow_promise *promise = vow_condition_wait_promise(&static_shop.baked, &static_shop.mutex);
    assert_true(vow_mutex_try_lock(&static_shop.mutex));
    assert_ok(vow_condition_signal(&static_shop.baked));
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    assert_ok(vow_mutex_unlock(&static_shop.mutex));
    assert_true(vow_mutex_try_lock(&static_shop.mutex));
    assert_ok(vow_mutex_unlock(&static_shop.mutex));
    vow_promise_release(promise);
}

static void wait_once(struct line_of_test *line)
{
    struct shop *shop = line->object;
    require(vow_mutex_lock(&shop->mutex, VOW_FOREVER) == VOW_OK);
    line->status = vow_condition_wait(&shop->baked, &shop->mutex, VOW_FOREVER);
    require(vow_mutex_unlock(&shop->mutex) == VOW_OK);
}

static void a_job_that_is_canceled_holds_the_mutex_again(void **state)
{
    (void)state;
    needs_asynchrony(); /* a job that runs while this thread looks at it */
    struct shop shop = {VOW_MUTEX_INIT, VOW_CONDITION_INIT, 0};
    struct line_of_test line = {.work = wait_once, .object = &shop};
    lines_pool = vow_pool_new(1, NULL);
    line_start(&line, AS_JOB);
    until_waiting(&shop.baked, 1);
    assert_ok(vow_mutex_lock(&shop.mutex, VOW_FOREVER));
    vow_cancel(line.job);
    vow_promise_release(line.job);
    until_waiting(&shop.mutex, 1); /* canceled, it waits for the mutex all the same */
    assert_ok(vow_mutex_unlock(&shop.mutex));
    assert_ok(vow_pool_free(lines_pool));
    assert_int_equal(line.status, VOW_CANCELED);
    assert_true(vow_mutex_try_lock(&shop.mutex));
}

static void check_closing(enum how how)
{
    struct shop shop = {VOW_MUTEX_INIT, VOW_CONDITION_INIT, 0};
    struct line_of_test line = {.work = wait_once, .object = &shop};
    line_start(&line, how);
    until_waiting(&shop.baked, 1);
    assert_ok(vow_condition_close(&shop.baked));
    line_end(&line);
    assert_int_equal(line.status, VOW_CLOSED);
    assert_ok(vow_mutex_lock(&shop.mutex, VOW_FOREVER));
    assert_int_equal(vow_condition_wait(&shop.baked, &shop.mutex, VOW_FOREVER), VOW_CLOSED);
    assert_ok(vow_mutex_unlock(&shop.mutex));
}

static void closing_ends_all_waits_with_the_mutex_held(void **state)
{
    (void)state;
    with_every_line(check_closing);
}

static void wait_for_a_closed_mutex(struct line_of_test *line)
{
    struct shop *shop = line->object;
    require(vow_mutex_lock(&shop->mutex, VOW_FOREVER) == VOW_OK);
    line->status = vow_condition_wait(&shop->baked, &shop->mutex, VOW_FOREVER);
    require(strstr(vow_last_error(), "vow_condition_wait: the mutex could not be locked again") !=
            NULL);
}

static void check_closed_mutex(enum how how)
{
    struct shop shop = {VOW_MUTEX_INIT, VOW_CONDITION_INIT, 0};
    struct line_of_test line = {.work = wait_for_a_closed_mutex, .object = &shop};
    line_start(&line, how);
    until_waiting(&shop.baked, 1);
    assert_ok(vow_mutex_lock(&shop.mutex, VOW_FOREVER));
    assert_ok(vow_condition_close(&shop.baked));
    assert_ok(vow_mutex_close(&shop.mutex));
    line_end(&line); /* although this one holds it */
    assert_int_equal(line.status, VOW_ABANDONED);
    assert_ok(vow_mutex_unlock(&shop.mutex));
}

static void a_mutex_that_was_closed_is_not_held_and_the_status_says_so(void **state)
{
    (void)state;
    with_every_line(check_closed_mutex);
}

static void a_promise_that_is_rejected_has_unlocked_the_mutex(void **state)
{
    struct shop shop = {VOW_MUTEX_INIT, VOW_CONDITION_INIT, 0};
    (void)state;
    assert_true(vow_mutex_try_lock(&shop.mutex));
    vow_promise *later = vow_condition_wait_promise(&shop.baked, &shop.mutex);
    assert_ok(vow_condition_close(&shop.baked));
    assert_rejected(later, VOW_CLOSED);
    assert_true(vow_mutex_try_lock(&shop.mutex));
    vow_promise *at_once = vow_condition_wait_promise(&shop.baked, &shop.mutex);
    assert_rejected(at_once, VOW_CLOSED);
    assert_true(vow_mutex_try_lock(&shop.mutex));
    assert_ok(vow_mutex_unlock(&shop.mutex));
    vow_promise_release(later);
    vow_promise_release(at_once);
}

static void a_promise_canceled_with_the_mutex_in_hand_is_fulfilled(void **state)
{
    struct shop shop = {VOW_MUTEX_INIT, VOW_CONDITION_INIT, 0};
    (void)state;
    assert_true(vow_mutex_try_lock(&shop.mutex));
    vow_promise *promise = vow_condition_wait_promise(&shop.baked, &shop.mutex);
    assert_ok(vow_condition_signal(&shop.baked));
    vow_cancel(promise);
    assert_int_equal(vow_state(promise), VOW_FULFILLED);
    assert_ok(vow_mutex_unlock(&shop.mutex));
    vow_promise_release(promise);
}

static void waiting_without_the_mutex_is_refused(void **state)
{
    (void)state;
    struct shop shop = {VOW_MUTEX_INIT, VOW_CONDITION_INIT, 0};
    assert_int_equal(vow_condition_wait(&shop.baked, &shop.mutex, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_condition_wait: mutex is not locked");
    assert_int_equal(vow_condition_wait(NULL, &shop.mutex, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_condition_wait: condition is NULL");
    assert_int_equal(vow_condition_wait(&shop.baked, NULL, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_condition_wait: mutex is NULL");
    assert_int_equal(vow_condition_signal(NULL), VOW_INVALID);
    assert_int_equal(vow_condition_broadcast(NULL), VOW_INVALID);
    assert_int_equal(vow_condition_close(NULL), VOW_INVALID);
    vow_promise *promise = vow_condition_wait_promise(&shop.baked, &shop.mutex);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_signal_lets_who_waited_longest_go_on),
        control_test(a_broadcast_lets_all_go_on),
        control_test(after_a_deadline_the_mutex_is_held),
        control_test(a_signal_without_anybody_is_not_kept),
        control_test(a_promise_holds_the_mutex_when_it_is_fulfilled),
        control_test(a_promise_canceled_before_the_signal_leaves_it_to_the_next),
        control_test(a_promise_canceled_after_the_signal_does_not_hold_the_mutex),
        control_test(a_job_that_is_canceled_holds_the_mutex_again),
        control_test(closing_ends_all_waits_with_the_mutex_held),
        control_test(a_mutex_that_was_closed_is_not_held_and_the_status_says_so),
        control_test(a_promise_that_is_rejected_has_unlocked_the_mutex),
        control_test(a_promise_canceled_with_the_mutex_in_hand_is_fulfilled),
        control_test(waiting_without_the_mutex_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
