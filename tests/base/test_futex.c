/*
 * test_futex.c - sleeping, locking, fences and the ends of threads.
 */
#include "testing.h"

#include <errno.h>
#include <pthread.h>

#include "base/barrier.h"
#include "base/futex.h"
#include "base/lock.h"
#include "base/threads.h"

static void waiting_for_a_word_that_differs_returns_at_once(void **state)
{
    _Atomic uint32_t word = 1;
    (void)state;
    assert_true(vow_futex_wait(&word, 0, VOW_FOREVER));
}

static void a_wait_ends_at_its_deadline_and_keeps_errno(void **state)
{
    _Atomic uint32_t word = 0;
    vow_deadline deadline = vow_after(VOW_MS(5));
    (void)state;
    errno = E2BIG;
    while (vow_futex_wait(&word, 0, deadline))
        ;
    assert_true(vow_now() >= deadline.at);
    assert_int_equal(errno, E2BIG);
}

static void a_deadline_that_has_passed_does_not_wait(void **state)
{
    _Atomic uint32_t word = 0;
    (void)state;
    while (vow_futex_wait(&word, 0, VOW_POLL))
        ;
    while (vow_futex_wait(&word, 0, vow_at(-5)))
        ;
}

static void *wake(void *context)
{
    _Atomic uint32_t *word = context;

    atomic_store(word, 1);
    vow_futex_wake(word, 1);
    return NULL;
}

static void a_wake_reaches_the_sleeper(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        _Atomic uint32_t word = 0;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, wake, (void *)(uintptr_t)&word), 0);
        while (atomic_load(&word) == 0)
            (void)vow_futex_wait(&word, 0, VOW_FOREVER);
        pthread_join(thread, NULL);
    }
}

static struct lock lock;
static long guarded;

static void *count_under_lock(void *unused)
{
    (void)unused;
    for (int i = 0; i < 50000; i++) {
        vow_lock_take(&lock);
        guarded++;
        vow_lock_give(&lock);
    }
    return NULL;
}

static void a_lock_lets_in_one_at_a_time(void **state)
{
    pthread_t threads[4];
    (void)state;
    guarded = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_under_lock, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(guarded, 200000);
    assert_int_equal(atomic_load(&lock.word), 0);
}

static void *take_and_give(void *unused)
{
    (void)unused;
    vow_lock_take(&lock);
    guarded++;
    vow_lock_give(&lock);
    return NULL;
}

static void whoever_waits_for_a_held_lock_sleeps_and_gets_it(void **state)
{
    pthread_t thread;
    (void)state;
    guarded = 0;
    vow_lock_take(&lock);
    assert_false(vow_lock_try(&lock));
    assert_int_equal(pthread_create(&thread, NULL, take_and_give, NULL), 0);
    while (atomic_load(&lock.word) != 2) /* it has given up spinning */
        (void)sched_yield();
    assert_int_equal(guarded, 0);
    vow_lock_give(&lock);
    pthread_join(thread, NULL);
    assert_int_equal(guarded, 1);
}

static void a_fence_everywhere_runs_where_it_is_available(void **state)
{
    bool available = vow_barrier_available();
    (void)state;
    if (available)
        vow_barrier_everywhere();
    assert_int_equal(vow_barrier_available(), available);
}

static int exits[4], exit_count;

struct numbered {
    struct thread_exit exit;
    int number;
};

static void note_exit(struct thread_exit *self)
{
    exits[exit_count++] = vow_container_of(self, struct numbered, exit)->number;
}

static struct numbered again = {.exit = {.run = note_exit}, .number = 9};

static void note_exit_and_ask_again(struct thread_exit *self)
{
    note_exit(self);
    (void)vow_thread_at_exit(&again.exit);
}

static void *register_exits(void *ret_taken)
{
    static struct numbered first = {.exit = {.run = note_exit}, .number = 1};
    static struct numbered second = {.exit = {.run = note_exit_and_ask_again}, .number = 2};

    *(bool *)ret_taken = vow_thread_at_exit(&first.exit) && vow_thread_at_exit(&second.exit);
    return NULL;
}

static void a_threads_hooks_run_at_its_end_the_last_first(void **state)
{
    pthread_t thread;
    bool taken = false;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, register_exits, &taken), 0);
    pthread_join(thread, NULL);
    assert_true(taken);
    assert_int_equal(exit_count, 3);
    assert_int_equal(exits[0], 2);
    assert_int_equal(exits[1], 9); /* given by a hook: runs at once, before the older ones */
    assert_int_equal(exits[2], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_for_a_word_that_differs_returns_at_once),
        cmocka_unit_test(a_wait_ends_at_its_deadline_and_keeps_errno),
        cmocka_unit_test(a_deadline_that_has_passed_does_not_wait),
        cmocka_unit_test(a_wake_reaches_the_sleeper),
        cmocka_unit_test(a_lock_lets_in_one_at_a_time),
        cmocka_unit_test(whoever_waits_for_a_held_lock_sleeps_and_gets_it),
        cmocka_unit_test(a_fence_everywhere_runs_where_it_is_available),
        cmocka_unit_test(a_threads_hooks_run_at_its_end_the_last_first),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
