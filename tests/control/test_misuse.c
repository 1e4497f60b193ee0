/*
 * test_misuse.c - missing arguments: each is answered, none crashes, and the sentence says which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <vow.h>
#include <cmocka.h>

static int drops;

static void count_drop(struct vow_call *call)
{
    (void)call;
    drops++;
}

static void a_call_without_a_scheduler_is_dropped(void **state)
{
    struct vow_call call = {.run = count_drop, .dropped = count_drop};
    (void)state;
    drops = 0;
    vow_scheduler_call(NULL, &call);
    assert_string_equal(vow_last_error(), "vow_scheduler_call: scheduler is NULL");
    vow_call_run(NULL, &call);
    assert_string_equal(vow_last_error(), "vow_call_run: scheduler is NULL");
    assert_int_equal(drops, 2);
}

static void a_scheduler_without_a_call_does_nothing(void **state)
{
    (void)state;
    vow_scheduler_call(vow_immediate(), NULL);
    assert_string_equal(vow_last_error(), "vow_scheduler_call: call is NULL");
    vow_call_run(vow_immediate(), NULL);
    assert_string_equal(vow_last_error(), "vow_call_run: call is NULL");
    vow_call_drop(NULL);
}

static void no_scheduler_has_no_name(void **state)
{
    (void)state;
    assert_string_equal(vow_scheduler_name(NULL), "");
}

static void no_pool_has_no_size_scheduler_or_statistics(void **state)
{
    struct vow_pool_statistics stats = {.size = sizeof(stats)};
    (void)state;
    assert_int_equal(vow_pool_size(NULL), 0);
    assert_string_equal(vow_last_error(), "vow_pool_size: pool is NULL");
    assert_null(vow_pool_scheduler(NULL));
    assert_int_equal(vow_pool_stats(NULL, &stats), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_stats: pool is NULL");
}

static void a_time_out_leaves_its_own_sentence(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    (void)state;
    (void)vow_as_text(vow_integer(1));
    assert_int_equal(vow_loop_run_once(loop, VOW_POLL), VOW_TIMED_OUT);
    assert_string_equal(vow_last_error(), "vow_loop_run_once: the deadline passed first");
    (void)vow_as_text(vow_integer(1));
    assert_int_equal(vow_wait(promise, VOW_POLL, NULL), VOW_TIMED_OUT);
    assert_string_equal(vow_last_error(), "vow_wait: the deadline passed first");
    vow_value value = vow_await(vow_promise_retain(promise), VOW_POLL);
    assert_string_equal(vow_error_message(value), "vow_await: the deadline passed first");
    vow_release(value);
    assert_int_equal(vow_fire(deferred, vow_none()), VOW_OK);
    vow_promise_release(promise);
    assert_int_equal(vow_loop_free(loop), VOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_a_scheduler_is_dropped),
        cmocka_unit_test(a_scheduler_without_a_call_does_nothing),
        cmocka_unit_test(no_scheduler_has_no_name),
        cmocka_unit_test(no_pool_has_no_size_scheduler_or_statistics),
        cmocka_unit_test(a_time_out_leaves_its_own_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
