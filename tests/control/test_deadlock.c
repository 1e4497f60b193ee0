/*
 * test_deadlock.c - waits that cannot end: rings of jobs, by what their promises come from.
 */
#include "deadlock_testing.h"

/* Rings of jobs ------------------------------------------------------------------------------------------------------- */

static void ring_on(vow_pool *const *pools, int pool_count, int jobs)
{
    struct party party;
    party_begin(&party);
    for (int i = 0; i < jobs; i++)
        (void)join(&party, vow_pool_scheduler(pools[i % pool_count]));
    for (int i = 0; i < jobs; i++)
        party.awaited[i] = party.jobs[(i + 1) % jobs];
    const char *sentence = party_end(&party);
    assert_non_null(strstr(sentence, "vow_wait: it waits for job 0x"));
}

static void two_jobs_on_one_worker_wait_for_each_other(void **state)
{
    (void)state;
    ring_on(&pool, 1, 2);
}

static void two_jobs_on_two_workers_wait_for_each_other(void **state)
{
    (void)state;
    vow_pool *others = pool_of(2);
    for (int i = 0; i < 5; i++)
        ring_on(&others, 1, 2);
    free_pool(others);
}

static void three_jobs_of_two_pools_wait_in_a_ring(void **state)
{
    (void)state;
    vow_pool *pools[2] = {vow_pool_new(1, NULL), vow_pool_new(2, NULL)};
    for (int i = 0; i < 5; i++)
        ring_on(pools, 2, 3);
    assert_ok(vow_pool_free(pools[0]));
    assert_ok(vow_pool_free(pools[1]));
}

static void jobs_of_a_pool_of_size_0_wait_in_a_ring(void **state)
{
    (void)state;
    vow_pool *others = pool_of(0);
    ring_on(&others, 1, 3);
    free_pool(others);
}

static void a_job_waits_for_itself(void **state)
{
    (void)state;
    ring_on(&pool, 1, 1);
}

static vow_value wait_for_input(vow_value input, void *context)
{
    *(vow_status *)context = vow_wait(*(vow_promise **)vow_as_pointer(input), VOW_FOREVER, NULL);
    return vow_none();
}

struct inner {
    vow_pool *pool;
    vow_promise *go;
    vow_promise *own;
    vow_status status;
};

/* The inner job runs on this job's stack, inside of the wait for it. */
static vow_value wait_for_inner(vow_value input, void *context)
{
    struct inner *inner = context;
    (void)input;
    assert_ok(vow_wait(inner->go, VOW_FOREVER, NULL));
    vow_promise *promise = vow_submit(vow_pool_scheduler(inner->pool), wait_for_input,
                                      vow_pointer(&inner->own), &inner->status);
    return vow_await(promise, VOW_FOREVER);
}

static void a_job_that_runs_inside_of_the_wait_for_it_waits_for_the_one_that_waits(void **state)
{
    (void)state;
    needs_short_ways();
    struct inner inner = {.pool = vow_pool_new(1, NULL)};
    vow_deferred *starter = vow_deferred_new(&inner.go);
    inner.own = vow_submit(vow_pool_scheduler(inner.pool), wait_for_inner, vow_none(), &inner);
    fire(starter, vow_none());
    assert_ok(vow_wait(inner.own, VOW_FOREVER, NULL));
    assert_int_equal(inner.status, VOW_DEADLOCK);
    vow_promise_release(inner.own);
    vow_promise_release(inner.go);
    assert_ok(vow_pool_free(inner.pool));
}

/* What promises come from ----------------------------------------------------------------------------------------------- */

static vow_value pass_on(vow_value input, void *context)
{
    (void)context;
    return input;
}

static void a_job_waits_for_what_is_derived_from_it(void **state)
{
    (void)state;
    struct party party;
    party_begin(&party);
    vow_promise *job = join(&party, scheduler);
    vow_promise *derived = vow_then(vow_promise_retain(job), pass_on, NULL);
    derived = vow_then(derived, pass_on, NULL);
    party.awaited[0] = derived;
    const char *sentence = party_end(&party);
    char wanted[128];
    (void)snprintf(wanted, sizeof(wanted), "vow_wait: it waits for promise %p, which needs job %p",
                   (void *)derived, (void *)job);
    assert_non_null(strstr(sentence, wanted));
    vow_promise_release(derived);
}

static void a_job_waits_for_what_adopts_it(void **state)
{
    (void)state;
    struct party party;
    party_begin(&party);
    vow_promise *job = join(&party, scheduler);
    vow_promise *adopting;
    vow_deferred *deferred = vow_deferred_new(&adopting);
    fire(deferred, vow_promise_value(vow_promise_retain(job)));
    party.awaited[0] = adopting;
    (void)party_end(&party);
    vow_promise_release(adopting);
}

static void a_plain_thread_waits_for_a_ring_that_it_is_not_in(void **state)
{
    (void)state;
    struct party party;
    party_begin(&party);
    for (int i = 0; i < 3; i++)
        (void)join(&party, scheduler);
    party.awaited[0] = party.jobs[1];
    party.awaited[1] = party.jobs[2];
    party.awaited[2] = party.jobs[1];
    (void)party_end(&party);
    assert_int_equal(party.statuses[0], VOW_OK);
}

static void a_blocking_job_is_part_of_a_ring(void **state)
{
    (void)state;
    vow_pool *others = pool_of(2);
    struct party party;
    party_begin(&party);
    (void)join(&party, vow_pool_scheduler(others));
    struct vow_job job = {.size = sizeof(job),
                          .fn = wait_for_awaited,
                          .context = take_seat(&party),
                          .blocking = true};
    party.jobs[1] = vow_submit_with(vow_pool_scheduler(others), &job);
    party.awaited[0] = party.jobs[1];
    party.awaited[1] = party.jobs[0];
    (void)party_end(&party);
    free_pool(others);
}

static void a_call_of_a_loop_and_a_job_wait_for_each_other(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    struct party party;
    party_begin(&party);
    party.awaited[0] = join(&party, vow_loop_scheduler(loop));
    party.awaited[1] = party.awaited[0];
    party.awaited[0] = join(&party, scheduler);
    (void)party_end(&party);
    free_the_pool();
    vow_loop_free(loop);
}

/* The links of a promise at home on a pool: run in its calls. */
static void a_function_waits_for_the_promise_that_runs_it_beside_other_lines(void **state)
{
    (void)state;
    struct gate never = gate_new();
    vow_promise *other = vow_submit(scheduler, wait_within, vow_none(), &never.promise);
    vow_promise *promise;
    vow_deferred *own = vow_deferred_new_at(scheduler, &promise);
    vow_promise *replaced = vow_add_callback(promise, wait_within, &promise);
    fire(own, vow_none());
    assert_int_equal(await_integer(replaced), VOW_DEADLOCK);
    gate_open(&never);
    assert_ok(vow_wait(other, VOW_FOREVER, NULL));
    vow_promise_release(other);
    gate_end(&never);
}

static vow_value note_wait(vow_value input, void *context)
{
    note(vow_wait(*(vow_promise **)context, VOW_FOREVER, NULL));
    return input;
}

static void check_a_listener(vow_scheduler *home, vow_loop *loop)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(home, &promise);
    promise = vow_add_callbacks(
        promise,
        &(vow_handlers){.size = sizeof(vow_handlers), .notified = note_wait, .context = &promise});
    assert_ok(vow_notify(deferred, vow_none()));
    fire(deferred, vow_none());
    while (loop != NULL && vow_loop_run_once(loop, VOW_POLL) == VOW_OK) {
    }
    assert_ok(vow_wait(promise, VOW_FOREVER, NULL));
    vow_promise_release(promise);
    assert_logged(VOW_DEADLOCK);
}

static void a_listener_waits_for_the_promise_that_tells_it_on_a_pool(void **state)
{
    (void)state;
    check_a_listener(scheduler, NULL);
}

static void the_same_on_a_loop(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    check_a_listener(vow_loop_scheduler(loop), loop);
    assert_ok(vow_loop_free(loop));
}

static void a_listener_does_so_on_immediate(void **state)
{
    (void)state;
    check_a_listener(vow_immediate(), NULL);
}

static vow_value wait_for_a_moment(vow_value input, void *context)
{
    note(vow_wait(*(vow_promise **)context, vow_after(VOW_MS(1)), NULL));
    return input;
}

/* A line of a loop's waits in a function of the promise; another one may do so, too, until that has gone on. */
static void check_another_line(bool listens)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct gate gate = gate_new();
    vow_promise *promise, *other;
    vow_deferred *deferred = vow_deferred_new_at(vow_loop_scheduler(loop), &promise);
    vow_handlers handlers = {.size = sizeof(vow_handlers), .context = &gate.promise};
    *(listens ? &handlers.notified : &handlers.fulfilled) = note_wait;
    promise = vow_add_callbacks(promise, &handlers);
    if (listens)
        assert_ok(vow_notify(deferred, vow_none()));
    fire(deferred, vow_none());
    while (vow_loop_run_once(loop, VOW_POLL) == VOW_OK) {
    }
    vow_deferred *nested = vow_deferred_new_at(vow_immediate(), &other);
    other = vow_add_callback(other, wait_for_a_moment, &promise);
    fire(nested, vow_none());
    assert_logged(VOW_TIMED_OUT);
    gate_open(&gate);
    while (vow_loop_run_once(loop, VOW_POLL) == VOW_OK) {
    }
    assert_logged(VOW_TIMED_OUT, VOW_OK);
    vow_promise_release(promise);
    vow_promise_release(other);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
}

static void a_callback_that_waits_on_a_loop_lets_others_wait_for_its_promise(void **state)
{
    (void)state;
    check_another_line(false);
}

static void so_does_a_listener(void **state)
{
    (void)state;
    check_another_line(true);
}

static void the_same_on_immediate(void **state)
{
    (void)state;
    struct gate never = gate_new();
    vow_promise *other = vow_spawn(vow_immediate(), wait_within, vow_none(), &never.promise);
    vow_promise *promise;
    vow_deferred *own = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, wait_within, &promise);
    fire(own, vow_none());
    assert_int_equal(await_integer(promise), VOW_DEADLOCK);
    gate_open(&never);
    assert_ok(vow_wait(other, VOW_FOREVER, NULL));
    vow_promise_release(other);
    gate_end(&never);
}

/* The runner of a promise's links waits for a job that waits for that promise. */
static void a_function_waits_for_a_job_that_waits_for_its_promise(void **state)
{
    (void)state;
    vow_pool *others = pool_of(2);
    struct party party;
    party_begin(&party);
    vow_promise *job = join(&party, vow_pool_scheduler(others));
    vow_promise *promise;
    vow_deferred *own = vow_deferred_new_at(vow_pool_scheduler(others), &promise);
    promise = vow_add_callback(promise, wait_within, &job);
    party.awaited[0] = promise;
    fire(own, vow_none());
    fire(party.starter, vow_none());
    assert_ok(vow_wait(job, VOW_FOREVER, NULL));
    vow_value value;
    assert_ok(vow_wait(promise, VOW_FOREVER, &value));
    assert_int_equal((vow_as_integer(value) == VOW_DEADLOCK) + (party.statuses[0] == VOW_DEADLOCK),
                     1);
    vow_promise_release(job);
    vow_promise_release(promise);
    vow_promise_release(party.go);
    free_pool(others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_of_one_test(two_jobs_on_one_worker_wait_for_each_other),
        pool_of_one_test(two_jobs_on_two_workers_wait_for_each_other),
        pool_of_one_test(three_jobs_of_two_pools_wait_in_a_ring),
        pool_of_one_test(jobs_of_a_pool_of_size_0_wait_in_a_ring),
        pool_of_one_test(a_job_waits_for_itself),
        pool_of_one_test(a_job_that_runs_inside_of_the_wait_for_it_waits_for_the_one_that_waits),
        pool_of_one_test(a_job_waits_for_what_is_derived_from_it),
        pool_of_one_test(a_job_waits_for_what_adopts_it),
        pool_of_one_test(a_plain_thread_waits_for_a_ring_that_it_is_not_in),
        pool_of_one_test(a_blocking_job_is_part_of_a_ring),
        pool_of_one_test(a_call_of_a_loop_and_a_job_wait_for_each_other),
        pool_of_one_test(a_function_waits_for_the_promise_that_runs_it_beside_other_lines),
        pool_of_one_test(the_same_on_immediate),
        pool_of_one_test(a_listener_waits_for_the_promise_that_tells_it_on_a_pool),
        pool_of_one_test(the_same_on_a_loop),
        pool_of_one_test(a_listener_does_so_on_immediate),
        pool_of_one_test(a_callback_that_waits_on_a_loop_lets_others_wait_for_its_promise),
        pool_of_one_test(so_does_a_listener),
        pool_of_one_test(a_function_waits_for_a_job_that_waits_for_its_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
