/*
 * test_loop_uv.c - a loop laid over the user's uv_loop_t: its calls run when the user runs libuv.
 */
#include "loop_uv_testing.h"

/* Running beside the user's own handles */

static void a_call_runs_when_the_user_runs_libuv(void **state)
{
    struct laid *laid = *state;
    struct step step = step_new(NULL, 0, NULL, NULL);
    step_on(laid->loop, &step);
    assert_int_equal(step.runs, 0);
    run_uv(laid);
    assert_int_equal(step.runs, 1);
}

static void calls_run_in_order_round_by_round(void **state)
{
    struct laid *laid = *state;
    struct record record = {0};
    struct step steps[3];
    for (int i = 0; i < 3; i++) {
        steps[i] = step_new(&record, i, NULL, NULL);
        step_on(laid->loop, &steps[i]);
    }
    run_uv(laid);
    assert_order(&record, 0, 1, 2);
}

static void a_raw_timer_can_make_a_call(void **state)
{
    struct laid *laid = *state;
    uv_timer_t timer;
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    start_timer_of_step(laid, &timer, &step);
    run_uv(laid);
    assert_int_equal(step.runs, 1);
}

static void queue_in_io(uv_async_t *async)
{
    struct step *step = async->data;
    step_on(step->context, step);
    uv_close((uv_handle_t *)async, NULL);
}

static void an_io_callback_can_make_a_call(void **state)
{
    struct laid *laid = *state;
    uv_async_t async;
    uv_async_init(&laid->uv, &async, queue_in_io); /* before ours, and so before our bell */
    lay_anew(laid);
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    async.data = &step;
    uv_async_send(&async);
    run_uv(laid);
    assert_int_equal(step.runs, 1);
}

static void queue_in_prepare(uv_prepare_t *prepare)
{
    struct step *step = prepare->data;
    step_on(step->context, step);
    uv_close((uv_handle_t *)prepare, NULL);
}

static void close_timer(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
}

static void a_call_made_just_before_libuv_polls_keeps_it_from_sleeping(void **state)
{
    struct laid *laid = *state;
    uv_prepare_t prepare;
    uv_timer_t hour;
    uv_prepare_init(&laid->uv, &prepare);
    uv_prepare_start(&prepare, queue_in_prepare); /* older than ours, and so called after it */
    lay_anew(laid);
    uv_timer_init(&laid->uv, &hour);
    uv_timer_start(&hour, close_timer, 3600 * 1000, 0);
    struct step step = step_new(NULL, 0, NULL, laid->loop);
    prepare.data = &step;
    while (step.runs == 0)
        uv_run(&laid->uv, UV_RUN_ONCE);
    close_timer(&hour);
    run_uv(laid);
}

static void again(struct step *step)
{
    step_on(step->context, step);
}

static void stop_uv(uv_timer_t *timer)
{
    uv_stop(timer->loop);
    uv_close((uv_handle_t *)timer, NULL);
}

static void a_ring_of_calls_does_not_keep_a_raw_timer_from_running(void **state)
{
    struct laid *laid = *state;
    uv_timer_t timer;
    struct step ring = step_new(NULL, 0, again, laid->loop);
    uv_timer_init(&laid->uv, &timer);
    uv_timer_start(&timer, stop_uv, 2, 0);
    step_on(laid->loop, &ring);
    assert_int_not_equal(uv_run(&laid->uv, UV_RUN_DEFAULT), 0);
    assert_true(ring.runs > 0);
    free_loop(laid);
    assert_int_equal(ring.drops, 1);
    run_uv(laid);
}

static void two_loops_can_lie_over_one(void **state)
{
    struct laid *laid = *state;
    struct record record = {0};
    struct step first = step_new(&record, 1, NULL, NULL);
    struct step second = step_new(&record, 2, NULL, NULL);
    vow_loop *newer = lay_over(&laid->uv);
    step_on(laid->loop, &first);
    step_on(newer, &second);
    run_uv(laid);
    assert_int_equal(record.count, 2);
    assert_int_equal(vow_loop_free(newer), VOW_OK);
}

/* What keeps uv_run going */

static void settle(struct step *step)
{
    vow_loop_owe(vow_loop_scheduler(step->context), -1);
}

static void libuv_runs_on_while_something_is_owed(void **state)
{
    struct laid *laid = *state;
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, settle, laid->loop);
        vow_loop_owe(vow_loop_scheduler(laid->loop), 1);
        pthread_t thread = thread_start(post_step, &step);
        run_uv(laid);
        assert_int_equal(step.runs, 1);
        thread_end(thread);
    }
}

static void *settle_from_afar(void *loop)
{
    vow_loop_owe(vow_loop_scheduler(loop), -1);
    return NULL;
}

static void libuv_ends_when_another_thread_takes_back_what_was_owed(void **state)
{
    struct laid *laid = *state;
    for (int i = 0; i < 200; i++) {
        vow_loop_owe(vow_loop_scheduler(laid->loop), 1);
        pthread_t thread = thread_start(settle_from_afar, laid->loop);
        run_uv(laid);
        thread_end(thread);
    }
}

static void a_loop_that_is_owed_nothing_does_not_keep_libuv_running(void **state)
{
    struct laid *laid = *state;
    run_uv(laid);
}

static void stop_uv_of(struct step *step)
{
    uv_stop(step->context);
}

static void what_is_posted_to_the_thread_wakes_libuv(void **state)
{
    struct laid *laid = *state;
    vow_loop_owe(vow_loop_scheduler(laid->loop), 1); /* keeps uv_run going */
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, stop_uv_of, &laid->uv);
        struct post post = {vow_thread_here()->immediate, &step};
        pthread_t thread = thread_start(post_to_thread, &post);
        while (step.runs == 0)
            uv_run(&laid->uv, UV_RUN_DEFAULT);
        thread_end(thread);
    }
    vow_loop_owe(vow_loop_scheduler(laid->loop), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        laid_test(a_call_runs_when_the_user_runs_libuv),
        laid_test(calls_run_in_order_round_by_round),
        laid_test(a_raw_timer_can_make_a_call),
        laid_test(an_io_callback_can_make_a_call),
        laid_test(a_call_made_just_before_libuv_polls_keeps_it_from_sleeping),
        laid_test(a_ring_of_calls_does_not_keep_a_raw_timer_from_running),
        laid_test(two_loops_can_lie_over_one),
        laid_test(libuv_runs_on_while_something_is_owed),
        laid_test(libuv_ends_when_another_thread_takes_back_what_was_owed),
        laid_test(a_loop_that_is_owed_nothing_does_not_keep_libuv_running),
        laid_test(what_is_posted_to_the_thread_wakes_libuv),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
