/*
 * test_rwlock.c - readers together, writers alone, nobody starves.
 */
#include "control/lock_testing.h"

#include <vow/rwlock.h>

static vow_rwlock static_lock = VOW_RWLOCK_INIT;

static void readers_share_a_static_lock(void **state)
{
    (void)state;
    assert_ok(vow_rwlock_read_lock(&static_lock, VOW_FOREVER));
    assert_true(vow_rwlock_try_read_lock(&static_lock));
    assert_false(vow_rwlock_try_write_lock(&static_lock));
    assert_int_equal(vow_rwlock_write_lock(&static_lock, VOW_POLL), VOW_TIMED_OUT);
    assert_sentence("vow_rwlock_write_lock: ");
    assert_ok(vow_rwlock_read_unlock(&static_lock));
    assert_ok(vow_rwlock_read_unlock(&static_lock));
    assert_true(vow_rwlock_try_write_lock(&static_lock));
    assert_ok(vow_rwlock_write_unlock(&static_lock));
}

static bool try_read(void *lock)
{
    return vow_rwlock_try_read_lock(lock);
}

static bool try_write(void *lock)
{
    return vow_rwlock_try_write_lock(lock);
}

static void a_lock_can_be_tried_for_while_another_looks_at_it(void **state)
{
    (void)state;
    vow_rwlock lock = VOW_RWLOCK_INIT;
    assert_true(try_beside_another(try_read, &lock));
    assert_true(try_beside_another(try_read, &lock));
    assert_false(try_beside_another(try_write, &lock));
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_true(try_beside_another(try_write, &lock));
    assert_false(try_beside_another(try_read, &lock));
}

static void a_writer_is_alone(void **state)
{
    (void)state;
    vow_rwlock lock = VOW_RWLOCK_INIT;
    assert_ok(vow_rwlock_write_lock(&lock, VOW_FOREVER));
    assert_false(vow_rwlock_try_read_lock(&lock));
    assert_false(vow_rwlock_try_write_lock(&lock));
    assert_int_equal(vow_rwlock_read_lock(&lock, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_int_equal(waiting_for(&lock), 0);
    assert_ok(vow_rwlock_write_unlock(&lock));
    assert_true(vow_rwlock_try_read_lock(&lock));
}

static void a_reader_stands_behind_a_writer_who_waits(void **state)
{
    (void)state;
    vow_rwlock lock = VOW_RWLOCK_INIT;
    assert_true(vow_rwlock_try_read_lock(&lock));
    vow_promise *writer = vow_rwlock_write_lock_promise(&lock);
    vow_promise *reader = vow_rwlock_read_lock_promise(&lock);
    assert_false(vow_rwlock_try_read_lock(&lock));
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_int_equal(vow_state(writer), VOW_FULFILLED);
    assert_pending(reader);
    assert_ok(vow_rwlock_write_unlock(&lock));
    assert_int_equal(vow_state(reader), VOW_FULFILLED);
    vow_promise_release(writer);
    vow_promise_release(reader);
}

static void readers_that_stand_together_go_together(void **state)
{
    (void)state;
    vow_rwlock lock = VOW_RWLOCK_INIT;
    vow_promise *promises[6];
    assert_true(vow_rwlock_try_write_lock(&lock));
    for (int i = 0; i < 6; i++)
        promises[i] = noted(
            i == 3 ? vow_rwlock_write_lock_promise(&lock) : vow_rwlock_read_lock_promise(&lock), i);
    assert_ok(vow_rwlock_write_unlock(&lock));
    assert_logged(0, 1, 2);
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_logged(0, 1, 2);
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_logged(0, 1, 2, 3);
    assert_ok(vow_rwlock_write_unlock(&lock));
    assert_logged(0, 1, 2, 3, 4, 5);
    for (int i = 0; i < 6; i++)
        vow_promise_release(promises[i]);
}

static void a_writer_who_gives_up_lets_the_readers_behind_it_in(void **state)
{
    (void)state;
    vow_rwlock lock = VOW_RWLOCK_INIT;
    assert_true(vow_rwlock_try_read_lock(&lock));
    vow_promise *writer = vow_rwlock_write_lock_promise(&lock);
    vow_promise *reader = vow_rwlock_read_lock_promise(&lock);
    vow_cancel(writer);
    assert_rejected(writer, VOW_CANCELED);
    assert_int_equal(vow_state(reader), VOW_FULFILLED);
    vow_promise_release(writer);
    vow_promise_release(reader);
}

static void write_until_deadline(struct line_of_test *line)
{
    line->status = vow_rwlock_write_lock(line->object, line->deadline);
}

static void check_deadline(enum how how)
{
    vow_rwlock lock = VOW_RWLOCK_INIT;
    struct line_of_test writer = {
        .work = write_until_deadline, .object = &lock, .deadline = vow_after(VOW_MS(50))};
    assert_true(vow_rwlock_try_read_lock(&lock));
    line_start(&writer, how);
    assert_ok(vow_rwlock_read_lock(&lock, VOW_FOREVER)); /* before the writer, or behind it */
    line_end(&writer);
    assert_int_equal(writer.status, VOW_TIMED_OUT);
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_true(vow_rwlock_try_write_lock(&lock));
}

static void a_writer_who_runs_out_of_time_lets_the_readers_behind_it_in(void **state)
{
    (void)state;
    with_every_line(check_deadline);
}

static void write_and_note(struct line_of_test *line)
{
    require(vow_rwlock_write_lock(line->object, VOW_FOREVER) == VOW_OK);
    note(line->number);
    require(vow_rwlock_write_unlock(line->object) == VOW_OK);
}

static void check_order(enum how how)
{
    vow_rwlock lock = VOW_RWLOCK_INIT;
    struct line_of_test lines[4];
    assert_true(vow_rwlock_try_read_lock(&lock));
    for (int i = 0; i < 4; i++) {
        lines[i] = (struct line_of_test){.work = write_and_note, .object = &lock, .number = i};
        line_start(&lines[i], how);
        until_waiting(&lock, (uint32_t)i + 1);
    }
    assert_ok(vow_rwlock_read_unlock(&lock));
    for (int i = 0; i < 4; i++)
        line_end(&lines[i]);
    assert_logged(0, 1, 2, 3);
}

static void writers_are_served_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    with_every_line(check_order);
}

static void unlocking_what_is_not_locked_is_refused(void **state)
{
    (void)state;
    vow_rwlock lock = VOW_RWLOCK_INIT;
    assert_int_equal(vow_rwlock_read_unlock(&lock), VOW_INVALID);
    assert_sentence("vow_rwlock_read_unlock: nobody has locked it to read");
    assert_true(vow_rwlock_try_read_lock(&lock));
    assert_int_equal(vow_rwlock_write_unlock(&lock), VOW_INVALID);
    assert_sentence("vow_rwlock_write_unlock: nobody has locked it to write");
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_true(vow_rwlock_try_write_lock(&lock));
    assert_int_equal(vow_rwlock_read_unlock(&lock), VOW_INVALID);
    assert_ok(vow_rwlock_write_unlock(&lock));
}

static void no_lock_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_rwlock_read_lock(NULL, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_rwlock_read_lock: lock is NULL");
    assert_int_equal(vow_rwlock_write_lock(NULL, VOW_FOREVER), VOW_INVALID);
    assert_int_equal(vow_rwlock_read_unlock(NULL), VOW_INVALID);
    assert_int_equal(vow_rwlock_write_unlock(NULL), VOW_INVALID);
    assert_int_equal(vow_rwlock_close(NULL), VOW_INVALID);
    assert_false(vow_rwlock_try_read_lock(NULL));
    assert_false(vow_rwlock_try_write_lock(NULL));
    vow_promise *promise = vow_rwlock_read_lock_promise(NULL);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static void closing_ends_all_waits(void **state)
{
    (void)state;
    vow_rwlock lock = VOW_RWLOCK_INIT;
    assert_true(vow_rwlock_try_read_lock(&lock));
    vow_promise *writer = vow_rwlock_write_lock_promise(&lock);
    vow_promise *reader = vow_rwlock_read_lock_promise(&lock);
    assert_ok(vow_rwlock_close(&lock));
    assert_rejected(writer, VOW_CLOSED);
    assert_rejected(reader, VOW_CLOSED);
    assert_int_equal(vow_rwlock_read_lock(&lock, VOW_FOREVER), VOW_CLOSED);
    assert_ok(vow_rwlock_read_unlock(&lock));
    assert_int_equal(vow_rwlock_read_unlock(&lock), VOW_INVALID);
    vow_promise_release(writer);
    vow_promise_release(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(readers_share_a_static_lock),
        control_test(a_lock_can_be_tried_for_while_another_looks_at_it),
        control_test(a_writer_is_alone),
        control_test(a_reader_stands_behind_a_writer_who_waits),
        control_test(readers_that_stand_together_go_together),
        control_test(a_writer_who_gives_up_lets_the_readers_behind_it_in),
        control_test(a_writer_who_runs_out_of_time_lets_the_readers_behind_it_in),
        control_test(writers_are_served_in_the_order_in_which_they_came),
        control_test(unlocking_what_is_not_locked_is_refused),
        control_test(no_lock_is_refused),
        control_test(closing_ends_all_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
