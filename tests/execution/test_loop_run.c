/*
 * test_loop_run.c - running a loop: until it is stopped, until it is idle, once, until something is so.
 */
#include "loop_testing.h"

/* Stop */

static void a_stop_before_the_run_makes_it_return_at_once(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    step_on(loop, &step);
    vow_loop_stop(loop);
    assert_int_equal(vow_loop_run(loop), VOW_OK);
    assert_int_equal(step.runs, 0);
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
}

static void a_stop_ends_the_run_after_the_call_it_is_in(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct record record = {0};
    struct step first = step_new(&record, 1, stop_loop, loop);
    struct step second = step_new(&record, 2, NULL, NULL);
    (void)state;
    step_on(loop, &first);
    step_on(loop, &second);
    assert_int_equal(vow_loop_run(loop), VOW_OK);
    assert_order(&record, 1);
    run_until_idle(loop);
    assert_order(&record, 1, 2);
    vow_loop_free(loop);
}

static void what_a_stop_left_runs_before_what_came_later(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct record record = {0};
    struct step steps[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        steps[i] = step_new(&record, i, i == 0 ? stop_loop : NULL, loop);
    for (int i = 0; i < 3; i++)
        step_on(loop, &steps[i]);
    assert_int_equal(vow_loop_run(loop), VOW_OK);
    step_on(loop, &steps[3]);
    run_until_idle(loop);
    assert_order(&record, 0, 1, 2, 3);
    vow_loop_free(loop);
}

static void *stop_from_afar(void *loop)
{
    vow_loop_stop(loop);
    return NULL;
}

static void another_thread_can_stop_a_sleeping_loop(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 200; i++) {
        pthread_t thread = thread_start(stop_from_afar, loop);
        assert_int_equal(vow_loop_run(loop), VOW_OK);
        thread_end(thread);
    }
    vow_loop_free(loop);
}

/* Idle */

static void a_loop_with_nothing_to_do_is_idle(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    run_until_idle(loop);
    run_until_idle(loop);
    vow_loop_free(loop);
}

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

static void a_loop_is_not_idle_while_something_is_owed_to_it(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, settle, loop);
        vow_loop_owe(vow_loop_scheduler(loop), 1);
        pthread_t thread = thread_start(post_step, &step);
        run_until_idle(loop);
        assert_int_equal(step.runs, 1);
        thread_end(thread);
    }
    vow_loop_free(loop);
}

static void *settle_from_afar(void *loop)
{
    vow_loop_owe(vow_loop_scheduler(loop), -1);
    return NULL;
}

static void a_sleeping_loop_becomes_idle_when_another_thread_takes_back_what_was_owed(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 200; i++) {
        vow_loop_owe(vow_loop_scheduler(loop), 1);
        pthread_t thread = thread_start(settle_from_afar, loop);
        run_until_idle(loop);
        thread_end(thread);
    }
    vow_loop_free(loop);
}

/* Once */

static void one_round_of_nothing_times_out(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    assert_int_equal(vow_loop_run_once(loop, VOW_POLL), VOW_TIMED_OUT);
    vow_loop_free(loop);
}

static void one_round_of_nothing_does_not_time_out_early(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 10; i++) {
        vow_deadline deadline = vow_after(VOW_US(700 * i));
        assert_int_equal(vow_loop_run_once(loop, deadline), VOW_TIMED_OUT);
        assert_true(vow_now() >= deadline.at);
    }
    vow_loop_free(loop);
}

static void again(struct step *step)
{
    step_on(step->context, step);
}

static void one_round_runs_what_was_queued_at_its_start(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, again, loop);
    (void)state;
    step_on(loop, &step);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(vow_loop_run_once(loop, VOW_POLL), VOW_OK);
        assert_int_equal(step.runs, i);
    }
    vow_loop_free(loop);
    assert_int_equal(step.drops, 1);
}

static void one_round_waits_for_a_post(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, NULL, loop);
        pthread_t thread = thread_start(post_step, &step);
        assert_int_equal(vow_loop_run_once(loop, VOW_FOREVER), VOW_OK);
        assert_int_equal(step.runs, 1);
        thread_end(thread);
    }
    vow_loop_free(loop);
}

static void a_stopped_round_runs_nothing(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    step_on(loop, &step);
    vow_loop_stop(loop);
    assert_int_equal(vow_loop_run_once(loop, VOW_FOREVER), VOW_OK);
    assert_int_equal(step.runs, 0);
    assert_int_equal(vow_loop_run_once(loop, VOW_POLL), VOW_OK);
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
}

/* Until something is so */

static bool has_run(void *step)
{
    return ((struct step *)step)->runs > 0;
}

static bool is_so(void *yes)
{
    return *(bool *)yes;
}

static void a_run_for_something_that_is_so_runs_nothing(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    bool yes = true;
    (void)state;
    step_on(loop, &step);
    assert_int_equal(vow_loop_run_until(loop, "test", is_so, &yes, VOW_POLL), VOW_OK);
    assert_int_equal(step.runs, 0);
    vow_loop_free(loop);
}

static void a_run_for_something_ends_when_it_is_so(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, NULL, loop);
        pthread_t thread = thread_start(post_step, &step);
        assert_int_equal(vow_loop_run_until(loop, "test", has_run, &step, VOW_FOREVER), VOW_OK);
        thread_end(thread);
    }
    vow_loop_free(loop);
}

static void a_run_for_something_times_out(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_deadline deadline = vow_after(VOW_MS(2));
    bool yes = false;
    (void)state;
    assert_int_equal(vow_loop_run_until(loop, "test", is_so, &yes, deadline), VOW_TIMED_OUT);
    assert_true(vow_now() >= deadline.at);
    vow_loop_free(loop);
}

static void who_only_looks_gets_to_a_timer_too(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    vow_loop_timer_release(vow_loop_timer_start(loop, VOW_MS(1), &step.call));
    while (vow_loop_run_until(loop, "test", has_run, &step, VOW_POLL) == VOW_TIMED_OUT)
        ;
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
}

static void a_stop_is_kept_for_the_next_run_while_a_wait_goes_on(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step first = step_new(NULL, 1, stop_loop, loop);
    struct step second = step_new(NULL, 2, NULL, NULL);
    (void)state;
    step_on(loop, &first);
    step_on(loop, &second);
    assert_int_equal(vow_loop_run_until(loop, "test", has_run, &second, VOW_FOREVER), VOW_OK);
    assert_int_equal(vow_loop_run(loop), VOW_OK);
    vow_loop_free(loop);
}

static void wait_inside(struct step *step)
{
    bool yes = false;
    assert_int_equal(vow_loop_run_until(step->context, "test", is_so, &yes, VOW_FOREVER),
                     VOW_INVALID);
}

static void a_call_cannot_run_its_loop_until_something(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, wait_inside, loop);
    (void)state;
    step_on(loop, &step);
    run_until_idle(loop);
    vow_loop_free(loop);
}

/* The thread's own inbox */

static void a_sleeping_loop_wakes_for_what_is_posted_to_its_thread(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct step step = step_new(NULL, 0, NULL, NULL);
        struct post post = {vow_thread_here()->immediate, &step};
        pthread_t thread = thread_start(post_to_thread, &post);
        assert_int_equal(vow_loop_run_until(loop, "test", has_run, &step, VOW_FOREVER), VOW_OK);
        thread_end(thread);
    }
    vow_loop_free(loop);
}

static void what_is_posted_to_the_thread_cannot_run_the_loop_either(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, wait_inside, loop);
    struct post post = {vow_thread_here()->immediate, &step};
    (void)state;
    on_another_thread(post_to_thread, &post);
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
}

/* Two loops */

static void run_another(struct step *step)
{
    assert_int_equal(vow_loop_run_until_idle(step->context), VOW_OK);
}

static void a_call_may_run_another_loop(void **state)
{
    vow_loop *first = vow_loop_new(NULL);
    vow_loop *second = vow_loop_new(NULL);
    struct step inner = step_new(NULL, 0, NULL, NULL);
    struct step outer = step_new(NULL, 0, run_another, second);
    (void)state;
    step_on(second, &inner);
    step_on(first, &outer);
    run_until_idle(first);
    assert_int_equal(inner.runs, 1);
    vow_loop_free(first);
    vow_loop_free(second);
}

/* Fairness, and spinning */

static void a_ring_of_calls_does_not_keep_a_timer_from_running(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step ring = step_new(NULL, 0, again, loop);
    struct step late = step_new(NULL, 0, stop_loop, loop);
    (void)state;
    step_on(loop, &ring);
    vow_loop_timer_release(vow_loop_timer_start(loop, VOW_MS(1), &late.call));
    assert_int_equal(vow_loop_run(loop), VOW_OK);
    assert_int_equal(late.runs, 1);
    vow_loop_free(loop);
}

static void calls_arrive_however_the_loop_spins(void **state)
{
    const int64_t spins[] = {-1, 1, VOW_US(5), VOW_MS(50)};
    (void)state;
    for (size_t i = 0; i < sizeof spins / sizeof spins[0]; i++) {
        struct vow_loop_options options = {.size = sizeof options, .spin = spins[i]};
        vow_loop *loop = vow_loop_new(&options);
        for (int j = 0; j < 100; j++) {
            struct step step = step_new(NULL, 0, settle, loop);
            vow_loop_owe(vow_loop_scheduler(loop), 1);
            pthread_t thread = thread_start(post_step, &step);
            run_until_idle(loop);
            assert_int_equal(step.runs, 1);
            thread_end(thread);
        }
        vow_loop_free(loop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(a_stop_before_the_run_makes_it_return_at_once),
        loop_test(a_stop_ends_the_run_after_the_call_it_is_in),
        loop_test(what_a_stop_left_runs_before_what_came_later),
        loop_test(another_thread_can_stop_a_sleeping_loop),
        loop_test(a_loop_with_nothing_to_do_is_idle),
        loop_test(a_loop_is_not_idle_while_something_is_owed_to_it),
        loop_test(a_sleeping_loop_becomes_idle_when_another_thread_takes_back_what_was_owed),
        loop_test(one_round_of_nothing_times_out),
        loop_test(one_round_of_nothing_does_not_time_out_early),
        loop_test(one_round_runs_what_was_queued_at_its_start),
        loop_test(one_round_waits_for_a_post),
        loop_test(a_stopped_round_runs_nothing),
        loop_test(a_run_for_something_that_is_so_runs_nothing),
        loop_test(a_run_for_something_ends_when_it_is_so),
        loop_test(a_run_for_something_times_out),
        loop_test(who_only_looks_gets_to_a_timer_too),
        loop_test(a_stop_is_kept_for_the_next_run_while_a_wait_goes_on),
        loop_test(a_call_cannot_run_its_loop_until_something),
        loop_test(a_sleeping_loop_wakes_for_what_is_posted_to_its_thread),
        loop_test(what_is_posted_to_the_thread_cannot_run_the_loop_either),
        loop_test(a_call_may_run_another_loop),
        loop_test(a_ring_of_calls_does_not_keep_a_timer_from_running),
        loop_test(calls_arrive_however_the_loop_spins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
