/*
 * test_pool_size.c - a pool changes its size while work goes on.
 */
#include "pool_testing.h"

#include <pthread.h>

static void a_pool_grows_from_nothing(void **state)
{
    struct hooks hooks = {0};
    struct tally ended = {0};
    struct task task = {.ended = &ended};
    vow_pool *pool = hooked_pool(0, &hooks);
    (void)state;
    assert_int_equal(vow_pool_resize(pool, 3), VOW_OK);
    assert_int_equal(vow_pool_size(pool), 3);
    tally_wait(&hooks.started, 3);
    submit(pool, &task);
    tally_wait(&ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void workers_too_many_end_without_a_close(void **state)
{
    struct hooks hooks = {0};
    vow_pool *pool = hooked_pool(8, &hooks);
    (void)state;
    assert_int_equal(vow_pool_resize(pool, 2), VOW_OK);
    assert_int_equal(vow_pool_size(pool), 2);
    tally_wait(&hooks.stopped, 6);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(tally_now(&hooks.stopped), tally_now(&hooks.started));
}

static void a_worker_too_many_ends_its_call_first(void **state)
{
    struct held held = {0};
    struct hooks hooks = {0};
    vow_pool *pool = hooked_pool(1, &hooks);
    (void)state;
    hold(pool, &held);
    assert_int_equal(vow_pool_resize(pool, 0), VOW_OK);
    assert_int_equal(vow_pool_size(pool), 0);
    assert_int_equal(tally_now(&hooks.stopped), 0);
    let_go(&held);
    tally_wait(&hooks.stopped, 1);
    assert_int_equal(tally_now(&held.ended), 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void a_worker_that_should_go_is_kept_when_the_pool_grows_again(void **state)
{
    struct held held = {0};
    struct hooks hooks = {0};
    struct tally ended = {0};
    struct task task = {.ended = &ended};
    vow_pool *pool = hooked_pool(1, &hooks);
    (void)state;
    hold(pool, &held);
    assert_int_equal(vow_pool_resize(pool, 0), VOW_OK);
    assert_int_equal(vow_pool_resize(pool, 1), VOW_OK);
    let_go(&held);
    submit(pool, &task);
    tally_wait(&ended, 1);
    assert_int_equal(tally_now(&hooks.started), 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void queue_more(struct task *task)
{
    struct task *tasks = task->context;
    for (int i = 0; i < 100; i++)
        submit(task->pool, &tasks[i]);
}

static void resize_to_none(struct task *task)
{
    queue_more(task);
    (void)vow_pool_resize(task->pool, 0);
}

/* A pool whose only worker queued a hundred tasks and ended. */
struct deserted {
    struct hooks hooks;
    struct tally ended;
    struct task *tasks;
    struct task leaving;
    vow_pool *pool;
};

static void desert(struct deserted *deserted)
{
    *deserted = (struct deserted){.tasks = tasks_new(100, &deserted->ended)};
    deserted->leaving = (struct task){.act = resize_to_none, .context = deserted->tasks};
    deserted->pool = hooked_pool(1, &deserted->hooks);
    submit(deserted->pool, &deserted->leaving);
    tally_wait(&deserted->hooks.stopped, 1);
    assert_int_equal(tally_now(&deserted->ended), 0);
}

static void all_have_run(struct deserted *deserted)
{
    assert_int_equal(tasks_with(deserted->tasks, 100, RAN), 100);
    assert_int_equal(vow_pool_free(deserted->pool), VOW_OK);
    free(deserted->tasks);
}

static void what_a_retired_worker_had_queued_passes_to_the_next(void **state)
{
    struct deserted deserted;
    (void)state;
    desert(&deserted);
    assert_int_equal(vow_pool_resize(deserted.pool, 2), VOW_OK);
    tally_wait(&deserted.ended, 100);
    all_have_run(&deserted);
}

static void what_is_queued_at_size_none_runs_in_who_closes(void **state)
{
    struct deserted deserted;
    (void)state;
    desert(&deserted);
    assert_int_equal(vow_pool_close(deserted.pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    all_have_run(&deserted);
}

static void what_is_queued_at_size_none_runs_in_who_waits(void **state)
{
    struct deserted deserted;
    int helped = 0;
    (void)state;
    desert(&deserted);
    while (vow_pool_help(NULL))
        helped++;
    assert_int_equal(helped, 100);
    all_have_run(&deserted);
}

struct sleeper {
    struct tally *ended;
    uint32_t wanted;
    struct tally asleep;
};

/* As vow_wait does it. */
static void *wait_like_control(void *context)
{
    struct sleeper *waiter = context;
    struct thread *thread = vow_thread_here();
    bool blocking = false;
    while (tally_now(waiter->ended) < waiter->wanted) {
        if (vow_thread_drain(thread) > 0 || vow_pool_help(NULL))
            continue;
        if (!blocking)
            vow_pool_blocking_begin();
        blocking = true;
        tally_add(&waiter->asleep);
        (void)vow_thread_sleep(thread, VOW_FOREVER);
    }
    if (blocking)
        vow_pool_blocking_end();
    return NULL;
}

static void a_thread_that_waits_already_is_called_for_what_is_queued_at_size_none(void **state)
{
    struct tally ended = {0};
    struct task *tasks = tasks_new(100, &ended);
    struct sleeper waiter = {.ended = &ended, .wanted = 100};
    struct tally gate = {0};
    struct task task = {.act = resize_to_none, .context = tasks, .gate = &gate};
    vow_pool *pool = vow_pool_new(1, NULL);
    pthread_t id;
    (void)state;
    submit(pool, &task);
    (void)pthread_create(&id, NULL, wait_like_control, &waiter);
    tally_wait(&waiter.asleep, 1);
    tally_add(&gate);
    (void)pthread_join(id, NULL);
    assert_int_equal(tasks_with(tasks, 100, RAN), 100);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(tasks);
}

static void nobody_helps_a_pool_that_has_workers(void **state)
{
    struct held held = {0};
    struct task task = {0};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    hold(pool, &held);
    submit(pool, &task);
    assert_false(vow_pool_help(NULL));
    assert_false(vow_pool_help(vow_pool_scheduler(pool)));
    assert_false(vow_pool_help(vow_immediate()));
    let_go(&held);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void resize_here(struct task *task)
{
    *(vow_status *)task->context = vow_pool_resize(task->pool, task->number);
}

static void a_worker_may_resize_its_own_pool(void **state)
{
    static const int to[] = {0, 1, 2, 8};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct tally ended = {0};
        vow_status status = VOW_USER;
        struct task task = {
            .act = resize_here, .context = &status, .number = to[i], .ended = &ended};
        vow_pool *pool = vow_pool_new(2, NULL);
        submit(pool, &task);
        tally_wait(&ended, 1);
        assert_int_equal(status, VOW_OK);
        assert_int_equal(vow_pool_size(pool), to[i]);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
}

struct inside {
    struct task child;
    bool at_once;
};

static void resize_and_submit(struct task *task)
{
    struct inside *inside = task->context;
    (void)vow_pool_resize(task->pool, 0);
    submit(task->pool, &inside->child);
    inside->at_once = atomic_load(&inside->child.fate) == RAN;
}

static void after_a_resize_to_none_calls_run_in_who_makes_them(void **state)
{
    struct inside inside = {0};
    struct tally ended = {0};
    struct task task = {.act = resize_and_submit, .context = &inside, .ended = &ended};
    struct task after = {0};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    submit(pool, &task);
    tally_wait(&ended, 1);
    assert_true(inside.at_once);
    submit(pool, &after);
    assert_int_equal(atomic_load(&after.fate), RAN);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void a_pool_may_be_resized_many_times(void **state)
{
    struct tally ended = {0};
    struct task *tasks = tasks_new(300, &ended);
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    for (int i = 0; i < 300; i++) {
        assert_int_equal(vow_pool_resize(pool, i * 7 % 5), VOW_OK);
        submit(pool, &tasks[i]);
    }
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(tasks_with(tasks, 300, RAN), 300);
    free(tasks);
}

static void sizes_that_make_no_sense_are_refused(void **state)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    assert_int_equal(vow_pool_resize(pool, -2), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_resize: workers is negative (-2)");
    assert_int_equal(vow_pool_resize(pool, 2000), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_resize: workers is 2000, the most is 1024");
    assert_int_equal(vow_pool_size(pool), 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void no_pool_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_pool_resize(NULL, 1), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_resize: pool is NULL");
}

static void a_closed_pool_is_not_resized(void **state)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(vow_pool_resize(pool, 2), VOW_CLOSED);
    assert_string_equal(vow_last_error(), "vow_pool_resize: the pool is closed");
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_grows_from_nothing),
        cmocka_unit_test(workers_too_many_end_without_a_close),
        cmocka_unit_test(a_worker_too_many_ends_its_call_first),
        cmocka_unit_test(a_worker_that_should_go_is_kept_when_the_pool_grows_again),
        cmocka_unit_test(what_a_retired_worker_had_queued_passes_to_the_next),
        cmocka_unit_test(what_is_queued_at_size_none_runs_in_who_closes),
        cmocka_unit_test(what_is_queued_at_size_none_runs_in_who_waits),
        cmocka_unit_test(a_thread_that_waits_already_is_called_for_what_is_queued_at_size_none),
        cmocka_unit_test(nobody_helps_a_pool_that_has_workers),
        cmocka_unit_test(a_worker_may_resize_its_own_pool),
        cmocka_unit_test(after_a_resize_to_none_calls_run_in_who_makes_them),
        cmocka_unit_test(a_pool_may_be_resized_many_times),
        cmocka_unit_test(sizes_that_make_no_sense_are_refused),
        cmocka_unit_test(no_pool_is_refused),
        cmocka_unit_test(a_closed_pool_is_not_resized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
