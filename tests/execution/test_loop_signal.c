/*
 * test_loop_signal.c - the next delivery of a signal.
 */
#include "loop_uv_testing.h"

#include <signal.h>
#include <unistd.h>

static struct loop_signal *watch(vow_loop *loop, int number, struct step *step)
{
    vow_status status = VOW_OK;
    struct loop_signal *watcher = vow_loop_signal_start(loop, number, &step->call, &status);
    assert_int_equal(status, VOW_OK);
    assert_non_null(watcher);
    return watcher;
}

static void a_signal_runs_the_call_once(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    struct loop_signal *watcher = watch(loop, SIGUSR1, &step);
    raise(SIGUSR1);
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    assert_int_equal(step.drops, 0);
    vow_loop_signal_release(watcher);
    vow_loop_free(loop);
}

static void *raise_from_afar(void *number)
{
    kill(getpid(), (int)(intptr_t)number);
    return NULL;
}

static void a_signal_wakes_a_sleeping_loop(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    struct loop_signal *watcher = watch(loop, SIGUSR2, &step);
    pthread_t thread = thread_start(raise_from_afar, (void *)(intptr_t)SIGUSR2);
    run_until_idle(loop); /* a watcher keeps the loop from being idle */
    assert_int_equal(step.runs, 1);
    thread_end(thread);
    vow_loop_signal_release(watcher);
    vow_loop_free(loop);
}

static void every_watcher_of_a_number_hears_of_it(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step steps[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        steps[i] = step_new(NULL, 0, NULL, NULL);
        vow_loop_signal_release(watch(loop, SIGUSR1, &steps[i]));
    }
    raise(SIGUSR1);
    run_until_idle(loop);
    for (int i = 0; i < 3; i++)
        assert_int_equal(steps[i].runs, 1);
    vow_loop_free(loop);
}

static void a_stopped_watcher_gives_its_call_back(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    struct loop_signal *watcher = watch(loop, SIGUSR1, &step);
    assert_ptr_equal(vow_loop_signal_stop(watcher), &step.call);
    vow_loop_signal_release(watcher);
    run_until_idle(loop);
    assert_int_equal(step.drops, 0);
    vow_loop_free(loop);
}

static void *stop_from_afar(void *watcher)
{
    vow_loop_signal_stop(watcher);
    vow_loop_signal_release(watcher);
    return NULL;
}

static void another_thread_can_stop_a_watcher(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    pthread_t thread = thread_start(stop_from_afar, watch(loop, SIGUSR1, &step));
    run_until_idle(loop);
    assert_int_equal(step.drops, 1);
    thread_end(thread);
    vow_loop_free(loop);
}

static void free_drops_watchers(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    struct loop_signal *watcher = watch(loop, SIGUSR1, &step);
    vow_loop_free(loop);
    assert_int_equal(step.drops, 1);
    vow_loop_signal_stop(watcher);
    vow_loop_signal_release(watcher);
}

static void signals_that_cannot_be_watched_are_refused_in_libuv_s_words(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    const int numbers[] = {SIGKILL, SIGSTOP, 0, -1, 10000};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct step step = step_new(NULL, 0, NULL, NULL);
        vow_status status = VOW_OK;
        assert_null(vow_loop_signal_start(loop, numbers[i], &step.call, &status));
        assert_int_equal(status, VOW_INVALID);
        assert_sentence("vow_signal: number");
        assert_sentence(uv_strerror(UV_EINVAL));
        assert_int_equal(step.runs + step.drops, 0);
    }
    run_until_idle(loop);
    vow_loop_free(loop);
}

struct attempt {
    vow_loop *loop;
    vow_status status;
};

static void *watch_from_afar(void *context)
{
    struct attempt *attempt = context;
    struct step step = step_new(NULL, 0, NULL, NULL);
    if (vow_loop_signal_start(attempt->loop, SIGUSR1, &step.call, &attempt->status) != NULL)
        abort();
    return NULL;
}

static void another_thread_cannot_start_a_watcher(void **state)
{
    struct attempt attempt = {vow_loop_new(NULL), VOW_OK};
    (void)state;
    on_another_thread(watch_from_afar, &attempt);
    assert_int_equal(attempt.status, VOW_INVALID);
    vow_loop_free(attempt.loop);
}

static void over_libuv_a_signal_runs_the_call(void **state)
{
    struct laid *laid = *state;
    struct step step = step_new(NULL, 0, NULL, NULL);
    vow_loop_signal_release(watch(laid->loop, SIGUSR1, &step));
    raise(SIGUSR1);
    run_uv(laid);
    assert_int_equal(step.runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(a_signal_runs_the_call_once),
        loop_test(a_signal_wakes_a_sleeping_loop),
        loop_test(every_watcher_of_a_number_hears_of_it),
        loop_test(a_stopped_watcher_gives_its_call_back),
        loop_test(another_thread_can_stop_a_watcher),
        loop_test(free_drops_watchers),
        loop_test(signals_that_cannot_be_watched_are_refused_in_libuv_s_words),
        loop_test(another_thread_cannot_start_a_watcher),
        laid_test(over_libuv_a_signal_runs_the_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
