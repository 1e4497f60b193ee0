/*
 * test_async.c - asynchrony disabled: pools without workers, submitted functions that run at once, and the word for it.
 *
 * A program of its own, because the setting is the whole process's. Its tests are in order: the first one sets it.
 */
#include "control/control_testing.h"

#include <vow/async.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/wait.h>

static void the_word_for_it_is_taken_out_of_the_arguments(void **state)
{
    (void)state;
    char program[] = "test", ours[] = "--disable-async", other[] = "--other", end[] = "--";
    char *words[] = {program, ours, other, end, ours, NULL};
    int count = 5;
    assert_ok(vow_test_arguments(&count, words));
    assert_int_equal(count, 4);
    assert_ptr_equal(words[1], other);
    assert_ptr_equal(words[3], ours); /* behind -- */
    assert_null(words[4]);
    assert_true(vow_async_is_disabled());
}

static void it_cannot_be_changed_later(void **state)
{
    (void)state;
    assert_int_equal(vow_disable_async(false), VOW_INVALID);
    assert_sentence(
        "vow_disable_async: too late, a pool or a loop was made, or a function submitted");
    assert_true(vow_async_is_disabled());
}

static void every_pool_has_size_0(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(4, NULL);
    assert_int_equal(vow_pool_size(pool), 0);
    assert_ok(vow_pool_resize(pool, 2));
    assert_int_equal(vow_pool_size(pool), 0);
    assert_int_equal(vow_pool_resize(pool, -1), VOW_INVALID);
    assert_ok(vow_pool_free(pool));
}

static void what_is_submitted_has_run_when_its_promise_comes_back(void **state)
{
    (void)state;
    vow_promise *promise = vow_submit(NULL, note_input, vow_integer(1), NULL);
    assert_logged(1);
    assert_fulfilled(promise, 1);
    vow_promise_release(promise);
}

static void on_a_loop_of_this_thread_too(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_submit(vow_loop_scheduler(loop), note_input, vow_integer(1), NULL);
    assert_logged(1);
    assert_ok(vow_schedule(vow_loop_scheduler(loop), note_input, vow_integer(2), NULL));
    assert_logged(1, 2);
    vow_release(vow_await(promise, VOW_FOREVER));
    assert_ok(vow_loop_free(loop));
}

static vow_value wait_for_it(vow_value input, void *promise)
{
    (void)input;
    return vow_await(vow_promise_retain(promise), VOW_FOREVER);
}

static void what_waits_goes_on_when_its_thread_waits(void **state)
{
    (void)state;
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *job = vow_submit(NULL, wait_for_it, vow_none(), promise);
    assert_pending(job);
    fire(deferred, vow_integer(5));
    vow_value result = vow_await(job, VOW_FOREVER);
    assert_int_equal(vow_as_integer(result), 5);
    vow_promise_release(promise);
}

static void arguments_of_nothing_are_refused(void **state)
{
    (void)state;
    int count = 0;
    assert_int_equal(vow_test_arguments(NULL, NULL), VOW_INVALID);
    assert_int_equal(vow_test_arguments(&count, NULL), VOW_INVALID);
    assert_sentence("vow_test_arguments: argv is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(the_word_for_it_is_taken_out_of_the_arguments),
        control_test(it_cannot_be_changed_later),
        control_test(every_pool_has_size_0),
        control_test(what_is_submitted_has_run_when_its_promise_comes_back),
        control_test(on_a_loop_of_this_thread_too),
        control_test(what_waits_goes_on_when_its_thread_waits),
        control_test(arguments_of_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
