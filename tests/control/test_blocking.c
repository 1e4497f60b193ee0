/*
 * test_blocking.c - waits that hold their thread: blocking jobs, and places where others run in the midst of one.
 */
#include "control/park_testing.h"

static void a_blocking_job_goes_on_after_a_line_that_went_on_on_its_thread(void **state)
{
    (void)state;
    wait_on_a_thread_that_others_use(true);
}

/* Fires what the job before it waits for, and runs what can go on, in the midst of a call. */
static vow_value open_and_run_pending(vow_value input, void *context)
{
    gate_open(context);
    for (int i = 0; i < 3; i++)
        (void)vow_run_pending();
    return input;
}

static void a_job_may_run_what_is_pending(void **state)
{
    vow_pool *pool = pool_of(1);
    struct gate gate;
    (void)state;
    gate.deferred = vow_deferred_new_at(vow_immediate(), &gate.promise);
    vow_promise *parked =
        vow_submit(vow_pool_scheduler(pool), arrive_and_wait, vow_none(), gate.promise);
    until_waited_for(gate.promise);
    vow_promise *opener =
        vow_submit(vow_pool_scheduler(pool), open_and_run_pending, vow_integer(5), &gate);
    assert_int_equal(await_integer(opener), 5);
    assert_int_equal(await_integer(parked), 1);
    free_pool(pool);
    gate_end(&gate);
}

static vow_value wait_for_a_job(vow_value input, void *context)
{
    vow_promise *job = vow_submit(context, give_input, input, NULL);
    vow_status status = vow_wait(job, VOW_FOREVER, NULL);
    vow_promise_release(job);
    return vow_integer(status);
}

static void a_blocking_job_of_a_loop_cannot_wait_for_the_loop(void **state)
{
    vow_pool *pool = pool_of(1);
    vow_loop *loop = vow_loop_new(NULL);
    struct gate gate;
    (void)state;
    gate.deferred = vow_deferred_new_at(vow_loop_scheduler(loop), &gate.promise);
    struct vow_job job = {
        .size = sizeof(job), .fn = wait_for_context, .context = gate.promise, .blocking = true};
    assert_int_equal(await_integer(vow_submit_with(vow_loop_scheduler(loop), &job)), -VOW_INVALID);
    job.blocking = false;
    job.fn = wait_for_a_job;
    job.context = vow_pool_scheduler(pool);
    assert_int_equal(await_integer(vow_submit_with(vow_loop_scheduler(loop), &job)), VOW_OK);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
    free_pool(pool);
}

static struct vow_local second_key = {.name = "second"};

static void set_second(void *pointer)
{
    note(vow_local_set(&second_key, pointer));
}

static void note_second(void *pointer)
{
    (void)pointer;
    note(2);
}

static vow_value set_first(vow_value input, void *context)
{
    static const struct vow_local first_key = {.name = "first", .drop = set_second};
    note(vow_local_set(&first_key, context));
    return input;
}

static void what_a_job_keeps_may_set_other_things_when_it_is_dropped(void **state)
{
    vow_pool *pool = pool_of(1);
    (void)state;
    second_key.drop = note_second;
    assert_int_equal(
        await_integer(vow_submit(vow_pool_scheduler(pool), set_first, vow_integer(3), pool)), 3);
    assert_logged(VOW_OK, VOW_OK, 2);
    free_pool(pool);
}

static vow_value keep_two_things(vow_value input, void *context)
{
    static const struct vow_local third_key = {.name = "third"};
    int second = 2, third = 3;
    note(vow_local_set(&second_key, &second));
    note(vow_local_set(&third_key, &third));
    note(*(const int *)vow_local_get(&second_key));
    note(*(const int *)vow_local_get(&third_key));
    note(vow_local_set(&second_key, context)); /* NULL: kept no longer */
    note(vow_local_get(&second_key) == NULL);
    return input;
}

static void a_job_keeps_things_apart_by_their_keys(void **state)
{
    (void)state;
    second_key.drop = NULL;
    vow_release(
        vow_await(vow_submit(vow_immediate(), keep_two_things, vow_none(), NULL), VOW_POLL));
    assert_logged(VOW_OK, VOW_OK, 2, 3, VOW_OK, true);
}

static void only_a_job_keeps_things_and_only_by_a_key(void **state)
{
    int thing;
    (void)state;
    assert_int_equal(vow_local_set(&second_key, &thing), VOW_INVALID);
    assert_sentence("vow_local_set: no job is running on this line");
    assert_null(vow_local_get(&second_key));
    assert_int_equal(vow_local_set(NULL, &thing), VOW_INVALID);
    assert_sentence("vow_local_set: key is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        park_test(a_blocking_job_goes_on_after_a_line_that_went_on_on_its_thread),
        park_test(a_job_may_run_what_is_pending),
        park_test(a_blocking_job_of_a_loop_cannot_wait_for_the_loop),
        park_test(what_a_job_keeps_may_set_other_things_when_it_is_dropped),
        park_test(a_job_keeps_things_apart_by_their_keys),
        park_test(only_a_job_keeps_things_and_only_by_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
