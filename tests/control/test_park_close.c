/*
 * test_park_close.c - what parked jobs keep over cancels, and pools that are closed while jobs are parked on every kind of thread.
 */
#include "park_cancel_testing.h"

#include <vow/loop.h>

/* Job-local storage ------------------------------------------------------------------------------------------- */

static void drop_local(void *pointer)
{
    (void)pointer;
    atomic_fetch_add(&drops, 1);
}

static const struct vow_local key = {.name = "key", .drop = drop_local};

static vow_value keep_local(vow_value input, void *context)
{
    void *mine = number_as_context(vow_as_integer(input) + 1);
    if (vow_local_get(&key) != NULL || vow_local_set(&key, mine) != VOW_OK)
        return vow_integer(-1);
    atomic_fetch_add(&arrived, 1);
    (void)vow_wait(context, VOW_FOREVER, NULL);
    return vow_local_get(&key) == mine ? input : vow_integer(-2);
}

static void what_a_job_keeps_stays_with_it_over_waits_and_cancels(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *jobs[20];
    for (int i = 0; i < 20; i++)
        jobs[i] = vow_submit(scheduler, keep_local, vow_integer(i), gate.promise);
    await_count(&arrived, 20);
    for (int i = 0; i < 20; i += 2)
        vow_cancel(jobs[i]);
    gate_open(&gate);
    for (int i = 0; i < 20; i++)
        assert_int_equal(await_integer(jobs[i]), i);
    assert_int_equal(drops, 20);
    gate_end(&gate);
}

/* Jobs of a pool without workers park on the threads that make them, each on its own. */
struct elsewhere {
    vow_scheduler *scheduler;
    vow_promise *gate;
    vow_promise *job;
    _Atomic bool parked;
};

static void *park_here(void *context)
{
    struct elsewhere *elsewhere = context;
    elsewhere->job =
        vow_submit(elsewhere->scheduler, wait_three_times, vow_none(), elsewhere->gate);
    atomic_store(&elsewhere->parked, true);
    (void)vow_wait(elsewhere->job, VOW_FOREVER, NULL);
    return NULL;
}

static void closing_a_pool_without_workers_ends_the_waits_of_its_jobs_on_every_thread(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_pool *empty = pool_of(0);
    struct elsewhere elsewhere = {vow_pool_scheduler(empty), gate.promise, NULL, false};
    vow_promise *here = vow_submit(elsewhere.scheduler, wait_three_times, vow_none(), gate.promise);
    pthread_t thread = start_thread(park_here, &elsewhere);
    while (!atomic_load(&elsewhere.parked))
        (void)sched_yield();
    assert_ok(vow_pool_close(empty, VOW_CANCEL, VOW_FOREVER));
    join_thread(thread);
    assert_fulfilled(here, THREE_TIMES);
    assert_fulfilled(elsewhere.job, THREE_TIMES);
    vow_promise_release(here);
    vow_promise_release(elsewhere.job);
    free_pool(empty);
    gate_end(&gate);
}

/* A guest of this thread that runs, and looks round itself, when its thread is told of the close. */
struct served {
    struct gate first;
    struct gate second;
    vow_pool *pool;
    _Atomic bool runs;
};

static vow_value look_round_until_told(vow_value input, void *context)
{
    struct served *served = context;
    (void)input;
    (void)vow_wait(served->first.promise, VOW_FOREVER, NULL);
    atomic_store(&served->runs, true);
    while (vow_run_pending() == 0)
        (void)sched_yield();
    return vow_integer(vow_wait(served->second.promise, VOW_POLL, NULL));
}

static void *close_when_it_runs(void *context)
{
    struct served *served = context;
    while (!atomic_load(&served->runs))
        (void)sched_yield();
    if (vow_pool_close(served->pool, VOW_CANCEL, VOW_FOREVER) != VOW_OK)
        abort();
    return NULL;
}

static void closing_a_pool_without_workers_ends_the_waits_of_a_job_that_is_running(void **state)
{
    (void)state;
    struct served served = {.first = gate_new(), .second = gate_new(), .pool = pool_of(0)};
    vow_promise *job =
        vow_submit(vow_pool_scheduler(served.pool), look_round_until_told, vow_none(), &served);
    pthread_t thread = start_thread(close_when_it_runs, &served);
    gate_open(&served.first);
    int64_t status = await_integer(job);
    join_thread(thread);
    free_pool(served.pool);
    gate_end(&served.first);
    gate_end(&served.second);
    assert_int_equal(status, VOW_CANCELED);
}

/* The same where what it made holds the thread, and looks round while it waits. */
static vow_value make_one_that_holds(vow_value input, void *context)
{
    struct served *served = context;
    struct vow_job job = {.size = sizeof job,
                          .fn = wait_three_times,
                          .context = served->second.promise,
                          .blocking = true};
    (void)input;
    (void)vow_wait(served->first.promise, VOW_FOREVER, NULL);
    return vow_promise_value(vow_submit_with(vow_current_scheduler(), &job));
}

static void *close_when_one_holds(void *context)
{
    struct served *served = context;
    until_waited_for(served->second.promise);
    if (vow_pool_close(served->pool, VOW_CANCEL, VOW_FOREVER) != VOW_OK)
        abort();
    return NULL;
}

static void closing_a_pool_without_workers_ends_the_waits_of_a_job_that_holds_another(void **state)
{
    (void)state;
    struct served served = {.first = gate_new(), .second = gate_new(), .pool = pool_of(0)};
    vow_promise *job =
        vow_submit(vow_pool_scheduler(served.pool), make_one_that_holds, vow_none(), &served);
    pthread_t thread = start_thread(close_when_one_holds, &served);
    gate_open(&served.first);
    assert_int_equal(await_integer(job), THREE_TIMES);
    join_thread(thread);
    free_pool(served.pool);
    gate_end(&served.first);
    gate_end(&served.second);
}

/* The same where nothing of the pool has parked: a thread is held that made the job, with a loop or without. */
struct holding {
    struct gate gate;
    vow_pool *pool;
    bool loop;
    int64_t result;
};

static void *hold_this_thread(void *context)
{
    struct holding *holding = context;
    struct vow_job job = {.size = sizeof job,
                          .fn = wait_three_times,
                          .context = holding->gate.promise,
                          .blocking = true};
    vow_loop *loop = holding->loop ? vow_loop_new(NULL) : NULL;
    vow_promise *promise = vow_submit_with(vow_pool_scheduler(holding->pool), &job);
    holding->result = await_integer(promise);
    if (loop != NULL && vow_loop_free(loop) != VOW_OK)
        abort();
    return NULL;
}

static void close_while_held(bool loop)
{
    struct holding holding = {.gate = gate_new(), .pool = pool_of(0), .loop = loop};
    pthread_t thread = start_thread(hold_this_thread, &holding);
    until_waited_for(holding.gate.promise);
    assert_ok(vow_pool_close(holding.pool, VOW_CANCEL, VOW_FOREVER));
    join_thread(thread);
    assert_int_equal(holding.result, THREE_TIMES);
    free_pool(holding.pool);
    gate_end(&holding.gate);
}

static void closing_a_pool_without_workers_ends_the_waits_that_hold_a_thread(void **state)
{
    (void)state;
    close_while_held(false);
}

static void closing_a_pool_without_workers_ends_the_waits_that_hold_a_loop(void **state)
{
    (void)state;
    close_while_held(true);
}

/* Holds its worker up, so that another one comes; what parks on the two stays there when one is a spare again. */
static _Atomic bool may_unblock;

static vow_value block(vow_value input, void *context)
{
    (void)context;
    vow_blocking_begin();
    atomic_fetch_add(&arrived, 1);
    while (!atomic_load(&may_unblock))
        (void)sched_yield();
    vow_blocking_end();
    return input;
}

static void closing_a_pool_ends_the_waits_on_its_spares(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_pool *closing = pool_of(1);
    vow_scheduler *there = vow_pool_scheduler(closing);
    atomic_store(&may_unblock, false);
    vow_promise *first = vow_submit(there, wait_three_times, vow_none(), gate.promise);
    await_count(&arrived, 1);
    vow_promise *blocking = vow_submit(there, block, vow_none(), NULL);
    await_count(&arrived, 2);
    vow_promise *second = vow_submit(there, wait_three_times, vow_none(), gate.promise);
    await_count(&arrived, 3);
    atomic_store(&may_unblock, true);
    assert_int_equal(await_integer(blocking), 0);
    assert_ok(vow_pool_close(closing, VOW_CANCEL, VOW_FOREVER));
    assert_int_equal(await_integer(first), THREE_TIMES);
    assert_int_equal(await_integer(second), THREE_TIMES);
    free_pool(closing);
    gate_end(&gate);
}

/* The same for jobs that keep their worker while they wait. */
static void closing_a_pool_ends_the_waits_of_jobs_that_hold_their_workers(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_pool *closing = pool_of(1);
    struct vow_job job = {
        .size = sizeof job, .fn = wait_three_times, .context = gate.promise, .blocking = true};
    vow_promise *holding = vow_submit_with(vow_pool_scheduler(closing), &job);
    until_waited_for(gate.promise);
    assert_ok(vow_pool_close(closing, VOW_CANCEL, VOW_FOREVER));
    assert_int_equal(await_integer(holding), THREE_TIMES);
    free_pool(closing);
    gate_end(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_of_one_test(closing_a_pool_without_workers_ends_the_waits_of_its_jobs_on_every_thread),
        pool_of_one_test(closing_a_pool_without_workers_ends_the_waits_of_a_job_that_is_running),
        pool_of_one_test(closing_a_pool_without_workers_ends_the_waits_of_a_job_that_holds_another),
        pool_of_one_test(closing_a_pool_without_workers_ends_the_waits_that_hold_a_thread),
        pool_of_one_test(closing_a_pool_without_workers_ends_the_waits_that_hold_a_loop),
        pool_of_one_test(closing_a_pool_ends_the_waits_on_its_spares),
        pool_of_one_test(closing_a_pool_ends_the_waits_of_jobs_that_hold_their_workers),
        pool_of_one_test(what_a_job_keeps_stays_with_it_over_waits_and_cancels),
    };
    return cmocka_run_group_tests_name("park_cancel", tests, NULL, NULL);
}
