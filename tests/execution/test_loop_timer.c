/*
 * test_loop_timer.c - calls at a later time.
 */
#include "loop_uv_testing.h"

static void expect_late(struct step *step)
{
    assert_true(vow_now() >= ((vow_deadline *)step->context)->at);
}

static void a_timer_never_runs_early(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 30; i++) {
        vow_deadline deadline = vow_after(VOW_US(370 * i));
        struct step step = step_new(NULL, 0, expect_late, &deadline);
        vow_loop_timer_release(vow_loop_timer_start(loop, VOW_US(370 * i), &step.call));
        assert_int_equal(step.runs, 0);
        run_until_idle(loop);
        assert_int_equal(step.runs, 1);
    }
    vow_loop_free(loop);
}

/* Starts four timers and runs them. False if starting them took so long that their times may be in another order. */
static bool run_four_timers(vow_loop *loop, struct record *record)
{
    const int64_t times[] = {VOW_MS(9), VOW_MS(3), VOW_MS(6), 0};
    struct step steps[4];
    int64_t began = vow_now();
    *record = (struct record){0};
    for (int i = 0; i < 4; i++) {
        steps[i] = step_new(record, i, NULL, NULL);
        vow_loop_timer_release(vow_loop_timer_start(loop, times[i], &steps[i].call));
    }
    bool in_time = vow_now() - began < VOW_MS(1);
    run_until_idle(loop);
    return in_time;
}

static void timers_run_in_the_order_of_their_times(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct record record;
    (void)state;
    while (!run_four_timers(loop, &record)) {
    }
    assert_order(&record, 3, 1, 2, 0);
    vow_loop_free(loop);
}

static void a_timer_stopped_before_its_moment_gives_its_call_back_once(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    struct loop_timer *timer = vow_loop_timer_start(loop, VOW_S(3600), &step.call);
    assert_ptr_equal(vow_loop_timer_stop(timer), &step.call);
    assert_null(vow_loop_timer_stop(timer));
    run_until_idle(loop);
    assert_int_equal(step.drops, 0);
    assert_int_equal(step.runs, 0);
    assert_null(vow_loop_timer_stop(timer));
    vow_loop_timer_release(timer);
    vow_loop_free(loop);
}

static void stopping_a_timer_that_has_run_does_nothing(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    struct loop_timer *timer = vow_loop_timer_start(loop, 0, &step.call);
    run_until_idle(loop);
    assert_null(vow_loop_timer_stop(timer));
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    assert_int_equal(step.drops, 0);
    vow_loop_timer_release(timer);
    vow_loop_free(loop);
}

static void a_timer_for_the_end_of_time_is_started_and_can_be_stopped(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    struct loop_timer *timer = vow_loop_timer_start(loop, INT64_MAX, &step.call);
    assert_int_equal(vow_loop_run_once(loop, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(step.drops, 0);
    assert_ptr_equal(vow_loop_timer_stop(timer), &step.call);
    vow_loop_timer_release(timer);
    run_until_idle(loop);
    assert_int_equal(step.drops, 0);
    vow_loop_free(loop);
}

static struct loop_timer *victim;

/* On a machine that is slow its moment may be later than this one's. */
static void stop_victim(struct step *step)
{
    (void)step;
    struct vow_call *call = vow_loop_timer_stop(victim);
    if (call != NULL)
        call->dropped(call);
}

static void a_stop_wins_until_the_call_has_begun(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step first = step_new(NULL, 1, stop_victim, NULL);
    struct step second = step_new(NULL, 2, NULL, NULL);
    (void)state;
    struct loop_timer *timer = vow_loop_timer_start(loop, 0, &first.call);
    /* both are due in the same round, mostly */
    victim = vow_loop_timer_start(loop, 0, &second.call);
    run_until_idle(loop);
    assert_int_equal(first.runs, 1);
    assert_int_equal(second.drops, 1);
    vow_loop_timer_release(victim);
    vow_loop_timer_release(timer);
    vow_loop_free(loop);
}

static void stop_itself(struct step *step)
{
    vow_loop_timer_stop(*(struct loop_timer **)step->context);
    vow_loop_timer_release(*(struct loop_timer **)step->context);
}

static void a_timer_may_be_stopped_and_released_in_its_own_call(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct loop_timer *timer;
    struct step step = step_new(NULL, 0, stop_itself, &timer);
    (void)state;
    timer = vow_loop_timer_start(loop, VOW_MS(1), &step.call);
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    assert_int_equal(step.drops, 0);
    vow_loop_free(loop);
}

struct errand {
    vow_loop *loop;
    struct step *step;
    struct loop_timer *timer;
    int64_t time;
};

static void *start_from_afar(void *context)
{
    struct errand *errand = context;
    errand->timer = vow_loop_timer_start(errand->loop, errand->time, &errand->step->call);
    return NULL;
}

static void *stop_from_afar(void *context)
{
    struct errand *errand = context;
    vow_loop_timer_stop(errand->timer);
    vow_loop_timer_release(errand->timer);
    return NULL;
}

static void another_thread_can_start_a_timer(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_deadline deadline = vow_after(VOW_MS(1));
    struct step step = step_new(NULL, 0, expect_late, &deadline);
    struct errand errand = {loop, &step, NULL, VOW_MS(1)};
    (void)state;
    on_another_thread(start_from_afar, &errand);
    assert_int_equal(vow_loop_run_once(loop, VOW_FOREVER), VOW_OK);
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    vow_loop_timer_release(errand.timer);
    vow_loop_free(loop);
}

static void another_thread_can_stop_a_timer(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    struct errand errand = {loop, &step, NULL, 0};
    (void)state;
    errand.timer = vow_loop_timer_start(loop, VOW_S(3600), &step.call);
    pthread_t thread = thread_start(stop_from_afar, &errand);
    run_until_idle(loop); /* the hour is not waited for */
    thread_end(thread);
    assert_int_equal(step.drops, 1);
    vow_loop_free(loop);
}

static void a_timer_started_and_stopped_elsewhere_is_dropped(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    struct errand errand = {loop, &step, NULL, VOW_S(3600)};
    (void)state;
    on_another_thread(start_from_afar, &errand);
    on_another_thread(stop_from_afar, &errand);
    run_until_idle(loop);
    assert_int_equal(step.drops, 1);
    vow_loop_free(loop);
}

static void a_stop_that_races_with_the_time_ends_the_call_once(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct step step = step_new(NULL, 0, NULL, NULL);
        struct errand errand = {loop, &step, NULL, 0};
        errand.timer = vow_loop_timer_start(loop, VOW_US(i), &step.call);
        pthread_t thread = thread_start(stop_from_afar, &errand);
        run_until_idle(loop);
        thread_end(thread);
        run_until_idle(loop);
        assert_int_equal(step.runs + step.drops, 1);
    }
    vow_loop_free(loop);
}

/* Freeing */

static void free_drops_timers(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct record record = {0};
    struct step steps[3];
    struct loop_timer *timers[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        steps[i] = step_new(&record, i, NULL, NULL);
        timers[i] = vow_loop_timer_start(loop, VOW_S(i), &steps[i].call);
    }
    vow_loop_free(loop);
    assert_int_equal(record.drops, 3);
    for (int i = 0; i < 3; i++) {
        vow_loop_timer_stop(timers[i]); /* the references are good still */
        vow_loop_timer_release(timers[i]);
        assert_int_equal(steps[i].drops, 1);
    }
}

static void free_drops_a_timer_whose_start_and_stop_are_on_their_way(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    struct errand errand = {loop, &step, NULL, 0};
    (void)state;
    on_another_thread(start_from_afar, &errand);
    on_another_thread(stop_from_afar, &errand);
    vow_loop_free(loop);
    assert_int_equal(step.drops, 1);
}

struct starter {
    struct vow_call call;
    vow_loop *loop;
    struct step *step;
};

static void never_run(struct vow_call *call)
{
    (void)call;
    fail();
}

static void start_when_dropped(struct vow_call *call)
{
    struct starter *starter = vow_container_of(call, struct starter, call);
    vow_loop_timer_release(vow_loop_timer_start(starter->loop, 0, &starter->step->call));
}

static void a_timer_started_while_its_loop_is_freed_is_dropped(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    struct starter starter = {{NULL, never_run, start_when_dropped}, loop, &step};
    (void)state;
    vow_scheduler_call(vow_loop_scheduler(loop), &starter.call);
    vow_loop_free(loop);
    assert_int_equal(step.drops, 1);
}

static void a_timer_started_after_free_is_dropped(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_scheduler *scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    vow_loop_free(loop);
    vow_loop_timer_release(vow_loop_timer_start(vow_loop_of(scheduler), 0, &step.call));
    assert_int_equal(step.drops, 1);
    vow_scheduler_release(scheduler);
}

/* Over a user's uv_loop_t */

static void over_libuv_a_timer_keeps_it_running(void **state)
{
    struct laid *laid = *state;
    struct step step = step_new(NULL, 0, NULL, NULL);
    vow_loop_timer_release(vow_loop_timer_start(laid->loop, VOW_MS(2), &step.call));
    run_uv(laid);
    assert_int_equal(step.runs, 1);
}

static void over_libuv_it_runs_until_the_last_of_several_timers(void **state)
{
    struct laid *laid = *state;
    struct record record = {0};
    struct step steps[3];
    for (int i = 0; i < 3; i++) {
        steps[i] = step_new(&record, i, NULL, NULL);
        vow_loop_timer_release(
            vow_loop_timer_start(laid->loop, VOW_MS(1) * (3 - i), &steps[i].call));
    }
    run_uv(laid);
    assert_int_equal(record.count, 3);
}

static void over_libuv_a_stopped_timer_lets_it_end(void **state)
{
    struct laid *laid = *state;
    struct step step = step_new(NULL, 0, NULL, NULL);
    struct loop_timer *timer = vow_loop_timer_start(laid->loop, VOW_S(3600), &step.call);
    assert_true(uv_loop_alive(&laid->uv));
    assert_ptr_equal(vow_loop_timer_stop(timer), &step.call);
    vow_loop_timer_release(timer);
    run_uv(laid);
    assert_int_equal(step.runs, 0);
    assert_false(uv_loop_alive(&laid->uv));
}

static void over_libuv_free_drops_timers_and_their_handles_close(void **state)
{
    struct laid *laid = *state;
    struct step step = step_new(NULL, 0, NULL, NULL);
    vow_loop_timer_release(vow_loop_timer_start(laid->loop, VOW_S(3600), &step.call));
    free_loop(laid);
    assert_int_equal(step.drops, 1);
}

static bool has_run(void *step)
{
    return ((struct step *)step)->runs > 0;
}

static void over_libuv_a_wait_sees_a_timer(void **state)
{
    struct laid *laid = *state;
    struct step step = step_new(NULL, 0, NULL, NULL);
    vow_loop_timer_release(vow_loop_timer_start(laid->loop, VOW_MS(1), &step.call));
    assert_int_equal(vow_loop_run_until(laid->loop, "test", has_run, &step, VOW_FOREVER), VOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(a_timer_never_runs_early),
        loop_test(timers_run_in_the_order_of_their_times),
        loop_test(a_timer_stopped_before_its_moment_gives_its_call_back_once),
        loop_test(stopping_a_timer_that_has_run_does_nothing),
        loop_test(a_timer_for_the_end_of_time_is_started_and_can_be_stopped),
        loop_test(a_stop_wins_until_the_call_has_begun),
        loop_test(a_timer_may_be_stopped_and_released_in_its_own_call),
        loop_test(another_thread_can_start_a_timer),
        loop_test(another_thread_can_stop_a_timer),
        loop_test(a_timer_started_and_stopped_elsewhere_is_dropped),
        loop_test(a_stop_that_races_with_the_time_ends_the_call_once),
        loop_test(free_drops_timers),
        loop_test(free_drops_a_timer_whose_start_and_stop_are_on_their_way),
        loop_test(a_timer_started_while_its_loop_is_freed_is_dropped),
        loop_test(a_timer_started_after_free_is_dropped),
        laid_test(over_libuv_a_timer_keeps_it_running),
        laid_test(over_libuv_it_runs_until_the_last_of_several_timers),
        laid_test(over_libuv_a_stopped_timer_lets_it_end),
        laid_test(over_libuv_free_drops_timers_and_their_handles_close),
        laid_test(over_libuv_a_wait_sees_a_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
