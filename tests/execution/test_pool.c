/*
 * test_pool.c - a pool of workers runs what it is given.
 */
#include "pool_testing.h"

#define MANY 10000u

/* Running ----------------------------------------------------------------------------------------------------- */

static void each_call_runs_once_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < POOL_SIZES; i++) {
        struct tally ended = {0};
        struct task *tasks = tasks_new(MANY, &ended);
        vow_pool *pool = vow_pool_new(pool_sizes[i], NULL);
        for (size_t j = 0; j < MANY; j++)
            submit(pool, &tasks[j]);
        tally_wait(&ended, MANY);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        assert_int_equal(tasks_with(tasks, MANY, RAN), MANY);
        free(tasks);
    }
}

struct order {
    int next;
    bool kept;
};

static void check_order(struct task *task)
{
    struct order *order = task->context;
    if (task->number != order->next++)
        order->kept = false;
}

static void one_worker_begins_calls_in_the_order_of_their_submission(void **state)
{
    struct tally ended = {0};
    struct order order = {0, true};
    struct task *tasks = tasks_new(MANY, &ended);
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        tasks[i].act = check_order;
        tasks[i].context = &order;
        submit(pool, &tasks[i]);
    }
    tally_wait(&ended, MANY);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_true(order.kept);
    free(tasks);
}

/* A tree of calls: each submits two more, down to depth 0. */
struct tree {
    struct vow_call call;
    vow_pool *pool;
    struct tally *ended;
    int depth;
};

static void tree_run(struct vow_call *call)
{
    struct tree *tree = vow_container_of(call, struct tree, call);
    for (int i = 0; tree->depth > 0 && i < 2; i++) {
        struct tree *child = malloc(sizeof(*child));
        *child = *tree;
        child->depth--;
        vow_scheduler_call(vow_pool_scheduler(tree->pool), &child->call);
    }
    tally_add(tree->ended);
    free(tree);
}

static void tree_dropped(struct vow_call *call)
{
    free(vow_container_of(call, struct tree, call));
}

static void calls_that_submit_calls_all_run_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < POOL_SIZES; i++) {
        struct tally ended = {0};
        vow_pool *pool = vow_pool_new(pool_sizes[i], NULL);
        struct tree *tree = malloc(sizeof(*tree));
        *tree = (struct tree){{NULL, tree_run, tree_dropped}, pool, &ended, 10};
        vow_scheduler_call(vow_pool_scheduler(pool), &tree->call);
        tally_wait(&ended, 2047);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        assert_int_equal(tally_now(&ended), 2047);
    }
}

static void submit_many(struct task *task)
{
    struct task *tasks = task->context;
    for (size_t i = 0; i < MANY; i++)
        submit(task->pool, &tasks[i]);
}

static void a_call_may_submit_more_than_a_deque_has_room_for(void **state)
{
    struct tally ended = {0};
    struct task *tasks = tasks_new(MANY, &ended);
    struct task first = {.act = submit_many, .context = tasks};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    submit(pool, &first);
    tally_wait(&ended, MANY);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(tasks_with(tasks, MANY, RAN), MANY);
    free(tasks);
}

static void calls_do_not_wait_behind_a_worker_that_is_held(void **state)
{
    struct tally ended = {0};
    struct task *tasks = tasks_new(100, &ended);
    struct held held = {0};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    hold(pool, &held);
    for (size_t i = 0; i < 100; i++)
        submit(pool, &tasks[i]);
    tally_wait(&ended, 100);
    assert_int_equal(tally_now(&held.ended), 0);
    let_go(&held);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(tasks);
}

static void submit_and_wait(struct task *task)
{
    struct task *children = task->context;
    for (int i = 0; i < 3; i++)
        submit(task->pool, &children[i]);
    tally_wait(children[0].ended, 3);
}

static void another_worker_wakes_for_calls_of_a_call_that_waits_for_them(void **state)
{
    struct tally ended = {0};
    struct tally children_ended = {0};
    struct task *children = tasks_new(3, &children_ended);
    struct task parent = {.act = submit_and_wait, .context = children, .ended = &ended};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    submit(pool, &parent);
    tally_wait(&ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(children);
}

static void note_workers(struct task *task)
{
    tally_add(task->context);
    tally_wait(task->context, 8);
}

static void all_workers_come_for_calls_that_need_them_all(void **state)
{
    struct tally ended = {0};
    struct tally together = {0};
    struct task *tasks = tasks_new(8, &ended);
    vow_pool *pool = vow_pool_new(8, NULL);
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        tasks[i].act = note_workers;
        tasks[i].context = &together;
        submit(pool, &tasks[i]);
    }
    tally_wait(&ended, 8);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(tasks);
}

/* Statistics -------------------------------------------------------------------------------------------------- */

static void statistics_want_their_size(void **state)
{
    struct vow_pool_statistics stats = {0};
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    assert_int_equal(vow_pool_stats(pool, &stats), VOW_INVALID);
    assert_int_equal(vow_pool_stats(pool, NULL), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_stats: stats is NULL");
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void statistics_count_calls_from_inside_and_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < POOL_SIZES; i++) {
        struct vow_pool_statistics stats = {.size = sizeof(stats)};
        struct tally ended = {0};
        struct task *tasks = tasks_new(MANY, &ended);
        struct task first = {.act = submit_many, .context = tasks, .ended = &ended};
        vow_pool *pool = vow_pool_new(pool_sizes[i], NULL);
        submit(pool, &first);
        tally_wait(&ended, MANY + 1);
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
        assert_int_equal(vow_pool_stats(pool, &stats), VOW_OK);
        assert_int_equal(stats.submitted, MANY + 1);
        assert_int_equal(stats.completed, MANY + 1);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        free(tasks);
    }
}

/* The default pool -------------------------------------------------------------------------------------------- */

static void the_default_pool_is_made_once_and_runs_calls(void **state)
{
    struct tally ended = {0};
    struct task task = {.call = {NULL, task_run, task_dropped}, .ended = &ended};
    vow_scheduler *scheduler = vow_default_pool();
    (void)state;
    assert_non_null(scheduler);
    assert_ptr_equal(vow_default_pool(), scheduler);
    vow_scheduler_call(scheduler, &task.call);
    tally_wait(&ended, 1);
    assert_int_equal(atomic_load(&task.fate), RAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_runs_once_at_every_size),
        cmocka_unit_test(one_worker_begins_calls_in_the_order_of_their_submission),
        cmocka_unit_test(calls_that_submit_calls_all_run_at_every_size),
        cmocka_unit_test(a_call_may_submit_more_than_a_deque_has_room_for),
        cmocka_unit_test(calls_do_not_wait_behind_a_worker_that_is_held),
        cmocka_unit_test(another_worker_wakes_for_calls_of_a_call_that_waits_for_them),
        cmocka_unit_test(all_workers_come_for_calls_that_need_them_all),
        cmocka_unit_test(statistics_want_their_size),
        cmocka_unit_test(statistics_count_calls_from_inside_and_outside),
        cmocka_unit_test(the_default_pool_is_made_once_and_runs_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
