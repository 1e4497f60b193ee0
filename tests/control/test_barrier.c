/*
 * test_barrier.c - parties that wait for each other, round after round.
 */
#include "control/lock_testing.h"

#include <vow/barrier.h>

static vow_barrier static_barrier = VOW_BARRIER_INIT(4);
static _Atomic int last_ones;

enum { ROUNDS = 20 };

static void come_often(struct line_of_test *line)
{
    for (int round = 0; round < ROUNDS; round++) {
        bool last = false;
        require(vow_barrier_wait(line->object, VOW_FOREVER, &last) == VOW_OK);
        if (last)
            atomic_fetch_add(&last_ones, 1);
    }
}

static void check_rounds(enum how how)
{
    struct line_of_test lines[4];
    atomic_store(&last_ones, 0);
    for (int i = 0; i < 4; i++) {
        lines[i] = (struct line_of_test){.work = come_often, .object = &static_barrier};
        line_start(&lines[i], how);
    }
    for (int i = 0; i < 4; i++)
        line_end(&lines[i]);
    assert_int_equal(last_ones, ROUNDS);
}

static void one_of_each_round_is_the_last(void **state)
{
    (void)state;
    with_every_line(check_rounds);
}

static void a_barrier_of_one_stops_nobody(void **state)
{
    (void)state;
    vow_barrier barrier = VOW_BARRIER_INIT(1);
    bool last = false;
    assert_ok(vow_barrier_wait(&barrier, VOW_POLL, &last));
    assert_true(last);
    assert_ok(vow_barrier_wait(&barrier, VOW_POLL, NULL));
}

static void promises_say_who_was_last(void **state)
{
    (void)state;
    vow_barrier barrier = VOW_BARRIER_INIT(2);
    for (int round = 0; round < 3; round++) {
        vow_promise *first = vow_barrier_wait_promise(&barrier);
        assert_pending(first);
        vow_promise *second = vow_barrier_wait_promise(&barrier);
        assert_fulfilled(first, 0);
        assert_fulfilled(second, 1);
        vow_promise_release(first);
        vow_promise_release(second);
    }
}

static void who_gives_up_has_not_come(void **state)
{
    (void)state;
    vow_barrier barrier = VOW_BARRIER_INIT(2);
    bool last = true;
    vow_promise *canceled = vow_barrier_wait_promise(&barrier);
    vow_cancel(canceled);
    assert_rejected(canceled, VOW_CANCELED);
    assert_int_equal(vow_barrier_wait(&barrier, VOW_POLL, &last), VOW_TIMED_OUT);
    assert_int_equal(vow_barrier_wait(&barrier, vow_after(VOW_MS(1)), &last), VOW_TIMED_OUT);
    assert_true(last);
    vow_promise *first = vow_barrier_wait_promise(&barrier);
    assert_pending(first);
    assert_ok(vow_barrier_wait(&barrier, VOW_FOREVER, &last));
    assert_fulfilled(first, 0);
    vow_promise_release(canceled);
    vow_promise_release(first);
}

static void closing_ends_all_waits(void **state)
{
    (void)state;
    vow_barrier barrier = VOW_BARRIER_INIT(2);
    vow_promise *promise = vow_barrier_wait_promise(&barrier);
    assert_ok(vow_barrier_close(&barrier));
    assert_rejected(promise, VOW_CLOSED);
    assert_int_equal(vow_barrier_wait(&barrier, VOW_FOREVER, NULL), VOW_CLOSED);
    vow_promise_release(promise);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    vow_barrier barrier = VOW_BARRIER_INIT(0);
    assert_int_equal(vow_barrier_wait(&barrier, VOW_FOREVER, NULL), VOW_INVALID);
    assert_sentence("vow_barrier_wait: the barrier has no parties");
    assert_int_equal(vow_barrier_wait(NULL, VOW_FOREVER, NULL), VOW_INVALID);
    assert_sentence("vow_barrier_wait: barrier is NULL");
    assert_int_equal(vow_barrier_close(NULL), VOW_INVALID);
    vow_promise *promise = vow_barrier_wait_promise(&barrier);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(one_of_each_round_is_the_last), control_test(a_barrier_of_one_stops_nobody),
        control_test(promises_say_who_was_last),     control_test(who_gives_up_has_not_come),
        control_test(closing_ends_all_waits),        control_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
