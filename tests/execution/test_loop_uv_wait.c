/*
 * test_loop_uv_wait.c - waits over the user's uv_loop_t, which vow runs only there.
 */
#include "loop_uv_testing.h"

static void it_is_not_run_by_vow(void **state)
{
    struct laid *laid = *state;
    assert_int_equal(vow_loop_run(laid->loop), VOW_INVALID);
    assert_sentence("uv_run");
    assert_int_equal(vow_loop_run_until_idle(laid->loop), VOW_INVALID);
    assert_int_equal(vow_loop_run_once(laid->loop, VOW_POLL), VOW_INVALID);
}

static bool has_run(void *step)
{
    return ((struct step *)step)->runs > 0;
}

static bool never(void *unused)
{
    (void)unused;
    return false;
}

static void a_wait_outside_of_callbacks_runs_it(void **state)
{
    struct laid *laid = *state;
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, NULL, laid->loop);
        pthread_t thread = thread_start(post_step, &step);
        assert_int_equal(vow_loop_run_until(laid->loop, "test", has_run, &step, VOW_FOREVER),
                         VOW_OK);
        thread_end(thread);
        run_uv(laid);
    }
}

static void a_wait_that_times_out_leaves_libuv_as_it_was(void **state)
{
    struct laid *laid = *state;
    assert_int_equal(vow_loop_run_until(laid->loop, "test", never, NULL, vow_after(VOW_MS(1))),
                     VOW_TIMED_OUT);
    assert_int_equal(uv_loop_alive(&laid->uv), 0);
    run_uv(laid);
}

static void a_wait_for_the_user_s_own_timer_runs_it(void **state)
{
    struct laid *laid = *state;
    uv_timer_t timer;
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    start_timer_of_step(laid, &timer, &step);
    assert_int_equal(vow_loop_run_until(laid->loop, "test", has_run, &step, VOW_FOREVER), VOW_OK);
    run_uv(laid);
}

static void wait_in_io(uv_async_t *async)
{
    assert_int_equal(vow_loop_run_until(async->data, "test", never, NULL, VOW_FOREVER),
                     VOW_UNSUPPORTED);
    uv_close((uv_handle_t *)async, NULL);
}

static void an_io_callback_cannot_wait(void **state)
{
    struct laid *laid = *state;
    uv_async_t async;
    uv_async_init(&laid->uv, &async, wait_in_io);
    async.data = laid->loop;
    uv_async_send(&async);
    run_uv(laid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        laid_test(it_is_not_run_by_vow),
        laid_test(a_wait_outside_of_callbacks_runs_it),
        laid_test(a_wait_that_times_out_leaves_libuv_as_it_was),
        laid_test(a_wait_for_the_user_s_own_timer_runs_it),
        laid_test(an_io_callback_cannot_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
