/*
 * test_pool_inline.c - a pool of size 0 runs calls in the threads that make them.
 */
#include "pool_testing.h"

#include <pthread.h>

static void a_call_has_run_when_the_submission_returns(void **state)
{
    struct task task = {0};
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    submit(pool, &task);
    assert_int_equal(atomic_load(&task.fate), RAN);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void note_thread(struct task *task)
{
    *(struct thread **)task->context = vow_here.thread;
}

static void a_call_runs_in_the_calling_thread(void **state)
{
    struct thread *thread = NULL;
    struct task task = {.act = note_thread, .context = &thread};
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    submit(pool, &task);
    assert_non_null(thread);
    assert_ptr_equal(thread, vow_here.thread);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

struct nest {
    struct vow_call call;
    struct nest *next;
    vow_pool *pool;
    int *now;
    int *deepest;
    int *count;
};

static void nest_run(struct vow_call *call)
{
    struct nest *nest = vow_container_of(call, struct nest, call);
    ++*nest->count;
    if (++*nest->now > *nest->deepest)
        *nest->deepest = *nest->now;
    if (nest->next != NULL)
        vow_scheduler_call(vow_pool_scheduler(nest->next->pool), &nest->next->call);
    --*nest->now;
}

static void nest_calls(vow_pool *first, vow_pool *second, int depth, int *ret_deepest,
                       int *ret_count)
{
    struct nest *nests = calloc((size_t)depth, sizeof(*nests));
    int now = 0;
    *ret_deepest = *ret_count = 0;
    for (int i = 0; i < depth; i++) {
        nests[i] = (struct nest){.call = {NULL, nest_run, nest_run},
                                 .next = i + 1 < depth ? &nests[i + 1] : NULL,
                                 .pool = i % 2 == 0 ? first : second,
                                 .now = &now,
                                 .deepest = ret_deepest,
                                 .count = ret_count};
    }
    vow_scheduler_call(vow_pool_scheduler(first), &nests[0].call);
    free(nests);
}

static void calls_nest_in_place_to_the_documented_depth(void **state)
{
    int deepest;
    int count;
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    nest_calls(pool, pool, VOW_NESTING, &deepest, &count);
    assert_int_equal(count, VOW_NESTING);
    assert_int_equal(deepest, VOW_NESTING);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void calls_that_nest_deeper_have_all_run_on_return_in_constant_stack(void **state)
{
    int deepest;
    int count;
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    nest_calls(pool, pool, 100000, &deepest, &count);
    assert_int_equal(count, 100000);
    assert_int_equal(deepest, VOW_NESTING);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void two_pools_that_nest_in_turns_need_constant_stack_too(void **state)
{
    int deepest;
    int count;
    vow_pool *first = vow_pool_new(0, NULL);
    vow_pool *second = vow_pool_new(0, NULL);
    (void)state;
    nest_calls(first, second, 100000, &deepest, &count);
    assert_int_equal(count, 100000);
    assert_in_range(deepest, VOW_NESTING, VOW_NESTING + 2);
    assert_int_equal(vow_pool_free(first), VOW_OK);
    assert_int_equal(vow_pool_free(second), VOW_OK);
}

static void close_here(struct task *task)
{
    *(vow_status *)task->context = vow_pool_close(task->pool, VOW_DRAIN, VOW_POLL);
    assert_string_equal(vow_last_error(),
                        "vow_pool_close: pool is running the calling call: end it first");
}

static void free_here(struct task *task)
{
    *(vow_status *)task->context = vow_pool_free(task->pool);
    assert_string_equal(vow_last_error(),
                        "vow_pool_free: pool is running the calling call: end it first");
}

static void closing_or_freeing_from_its_own_call_is_refused(void **state)
{
    vow_status closed = VOW_OK;
    vow_status freed = VOW_OK;
    struct task close = {.act = close_here, .context = &closed};
    struct task free_it = {.act = free_here, .context = &freed};
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    submit(pool, &close);
    assert_int_equal(closed, VOW_INVALID);
    submit(pool, &free_it);
    assert_int_equal(freed, VOW_INVALID);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void *submit_elsewhere(void *context)
{
    struct task *task = context;
    submit(task->pool, task);
    return NULL;
}

static void a_close_waits_for_a_call_that_runs_in_another_thread(void **state)
{
    struct tally began = {0};
    struct tally gate = {0};
    vow_pool *pool = vow_pool_new(0, NULL);
    struct task task = {.pool = pool, .began = &began, .gate = &gate};
    pthread_t id;
    (void)state;
    (void)pthread_create(&id, NULL, submit_elsewhere, &task);
    tally_wait(&began, 1);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_POLL), VOW_TIMED_OUT);
    tally_add(&gate);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(atomic_load(&task.fate), RAN);
    (void)pthread_join(id, NULL);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void submit_child(struct task *task)
{
    submit(task->pool, task->context);
}

static void a_call_that_runs_while_the_pool_drains_may_submit_more(void **state)
{
    struct tally began = {0};
    struct tally gate = {0};
    struct task child = {0};
    vow_pool *pool = vow_pool_new(0, NULL);
    struct task task = {
        .pool = pool, .began = &began, .gate = &gate, .act = submit_child, .context = &child};
    pthread_t id;
    (void)state;
    (void)pthread_create(&id, NULL, submit_elsewhere, &task);
    tally_wait(&began, 1);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_POLL), VOW_TIMED_OUT);
    tally_add(&gate);
    (void)pthread_join(id, NULL);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(atomic_load(&child.fate), RAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_has_run_when_the_submission_returns),
        cmocka_unit_test(a_call_runs_in_the_calling_thread),
        cmocka_unit_test(calls_nest_in_place_to_the_documented_depth),
        cmocka_unit_test(calls_that_nest_deeper_have_all_run_on_return_in_constant_stack),
        cmocka_unit_test(two_pools_that_nest_in_turns_need_constant_stack_too),
        cmocka_unit_test(closing_or_freeing_from_its_own_call_is_refused),
        cmocka_unit_test(a_close_waits_for_a_call_that_runs_in_another_thread),
        cmocka_unit_test(a_call_that_runs_while_the_pool_drains_may_submit_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
