/*
 * test_pool_close.c - closing and freeing a pool: what is queued, what runs, what comes too late.
 */
#include "pool_testing.h"

#include <pthread.h>
#include <vow/memory.h>

static const int sizes[] = {0, 1, 2, 8};

static void a_draining_close_runs_what_is_queued(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct task *tasks = tasks_new(1000, NULL);
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        for (int j = 0; j < 1000; j++)
            submit(pool, &tasks[j]);
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
        assert_int_equal(tasks_with(tasks, 1000, RAN), 1000);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        free(tasks);
    }
}

static void a_canceling_close_drops_what_has_not_begun(void **state)
{
    struct held held = {0};
    struct task *tasks = tasks_new(1000, NULL);
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    hold(pool, &held);
    for (int i = 0; i < 1000; i++)
        submit(pool, &tasks[i]);
    assert_int_equal(vow_pool_close(pool, VOW_CANCEL, VOW_POLL), VOW_TIMED_OUT);
    assert_string_equal(vow_last_error(),
                        "vow_pool_close: some calls of the pool have not ended yet");
    assert_int_equal(tasks_with(tasks, 1000, DROPPED), 1000);
    let_go(&held);
    assert_int_equal(vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER), VOW_OK);
    assert_int_equal(atomic_load(&held.task.fate), RAN);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(tasks);
}

struct brood {
    struct task children[10];
    struct tally queued;
    struct tally gate;
};

static void submit_brood(struct task *task)
{
    struct brood *brood = task->context;
    for (int i = 0; i < 10; i++)
        submit(task->pool, &brood->children[i]);
    tally_add(&brood->queued);
    tally_wait(&brood->gate, 1);
}

static void a_canceling_close_drops_what_a_running_call_has_queued(void **state)
{
    struct brood brood = {0};
    struct task task = {.act = submit_brood, .context = &brood};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &task);
    tally_wait(&brood.queued, 1);
    assert_int_equal(vow_pool_close(pool, VOW_CANCEL, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(tasks_with(brood.children, 10, DROPPED), 10);
    tally_add(&brood.gate);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void a_close_that_times_out_leaves_the_pool_closed_and_valid(void **state)
{
    struct held held = {0};
    struct task queued = {0};
    struct task late = {0};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    hold(pool, &held);
    submit(pool, &queued);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    submit(pool, &late);
    assert_int_equal(atomic_load(&late.fate), DROPPED);
    assert_int_equal(vow_pool_size(pool), 1);
    let_go(&held);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(atomic_load(&queued.fate), RAN);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void a_drain_may_turn_into_a_cancel(void **state)
{
    struct held held = {0};
    struct task queued = {0};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    hold(pool, &held);
    submit(pool, &queued);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(atomic_load(&queued.fate), PENDING);
    assert_int_equal(vow_pool_close(pool, VOW_CANCEL, VOW_POLL), VOW_TIMED_OUT);
    assert_int_equal(atomic_load(&queued.fate), DROPPED);
    let_go(&held);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

/* Submits a child, until `number` generations have run. */
struct generation {
    struct vow_call call;
    vow_pool *pool;
    struct tally *gate;
    int left;
    int dropped;
};

static void generation_run(struct vow_call *call)
{
    struct generation *generation = vow_container_of(call, struct generation, call);
    tally_wait(generation->gate, 1);
    if (generation->left-- > 0)
        vow_scheduler_call(vow_pool_scheduler(generation->pool), call);
}

static void generation_dropped(struct vow_call *call)
{
    vow_container_of(call, struct generation, call)->dropped++;
}

static void calls_of_the_pools_own_calls_still_run_while_it_drains(void **state)
{
    (void)state;
    for (size_t i = 1; i < 4; i++) {
        struct tally gate = {0};
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        struct generation generation = {
            {NULL, generation_run, generation_dropped}, pool, &gate, 1000, 0};
        vow_scheduler_call(vow_pool_scheduler(pool), &generation.call);
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_POLL), VOW_TIMED_OUT);
        tally_add(&gate);
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
        assert_int_equal(generation.left, -1);
        assert_int_equal(generation.dropped, 0);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
}

static void submit_child(struct task *task)
{
    submit(task->pool, task->context);
}

static void calls_of_the_pools_own_calls_are_dropped_once_it_was_canceled(void **state)
{
    struct tally began = {0};
    struct tally gate = {0};
    struct task child = {0};
    struct task task = {.began = &began, .gate = &gate, .act = submit_child, .context = &child};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &task);
    tally_wait(&began, 1);
    assert_int_equal(vow_pool_close(pool, VOW_CANCEL, VOW_POLL), VOW_TIMED_OUT);
    tally_add(&gate);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(atomic_load(&child.fate), DROPPED);
}

static void calls_for_a_closed_pool_are_dropped_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct task task = {0};
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
        submit(pool, &task);
        assert_int_equal(atomic_load(&task.fate), DROPPED);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
}

static void a_scheduler_may_outlive_its_pool_and_drops_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct task task = {.call = {NULL, task_run, task_dropped}};
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        vow_scheduler *scheduler = vow_scheduler_retain(vow_pool_scheduler(pool));
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        vow_scheduler_call(scheduler, &task.call);
        assert_int_equal(atomic_load(&task.fate), DROPPED);
        vow_scheduler_release(scheduler);
    }
}

static void close_here(struct task *task)
{
    *(vow_status *)task->context = vow_pool_close(task->pool, VOW_DRAIN, VOW_FOREVER);
}

static void free_here(struct task *task)
{
    *(vow_status *)task->context = vow_pool_free(task->pool);
}

static void closing_or_freeing_from_a_worker_is_refused(void **state)
{
    struct tally ended = {0};
    vow_status closed = VOW_OK;
    vow_status freed = VOW_OK;
    struct task close = {.act = close_here, .context = &closed, .ended = &ended};
    struct task free_it = {.act = free_here, .context = &freed, .ended = &ended};
    struct task after = {.ended = &ended};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    submit(pool, &close);
    submit(pool, &free_it);
    submit(pool, &after);
    tally_wait(&ended, 3);
    assert_int_equal(closed, VOW_INVALID);
    assert_int_equal(freed, VOW_INVALID);
    assert_int_equal(atomic_load(&after.fate), RAN);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void close_in_hook(int worker, void *context)
{
    vow_pool **pool = context;
    (void)worker;
    if (vow_pool_close(*pool, VOW_DRAIN, VOW_FOREVER) != VOW_INVALID)
        abort();
}

static void closing_from_a_hook_is_refused(void **state)
{
    vow_pool *pool = NULL;
    struct vow_pool_options options = {
        .size = sizeof(options), .stopping = close_in_hook, .context = &pool};
    (void)state;
    pool = vow_pool_new(1, &options);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void *close_elsewhere(void *context)
{
    return vow_pool_close(context, VOW_DRAIN, VOW_FOREVER) == VOW_OK ? context : NULL;
}

static void several_threads_may_close_at_once(void **state)
{
    struct held held = {0};
    vow_pool *pool = vow_pool_new(2, NULL);
    pthread_t ids[4];
    (void)state;
    hold(pool, &held);
    for (int i = 0; i < 4; i++)
        (void)pthread_create(&ids[i], NULL, close_elsewhere, pool);
    let_go(&held);
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        (void)pthread_join(ids[i], &result);
        assert_ptr_equal(result, pool);
    }
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void freeing_no_pool_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(vow_pool_free(NULL), VOW_OK);
}

static void closing_no_pool_or_in_no_known_way_is_refused(void **state)
{
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    assert_int_equal(vow_pool_close(NULL, VOW_DRAIN, VOW_FOREVER), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_close: pool is NULL");
    assert_int_equal(vow_pool_close(pool, (enum vow_close_mode)7, VOW_FOREVER), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_close: mode is 7, no such mode");
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void closing_twice_is_fine(void **state)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER), VOW_OK);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void nothing_is_left_of_a_freed_pool(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        long before = vow_live_objects();
        struct task *tasks = tasks_new(100, NULL);
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        for (int j = 0; j < 100; j++)
            submit(pool, &tasks[j]);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        assert_int_equal(vow_live_objects(), before);
        free(tasks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draining_close_runs_what_is_queued),
        cmocka_unit_test(a_canceling_close_drops_what_has_not_begun),
        cmocka_unit_test(a_canceling_close_drops_what_a_running_call_has_queued),
        cmocka_unit_test(a_close_that_times_out_leaves_the_pool_closed_and_valid),
        cmocka_unit_test(a_drain_may_turn_into_a_cancel),
        cmocka_unit_test(calls_of_the_pools_own_calls_still_run_while_it_drains),
        cmocka_unit_test(calls_of_the_pools_own_calls_are_dropped_once_it_was_canceled),
        cmocka_unit_test(calls_for_a_closed_pool_are_dropped_at_once),
        cmocka_unit_test(a_scheduler_may_outlive_its_pool_and_drops_calls),
        cmocka_unit_test(closing_or_freeing_from_a_worker_is_refused),
        cmocka_unit_test(closing_from_a_hook_is_refused),
        cmocka_unit_test(several_threads_may_close_at_once),
        cmocka_unit_test(freeing_no_pool_does_nothing),
        cmocka_unit_test(closing_no_pool_or_in_no_known_way_is_refused),
        cmocka_unit_test(closing_twice_is_fine),
        cmocka_unit_test(nothing_is_left_of_a_freed_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
