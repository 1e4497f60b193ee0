/*
 * test_loop_uv_free.c - freeing a loop that lies over the user's uv_loop_t.
 */
#include "loop_uv_testing.h"

static void free_detaches_at_once_and_the_handles_go_with_libuv(void **state)
{
    struct laid *laid = *state;
    long before = (long)(intptr_t)laid->objects;
    struct step step = step_new(NULL, 0, NULL, NULL);
    step_on(laid->loop, &step);
    free_loop(laid);
    assert_int_equal(step.drops, 1);
    assert_true(vow_live_objects() > before);
    uv_run(&laid->uv, UV_RUN_NOWAIT);
    assert_int_equal(vow_live_objects(), before);
}

static void free_on_timer(uv_timer_t *timer)
{
    free_loop(timer->data);
    uv_close((uv_handle_t *)timer, NULL);
}

static void a_raw_callback_may_free_the_loop(void **state)
{
    struct laid *laid = *state;
    uv_timer_t timer;
    struct step step = step_new(NULL, 0, NULL, NULL);
    uv_timer_init(&laid->uv, &timer);
    timer.data = laid;
    uv_timer_start(&timer, free_on_timer, 0, 0);
    step_on(laid->loop, &step);
    run_uv(laid);
    assert_int_equal(step.runs + step.drops, 1);
}

static void *post_to_scheduler(void *context)
{
    struct step *step = context;
    vow_scheduler_call(step->context, &step->call);
    return NULL;
}

static void a_post_after_free_is_dropped_once(void **state)
{
    struct laid *laid = *state;
    vow_scheduler *scheduler = vow_scheduler_retain(vow_loop_scheduler(laid->loop));
    struct step step = step_new(NULL, 0, NULL, scheduler);
    free_loop(laid);
    on_another_thread(post_to_scheduler, &step);
    assert_int_equal(step.drops, 1);
    run_uv(laid);
    assert_int_equal(step.drops, 1);
    vow_scheduler_release(scheduler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        laid_test(free_detaches_at_once_and_the_handles_go_with_libuv),
        laid_test(a_raw_callback_may_free_the_loop),
        laid_test(a_post_after_free_is_dropped_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
