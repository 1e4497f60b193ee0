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

int main(void)
{
    const struct CMUnitTest tests[] = {
        park_test(a_blocking_job_goes_on_after_a_line_that_went_on_on_its_thread),
        park_test(a_job_may_run_what_is_pending),
        park_test(a_blocking_job_of_a_loop_cannot_wait_for_the_loop),
        park_test(what_a_job_keeps_may_set_other_things_when_it_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
