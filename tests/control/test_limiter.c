/*
 * test_limiter.c - a bucket of tokens: its burst, its turns, what is given back. Intervals of hours stand for "not in this
 * test", those of microseconds for "soon"; no test looks at a clock.
 */
#include "control/lock_testing.h"

#include <vow/limiter.h>

#define HOUR VOW_S(3600)

static void a_full_bucket_gives_its_burst_at_once(void **state)
{
    (void)state;
    static vow_limiter limiter = VOW_LIMITER_INIT(HOUR, 3);
    assert_ok(vow_limiter_acquire(&limiter, 1, VOW_POLL));
    assert_true(vow_limiter_try_acquire(&limiter, 2));
    assert_false(vow_limiter_try_acquire(&limiter, 1));
}

static void a_turn_after_the_deadline_is_refused_at_once(void **state)
{
    (void)state;
    vow_limiter limiter = VOW_LIMITER_INIT(HOUR, 1);
    assert_true(vow_limiter_try_acquire(&limiter, 1));
    assert_int_equal(vow_limiter_acquire(&limiter, 1, vow_after(VOW_S(60))), VOW_TIMED_OUT);
    assert_sentence("vow_limiter_acquire: its turn would come after the deadline");
    assert_int_equal(vow_limiter_acquire(&limiter, 1, VOW_POLL), VOW_TIMED_OUT);
}

static void tokens_come_in_time(void **state)
{
    (void)state;
    vow_limiter limiter = VOW_LIMITER_INIT(VOW_US(200), 2);
    for (int i = 0; i < 20; i++)
        assert_ok(vow_limiter_acquire(&limiter, 1, VOW_FOREVER));
    assert_ok(vow_limiter_acquire(&limiter, 2, VOW_FOREVER));
}

static void acquire_often(struct line_of_test *line)
{
    for (int i = 0; i < 10; i++)
        require(vow_limiter_acquire(line->object, 1, VOW_FOREVER) == VOW_OK);
}

static void check_lines(enum how how)
{
    vow_limiter limiter = VOW_LIMITER_INIT(VOW_US(100), 1);
    struct line_of_test lines[3];
    for (int i = 0; i < 3; i++) {
        lines[i] = (struct line_of_test){.work = acquire_often, .object = &limiter};
        line_start(&lines[i], how);
    }
    for (int i = 0; i < 3; i++)
        line_end(&lines[i]);
}

static void lines_share_a_limiter(void **state)
{
    (void)state;
    with_every_line(check_lines);
}

static void no_interval_is_no_limit(void **state)
{
    (void)state;
    vow_limiter limiter = VOW_LIMITER_INIT(0, 1);
    for (int i = 0; i < 1000; i++)
        assert_true(vow_limiter_try_acquire(&limiter, 1));
}

static void a_promise_of_what_is_there_is_fulfilled(void **state)
{
    (void)state;
    vow_limiter limiter = VOW_LIMITER_INIT(HOUR, 1);
    vow_value value = vow_await(vow_limiter_acquire_promise(&limiter, 1), VOW_POLL);
    assert_ptr_equal(vow_as_pointer(value), &limiter);
}

static void a_promise_is_fulfilled_when_its_turn_comes(void **state)
{
    (void)state;
    vow_limiter limiter = VOW_LIMITER_INIT(VOW_US(500), 1);
    assert_true(vow_limiter_try_acquire(&limiter, 1));
    vow_value value = vow_await(vow_limiter_acquire_promise(&limiter, 1), VOW_FOREVER);
    assert_ptr_equal(vow_as_pointer(value), &limiter);
}

static void a_canceled_promise_gives_its_turn_back(void **state)
{
    (void)state;
    needs_asynchrony(); /* what is left is put away by a worker */
    vow_limiter limiter = VOW_LIMITER_INIT(HOUR, 1);
    assert_true(vow_limiter_try_acquire(&limiter, 1));
    int64_t full = limiter.full;
    vow_promise *promise = vow_limiter_acquire_promise(&limiter, 1);
    assert_pending(promise);
    assert_true(limiter.full > full);
    vow_cancel(promise);
    assert_rejected(promise, VOW_CANCELED);
    assert_int_equal(limiter.full, full);
    vow_promise_release(promise);
}

static void a_turn_given_up_with_others_behind_it_is_lost(void **state)
{
    (void)state;
    needs_asynchrony(); /* as above */
    vow_limiter limiter = VOW_LIMITER_INIT(HOUR, 1);
    vow_promise *promises[3];
    for (int i = 0; i < 3; i++)
        promises[i] = vow_limiter_acquire_promise(&limiter, 1);
    int64_t full = limiter.full;
    vow_cancel(promises[1]);
    assert_int_equal(limiter.full, full);
    vow_cancel(promises[2]);
    assert_int_equal(limiter.full, full - HOUR);
    for (int i = 0; i < 3; i++)
        vow_promise_release(promises[i]);
}

static void a_turn_beyond_all_time_is_refused(void **state)
{
    (void)state;
    needs_asynchrony(); /* as above */
    enum { MANY = 8 };
    vow_limiter limiter = VOW_LIMITER_INIT(INT64_MAX / 8, 1);
    vow_promise *turns[MANY];
    for (int i = 0; i < MANY; i++)
        turns[i] = vow_limiter_acquire_promise(&limiter, 1);
    assert_int_equal(vow_state(turns[1]), VOW_PENDING); /* in some decades */
    assert_rejected(turns[MANY - 1], VOW_TIMED_OUT);
    assert_sentence("vow_limiter_acquire_promise: its turn would never come");
    for (int i = 0; i < MANY; i++) {
        vow_cancel(turns[i]);
        vow_release(vow_await(turns[i], VOW_FOREVER));
    }
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    vow_limiter limiter = VOW_LIMITER_INIT(HOUR, 2);
    vow_limiter negative = VOW_LIMITER_INIT(-1, 2);
    vow_limiter empty = VOW_LIMITER_INIT(1, 0);
    vow_limiter absurd = VOW_LIMITER_INIT(INT64_MAX, 2);
    assert_int_equal(vow_limiter_acquire(NULL, 1, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_limiter_acquire: limiter is NULL");
    assert_int_equal(vow_limiter_acquire(&limiter, 0, VOW_FOREVER), VOW_INVALID);
    assert_int_equal(vow_limiter_acquire(&limiter, 3, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_limiter_acquire: count is 3, not 1 to the burst of 2");
    assert_int_equal(vow_limiter_acquire(&negative, 1, VOW_FOREVER), VOW_INVALID);
    assert_int_equal(vow_limiter_acquire(&empty, 1, VOW_FOREVER), VOW_INVALID);
    assert_int_equal(vow_limiter_acquire(&absurd, 1, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_limiter_acquire: limiter has an interval or a burst out of range");
    assert_false(vow_limiter_try_acquire(NULL, 1));
    vow_promise *promise = vow_limiter_acquire_promise(&limiter, 3);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_full_bucket_gives_its_burst_at_once),
        control_test(a_turn_after_the_deadline_is_refused_at_once),
        control_test(tokens_come_in_time),
        control_test(lines_share_a_limiter),
        control_test(no_interval_is_no_limit),
        control_test(a_promise_of_what_is_there_is_fulfilled),
        control_test(a_promise_is_fulfilled_when_its_turn_comes),
        control_test(a_canceled_promise_gives_its_turn_back),
        control_test(a_turn_given_up_with_others_behind_it_is_lost),
        control_test(a_turn_beyond_all_time_is_refused),
        control_test(bad_arguments_are_refused),
    };
    (void)vow_default_pool(); /* made before objects are counted */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
