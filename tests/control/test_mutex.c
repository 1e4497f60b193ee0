/*
 * test_mutex.c - one holder at a time, first come, first served; deadlines, cancels, closing.
 */
#include "control/lock_testing.h"

#include <vow/line.h>
#include <vow/mutex.h>

static vow_mutex static_mutex = VOW_MUTEX_INIT;

static void a_static_mutex_can_be_locked_at_once(void **state)
{
    (void)state;
    assert_ok(vow_mutex_lock(&static_mutex, VOW_FOREVER));
    assert_false(vow_mutex_try_lock(&static_mutex));
    assert_ok(vow_mutex_unlock(&static_mutex));
    assert_true(vow_mutex_try_lock(&static_mutex));
    assert_ok(vow_mutex_unlock(&static_mutex));
}

static bool try_mutex(void *mutex)
{
    return vow_mutex_try_lock(mutex);
}

static void a_mutex_can_be_tried_for_while_another_looks_at_it(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(try_beside_another(try_mutex, &mutex));
    assert_false(try_beside_another(try_mutex, &mutex));
    assert_ok(vow_mutex_unlock(&mutex));
}

static void zeroed_memory_is_a_free_mutex(void **state)
{
    (void)state;
    vow_mutex *mutex = calloc(1, sizeof *mutex);
    assert_ok(vow_mutex_lock(mutex, VOW_POLL));
    assert_ok(vow_mutex_unlock(mutex));
    free(mutex);
}

static void a_held_mutex_that_is_polled_times_out(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_ok(vow_mutex_lock(&mutex, VOW_POLL));
    assert_int_equal(vow_mutex_lock(&mutex, VOW_POLL), VOW_TIMED_OUT);
    assert_sentence("vow_mutex_lock: the deadline passed first");
    assert_ok(vow_mutex_unlock(&mutex));
}

static void who_runs_out_of_time_gives_its_place_up(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *holder = vow_mutex_lock_promise(&mutex);
    assert_int_equal(vow_mutex_lock(&mutex, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_sentence("vow_mutex_lock: ");
    assert_int_equal(waiting_for(&mutex), 0);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(holder);
}

static void a_deadline_that_has_passed_still_takes_what_is_free(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_ok(vow_mutex_lock(&mutex, vow_after(-VOW_S(1))));
    assert_int_equal(vow_mutex_lock(&mutex, vow_after(0)), VOW_DEADLOCK);
    assert_ok(vow_mutex_unlock(&mutex));
}

/* Order ------------------------------------------------------------------------------------------------------------ */

static void lock_and_note(struct line_of_test *line)
{
    vow_mutex *mutex = line->object;
    require(vow_mutex_lock(mutex, VOW_FOREVER) == VOW_OK);
    note(line->number); /* guarded by the mutex */
    require(vow_mutex_unlock(mutex) == VOW_OK);
}

static void check_order(enum how how)
{
    vow_mutex mutex = VOW_MUTEX_INIT;
    struct line_of_test lines[5];
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    for (int i = 0; i < 5; i++) {
        lines[i] = (struct line_of_test){.work = lock_and_note, .object = &mutex, .number = i};
        line_start(&lines[i], how);
        until_waiting(&mutex, (uint32_t)i + 1);
    }
    assert_ok(vow_mutex_unlock(&mutex));
    for (int i = 0; i < 5; i++)
        line_end(&lines[i]);
    assert_logged(0, 1, 2, 3, 4);
}

static void lines_are_served_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    with_every_line(check_order);
}

static void promises_are_fulfilled_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *promises[4];
    for (int i = 0; i < 4; i++)
        promises[i] = noted(vow_mutex_lock_promise(&mutex), i);
    assert_logged(0);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_logged(0, 1);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_ok(vow_mutex_unlock(&mutex));
    assert_logged(0, 1, 2, 3);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_int_equal(vow_mutex_unlock(&mutex), VOW_INVALID);
    for (int i = 0; i < 4; i++)
        vow_promise_release(promises[i]);
}

static void check_one_queue(enum how how)
{
    vow_mutex mutex = VOW_MUTEX_INIT;
    struct line_of_test first = {.work = lock_and_note, .object = &mutex, .number = 1};
    struct line_of_test third = {.work = lock_and_note, .object = &mutex, .number = 3};
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    line_start(&first, how);
    until_waiting(&mutex, 1);
    vow_promise *second = vow_mutex_lock_promise(&mutex);
    line_start(&third, how);
    until_waiting(&mutex, 3);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_ok(vow_wait(second, VOW_FOREVER, NULL));
    note(2);
    assert_ok(vow_mutex_unlock(&mutex));
    line_end(&first);
    line_end(&third);
    assert_logged(1, 2, 3);
    vow_promise_release(second);
}

static void lines_and_promises_stand_in_one_queue(void **state)
{
    (void)state;
    with_every_line(check_one_queue);
}

static void a_mutex_is_handed_over_and_never_free_in_between(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    vow_promise *next = vow_mutex_lock_promise(&mutex);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_false(vow_mutex_try_lock(&mutex));
    assert_int_equal(vow_state(next), VOW_FULFILLED);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_true(vow_mutex_try_lock(&mutex));
    vow_promise_release(next);
}

static vow_value unlock_context(vow_value input, void *mutex)
{
    assert_ok(vow_mutex_unlock(mutex));
    return input;
}

static void calls_of_one_loop_wait_for_each_other(void **state)
{
    (void)state;
    needs_asynchrony(); /* calls that are queued on the loop */
    vow_mutex mutex = VOW_MUTEX_INIT;
    struct line_of_test lines[3];
    vow_loop *loop = vow_loop_new(NULL);
    vow_scheduler *scheduler = vow_loop_scheduler(loop);
    assert_true(vow_mutex_try_lock(&mutex));
    for (int i = 0; i < 3; i++) {
        lines[i] = (struct line_of_test){.work = lock_and_note, .object = &mutex, .number = i};
        assert_ok(vow_schedule(scheduler, line_job, vow_none(), &lines[i]));
    }
    assert_ok(vow_schedule(scheduler, unlock_context, vow_none(), &mutex));
    while (the_log.count < 3)
        assert_ok(vow_loop_run_once(loop, VOW_FOREVER));
    assert_logged(0, 1, 2);
    assert_ok(vow_loop_free(loop));
}

static void *unlock_it(void *mutex)
{
    require(vow_mutex_unlock(mutex) == VOW_OK);
    return NULL;
}

static void another_thread_may_unlock(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    on_another_thread(unlock_it, &mutex);
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    assert_ok(vow_mutex_unlock(&mutex));
}

static void lock_until_deadline(struct line_of_test *line)
{
    line->status = vow_mutex_lock(line->object, line->deadline);
}

static void a_job_that_is_canceled_gives_its_place_up(void **state)
{
    (void)state;
    needs_asynchrony(); /* a job that waits while this thread looks at it */
    vow_mutex mutex = VOW_MUTEX_INIT;
    struct line_of_test line = {
        .work = lock_until_deadline, .object = &mutex, .deadline = VOW_FOREVER};
    lines_pool = vow_pool_new(1, NULL);
    assert_true(vow_mutex_try_lock(&mutex));
    line_start(&line, AS_JOB);
    until_waiting(&mutex, 1);
    vow_cancel(line.job);
    vow_promise_release(line.job);
    assert_ok(vow_pool_free(lines_pool));
    assert_int_equal(line.status, VOW_CANCELED);
    assert_int_equal(waiting_for(&mutex), 0);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_true(vow_mutex_try_lock(&mutex));
}

/* Misuse ----------------------------------------------------------------------------------------------------------- */

static void locking_again_in_the_same_thread_is_a_deadlock(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    assert_int_equal(vow_mutex_lock(&mutex, VOW_FOREVER), VOW_DEADLOCK);
    assert_sentence("vow_mutex_lock: this thread has locked the mutex");
    assert_ok(vow_mutex_unlock(&mutex));
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    assert_ok(vow_mutex_unlock(&mutex));
}

static vow_value lock_in_line(vow_value input, void *context)
{
    struct line_of_test *line = context;
    line->number++;
    line->status = vow_mutex_lock(line->object, VOW_FOREVER);
    line->number++;
    return input;
}

static void a_spawned_line_waits_for_a_mutex_that_its_thread_holds(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    struct line_of_test line = {.object = &mutex};
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    vow_promise *spawned = vow_spawn(vow_immediate(), lock_in_line, vow_none(), &line);
    (void)vow_run_pending();
    assert_int_equal(line.number, 1);
    assert_ok(vow_mutex_unlock(&mutex));
    assert_ok(vow_wait(spawned, VOW_FOREVER, NULL));
    assert_ok(line.status);
    assert_ok(vow_mutex_unlock(&mutex));
    vow_promise_release(spawned);
}

static void a_thread_waits_for_a_mutex_that_a_spawned_line_holds(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    struct line_of_test line = {.object = &mutex};
    vow_promise *spawned = vow_spawn(vow_immediate(), lock_in_line, vow_none(), &line);
    assert_ok(vow_wait(spawned, VOW_FOREVER, NULL));
    assert_ok(line.status);
    assert_int_equal(vow_mutex_lock(&mutex, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_ok(vow_mutex_unlock(&mutex));
    vow_promise_release(spawned);
}

static void unlocking_what_is_not_locked_is_refused(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_int_equal(vow_mutex_unlock(&mutex), VOW_INVALID);
    assert_sentence("vow_mutex_unlock: the mutex is not locked");
    assert_true(vow_mutex_try_lock(&mutex));
}

static void no_mutex_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_mutex_lock(NULL, VOW_FOREVER), VOW_INVALID);
    assert_sentence("vow_mutex_lock: mutex is NULL");
    assert_false(vow_mutex_try_lock(NULL));
    assert_sentence("vow_mutex_try_lock: mutex is NULL");
    assert_int_equal(vow_mutex_unlock(NULL), VOW_INVALID);
    assert_int_equal(vow_mutex_close(NULL), VOW_INVALID);
    vow_promise *promise = vow_mutex_lock_promise(NULL);
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
    promise = vow_mutex_run(NULL, note_input, NULL);
    assert_rejected(promise, VOW_INVALID);
    assert_sentence("vow_mutex_run: mutex is NULL");
    vow_promise_release(promise);
    promise = vow_mutex_run(&static_mutex, NULL, NULL);
    assert_rejected(promise, VOW_INVALID);
    assert_sentence("vow_mutex_run: fn is NULL");
    vow_promise_release(promise);
}

/* Closing ---------------------------------------------------------------------------------------------------------- */

static void check_closing(enum how how)
{
    vow_mutex mutex = VOW_MUTEX_INIT;
    struct line_of_test line = {
        .work = lock_until_deadline, .object = &mutex, .deadline = VOW_FOREVER};
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    line_start(&line, how);
    until_waiting(&mutex, 1);
    vow_promise *promise = vow_mutex_lock_promise(&mutex);
    assert_ok(vow_mutex_close(&mutex));
    line_end(&line);
    assert_int_equal(line.status, VOW_CLOSED);
    assert_rejected(promise, VOW_CLOSED);
    vow_promise_release(promise);
    assert_ok(vow_mutex_unlock(&mutex));
}

static void closing_ends_all_waits(void **state)
{
    (void)state;
    with_every_line(check_closing);
}

static void a_closed_mutex_is_never_locked_again(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    assert_true(vow_mutex_try_lock(&mutex));
    assert_ok(vow_mutex_close(&mutex));
    assert_ok(vow_mutex_close(&mutex));
    assert_ok(vow_mutex_unlock(&mutex));
    assert_int_equal(vow_mutex_unlock(&mutex), VOW_INVALID);
    assert_false(vow_mutex_try_lock(&mutex));
    assert_int_equal(vow_mutex_lock(&mutex, VOW_POLL), VOW_CLOSED);
    assert_int_equal(vow_mutex_lock(&mutex, VOW_FOREVER), VOW_CLOSED);
    assert_sentence("vow_mutex_lock: the mutex is closed");
    vow_promise *promise = vow_mutex_lock_promise(&mutex);
    assert_rejected(promise, VOW_CLOSED);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_static_mutex_can_be_locked_at_once),
        control_test(a_mutex_can_be_tried_for_while_another_looks_at_it),
        control_test(zeroed_memory_is_a_free_mutex),
        control_test(a_held_mutex_that_is_polled_times_out),
        control_test(who_runs_out_of_time_gives_its_place_up),
        control_test(a_deadline_that_has_passed_still_takes_what_is_free),
        control_test(lines_are_served_in_the_order_in_which_they_came),
        control_test(promises_are_fulfilled_in_the_order_in_which_they_came),
        control_test(lines_and_promises_stand_in_one_queue),
        control_test(a_mutex_is_handed_over_and_never_free_in_between),
        control_test(calls_of_one_loop_wait_for_each_other),
        control_test(another_thread_may_unlock),
        control_test(a_job_that_is_canceled_gives_its_place_up),
        control_test(locking_again_in_the_same_thread_is_a_deadlock),
        control_test(a_spawned_line_waits_for_a_mutex_that_its_thread_holds),
        control_test(a_thread_waits_for_a_mutex_that_a_spawned_line_holds),
        control_test(unlocking_what_is_not_locked_is_refused),
        control_test(no_mutex_is_refused),
        control_test(closing_ends_all_waits),
        control_test(a_closed_mutex_is_never_locked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
