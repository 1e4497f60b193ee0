/*
 * test_park_fair.c - lines that keep their worker busy let others run.
 */
#include "park_testing.h"

static _Atomic bool enough;

static vow_value reschedule_until_enough(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&arrived, 1);
    while (!atomic_load(&enough))
        (void)vow_reschedule();
    return input;
}

static void lines_that_reschedule_let_others_run(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    atomic_store(&enough, false);
    vow_promise *busy[3];
    for (int i = 0; i < 3; i++)
        busy[i] = vow_submit(scheduler, reschedule_until_enough, vow_integer(i), NULL);
    for (int i = 0; i < 100; i++)
        assert_int_equal(
            await_integer(vow_submit(scheduler, wait_for_one_behind, vow_integer(i), scheduler)),
            i);
    atomic_store(&enough, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(await_integer(busy[i]), i);
    free_pool(pool);
}

static vow_value sleep_a_little(vow_value input, void *context)
{
    (void)context;
    return vow_sleep(VOW_US(100)) == VOW_OK ? input : vow_integer(-1);
}

static void lines_that_reschedule_let_deadlines_pass(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    atomic_store(&enough, false);
    vow_promise *busy[2];
    for (int i = 0; i < 2; i++)
        busy[i] = vow_submit(scheduler, reschedule_until_enough, vow_integer(i), NULL);
    await_count(&arrived, 2);
    for (int i = 0; i < 20; i++)
        assert_int_equal(await_integer(vow_submit(scheduler, sleep_a_little, vow_integer(i), NULL)),
                         i);
    atomic_store(&enough, true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(await_integer(busy[i]), i);
    free_pool(pool);
}

/* Two lines that wake each other without end. */
struct table {
    struct gate gates[2];
};

static vow_value play(vow_value input, void *context)
{
    struct table *table = context;
    int self = (int)vow_as_integer(input);
    atomic_fetch_add(&arrived, 1);
    do {
        (void)vow_wait(table->gates[self].promise, VOW_FOREVER, NULL);
        vow_promise_release(table->gates[self].promise);
        table->gates[self] = gate_new();
        gate_open(&table->gates[1 - self]);
    } while (!atomic_load(&enough));
    return input;
}

static void lines_that_wake_each_other_let_others_run(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    struct table table = {{gate_new(), gate_new()}};
    atomic_store(&enough, false);
    vow_promise *players[2];
    for (int i = 0; i < 2; i++)
        players[i] = vow_submit(scheduler, play, vow_integer(i), &table);
    await_count(&arrived, 2);
    struct gate first = table.gates[0];
    fire(first.deferred, vow_integer(1));
    for (int i = 0; i < 20; i++)
        assert_int_equal(await_integer(vow_submit(scheduler, sleep_a_little, vow_integer(i), NULL)),
                         i);
    for (int i = 0; i < 20; i++)
        assert_int_equal(
            await_integer(vow_submit(scheduler, wait_for_one_behind, vow_integer(i), scheduler)),
            i);
    atomic_store(&enough, true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(await_integer(players[i]), i);
    for (int i = 0; i < 2; i++) {
        if (vow_state(table.gates[i].promise) == VOW_PENDING)
            fire(table.gates[i].deferred, vow_none());
        vow_promise_release(table.gates[i].promise);
    }
    free_pool(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        park_test(lines_that_reschedule_let_others_run),
        park_test(lines_that_reschedule_let_deadlines_pass),
        park_test(lines_that_wake_each_other_let_others_run),
    };
    return cmocka_run_group_tests_name("park", tests, NULL, NULL);
}
