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

/* Notes in its step what a wait in a callback gives. */
static void wait_in(uv_handle_t *handle)
{
    struct step *step = handle->data;
    step->runs +=
        vow_loop_run_until(step->context, "test", never, NULL, VOW_FOREVER) == VOW_UNSUPPORTED &&
        strstr(vow_last_error(), "which cannot wait") != NULL;
    uv_close(handle, NULL);
}

static void wait_in_timer(uv_timer_t *timer)
{
    wait_in((uv_handle_t *)timer);
}

static void wait_in_idle(uv_idle_t *idle)
{
    wait_in((uv_handle_t *)idle);
}

static void wait_in_prepare(uv_prepare_t *prepare)
{
    wait_in((uv_handle_t *)prepare);
}

static void wait_in_check(uv_check_t *check)
{
    wait_in((uv_handle_t *)check);
}

/* A handle of each kind, whose callbacks wait. */
struct waiting_handles {
    uv_timer_t timer;
    uv_idle_t idle;
    uv_prepare_t prepare;
    uv_check_t check;
};

static void start_all(struct laid *laid, struct waiting_handles *handles, struct step *step)
{
    uv_timer_init(&laid->uv, &handles->timer);
    uv_idle_init(&laid->uv, &handles->idle);
    uv_prepare_init(&laid->uv, &handles->prepare);
    uv_check_init(&laid->uv, &handles->check);
    handles->timer.data = handles->idle.data = handles->prepare.data = handles->check.data = step;
    uv_timer_start(&handles->timer, wait_in_timer, 0, 0);
    uv_idle_start(&handles->idle, wait_in_idle);
    uv_prepare_start(&handles->prepare, wait_in_prepare);
    uv_check_start(&handles->check, wait_in_check);
}

static void no_callback_of_the_user_s_run_can_wait(void **state)
{
    struct laid *laid = *state;
    struct waiting_handles handles;
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    start_all(laid, &handles, &step);
    run_uv(laid);
    assert_int_equal(step.runs, 4);
}

static bool have_all_run(void *step)
{
    return ((struct step *)step)->runs == 4;
}

static void no_callback_can_wait_while_a_wait_runs_the_loop(void **state)
{
    struct laid *laid = *state;
    struct waiting_handles handles;
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    start_all(laid, &handles, &step);
    assert_int_equal(vow_loop_run_until(laid->loop, "test", have_all_run, &step, VOW_FOREVER),
                     VOW_OK);
    run_uv(laid);
}

static void wait_after_closing(uv_handle_t *handle)
{
    struct step *step = handle->data;
    step->runs +=
        vow_loop_run_until(step->context, "test", never, NULL, VOW_FOREVER) == VOW_UNSUPPORTED;
}

static void free_in_timer(uv_timer_t *timer)
{
    struct step *step = timer->data;
    assert_int_equal(vow_loop_free(step->context), VOW_INVALID);
    assert_sentence("vow_loop_free: loop is being run: stop it first");
    queue_step_of_timer(timer);
}

static void no_callback_can_free_the_loop_while_a_wait_runs_it(void **state)
{
    struct laid *laid = *state;
    uv_timer_t timer;
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    uv_timer_init(&laid->uv, &timer);
    timer.data = &step;
    uv_timer_start(&timer, free_in_timer, 0, 0);
    assert_int_equal(vow_loop_run_until(laid->loop, "test", has_run, &step, VOW_FOREVER), VOW_OK);
    run_uv(laid);
}

static void a_close_callback_cannot_wait(void **state)
{
    struct laid *laid = *state;
    uv_timer_t timer;
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    uv_timer_init(&laid->uv, &timer);
    timer.data = &step;
    uv_close((uv_handle_t *)&timer, wait_after_closing);
    run_uv(laid);
    assert_int_equal(step.runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        laid_test(it_is_not_run_by_vow),
        laid_test(a_wait_outside_of_callbacks_runs_it),
        laid_test(a_wait_that_times_out_leaves_libuv_as_it_was),
        laid_test(a_wait_for_the_user_s_own_timer_runs_it),
        laid_test(an_io_callback_cannot_wait),
        laid_test(no_callback_of_the_user_s_run_can_wait),
        laid_test(no_callback_can_wait_while_a_wait_runs_the_loop),
        laid_test(a_close_callback_cannot_wait),
        laid_test(no_callback_can_free_the_loop_while_a_wait_runs_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
