/*
 * test_park_places.c - waits in other places than a job's function: callbacks, drops, destruction, and as a pool is freed.
 */
#include "park_testing.h"

/* Waits in other places ---------------------------------------------------------------------------------------- */

static vow_value wait_in_callback(vow_value input, void *context)
{
    atomic_fetch_add(&arrived, 1);
    (void)vow_wait(context, VOW_FOREVER, NULL);
    return input;
}

static vow_value derive(vow_value input, void *context)
{
    vow_promise *promise = vow_succeeded(vow_retain(input));
    promise = vow_add_callback(promise, wait_in_callback, context);
    promise = vow_add_callback(promise, add_context, number_as_context(1));
    return vow_promise_value(promise);
}

static void callbacks_at_home_on_a_pool_may_wait(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    struct gate gate = gate_new();
    vow_promise *jobs[10];
    for (int i = 0; i < 10; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), derive, vow_integer(i), gate.promise);
    await_count(&arrived, 10);
    gate_open(&gate);
    for (int i = 0; i < 10; i++)
        assert_int_equal(await_integer(jobs[i]), i + 1);
    gate_end(&gate);
    free_pool(pool);
}

/* One firing with many callbacks that wait: each of them stops the firing that it is in. */
static void callbacks_of_one_promise_wait_one_after_another(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    struct gate gates[3] = {gate_new(), gate_new(), gate_new()};
    struct vow_job job = {.size = sizeof job,
                          .fn = give_input,
                          .input = vow_integer(5),
                          .home = vow_pool_scheduler(pool)};
    vow_promise *promise = vow_submit_with(vow_pool_scheduler(pool), &job);
    for (int i = 0; i < 3; i++)
        promise = vow_add_callback(promise, wait_in_callback, gates[i].promise);
    for (int i = 0; i < 3; i++) {
        await_count(&arrived, i + 1);
        assert_pending(promise);
        gate_open(&gates[i]);
    }
    assert_int_equal(await_integer(promise), 5);
    for (int i = 0; i < 3; i++)
        gate_end(&gates[i]);
    free_pool(pool);
}

static void drop_waits(void *context)
{
    (void)vow_wait(context, VOW_FOREVER, NULL);
    atomic_fetch_add(&drops, 1);
}

static void a_jobs_drop_may_wait(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    struct gate gate = gate_new();
    vow_promise *jobs[5];
    for (int i = 0; i < 5; i++) {
        struct vow_job job = {.size = sizeof job,
                              .fn = give_input,
                              .input = vow_integer(i),
                              .context = gate.promise,
                              .drop = drop_waits};
        jobs[i] = vow_submit_with(vow_pool_scheduler(pool), &job);
    }
    vow_promise *other = vow_submit(vow_pool_scheduler(pool), give_input, vow_integer(9), NULL);
    assert_int_equal(await_integer(other), 9);
    assert_int_equal(drops, 0);
    gate_open(&gate);
    for (int i = 0; i < 5; i++)
        assert_int_equal(await_integer(jobs[i]), i);
    free_pool(pool);
    assert_int_equal(drops, 5);
    gate_end(&gate);
}

static void drop_box_waits(void *object)
{
    (void)vow_wait(*(vow_promise **)object, VOW_FOREVER, NULL);
    atomic_fetch_add(&drops, 1);
}

static const struct vow_type waiting_type = {.name = "waiting", .drop = drop_box_waits};

static vow_value drop_a_box(vow_value input, void *context)
{
    vow_value inner = vow_box_new(&waiting_type, sizeof(vow_promise *));
    *(vow_promise **)vow_box_as(&waiting_type, inner) = context;
    vow_release(inner);
    return input;
}

static void destruction_may_wait(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    struct gate gate = gate_new();
    vow_promise *jobs[5];
    for (int i = 0; i < 5; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), drop_a_box, vow_integer(i), gate.promise);
    vow_promise *other = vow_submit(vow_pool_scheduler(pool), give_input, vow_integer(9), NULL);
    assert_int_equal(await_integer(other), 9);
    gate_open(&gate);
    for (int i = 0; i < 5; i++)
        assert_int_equal(await_integer(jobs[i]), i);
    assert_int_equal(drops, 5);
    gate_end(&gate);
    free_pool(pool);
}

static void free_pool_with_parked_jobs(int workers)
{
    vow_pool *pool = pool_of(workers);
    struct gate gate = gate_new();
    vow_pool *other = pool_of(1);
    vow_promise *jobs[5];
    for (int i = 0; i < 5; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), arrive_and_wait, vow_none(), gate.promise);
    await_count(&arrived, 5);
    vow_promise *last = vow_promise_retain(jobs[4]); /* the wait borrows it */
    vow_promise *waiting =
        vow_submit(vow_pool_scheduler(other), wait_for_context, vow_none(), last);
    gate_open(&gate);
    free_pool(pool);
    for (int i = 0; i < 5; i++)
        assert_int_equal(await_integer(jobs[i]), 1);
    assert_int_equal(await_integer(waiting), 1);
    vow_promise_release(last);
    free_pool(other);
    gate_end(&gate);
}

static void a_pool_may_be_freed_while_others_wait_for_its_promises(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        free_pool_with_parked_jobs(sizes[i]);
        atomic_store(&arrived, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        park_test(callbacks_at_home_on_a_pool_may_wait),
        park_test(callbacks_of_one_promise_wait_one_after_another),
        park_test(a_jobs_drop_may_wait),
        park_test(destruction_may_wait),
        park_test(a_pool_may_be_freed_while_others_wait_for_its_promises),
    };
    return cmocka_run_group_tests_name("park", tests, NULL, NULL);
}
