/*
 * test_loop_no_memory.c - loops, timers and signals where the allocator or the system gives nothing.
 *
 * A program of its own, because the allocator is the whole process's.
 */
#include "base/starving_testing.h"
#include "loop_testing.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

static void a_loop_without_memory_is_none(void **state)
{
    vow_scheduler *before = vow_current_scheduler();
    vow_loop *loop = NULL;
    int failures = 0;
    (void)state;
    while (loop == NULL) {
        until_failure = failures;
        loop = vow_loop_new(NULL);
        until_failure = -1;
        if (loop == NULL) {
            failures++;
            assert_sentence("vow_loop_new: the allocator gave no memory");
            assert_ptr_equal(vow_current_scheduler(), before);
        }
    }
    assert_true(failures >= 2);
    vow_loop_free(loop);
}

/* A new object of the allocator's is needed at least once per magazine. */
static struct loop_timer *timer_when_memory_fails(vow_loop *loop, struct step *step)
{
    until_failure = 0;
    struct loop_timer *timer = vow_loop_timer_start(loop, 0, &step->call);
    until_failure = -1;
    return timer;
}

static void a_timer_without_memory_is_none_and_leaves_its_call_alone(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    assert_null(timer_when_memory_fails(loop, &step));
    run_until_idle(loop);
    assert_int_equal(step.runs + step.drops, 0);
    vow_loop_free(loop);
}

static void a_signal_without_memory_is_none(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    vow_status status = VOW_OK;
    (void)state;
    until_failure = 0;
    struct loop_signal *watcher = vow_loop_signal_start(loop, SIGUSR1, &step.call, &status);
    until_failure = -1;
    assert_null(watcher);
    assert_int_equal(status, VOW_NO_MEMORY);
    assert_int_equal(step.runs + step.drops, 0);
    vow_loop_free(loop);
}

static void a_loop_without_descriptors_is_none(void **state)
{
    struct rlimit before;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    vow_loop *loop = vow_loop_new(NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(loop);
    assert_sentence("vow_loop_new: libuv cannot make a loop's handles: too many open files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(a_loop_without_memory_is_none),
        loop_test(a_timer_without_memory_is_none_and_leaves_its_call_alone),
        loop_test(a_signal_without_memory_is_none),
        loop_test(a_loop_without_descriptors_is_none),
    };

    return cmocka_run_group_tests(tests, set_allocator, NULL);
}
