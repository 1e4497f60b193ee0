/*
 * test_deadlock.c - waits that cannot end: rings of jobs, by what their promises come from.
 */
#include "control_testing.h"

#include <vow/line.h>
#include <vow/loop.h>
#include <vow/mutex.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/timer.h>

#define MOST 8

/* Jobs that wait for promises which are made after them. */
struct party {
    vow_promise *go; /* they begin when it has settled */
    vow_deferred *starter;
    vow_promise *awaited[MOST]; /* by the job of that number; borrowed */
    vow_promise *jobs[MOST];
    vow_status statuses[MOST];
    char sentences[MOST][256];
    int count;
};

struct seat {
    struct party *party;
    int number;
};

static struct seat seats[MOST];

static void party_begin(struct party *party)
{
    *party = (struct party){.count = 0};
    party->starter = vow_deferred_new(&party->go);
}

static vow_value wait_for_awaited(vow_value input, void *context)
{
    const struct seat *seat = context;
    struct party *party = seat->party;
    (void)input;
    vow_status status = vow_wait(party->go, VOW_FOREVER, NULL);
    if (status == VOW_OK)
        status = vow_wait(party->awaited[seat->number], VOW_FOREVER, NULL);
    party->statuses[seat->number] = status;
    (void)snprintf(party->sentences[seat->number], sizeof(party->sentences[0]), "%s",
                   status == VOW_OK ? "" : vow_last_error());
    return vow_integer(seat->number);
}

static vow_promise *join(struct party *party, vow_scheduler *scheduler)
{
    int number = party->count++;
    seats[number] = (struct seat){.party = party, .number = number};
    party->jobs[number] = vow_submit(scheduler, wait_for_awaited, vow_none(), &seats[number]);
    return party->jobs[number];
}

static int count_deadlocks(const struct party *party)
{
    int count = 0;
    for (int i = 0; i < party->count; i++) {
        if (party->statuses[i] == VOW_DEADLOCK)
            count++;
        else
            assert_int_equal(party->statuses[i], VOW_OK);
    }
    return count;
}

/* Lets them go, and waits until all have ended; one of them was given the deadlock. */
static const char *party_end(struct party *party)
{
    static char sentence[256];
    fire(party->starter, vow_none());
    for (int i = 0; i < party->count; i++)
        assert_ok(vow_wait(party->jobs[i], VOW_FOREVER, NULL));
    assert_int_equal(count_deadlocks(party), 1);
    for (int i = 0; i < party->count; i++) {
        if (party->statuses[i] == VOW_DEADLOCK)
            memcpy(sentence, party->sentences[i], sizeof(sentence));
        vow_promise_release(party->jobs[i]);
    }
    vow_promise_release(party->go);
    return sentence;
}

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
    vow_pool *pool = vow_pool_new(1, NULL);
    ring_on(&pool, 1, 2);
    assert_ok(vow_pool_free(pool));
}

static void two_jobs_on_two_workers_wait_for_each_other(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(2, NULL);
    for (int i = 0; i < 5; i++)
        ring_on(&pool, 1, 2);
    assert_ok(vow_pool_free(pool));
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
    vow_pool *pool = vow_pool_new(0, NULL);
    ring_on(&pool, 1, 3);
    assert_ok(vow_pool_free(pool));
}

static void a_job_waits_for_itself(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    ring_on(&pool, 1, 1);
    assert_ok(vow_pool_free(pool));
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
    vow_pool *pool = vow_pool_new(1, NULL);
    struct party party;
    party_begin(&party);
    vow_promise *job = join(&party, vow_pool_scheduler(pool));
    vow_promise *derived = vow_then(vow_promise_retain(job), pass_on, NULL);
    derived = vow_then(derived, pass_on, NULL);
    party.awaited[0] = derived;
    const char *sentence = party_end(&party);
    char wanted[128];
    (void)snprintf(wanted, sizeof(wanted), "vow_wait: it waits for promise %p, which needs job %p",
                   (void *)derived, (void *)job);
    assert_non_null(strstr(sentence, wanted));
    vow_promise_release(derived);
    assert_ok(vow_pool_free(pool));
}

static void a_job_waits_for_what_adopts_it(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    struct party party;
    party_begin(&party);
    vow_promise *job = join(&party, vow_pool_scheduler(pool));
    vow_promise *adopting;
    vow_deferred *deferred = vow_deferred_new(&adopting);
    fire(deferred, vow_promise_value(vow_promise_retain(job)));
    party.awaited[0] = adopting;
    (void)party_end(&party);
    vow_promise_release(adopting);
    assert_ok(vow_pool_free(pool));
}

static void a_plain_thread_waits_for_a_ring_that_it_is_not_in(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    struct party party;
    party_begin(&party);
    for (int i = 0; i < 3; i++)
        (void)join(&party, vow_pool_scheduler(pool));
    party.awaited[0] = party.jobs[1];
    party.awaited[1] = party.jobs[2];
    party.awaited[2] = party.jobs[1];
    fire(party.starter, vow_none());
    assert_ok(vow_wait(party.jobs[0], VOW_FOREVER, NULL));
    assert_ok(vow_wait_all(party.jobs, 3, VOW_FOREVER));
    assert_int_equal(count_deadlocks(&party), 1);
    assert_int_equal(party.statuses[0], VOW_OK);
    for (int i = 0; i < 3; i++)
        vow_promise_release(party.jobs[i]);
    vow_promise_release(party.go);
    assert_ok(vow_pool_free(pool));
}

static void a_blocking_job_is_part_of_a_ring(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(2, NULL);
    struct party party;
    party_begin(&party);
    (void)join(&party, vow_pool_scheduler(pool));
    seats[1] = (struct seat){.party = &party, .number = party.count++};
    struct vow_job job = {
        .size = sizeof(job), .fn = wait_for_awaited, .context = &seats[1], .blocking = true};
    party.jobs[1] = vow_submit_with(vow_pool_scheduler(pool), &job);
    party.awaited[0] = party.jobs[1];
    party.awaited[1] = party.jobs[0];
    (void)party_end(&party);
    assert_ok(vow_pool_free(pool));
}

static void a_call_of_a_loop_and_a_job_wait_for_each_other(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_pool *pool = vow_pool_new(1, NULL);
    struct party party;
    party_begin(&party);
    party.awaited[0] = join(&party, vow_loop_scheduler(loop));
    party.awaited[1] = party.awaited[0];
    party.awaited[0] = join(&party, vow_pool_scheduler(pool));
    (void)party_end(&party);
    assert_ok(vow_pool_free(pool));
    vow_loop_free(loop);
}

static vow_value wait_within(vow_value input, void *context)
{
    (void)input;
    vow_promise **promise = context;
    return vow_integer(vow_wait(*promise, VOW_FOREVER, NULL));
}

/* The links of a promise at home on a pool: run in its calls. */
static void a_function_waits_for_the_promise_that_runs_it_beside_other_lines(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *never;
    vow_deferred *deferred = vow_deferred_new(&never);
    vow_promise *other = vow_submit(vow_pool_scheduler(pool), wait_within, vow_none(), &never);
    vow_promise *promise;
    vow_deferred *own = vow_deferred_new_at(vow_pool_scheduler(pool), &promise);
    vow_promise *replaced = vow_add_callback(promise, wait_within, &promise);
    fire(own, vow_none());
    vow_value value;
    assert_ok(vow_wait(replaced, VOW_FOREVER, &value));
    assert_int_equal(vow_as_integer(value), VOW_DEADLOCK);
    vow_promise_release(replaced);
    fire(deferred, vow_none());
    assert_ok(vow_wait(other, VOW_FOREVER, NULL));
    vow_promise_release(other);
    vow_promise_release(never);
    assert_ok(vow_pool_free(pool));
}

static void the_same_on_immediate(void **state)
{
    (void)state;
    vow_promise *never;
    vow_deferred *deferred = vow_deferred_new(&never);
    vow_promise *other = vow_spawn(vow_immediate(), wait_within, vow_none(), &never);
    vow_promise *promise;
    vow_deferred *own = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, wait_within, &promise);
    fire(own, vow_none());
    vow_value value;
    assert_ok(vow_wait(promise, VOW_FOREVER, &value));
    assert_int_equal(vow_as_integer(value), VOW_DEADLOCK);
    vow_promise_release(promise);
    fire(deferred, vow_none());
    assert_ok(vow_wait(other, VOW_FOREVER, NULL));
    vow_promise_release(other);
    vow_promise_release(never);
}

/* The runner of a promise's links waits for a job that waits for that promise. */
static void a_function_waits_for_a_job_that_waits_for_its_promise(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(2, NULL);
    struct party party;
    party_begin(&party);
    vow_promise *job = join(&party, vow_pool_scheduler(pool));
    vow_promise *promise;
    vow_deferred *own = vow_deferred_new_at(vow_pool_scheduler(pool), &promise);
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
    assert_ok(vow_pool_free(pool));
}

/* What is none ---------------------------------------------------------------------------------------------------------- */

static vow_value wait_a_while(vow_value input, void *context)
{
    const struct seat *seat = context;
    (void)input;
    seat->party->statuses[seat->number] =
        vow_wait(seat->party->awaited[seat->number], vow_after(VOW_MS(20)), NULL);
    return vow_none();
}

static void a_ring_with_a_deadline_is_none(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    struct party party;
    party_begin(&party);
    (void)join(&party, vow_pool_scheduler(pool));
    seats[1] = (struct seat){.party = &party, .number = party.count++};
    party.awaited[1] = party.jobs[0];
    party.jobs[1] = vow_submit(vow_pool_scheduler(pool), wait_a_while, vow_none(), &seats[1]);
    party.awaited[0] = party.jobs[1];
    fire(party.starter, vow_none());
    assert_ok(vow_wait_all(party.jobs, 2, VOW_FOREVER));
    assert_int_equal(party.statuses[0], VOW_OK);
    assert_int_equal(party.statuses[1], VOW_TIMED_OUT);
    vow_promise_release(party.jobs[0]);
    vow_promise_release(party.jobs[1]);
    vow_promise_release(party.go);
    assert_ok(vow_pool_free(pool));
}

static void a_deferred_may_be_fired_by_anybody(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *held;
    vow_deferred *deferred = vow_deferred_new(&held);
    vow_promise *job = vow_submit(vow_pool_scheduler(pool), wait_within, vow_none(), &held);
    assert_int_equal(vow_wait(held, vow_after(VOW_MS(5)), NULL), VOW_TIMED_OUT);
    assert_int_equal(vow_wait(job, vow_after(VOW_MS(20)), NULL), VOW_TIMED_OUT);
    fire(deferred, vow_none());
    vow_value value;
    assert_ok(vow_wait(job, VOW_FOREVER, &value));
    assert_int_equal(vow_as_integer(value), VOW_OK);
    vow_promise_release(job);
    vow_promise_release(held);
    assert_ok(vow_pool_free(pool));
}

static vow_value lock_and_unlock(vow_value input, void *context)
{
    if (vow_mutex_lock(context, VOW_FOREVER) == VOW_OK)
        (void)vow_mutex_unlock(context);
    return input;
}

/* Closing ----------------------------------------------------------------------------------------------------------------- */

static void a_close_that_times_out_names_who_waits_for_what(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *held;
    vow_deferred *deferred = vow_deferred_new(&held);
    static vow_mutex mutex = VOW_MUTEX_INIT;
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    vow_promise *jobs[3] = {
        vow_submit(vow_pool_scheduler(pool), wait_within, vow_none(), &held),
        vow_submit(vow_pool_scheduler(pool), wait_within, vow_none(), &held),
        vow_submit(vow_pool_scheduler(pool), lock_and_unlock, vow_none(), &mutex)};
    char wanted[128];
    (void)snprintf(wanted, sizeof(wanted), "1 in vow_mutex_lock for %p", (void *)&mutex);
    do {
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, vow_after(VOW_MS(5))), VOW_TIMED_OUT);
        assert_sentence("vow_pool_close: some calls of the pool have not ended yet");
    } while (strstr(vow_last_error(), wanted) == NULL ||
             strstr(vow_last_error(), "2 in vow_wait") == NULL);
    assert_ok(vow_mutex_unlock(&mutex));
    fire(deferred, vow_none());
    assert_ok(vow_wait_all(jobs, 3, VOW_FOREVER));
    for (int i = 0; i < 3; i++)
        vow_promise_release(jobs[i]);
    vow_promise_release(held);
    assert_ok(vow_pool_free(pool));
}

/* The closed world -------------------------------------------------------------------------------------------------------- */

static void in_a_closed_world_a_deferred_that_nobody_fires_is_a_deadlock(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_promise *held;
    vow_deferred *deferred = vow_deferred_new(&held);
    vow_closed_world(true);
    vow_promise *job = vow_submit(vow_pool_scheduler(pool), wait_within, vow_none(), &held);
    assert_int_equal(vow_wait(held, VOW_FOREVER, NULL), VOW_DEADLOCK);
    assert_sentence("vow_wait: nothing is left in this closed world");
    vow_value value;
    assert_ok(vow_wait(job, VOW_FOREVER, &value));
    assert_int_equal(vow_as_integer(value), VOW_DEADLOCK);
    vow_closed_world(false);
    fire(deferred, vow_none());
    vow_promise_release(held);
    vow_promise_release(job);
    assert_ok(vow_pool_free(pool));
}

static vow_value sleep_and_fire(vow_value input, void *context)
{
    (void)vow_sleep(VOW_MS(10));
    (void)vow_resolve(context, vow_none());
    return input;
}

static void a_pending_timer_keeps_a_closed_world_alive(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_loop *loop = vow_loop_new(NULL);
    vow_closed_world(true);
    for (int i = 0; i < 2; i++) {
        vow_promise *held;
        vow_deferred *deferred = vow_deferred_new_at(vow_immediate(), &held);
        vow_promise *job =
            i == 0 ? vow_submit(vow_pool_scheduler(pool), sleep_and_fire, vow_none(), deferred)
                   : vow_call_later(loop, VOW_MS(10), sleep_and_fire, vow_none(), deferred);
        assert_ok(vow_wait(held, VOW_FOREVER, NULL));
        assert_ok(vow_wait(job, VOW_FOREVER, NULL));
        vow_promise_release(job);
        vow_promise_release(held);
        vow_deferred_release(deferred);
    }
    vow_closed_world(false);
    assert_ok(vow_loop_free(loop));
    assert_ok(vow_pool_free(pool));
}

static void closing_a_pool_in_a_closed_world_ends_its_waits_first(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *held;
    vow_deferred *deferred = vow_deferred_new(&held);
    vow_promise *job = vow_submit(vow_pool_scheduler(pool), wait_within, vow_none(), &held);
    vow_closed_world(true);
    assert_ok(vow_pool_free(pool));
    vow_closed_world(false);
    vow_value value;
    assert_ok(vow_wait(job, VOW_POLL, &value));
    assert_int_equal(vow_as_integer(value), VOW_DEADLOCK);
    fire(deferred, vow_none());
    vow_promise_release(held);
    vow_promise_release(job);
}

static void a_call_of_a_loop_waits_in_a_closed_world(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *held;
    vow_deferred *deferred = vow_deferred_new_at(vow_immediate(), &held);
    vow_promise *job = vow_submit(vow_loop_scheduler(loop), wait_within, vow_none(), &held);
    vow_closed_world(true);
    assert_ok(vow_loop_run_until_idle(loop));
    vow_closed_world(false);
    vow_value value;
    assert_ok(vow_wait(job, VOW_POLL, &value));
    assert_int_equal(vow_as_integer(value), VOW_DEADLOCK);
    fire(deferred, vow_none());
    vow_promise_release(held);
    vow_promise_release(job);
    assert_ok(vow_loop_free(loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(two_jobs_on_one_worker_wait_for_each_other),
        test_leaving_nothing(two_jobs_on_two_workers_wait_for_each_other),
        test_leaving_nothing(three_jobs_of_two_pools_wait_in_a_ring),
        test_leaving_nothing(jobs_of_a_pool_of_size_0_wait_in_a_ring),
        test_leaving_nothing(a_job_waits_for_itself),
        test_leaving_nothing(
            a_job_that_runs_inside_of_the_wait_for_it_waits_for_the_one_that_waits),
        test_leaving_nothing(a_job_waits_for_what_is_derived_from_it),
        test_leaving_nothing(a_job_waits_for_what_adopts_it),
        test_leaving_nothing(a_plain_thread_waits_for_a_ring_that_it_is_not_in),
        test_leaving_nothing(a_blocking_job_is_part_of_a_ring),
        test_leaving_nothing(a_call_of_a_loop_and_a_job_wait_for_each_other),
        test_leaving_nothing(a_function_waits_for_the_promise_that_runs_it_beside_other_lines),
        test_leaving_nothing(the_same_on_immediate),
        test_leaving_nothing(a_function_waits_for_a_job_that_waits_for_its_promise),
        test_leaving_nothing(a_ring_with_a_deadline_is_none),
        test_leaving_nothing(a_deferred_may_be_fired_by_anybody),
        test_leaving_nothing(a_close_that_times_out_names_who_waits_for_what),
        test_leaving_nothing(in_a_closed_world_a_deferred_that_nobody_fires_is_a_deadlock),
        test_leaving_nothing(a_pending_timer_keeps_a_closed_world_alive),
        test_leaving_nothing(closing_a_pool_in_a_closed_world_ends_its_waits_first),
        test_leaving_nothing(a_call_of_a_loop_waits_in_a_closed_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
