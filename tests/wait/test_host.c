/*
 * test_host.c - what runs on a stack belongs to the thread that runs it: with a thread behind each stack, too.
 */
#include "coroutine_testing.h"

#include "base/fail.h"
#include "base/threads.h"
#include "execution/scheduler.h"

#include <vow/mutex.h>

/* Sentences ---------------------------------------------------------------------------------------------------- */

static vow_value fail_twice(vow_value input, void *context)
{
    (void)input;
    (void)context;
    (void)vow_fail_status(VOW_USER, "no %d", 1);
    vow_release(vow_yield(vow_none()));
    (void)vow_fail_status(VOW_USER, "no %d", 2);
    return vow_none();
}

static void *resume_once(void *coroutine)
{
    require(strcmp(vow_last_error(), "") == 0);
    vow_release(vow_next(coroutine));
    require(strncmp(vow_last_error(), "no ", 3) == 0);
    return NULL;
}

/* A thread behind the stack that took it for its own would free it again at its end. */
static void a_bodys_last_sentence_ends_with_the_thread_that_resumed_it(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(fail_twice, NULL);
    on_another_thread(resume_once, coroutine);
    on_another_thread(resume_once, coroutine);
    vow_coroutine_release(coroutine);
}

/* Ends --------------------------------------------------------------------------------------------------------- */

static _Atomic int ends;

static void count_end(void)
{
    atomic_fetch_add(&ends, 1);
}

static vow_value ask_twice(vow_value input, void *context)
{
    (void)context;
    require(vow_host_at_exit(count_end) && vow_host_at_exit(count_end));
    return input;
}

static vow_value keep_record(vow_value input, void *ret_record)
{
    *(struct thread **)ret_record = vow_thread_here();
    return input;
}

static void *run_coroutine(void *coroutine)
{
    vow_release(vow_next(coroutine));
    require(atomic_load(&ends) == 0);
    return NULL;
}

static void what_a_body_asks_for_runs_once_when_the_thread_that_resumed_it_ends(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(ask_twice, NULL);
    atomic_store(&ends, 0);
    on_another_thread(run_coroutine, coroutine);
    assert_int_equal(atomic_load(&ends), 1);
    vow_coroutine_release(coroutine);
}

static void a_threads_record_that_a_body_made_ends_with_the_thread(void **state)
{
    (void)state;
    struct thread *record = NULL;
    vow_coroutine *coroutine = vow_coroutine_new(keep_record, &record);
    atomic_store(&ends, 0);
    on_another_thread(run_coroutine, coroutine);
    assert_non_null(record);
    assert_null(record->immediate);
    vow_coroutine_release(coroutine);
}

/* Mutexes ------------------------------------------------------------------------------------------------------ */

static vow_value lock_and_yield(vow_value input, void *mutex)
{
    require(vow_mutex_lock(mutex, VOW_FOREVER) == VOW_OK);
    vow_release(vow_yield(vow_none()));
    return vow_retain(input);
}

static void who_resumes_a_body_holds_the_mutex_that_it_locked(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_coroutine *coroutine = vow_coroutine_new(lock_and_yield, &mutex);
    vow_release(vow_next(coroutine));
    assert_int_equal(vow_mutex_lock(&mutex, VOW_FOREVER), VOW_DEADLOCK);
    assert_ok(vow_mutex_unlock(&mutex));
    vow_coroutine_release(coroutine);
}

static vow_value lock_in_vain(vow_value input, void *mutex)
{
    require(vow_mutex_lock(mutex, vow_after(VOW_MS(1))) == VOW_TIMED_OUT);
    return vow_retain(input);
}

static void *lock_in_a_body(void *mutex)
{
    vow_coroutine *coroutine = vow_coroutine_new(lock_in_vain, mutex);
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
    return NULL;
}

/* The second body has the first one's stack. */
static void another_thread_that_runs_on_the_same_stack_may_wait_for_the_mutex(void **state)
{
    (void)state;
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_coroutine *coroutine = vow_coroutine_new(lock_and_yield, &mutex);
    vow_release(vow_next(coroutine));
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
    on_another_thread(lock_in_a_body, &mutex);
    assert_ok(vow_mutex_unlock(&mutex));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_bodys_last_sentence_ends_with_the_thread_that_resumed_it),
        control_test(what_a_body_asks_for_runs_once_when_the_thread_that_resumed_it_ends),
        control_test(a_threads_record_that_a_body_made_ends_with_the_thread),
        control_test(who_resumes_a_body_holds_the_mutex_that_it_locked),
        control_test(another_thread_that_runs_on_the_same_stack_may_wait_for_the_mutex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
