/*
 * test_loop_uv.c - a loop laid over the user's uv_loop_t.
 */
#include "loop_testing.h"

#include <uv.h>

static vow_loop *over(uv_loop_t *uv)
{
    struct vow_loop_options options = {.size = sizeof options, .uv = uv};
    vow_loop *loop = vow_loop_new(&options);
    assert_non_null(loop);
    return loop;
}

static void open_uv(uv_loop_t *uv)
{
    assert_int_equal(uv_loop_init(uv), 0);
}

/* What a user does at the end: lets the close callbacks run, and closes. */
static void close_uv(uv_loop_t *uv)
{
    assert_int_equal(uv_run(uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(uv), 0);
}

/* Running beside the user's own handles */

static void a_call_runs_when_the_user_runs_libuv(void **state)
{
    uv_loop_t uv;
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    step_on(loop, &step);
    assert_int_equal(step.runs, 0);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
    close_uv(&uv);
}

static void calls_run_in_order_round_by_round(void **state)
{
    uv_loop_t uv;
    struct record record = {0};
    struct step steps[3];
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    for (int i = 0; i < 3; i++) {
        steps[i] = step_new(&record, i, NULL, NULL);
        step_on(loop, &steps[i]);
    }
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_order(&record, 0, 1, 2);
    vow_loop_free(loop);
    close_uv(&uv);
}

static void queue_context(uv_timer_t *timer)
{
    struct step *step = timer->data;
    step_on(step->context, step);
    uv_close((uv_handle_t *)timer, NULL);
}

static void a_raw_timer_can_make_a_call(void **state)
{
    uv_loop_t uv;
    uv_timer_t timer;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    struct step step = step_new(NULL, 0, NULL, loop);
    uv_timer_init(&uv, &timer);
    timer.data = &step;
    uv_timer_start(&timer, queue_context, 1, 0);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
    close_uv(&uv);
}

static void queue_in_io(uv_async_t *async)
{
    struct step *step = async->data;
    step_on(step->context, step);
    uv_close((uv_handle_t *)async, NULL);
}

static void an_io_callback_can_make_a_call(void **state)
{
    uv_loop_t uv;
    uv_async_t async;
    (void)state;
    open_uv(&uv);
    uv_async_init(&uv, &async, queue_in_io); /* before ours, and so before our bell */
    vow_loop *loop = over(&uv);
    struct step step = step_new(NULL, 0, NULL, loop);
    async.data = &step;
    uv_async_send(&async);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
    close_uv(&uv);
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
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_timer_t hour;
    (void)state;
    open_uv(&uv);
    uv_prepare_init(&uv, &prepare);
    uv_prepare_start(&prepare, queue_in_prepare); /* older than ours, and so called after it */
    uv_timer_init(&uv, &hour);
    uv_timer_start(&hour, close_timer, 3600 * 1000, 0);
    vow_loop *loop = over(&uv);
    struct step step = step_new(NULL, 0, NULL, loop);
    prepare.data = &step;
    while (step.runs == 0)
        uv_run(&uv, UV_RUN_ONCE);
    close_timer(&hour);
    vow_loop_free(loop);
    close_uv(&uv);
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
    uv_loop_t uv;
    uv_timer_t timer;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    struct step ring = step_new(NULL, 0, again, loop);
    uv_timer_init(&uv, &timer);
    uv_timer_start(&timer, stop_uv, 2, 0);
    step_on(loop, &ring);
    assert_int_not_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_true(ring.runs > 0);
    vow_loop_free(loop);
    assert_int_equal(ring.drops, 1);
    close_uv(&uv);
}

/* What keeps uv_run going */

static void settle(struct step *step)
{
    vow_loop_owe(vow_loop_scheduler(step->context), -1);
}

static void *post_step(void *context)
{
    struct step *step = context;
    step_on(step->context, step);
    return NULL;
}

static void libuv_runs_on_while_something_is_owed(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, settle, loop);
        vow_loop_owe(vow_loop_scheduler(loop), 1);
        pthread_t thread = thread_start(post_step, &step);
        assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
        assert_int_equal(step.runs, 1);
        thread_end(thread);
    }
    vow_loop_free(loop);
    close_uv(&uv);
}

static void *settle_from_afar(void *loop)
{
    vow_loop_owe(vow_loop_scheduler(loop), -1);
    return NULL;
}

static void libuv_ends_when_another_thread_takes_back_what_was_owed(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    for (int i = 0; i < 200; i++) {
        vow_loop_owe(vow_loop_scheduler(loop), 1);
        pthread_t thread = thread_start(settle_from_afar, loop);
        assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
        thread_end(thread);
    }
    vow_loop_free(loop);
    close_uv(&uv);
}

static void a_loop_that_is_owed_nothing_does_not_keep_libuv_running(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    vow_loop_free(loop);
    close_uv(&uv);
}

static void stop_uv_of(struct step *step)
{
    uv_stop(step->context);
}

struct post {
    struct immediate *immediate;
    struct step *step;
};

static void *post_to_thread(void *context)
{
    struct post *post = context;
    if (!vow_immediate_post(post->immediate, &post->step->call))
        abort();
    return NULL;
}

static void what_is_posted_to_the_thread_wakes_libuv(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    vow_loop_owe(vow_loop_scheduler(loop), 1); /* keeps uv_run going */
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, stop_uv_of, &uv);
        struct post post = {vow_thread_here()->immediate, &step};
        pthread_t thread = thread_start(post_to_thread, &post);
        while (step.runs == 0)
            uv_run(&uv, UV_RUN_DEFAULT);
        thread_end(thread);
    }
    vow_loop_owe(vow_loop_scheduler(loop), -1);
    vow_loop_free(loop);
    close_uv(&uv);
}

/* Freeing */

static void free_detaches_at_once_and_the_handles_go_with_libuv(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    long before = vow_live_objects();
    vow_loop *loop = over(&uv);
    struct step step = step_new(NULL, 0, NULL, NULL);
    step_on(loop, &step);
    assert_int_equal(vow_loop_free(loop), VOW_OK);
    assert_int_equal(step.drops, 1);
    assert_true(vow_live_objects() > before);
    uv_run(&uv, UV_RUN_NOWAIT);
    assert_int_equal(vow_live_objects(), before);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static void free_on_timer(uv_timer_t *timer)
{
    assert_int_equal(vow_loop_free(timer->data), VOW_OK);
    uv_close((uv_handle_t *)timer, NULL);
}

static void a_raw_callback_may_free_the_loop(void **state)
{
    uv_loop_t uv;
    uv_timer_t timer;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    struct step step = step_new(NULL, 0, NULL, NULL);
    uv_timer_init(&uv, &timer);
    timer.data = loop;
    uv_timer_start(&timer, free_on_timer, 0, 0);
    step_on(loop, &step);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(step.runs + step.drops, 1);
    close_uv(&uv);
}

static void *post_to_scheduler(void *context)
{
    struct step *step = context;
    vow_scheduler_call(step->context, &step->call);
    return NULL;
}

static void a_post_after_free_is_dropped_once(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    vow_scheduler *scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
    struct step step = step_new(NULL, 0, NULL, scheduler);
    vow_loop_free(loop);
    on_another_thread(post_to_scheduler, &step);
    assert_int_equal(step.drops, 1);
    close_uv(&uv);
    assert_int_equal(step.drops, 1);
    vow_scheduler_release(scheduler);
}

static void two_loops_can_lie_over_one(void **state)
{
    uv_loop_t uv;
    struct record record = {0};
    struct step first = step_new(&record, 1, NULL, NULL);
    struct step second = step_new(&record, 2, NULL, NULL);
    (void)state;
    open_uv(&uv);
    vow_loop *older = over(&uv);
    vow_loop *newer = over(&uv);
    step_on(older, &first);
    step_on(newer, &second);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(record.count, 2);
    vow_loop_free(older);
    vow_loop_free(newer);
    close_uv(&uv);
}

/* Running it through vow */

static void it_is_not_run_by_vow(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    assert_int_equal(vow_loop_run(loop), VOW_INVALID);
    assert_sentence("uv_run");
    assert_int_equal(vow_loop_run_until_idle(loop), VOW_INVALID);
    assert_int_equal(vow_loop_run_once(loop, VOW_POLL), VOW_INVALID);
    vow_loop_free(loop);
    close_uv(&uv);
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
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, NULL, loop);
        pthread_t thread = thread_start(post_step, &step);
        assert_int_equal(vow_loop_run_until(loop, "test", has_run, &step, VOW_FOREVER), VOW_OK);
        thread_end(thread);
        assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    }
    vow_loop_free(loop);
    close_uv(&uv);
}

static void a_wait_that_times_out_leaves_libuv_as_it_was(void **state)
{
    uv_loop_t uv;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    assert_int_equal(vow_loop_run_until(loop, "test", never, NULL, vow_after(VOW_MS(1))),
                     VOW_TIMED_OUT);
    assert_int_equal(uv_loop_alive(&uv), 0);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    vow_loop_free(loop);
    close_uv(&uv);
}

static void a_wait_for_the_user_s_own_timer_runs_it(void **state)
{
    uv_loop_t uv;
    uv_timer_t timer;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    struct step step = step_new(NULL, 0, NULL, loop);
    uv_timer_init(&uv, &timer);
    timer.data = &step;
    uv_timer_start(&timer, queue_context, 1, 0);
    assert_int_equal(vow_loop_run_until(loop, "test", has_run, &step, VOW_FOREVER), VOW_OK);
    vow_loop_free(loop);
    close_uv(&uv);
}

static void wait_in_io(uv_async_t *async)
{
    assert_int_equal(vow_loop_run_until(async->data, "test", never, NULL, VOW_FOREVER),
                     VOW_UNSUPPORTED);
    uv_close((uv_handle_t *)async, NULL);
}

static void an_io_callback_cannot_wait(void **state)
{
    uv_loop_t uv;
    uv_async_t async;
    (void)state;
    open_uv(&uv);
    vow_loop *loop = over(&uv);
    uv_async_init(&uv, &async, wait_in_io);
    async.data = loop;
    uv_async_send(&async);
    uv_run(&uv, UV_RUN_DEFAULT);
    vow_loop_free(loop);
    close_uv(&uv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(a_call_runs_when_the_user_runs_libuv),
        loop_test(calls_run_in_order_round_by_round),
        loop_test(a_raw_timer_can_make_a_call),
        loop_test(an_io_callback_can_make_a_call),
        loop_test(a_call_made_just_before_libuv_polls_keeps_it_from_sleeping),
        loop_test(a_ring_of_calls_does_not_keep_a_raw_timer_from_running),
        loop_test(libuv_runs_on_while_something_is_owed),
        loop_test(libuv_ends_when_another_thread_takes_back_what_was_owed),
        loop_test(a_loop_that_is_owed_nothing_does_not_keep_libuv_running),
        loop_test(what_is_posted_to_the_thread_wakes_libuv),
        loop_test(free_detaches_at_once_and_the_handles_go_with_libuv),
        loop_test(a_raw_callback_may_free_the_loop),
        loop_test(a_post_after_free_is_dropped_once),
        loop_test(two_loops_can_lie_over_one),
        loop_test(it_is_not_run_by_vow),
        loop_test(a_wait_outside_of_callbacks_runs_it),
        loop_test(a_wait_that_times_out_leaves_libuv_as_it_was),
        loop_test(a_wait_for_the_user_s_own_timer_runs_it),
        loop_test(an_io_callback_cannot_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
