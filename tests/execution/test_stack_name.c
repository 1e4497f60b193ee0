/*
 * test_stack_name.c - the report of a stack's overflow says what ran there, and what would make its stack larger. In child
 * processes.
 */
#include "../wait/child_testing.h"

#include <limits.h>
#include <vow/coroutine.h>
#include <vow/line.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/wait.h>

static vow_value dig(vow_value input, void *context)
{
    (void)context;
    (void)input;
    return vow_integer(deeper(0));
}

static void run_on(vow_scheduler *scheduler)
{
    vow_release(vow_await(vow_submit(scheduler, dig, vow_none(), NULL), VOW_FOREVER));
}

static void dig_on_a_pool(void)
{
    run_on(vow_pool_scheduler(vow_pool_new(1, NULL)));
}

/* A power of two, as the smallest stack of a thread is. */
static size_t small_stack(void)
{
    size_t small = (size_t)64 * 1024;
    return small > (size_t)PTHREAD_STACK_MIN ? small : (size_t)PTHREAD_STACK_MIN;
}

static void dig_on_a_small_stack_of(int workers)
{
    struct vow_pool_options options = {.size = sizeof options, .stack_size = small_stack()};
    run_on(vow_pool_scheduler(vow_pool_new(workers, &options)));
}

static void dig_on_a_small_stack(void)
{
    dig_on_a_small_stack_of(1);
}

static void dig_on_a_small_stack_without_a_worker(void)
{
    dig_on_a_small_stack_of(0);
}

static void dig_on_a_loop(void)
{
    run_on(vow_loop_scheduler(vow_loop_new(NULL)));
}

static void dig_in_a_coroutine(void)
{
    vow_release(vow_next(vow_coroutine_new(dig, NULL)));
}

static void dig_on_immediate(void)
{
    vow_promise_release(vow_spawn(vow_immediate(), dig, vow_none(), NULL));
}

/* The child said `parts`, up to NULL, in this order, and ended of it. */
static void assert_report(void (*body)(void), const char *const *parts)
{
    struct end end = run_child(body);
    const char *at = end.text;
    if (!ended_by_fault(end.status))
        fail_msg("it ended with %d and said: %s", end.status, end.text);
    for (; *parts != NULL; parts++) {
        at = strstr(at, *parts);
        if (at == NULL)
            fail_msg("'%s' is not said where it should be: %s", *parts, end.text);
    }
}

#define assert_says(body, ...) assert_report(body, (const char *const[]){__VA_ARGS__, NULL})

static const char option[] = "the option .stack_size of what runs it makes it larger\n";

static void a_job_of_a_pool_is_named_by_its_function(void **state)
{
    char job[80];
    (void)state;
    (void)snprintf(job, sizeof job, "vow: stack overflow: the job whose function is at %p of pool ",
                   (void *)(uintptr_t)dig);
    assert_says(dig_on_a_pool, job, "needs more than its stack of " DEFAULT_STACK "; ", option);
}

static void assert_says_the_small_size(void (*body)(void))
{
    char size[80];
    (void)snprintf(size, sizeof size, " of pool needs more than its stack of %zu KiB; ",
                   small_stack() / 1024);
    assert_says(body, size, option);
}

static void the_size_that_was_too_small_is_said(void **state)
{
    (void)state;
    assert_says_the_small_size(dig_on_a_small_stack);
}

static void a_pool_without_workers_has_stacks_of_its_size_too(void **state)
{
    (void)state;
    assert_says_the_small_size(dig_on_a_small_stack_without_a_worker);
}

static void a_job_of_a_loop_is_named_by_its_function(void **state)
{
    (void)state;
    assert_says(dig_on_a_loop, "the job whose function is at 0x", " of loop needs more than",
                option);
}

static void a_coroutine_is_named(void **state)
{
    (void)state;
    assert_says(dig_in_a_coroutine, "vow: stack overflow: coroutine ", " needs more than", option);
}

static void a_line_on_immediate_is_told_that_its_stack_has_one_size(void **state)
{
    (void)state;
    assert_says(dig_on_immediate, "the job whose function is at 0x",
                " of this thread needs more than its stack of " DEFAULT_STACK
                "; such a stack has one size: a "
                "pool or a loop, with its option .stack_size, gives a larger one\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_of_a_pool_is_named_by_its_function),
        cmocka_unit_test(the_size_that_was_too_small_is_said),
        cmocka_unit_test(a_pool_without_workers_has_stacks_of_its_size_too),
        cmocka_unit_test(a_job_of_a_loop_is_named_by_its_function),
        cmocka_unit_test(a_coroutine_is_named),
        cmocka_unit_test(a_line_on_immediate_is_told_that_its_stack_has_one_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
