/*
 * test_timer.c - timers in memory of their user's.
 */
#include "loop_testing.h"

#include <uv.h>
#include <vow/timer.h>

/* A timer that counts its calls, notes its place among them, and then does `also`. */
struct alarm_clock {
    struct vow_timer timer;
    vow_loop *loop;
    int64_t due;
    int calls;
    int place;
    uint64_t skipped;
    void (*also)(struct alarm_clock *clock);
    void *context;
};

static int calls_in_all;

static void ring(struct vow_timer *timer)
{
    struct alarm_clock *clock = vow_container_of(timer, struct alarm_clock, timer);

    assert_true(vow_now() >= clock->due);
    clock->calls++;
    clock->place = ++calls_in_all;
    clock->skipped = vow_timer_skipped(timer);
    if (clock->also != NULL)
        clock->also(clock);
}

static void clock_init(struct alarm_clock *clock, vow_loop *loop)
{
    *clock = (struct alarm_clock){.loop = loop};
    assert_int_equal(vow_timer_init(&clock->timer, ring), VOW_OK);
    calls_in_all = 0;
}

static void start_at(struct alarm_clock *clock, vow_deadline deadline)
{
    clock->due = deadline.at;
    assert_int_equal(vow_timer_start(clock->loop, &clock->timer, deadline), VOW_OK);
}

static void start_after(struct alarm_clock *clock, int64_t nanoseconds)
{
    start_at(clock, vow_after(nanoseconds));
}

/* Once */

static void a_timer_is_called_once_and_never_early(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    for (int i = 0; i < 20; i++) {
        start_after(&clock, VOW_US(310) * i);
        assert_true(vow_timer_started(&clock.timer));
        assert_int_equal(clock.calls, i);
        run_until_idle(loop);
        assert_int_equal(clock.calls, i + 1);
        assert_false(vow_timer_started(&clock.timer));
    }
    vow_loop_free(loop);
}

static void a_moment_that_has_passed_is_called_later_all_the_same(void **state)
{
    const int64_t moments[] = {INT64_MIN, -1, 0, 1};
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    for (int i = 0; i < 4; i++) {
        start_at(&clock, vow_at(moments[i]));
        assert_int_equal(clock.calls, i);
        run_until_idle(loop);
        assert_int_equal(clock.calls, i + 1);
    }
    vow_loop_free(loop);
}

static void a_stopped_timer_is_not_called(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    start_after(&clock, 0);
    assert_true(vow_timer_stop(&clock.timer));
    assert_false(vow_timer_stop(&clock.timer));
    run_until_idle(loop);
    assert_int_equal(clock.calls, 0);
    vow_loop_free(loop);
}

static void stopping_a_timer_that_was_called_says_so(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    assert_false(vow_timer_stop(&clock.timer));
    start_after(&clock, 0);
    run_until_idle(loop);
    assert_false(vow_timer_stop(&clock.timer));
    vow_loop_free(loop);
}

static void starting_a_started_timer_moves_it(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    start_after(&clock, VOW_S(3600));
    start_after(&clock, VOW_MS(1));
    run_until_idle(loop); /* the hour is not waited for */
    assert_int_equal(clock.calls, 1);
    vow_loop_free(loop);
}

static void a_timer_for_ever_is_a_stopped_one(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    start_after(&clock, 0);
    start_at(&clock, VOW_FOREVER);
    assert_false(vow_timer_started(&clock.timer));
    run_until_idle(loop);
    assert_int_equal(clock.calls, 0);
    vow_loop_free(loop);
}

static void timers_are_called_in_the_order_of_their_moments_and_starts(void **state)
{
    const int after[] = {9, 3, 3, 6, 0, 3};
    const int places[] = {6, 2, 3, 5, 1, 4};
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clocks[6];
    int64_t start = vow_now();
    (void)state;
    for (int i = 0; i < 6; i++) {
        clock_init(&clocks[i], loop);
        start_at(&clocks[i], vow_at(start + VOW_MS(after[i])));
    }
    run_until_idle(loop);
    for (int i = 0; i < 6; i++)
        if (after[i] > 0) /* the others had perhaps passed when they were started */
            assert_int_equal(clocks[i].place, places[i]);
    vow_loop_free(loop);
}

static void run_once_waits_for_a_timer(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    start_after(&clock, VOW_MS(2));
    assert_int_equal(vow_loop_run_once(loop, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(vow_loop_run_once(loop, VOW_FOREVER), VOW_OK);
    assert_int_equal(clock.calls, 1);
    vow_loop_free(loop);
}

static void queue_itself(struct step *step)
{
    struct alarm_clock *clock = step->context;
    if (clock->calls == 0)
        step_on(clock->loop, step);
}

static void a_timer_is_called_while_calls_keep_coming(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    struct step step = step_new(NULL, 0, queue_itself, &clock);
    (void)state;
    clock_init(&clock, loop);
    start_after(&clock, VOW_MS(1));
    step_on(loop, &step);
    run_until_idle(loop);
    assert_int_equal(clock.calls, 1);
    vow_loop_free(loop);
}

#define CROWD 100000

static void a_hundred_thousand_timers_are_called_or_stopped(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock *clocks = malloc(CROWD * sizeof *clocks);
    (void)state;
    assert_non_null(clocks);
    for (int i = 0; i < CROWD; i++) {
        clock_init(&clocks[i], loop);
        start_after(&clocks[i], i % 4 == 3 ? VOW_S(i) : VOW_US(i % 5000));
    }
    for (int i = 3; i < CROWD; i += 4)
        assert_true(vow_timer_stop(&clocks[i].timer));
    run_until_idle(loop);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(clocks[i].calls, i % 4 != 3);
    vow_loop_free(loop);
    free(clocks);
}

/* In the function */

static void stop_another(struct alarm_clock *clock)
{
    assert_true(vow_timer_stop(&((struct alarm_clock *)clock->context)->timer));
}

static void a_stop_wins_until_the_function_is_called(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clocks[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        clock_init(&clocks[i], loop);
        start_at(&clocks[i], VOW_POLL); /* all come due at once */
    }
    clocks[0].also = stop_another;
    clocks[0].context = &clocks[3];
    clocks[1].also = stop_another;
    clocks[1].context = &clocks[2];
    run_until_idle(loop);
    assert_int_equal(calls_in_all, 2);
    assert_int_equal(clocks[2].calls + clocks[3].calls, 0);
    vow_loop_free(loop);
}

static void move_another(struct alarm_clock *clock)
{
    start_after(clock->context, VOW_MS(1));
}

static void a_timer_that_is_due_can_be_moved(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clocks[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        clock_init(&clocks[i], loop);
        start_at(&clocks[i], VOW_POLL);
    }
    clocks[0].also = move_another;
    clocks[0].context = &clocks[1];
    run_until_idle(loop);
    assert_int_equal(clocks[1].calls, 1);
    vow_loop_free(loop);
}

static void start_again(struct alarm_clock *clock)
{
    assert_false(vow_timer_started(&clock->timer));
    if (clock->calls < 5)
        start_at(clock, VOW_POLL);
}

static void a_timer_may_be_started_in_its_function(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    clock.also = start_again;
    start_after(&clock, 0);
    run_until_idle(loop);
    assert_int_equal(clock.calls, 5);
    vow_loop_free(loop);
}

static void free_memory(struct alarm_clock *clock)
{
    free(clock);
}

static void a_timer_may_be_freed_in_its_function(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct alarm_clock *clock = malloc(sizeof *clock);
        assert_non_null(clock);
        clock_init(clock, loop);
        clock->also = free_memory;
        start_after(clock, VOW_US(i));
    }
    run_until_idle(loop);
    assert_int_equal(calls_in_all, 3);
    vow_loop_free(loop);
}

static void stop_the_loop(struct alarm_clock *clock)
{
    vow_loop_stop(clock->loop);
}

static void a_stop_of_the_loop_leaves_due_timers_for_the_next_run(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clocks[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        clock_init(&clocks[i], loop);
        start_at(&clocks[i], VOW_POLL);
    }
    clocks[0].also = stop_the_loop;
    run_until_idle(loop);
    assert_int_equal(calls_in_all, 1);
    run_until_idle(loop);
    assert_int_equal(calls_in_all, 3);
    vow_loop_free(loop);
}

/* Again and again */

static void stop_at_the_fifth(struct alarm_clock *clock)
{
    assert_true(vow_timer_started(&clock->timer));
    clock->due += VOW_MS(1) * (int64_t)(1 + clock->skipped);
    if (clock->calls == 5)
        assert_true(vow_timer_stop(&clock->timer));
}

static void a_repeating_timer_is_called_until_it_is_stopped(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    clock.also = stop_at_the_fifth;
    clock.due = vow_after(VOW_MS(1)).at;
    assert_int_equal(vow_timer_repeat(loop, &clock.timer, vow_at(clock.due), VOW_MS(1)), VOW_OK);
    run_until_idle(loop);
    assert_int_equal(clock.calls, 5);
    vow_loop_free(loop);
}

static void stop_itself(struct alarm_clock *clock)
{
    assert_true(vow_timer_stop(&clock->timer));
}

static void moments_that_have_passed_are_skipped_and_counted(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    clock.also = stop_itself;
    int64_t first = vow_now() - VOW_S(100) - VOW_S(50); /* 150, 50 s ago */
    assert_int_equal(vow_timer_repeat(loop, &clock.timer, vow_at(first), VOW_S(100)), VOW_OK);
    run_until_idle(loop);
    assert_int_equal(clock.calls, 1);
    assert_int_equal(clock.skipped, 1);
    vow_loop_free(loop);
}

static void a_period_beyond_the_end_of_time_ends_the_repeating(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    assert_int_equal(vow_timer_repeat(loop, &clock.timer, vow_at(1), INT64_MAX), VOW_OK);
    run_until_idle(loop);
    assert_int_equal(clock.calls, 1);
    vow_loop_free(loop);
}

/* The loop's end */

static void free_stops_timers_without_a_call(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clocks[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        clock_init(&clocks[i], loop);
    clocks[0].also = stop_the_loop;
    start_at(&clocks[0], VOW_POLL);
    start_at(&clocks[1], VOW_POLL); /* due, and left by the stop */
    start_after(&clocks[2], VOW_S(3600));
    run_until_idle(loop);
    start_at(&clocks[3], VOW_POLL);
    vow_loop_free(loop);
    assert_int_equal(calls_in_all, 1);
    for (int i = 0; i < 4; i++) {
        assert_false(vow_timer_started(&clocks[i].timer));
        assert_false(vow_timer_stop(&clocks[i].timer));
    }
}

static void a_timer_may_go_from_a_freed_loop_to_another(void **state)
{
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, NULL);
    for (int i = 0; i < 3; i++) {
        clock.loop = vow_loop_new(NULL);
        start_after(&clock, VOW_S(3600));
        if (i == 2) {
            start_at(&clock, VOW_POLL);
            run_until_idle(clock.loop);
        }
        vow_loop_free(clock.loop);
    }
    assert_int_equal(clock.calls, 1);
}

static struct alarm_clock *started_late;
static vow_status status_late;

static void never_run(struct vow_call *call)
{
    (void)call;
    fail();
}

static void start_late(struct vow_call *call)
{
    (void)call;
    status_late = vow_timer_start(started_late->loop, &started_late->timer, VOW_POLL);
}

static void a_start_while_the_loop_is_freed_is_refused(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct vow_call call = {NULL, never_run, start_late};
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    started_late = &clock;
    vow_scheduler_call(vow_loop_scheduler(loop), &call);
    vow_loop_free(loop);
    assert_int_equal(status_late, VOW_CLOSED);
    assert_sentence("loop is being freed");
    assert_false(vow_timer_started(&clock.timer));
}

/* Misuse */

static void nothing_is_refused_in_words(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    assert_int_equal(vow_timer_init(NULL, ring), VOW_INVALID);
    assert_int_equal(vow_timer_start(loop, NULL, VOW_POLL), VOW_INVALID);
    assert_sentence("vow_timer_start: timer is NULL");
    assert_int_equal(vow_timer_start(NULL, &clock.timer, VOW_POLL), VOW_INVALID);
    assert_sentence("vow_timer_start: loop is NULL");
    assert_int_equal(vow_timer_repeat(NULL, NULL, VOW_POLL, 1), VOW_INVALID);
    assert_int_equal(vow_timer_repeat(loop, &clock.timer, VOW_POLL, 0), VOW_INVALID);
    assert_sentence("period");
    assert_int_equal(vow_timer_repeat(loop, &clock.timer, VOW_POLL, -1), VOW_INVALID);
    assert_false(vow_timer_stop(NULL));
    assert_sentence("vow_timer_stop: timer is NULL");
    assert_false(vow_timer_started(NULL));
    assert_int_equal(vow_timer_skipped(NULL), 0);
    vow_loop_free(loop);
}

static void a_timer_that_was_not_set_up_is_refused(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct vow_timer zero = {0};
    struct vow_timer without;
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    assert_int_equal(vow_timer_init(&without, NULL), VOW_INVALID);
    assert_sentence("function is NULL");
    struct vow_timer copy = clock.timer;
    struct vow_timer *wrong[] = {&zero, &without, &copy};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vow_timer_start(loop, wrong[i], VOW_POLL), VOW_INVALID);
        assert_sentence("was not set up");
        assert_false(vow_timer_stop(wrong[i]));
        assert_sentence("was not set up");
        assert_false(vow_timer_started(wrong[i]));
    }
    vow_loop_free(loop);
}

static void a_timer_is_started_on_one_loop_at_a_time(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_loop *other = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    start_after(&clock, VOW_MS(1));
    assert_int_equal(vow_timer_start(other, &clock.timer, VOW_POLL), VOW_INVALID);
    assert_sentence("another loop");
    run_until_idle(other);
    run_until_idle(loop);
    assert_int_equal(clock.calls, 1);
    vow_loop_free(other);
    vow_loop_free(loop);
}

static void *misuse_from_afar(void *context)
{
    struct alarm_clock *clock = context;

    assert_int_equal(vow_timer_start(clock->loop, &clock->timer, VOW_POLL), VOW_INVALID);
    assert_sentence("another thread");
    assert_false(vow_timer_stop(&clock->timer));
    assert_sentence("not the thread");
    return NULL;
}

static void another_thread_is_refused(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct alarm_clock clock;
    (void)state;
    clock_init(&clock, loop);
    start_after(&clock, VOW_MS(1));
    on_another_thread(misuse_from_afar, &clock);
    run_until_idle(loop);
    assert_int_equal(clock.calls, 1);
    vow_loop_free(loop);
}

/* Over a user's uv_loop_t */

static vow_loop *loop_over(uv_loop_t *uv)
{
    struct vow_loop_options options = {.size = sizeof options, .uv = uv};

    uv_loop_init(uv);
    return vow_loop_new(&options);
}

static void end_over(uv_loop_t *uv, vow_loop *loop)
{
    vow_loop_free(loop);
    uv_run(uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(uv), 0);
}

static void over_libuv_it_runs_exactly_while_a_timer_is_started(void **state)
{
    uv_loop_t uv;
    struct alarm_clock clocks[2];
    vow_loop *loop = loop_over(&uv);
    (void)state;
    clock_init(&clocks[0], loop);
    clock_init(&clocks[1], loop);
    assert_false(uv_loop_alive(&uv));
    start_after(&clocks[0], VOW_S(3600));
    assert_true(uv_loop_alive(&uv));
    start_after(&clocks[1], VOW_MS(1));
    assert_true(vow_timer_stop(&clocks[0].timer));
    assert_true(uv_loop_alive(&uv));
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(clocks[1].calls, 1);
    assert_false(uv_loop_alive(&uv));
    end_over(&uv, loop);
}

static void over_libuv_it_runs_until_the_last_of_several_timers(void **state)
{
    uv_loop_t uv;
    struct alarm_clock clocks[5];
    vow_loop *loop = loop_over(&uv);
    (void)state;
    for (int i = 0; i < 5; i++) {
        clock_init(&clocks[i], loop);
        start_after(&clocks[i], VOW_MS(1) * (5 - i));
    }
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(calls_in_all, 5);
    end_over(&uv, loop);
}

static void over_libuv_it_runs_while_a_timer_starts_itself(void **state)
{
    uv_loop_t uv;
    struct alarm_clock clock;
    vow_loop *loop = loop_over(&uv);
    (void)state;
    clock_init(&clock, loop);
    clock.also = start_again;
    start_after(&clock, 0);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(clock.calls, 5);
    assert_false(uv_loop_alive(&uv));
    end_over(&uv, loop);
}

static void over_libuv_a_timer_may_be_repeated_and_stopped(void **state)
{
    uv_loop_t uv;
    struct alarm_clock clock;
    vow_loop *loop = loop_over(&uv);
    (void)state;
    clock_init(&clock, loop);
    clock.also = stop_at_the_fifth;
    clock.due = vow_after(VOW_MS(1)).at;
    assert_int_equal(vow_timer_repeat(loop, &clock.timer, vow_at(clock.due), VOW_MS(1)), VOW_OK);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(clock.calls, 5);
    end_over(&uv, loop);
}

static void start_from_libuv(uv_timer_t *handle)
{
    start_after(handle->data, VOW_MS(1));
    uv_close((uv_handle_t *)handle, NULL);
}

static void over_libuv_a_callback_of_libuvs_may_start_one(void **state)
{
    uv_loop_t uv;
    uv_timer_t handle;
    struct alarm_clock clock;
    vow_loop *loop = loop_over(&uv);
    (void)state;
    clock_init(&clock, loop);
    uv_timer_init(&uv, &handle);
    handle.data = &clock;
    uv_timer_start(&handle, start_from_libuv, 1, 0);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(clock.calls, 1);
    end_over(&uv, loop);
}

static void over_libuv_free_stops_timers(void **state)
{
    uv_loop_t uv;
    struct alarm_clock clocks[2];
    vow_loop *loop = loop_over(&uv);
    (void)state;
    clock_init(&clocks[0], loop);
    clock_init(&clocks[1], loop);
    start_after(&clocks[0], 0);
    start_after(&clocks[1], VOW_S(3600));
    end_over(&uv, loop);
    assert_int_equal(calls_in_all, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(a_timer_is_called_once_and_never_early),
        loop_test(a_moment_that_has_passed_is_called_later_all_the_same),
        loop_test(a_stopped_timer_is_not_called),
        loop_test(stopping_a_timer_that_was_called_says_so),
        loop_test(starting_a_started_timer_moves_it),
        loop_test(a_timer_for_ever_is_a_stopped_one),
        loop_test(timers_are_called_in_the_order_of_their_moments_and_starts),
        loop_test(run_once_waits_for_a_timer),
        loop_test(a_timer_is_called_while_calls_keep_coming),
        loop_test(a_hundred_thousand_timers_are_called_or_stopped),
        loop_test(a_stop_wins_until_the_function_is_called),
        loop_test(a_timer_that_is_due_can_be_moved),
        loop_test(a_timer_may_be_started_in_its_function),
        loop_test(a_timer_may_be_freed_in_its_function),
        loop_test(a_stop_of_the_loop_leaves_due_timers_for_the_next_run),
        loop_test(a_repeating_timer_is_called_until_it_is_stopped),
        loop_test(moments_that_have_passed_are_skipped_and_counted),
        loop_test(a_period_beyond_the_end_of_time_ends_the_repeating),
        loop_test(free_stops_timers_without_a_call),
        loop_test(a_timer_may_go_from_a_freed_loop_to_another),
        loop_test(a_start_while_the_loop_is_freed_is_refused),
        loop_test(nothing_is_refused_in_words),
        loop_test(a_timer_that_was_not_set_up_is_refused),
        loop_test(a_timer_is_started_on_one_loop_at_a_time),
        loop_test(another_thread_is_refused),
        loop_test(over_libuv_it_runs_exactly_while_a_timer_is_started),
        loop_test(over_libuv_it_runs_until_the_last_of_several_timers),
        loop_test(over_libuv_it_runs_while_a_timer_starts_itself),
        loop_test(over_libuv_a_timer_may_be_repeated_and_stopped),
        loop_test(over_libuv_a_callback_of_libuvs_may_start_one),
        loop_test(over_libuv_free_stops_timers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
