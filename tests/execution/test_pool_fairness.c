/*
 * test_pool_fairness.c - nobody waits for ever behind calls that submit themselves.
 */
#include "pool_testing.h"

/* Submits itself again until somebody sets the flag. */
struct loop_call {
    struct vow_call call;
    vow_pool *pool;
    _Atomic bool stop;
    struct tally ended;
};

static void loop_run(struct vow_call *call)
{
    struct loop_call *loop = vow_container_of(call, struct loop_call, call);
    if (atomic_load(&loop->stop))
        tally_add(&loop->ended);
    else
        vow_scheduler_call(vow_pool_scheduler(loop->pool), call);
}

static void loop_start(struct loop_call *loop, vow_pool *pool)
{
    loop->call.run = loop->call.dropped = loop_run;
    loop->pool = pool;
    vow_scheduler_call(vow_pool_scheduler(pool), &loop->call);
}

static void stop_loop(struct task *task)
{
    struct loop_call *loop = task->context;
    atomic_store(&loop->stop, true);
}

static void a_call_that_submits_itself_for_ever_does_not_starve_outside_calls(void **state)
{
    struct loop_call loop = {0};
    struct task task = {.act = stop_loop, .context = &loop};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    loop_start(&loop, pool);
    submit(pool, &task);
    tally_wait(&loop.ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(atomic_load(&task.fate), RAN);
}

static void note_home(struct task *task)
{
    *(struct immediate **)task->context = vow_here.thread->immediate;
}

static struct immediate *home_of_a_worker(vow_pool *pool)
{
    struct immediate *home = NULL;
    struct task task = {.act = note_home, .context = &home};
    run_to_its_end(pool, &task);
    return home;
}

static void a_call_that_submits_itself_for_ever_does_not_starve_the_inbox(void **state)
{
    struct loop_call loop = {0};
    struct task task = {.call = {NULL, task_run, task_dropped}, .act = stop_loop, .context = &loop};
    vow_pool *pool = vow_pool_new(1, NULL);
    struct immediate *home = home_of_a_worker(pool);
    (void)state;
    loop_start(&loop, pool);
    assert_true(vow_immediate_post(home, &task.call));
    tally_wait(&loop.ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void a_sleeping_worker_serves_its_inbox(void **state)
{
    struct tally ended = {0};
    struct immediate *ran_at = NULL;
    struct task task = {.call = {NULL, task_run, task_dropped},
                        .act = note_home,
                        .context = &ran_at,
                        .ended = &ended};
    vow_pool *pool = vow_pool_new(2, NULL);
    struct immediate *home = home_of_a_worker(pool);
    (void)state;
    for (uint32_t i = 1; i <= 100; i++) {
        assert_true(vow_immediate_post(home, &task.call));
        tally_wait(&ended, i);
        assert_ptr_equal(ran_at, home);
    }
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_submits_itself_for_ever_does_not_starve_outside_calls),
        cmocka_unit_test(a_call_that_submits_itself_for_ever_does_not_starve_the_inbox),
        cmocka_unit_test(a_sleeping_worker_serves_its_inbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
