/*
 * test_deadlock_world.c - waits that could still end, how a close names them, and the closed world, in which they cannot.
 */
#include "deadlock_testing.h"

#include <vow/mutex.h>
#include <vow/timer.h>

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
    struct party party;
    party_begin(&party);
    (void)join(&party, scheduler);
    party.awaited[1] = party.jobs[0];
    party.jobs[1] = vow_submit(scheduler, wait_a_while, vow_none(), take_seat(&party));
    party.awaited[0] = party.jobs[1];
    party_meet(&party);
    assert_int_equal(party.statuses[0], VOW_OK);
    assert_int_equal(party.statuses[1], VOW_TIMED_OUT);
    party_leave(&party);
}

static void a_deferred_may_be_fired_by_anybody(void **state)
{
    (void)state;
    struct gate held = gate_new();
    vow_promise *job = vow_submit(scheduler, wait_within, vow_none(), &held.promise);
    assert_int_equal(vow_wait(held.promise, vow_after(VOW_MS(5)), NULL), VOW_TIMED_OUT);
    assert_int_equal(vow_wait(job, vow_after(VOW_MS(20)), NULL), VOW_TIMED_OUT);
    gate_open(&held);
    assert_int_equal(await_integer(job), VOW_OK);
    gate_end(&held);
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
    struct gate held = gate_new();
    static vow_mutex mutex = VOW_MUTEX_INIT;
    assert_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    vow_promise *jobs[3] = {vow_submit(scheduler, wait_within, vow_none(), &held.promise),
                            vow_submit(scheduler, wait_within, vow_none(), &held.promise),
                            vow_submit(scheduler, lock_and_unlock, vow_none(), &mutex)};
    char wanted[128];
    (void)snprintf(wanted, sizeof(wanted), "1 in vow_mutex_lock for %p", (void *)&mutex);
    do {
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, vow_after(VOW_MS(5))), VOW_TIMED_OUT);
        assert_sentence("vow_pool_close: some calls of the pool have not ended yet");
    } while (strstr(vow_last_error(), wanted) == NULL ||
             strstr(vow_last_error(), "2 in vow_wait") == NULL);
    assert_ok(vow_mutex_unlock(&mutex));
    gate_open(&held);
    assert_ok(vow_wait_all(jobs, 3, VOW_FOREVER));
    for (int i = 0; i < 3; i++)
        vow_promise_release(jobs[i]);
    gate_end(&held);
}

/* The closed world -------------------------------------------------------------------------------------------------------- */

static void in_a_closed_world_a_deferred_that_nobody_fires_is_a_deadlock(void **state)
{
    (void)state;
    vow_pool *others = pool_of(2);
    struct gate held = gate_new();
    vow_closed_world(true);
    vow_promise *job =
        vow_submit(vow_pool_scheduler(others), wait_within, vow_none(), &held.promise);
    assert_int_equal(vow_wait(held.promise, VOW_FOREVER, NULL), VOW_DEADLOCK);
    assert_sentence("vow_wait: nothing is left in this closed world that could end it; "
                    "waiting: 2 in vow_wait");
    assert_int_equal(await_integer(job), VOW_DEADLOCK);
    vow_closed_world(false);
    gate_end(&held);
    free_pool(others);
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
    vow_loop *loop = vow_loop_new(NULL);
    vow_closed_world(true);
    for (int i = 0; i < 2; i++) {
        vow_promise *held;
        vow_deferred *deferred = vow_deferred_new_at(vow_immediate(), &held);
        vow_promise *job =
            i == 0 ? vow_submit(scheduler, sleep_and_fire, vow_none(), deferred)
                   : vow_call_later(loop, VOW_MS(10), sleep_and_fire, vow_none(), deferred);
        assert_ok(vow_wait(held, VOW_FOREVER, NULL));
        assert_ok(vow_wait(job, VOW_FOREVER, NULL));
        vow_promise_release(job);
        vow_promise_release(held);
        vow_deferred_release(deferred);
    }
    vow_closed_world(false);
    assert_ok(vow_loop_free(loop));
}

static void closing_a_pool_in_a_closed_world_ends_its_waits_first(void **state)
{
    (void)state;
    struct gate held = gate_new();
    vow_promise *job = vow_submit(scheduler, wait_within, vow_none(), &held.promise);
    vow_closed_world(true);
    free_the_pool();
    vow_closed_world(false);
    assert_fulfilled(job, VOW_DEADLOCK);
    vow_promise_release(job);
    gate_end(&held);
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
    assert_fulfilled(job, VOW_DEADLOCK);
    vow_promise_release(job);
    fire(deferred, vow_none());
    vow_promise_release(held);
    assert_ok(vow_loop_free(loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_of_one_test(a_ring_with_a_deadline_is_none),
        pool_of_one_test(a_deferred_may_be_fired_by_anybody),
        pool_of_one_test(a_close_that_times_out_names_who_waits_for_what),
        pool_of_one_test(in_a_closed_world_a_deferred_that_nobody_fires_is_a_deadlock),
        pool_of_one_test(a_pending_timer_keeps_a_closed_world_alive),
        pool_of_one_test(closing_a_pool_in_a_closed_world_ends_its_waits_first),
        pool_of_one_test(a_call_of_a_loop_waits_in_a_closed_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
