/*
 * test_meetings.c - where two things come together: a loop of promises that waits for itself, a clock beside a plain thread
 * that waits, the end and a stop, a chunk that nobody wants in a pool of size 0, a job that waits while its pool goes.
 *
 * Each is a process of its own, so that one that hangs is known.
 */
#include "process_testing.h"

/* Loops of promises ------------------------------------------------------------------------------------------------------- */

static vow_promise *ring;

static vow_value wait_for_ring(vow_value input, void *context)
{
    vow_value value = ring != NULL ? vow_promise_value(vow_promise_retain(ring))
                                   : vow_promise_value(vow_promise_retain(context));
    vow_release(input);
    return value;
}

static void ring_body(void)
{
    vow_promise *first;
    vow_deferred *deferred = vow_deferred_new(&first);
    ring = vow_repeat(wait_for_ring, vow_none(), first);
    CHECK(vow_state(ring) == VOW_PENDING);
    CHECK(vow_fire(deferred, vow_none()) == VOW_OK);
    vow_value value = vow_await(vow_promise_retain(ring), VOW_FOREVER);
    CHECK(vow_error_is(value, VOW_INVALID));
    vow_release(value);
    vow_promise_release(ring);
    vow_promise_release(first);
}
test_in_process(loop_that_waits_for_itself_is_rejected, ring_body);

/* Cooperators -------------------------------------------------------------------------------------------------------------------- */

static vow_iteration *iteration;

static vow_value stop_and_end(vow_value input, void *context)
{
    (void)context;
    if (vow_as_integer(input) < 2)
        return vow_integer(vow_as_integer(input) + 1);
    CHECK(vow_iteration_stop(iteration) == VOW_OK);
    return vow_end();
}

static void end_body(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_cooperator *cooperator = vow_cooperator_new(NULL);
    iteration = vow_cooperate(cooperator, stop_and_end, vow_integer(0), NULL);
    vow_value value = vow_await(vow_iteration_done(iteration), VOW_FOREVER);
    CHECK(vow_error_is(value, VOW_CANCELED));
    vow_release(value);
    CHECK(vow_iteration_stop(iteration) == VOW_CLOSED);
    vow_iteration_release(iteration);
    vow_cooperator_free(cooperator);
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(iteration_that_is_stopped_in_its_last_step_was_stopped, end_body);

/* Chunks that nobody wants -------------------------------------------------------------------------------------------------------- */

static _Atomic bool open;

static vow_value hold_worker(vow_value input, void *context)
{
    (void)context;
    while (!atomic_load(&open))
        (void)sched_yield();
    return input;
}

static void chunk_body(void)
{
    long before = 0;
    for (int i = 0; i < 2; i++) {
        atomic_store(&open, false);
        vow_pool *pool = vow_pool_new(1, NULL);
        vow_promise *held = vow_submit(vow_pool_scheduler(pool), hold_worker, vow_none(), NULL);
        vow_reader *reader = vow_pool_add_task(
            pool, vow_task_new("numbers", vow_source_range(0, 1000, 1), twice, NULL, NULL));
        vow_promise *wanted =
            vow_read_promise(reader); /* a chunk is queued behind what holds the worker */
        CHECK(vow_pool_resize(pool, 0) == VOW_OK);
        vow_reader_release(reader);
        vow_promise_release(wanted);
        atomic_store(&open, true);
        vow_release(vow_await(held, VOW_FOREVER));
        CHECK(vow_pool_free(pool) == VOW_OK);
        (void)vow_run_pending();
        if (i == 0)
            before = vow_live_objects();
        CHECK(vow_live_objects() == before);
    }
}
test_in_process(chunk_whose_reader_has_gone_goes_with_a_pool_of_size_0, chunk_body);

/* A pool that goes while a job waits ------------------------------------------------------------------------------------------------ */

static _Atomic bool began;

static vow_value wait_for_own(vow_value input, void *context)
{
    vow_scheduler *own = vow_pool_scheduler(context);
    vow_promise *before = vow_submit(own, twice, vow_integer(1), NULL);
    atomic_store(&began, true);
    while (!atomic_load(&open))
        (void)sched_yield();
    vow_promise *after = vow_submit(own, twice, vow_integer(2), NULL);
    vow_value first = vow_await(before, VOW_FOREVER);
    vow_value second = vow_await(after, VOW_FOREVER);
    vow_release(input);
    return vow_integer(vow_as_integer(first) + vow_as_integer(second));
}

static void go_while_a_job_waits(bool blocking, int size)
{
    vow_pool *pool = vow_pool_new(size, NULL);
    struct vow_job job = {
        .size = sizeof(job), .fn = wait_for_own, .context = pool, .blocking = blocking};
    atomic_store(&open, false);
    atomic_store(&began, false);
    vow_promise *waits = vow_submit_with(vow_pool_scheduler(pool), &job);
    while (!atomic_load(&began))
        (void)sched_yield();
    CHECK(vow_pool_resize(pool, 0) == VOW_OK);
    atomic_store(&open, true);
    CHECK(vow_as_integer(vow_await(waits, VOW_FOREVER)) == 6);
    CHECK(vow_pool_free(pool) == VOW_OK);
}

static void go_body(void)
{
    for (int i = 0; i < 20; i++) {
        go_while_a_job_waits(true, 1);
        go_while_a_job_waits(true, 2);
        go_while_a_job_waits(false, 1);
    }
}
test_in_process(blocking_job_gets_what_it_submitted_when_its_worker_is_to_go, go_body);

static void drain_body(void)
{
    for (int i = 0; i < 20; i++) {
        vow_pool *pool = vow_pool_new(1 + i % 2, NULL);
        struct vow_job job = {
            .size = sizeof(job), .fn = wait_for_own, .context = pool, .blocking = true};
        atomic_store(&open, true);
        vow_promise *waits = vow_submit_with(vow_pool_scheduler(pool), &job);
        CHECK(vow_pool_free(pool) == VOW_OK);
        CHECK(vow_as_integer(vow_await(waits, VOW_FOREVER)) == 6);
    }
}
test_in_process(blocking_job_gets_what_it_submitted_when_its_pool_drains, drain_body);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_that_waits_for_itself_is_rejected),
        cmocka_unit_test(iteration_that_is_stopped_in_its_last_step_was_stopped),
        cmocka_unit_test(chunk_whose_reader_has_gone_goes_with_a_pool_of_size_0),
        cmocka_unit_test(blocking_job_gets_what_it_submitted_when_its_worker_is_to_go),
        cmocka_unit_test(blocking_job_gets_what_it_submitted_when_its_pool_drains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
