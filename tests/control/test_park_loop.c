/*
 * test_park_loop.c - calls of loops that wait: the loop goes on with others.
 */
#include "park_testing.h"

#include <uv.h>
#include <vow/clock.h>
#include <vow/group.h>
#include <vow/scope.h>

static vow_loop *loop_of(uv_loop_t *uv)
{
    struct vow_loop_options options = {.size = sizeof options, .uv = uv};
    vow_loop *loop = vow_loop_new(&options);
    assert_non_null(loop);
    return loop;
}

static vow_value note_around_a_wait(vow_value input, void *context)
{
    note(vow_as_integer(input));
    vow_status status = vow_wait(context, VOW_FOREVER, NULL);
    note(vow_as_integer(input) + 100 + (status == VOW_OK ? 0 : 1000));
    return input;
}

static vow_value open_context(vow_value input, void *context)
{
    gate_open(context);
    return input;
}

static void other_calls_run_while_one_waits(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    vow_scheduler *scheduler = vow_loop_scheduler(loop);
    struct gate gate = gate_new();
    vow_promise *first = vow_submit(scheduler, note_around_a_wait, vow_integer(1), gate.promise);
    vow_promise *second = vow_submit(scheduler, note_around_a_wait, vow_integer(2), gate.promise);
    vow_promise *third = vow_submit(scheduler, open_context, vow_integer(3), &gate);
    assert_ok(vow_loop_run_until_idle(loop));
    assert_logged(1, 2, 101, 102);
    assert_fulfilled(first, 1);
    assert_fulfilled(second, 2);
    assert_fulfilled(third, 3);
    vow_promise_release(first);
    vow_promise_release(second);
    vow_promise_release(third);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
}

static vow_value sleep_and_note(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(VOW_MS(vow_as_integer(input)));
    note(vow_as_integer(input));
    return input;
}

static void a_sleeping_line_keeps_the_loop_from_being_idle(void **state)
{
    (void)state;
    vow_clock *clock = vow_clock_new();
    assert_ok(vow_clock_install(clock));
    assert_ok(vow_clock_run_ahead(clock, true));
    vow_loop *loop = loop_of(NULL);
    const int times[] = {20, 0, 10};
    for (int i = 0; i < 3; i++)
        vow_promise_release(
            vow_submit(vow_loop_scheduler(loop), sleep_and_note, vow_integer(times[i]), NULL));
    assert_ok(vow_loop_run_until_idle(loop));
    assert_logged(0, 10, 20);
    assert_ok(vow_loop_free(loop));
    assert_ok(vow_clock_free(clock));
}

static void on_timer(uv_timer_t *timer)
{
    int *count = timer->data;
    if (++*count == 5)
        uv_close((uv_handle_t *)timer, NULL);
}

static void calls_over_a_users_loop_wait_while_its_handles_go_on(void **state)
{
    (void)state;
    uv_loop_t uv;
    uv_timer_t timer;
    int count = 0;
    assert_int_equal(uv_loop_init(&uv), 0);
    vow_loop *loop = loop_of(&uv);
    assert_int_equal(uv_timer_init(&uv, &timer), 0);
    timer.data = &count;
    assert_int_equal(uv_timer_start(&timer, on_timer, 1, 1), 0);
    vow_promise *job = vow_submit(vow_loop_scheduler(loop), sleep_and_note, vow_integer(15), NULL);
    vow_pool *pool = pool_of(1);
    vow_promise *far = vow_submit(vow_pool_scheduler(pool), sleep_and_note, vow_integer(3), NULL);
    vow_promise *waits = vow_submit(vow_loop_scheduler(loop), wait_for_context, vow_none(), far);
    while (vow_state(job) == VOW_PENDING || vow_state(waits) == VOW_PENDING || count < 5)
        (void)uv_run(&uv, UV_RUN_ONCE);
    assert_fulfilled(job, 15);
    assert_fulfilled(waits, 3);
    vow_promise_release(job);
    vow_promise_release(far);
    vow_promise_release(waits);
    free_pool(pool);
    assert_ok(vow_loop_free(loop));
    (void)uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static void *cancel_later(void *context)
{
    await_count(&arrived, 1);
    vow_cancel(context);
    return NULL;
}

static void a_call_parked_over_a_users_loop_is_canceled_from_another_thread(void **state)
{
    (void)state;
    uv_loop_t uv;
    assert_int_equal(uv_loop_init(&uv), 0);
    struct gate gate = gate_new(); /* at home elsewhere: not owed to the loop */
    vow_loop *loop = loop_of(&uv);
    vow_promise *job =
        vow_submit(vow_loop_scheduler(loop), arrive_and_wait, vow_none(), gate.promise);
    pthread_t thread = start_thread(cancel_later, job);
    (void)uv_run(&uv, UV_RUN_DEFAULT);
    assert_fulfilled(job, -VOW_CANCELED);
    join_thread(thread);
    vow_promise_release(job);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
    (void)uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static vow_value stop_context(vow_value input, void *context)
{
    vow_loop_stop(context);
    return input;
}

static void a_loop_that_is_stopped_and_run_again_goes_on_with_parked_calls(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    vow_scheduler *scheduler = vow_loop_scheduler(loop);
    struct gate gate = gate_new();
    vow_promise *job = vow_submit(scheduler, note_around_a_wait, vow_integer(1), gate.promise);
    vow_promise_release(vow_submit(scheduler, stop_context, vow_none(), loop));
    assert_ok(vow_loop_run(loop));
    assert_pending(job);
    gate_open(&gate);
    vow_promise_release(vow_submit(scheduler, stop_context, vow_none(), loop));
    assert_ok(vow_loop_run(loop));
    assert_ok(vow_loop_run_until_idle(loop));
    assert_fulfilled(job, 1);
    vow_promise_release(job);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
}

static void freeing_a_loop_cancels_its_parked_calls(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    struct gate gate = gate_new();
    vow_promise *jobs[10];
    for (int i = 0; i < 10; i++)
        jobs[i] = vow_submit(vow_loop_scheduler(loop), wait_for_context, vow_none(), gate.promise);
    assert_int_equal(vow_loop_run_once(loop, VOW_FOREVER), VOW_OK);
    assert_ok(vow_loop_free(loop));
    for (int i = 0; i < 10; i++) {
        assert_fulfilled(jobs[i], -VOW_CANCELED);
        vow_promise_release(jobs[i]);
    }
    gate_end(&gate);
}

/* Behind the shield it waits for a promise at home on the loop, which a worker fires. */
static vow_value finish_behind_a_shield(vow_value input, void *context)
{
    vow_shield_begin();
    vow_promise *job = vow_submit(context, sleep_and_note, vow_integer(2), NULL);
    job = vow_add_callback(job, add_context, number_as_context(1));
    int64_t number = await_integer(job);
    vow_shield_end();
    (void)input;
    return vow_integer(number);
}

static void freeing_a_loop_lets_calls_behind_shields_come_to_their_end(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    vow_pool *pool = pool_of(1);
    vow_promise *job = vow_submit(vow_loop_scheduler(loop), finish_behind_a_shield, vow_none(),
                                  vow_pool_scheduler(pool));
    assert_int_equal(vow_loop_run_once(loop, VOW_FOREVER), VOW_OK);
    assert_ok(vow_loop_free(loop));
    assert_fulfilled(job, 3);
    vow_promise_release(job);
    free_pool(pool);
}

/* The same in functions of promises: calls that are no jobs. */

struct cleanup {
    vow_loop *loop;
    vow_fn *clean;
    _Atomic bool begun;
    _Atomic bool ended;
    vow_status status;
};

static vow_value clean_up_slowly(vow_value input, void *context)
{
    struct cleanup *cleanup = context;
    atomic_store(&cleanup->begun, true);
    vow_shield_begin();
    cleanup->status = vow_sleep(VOW_MS(5));
    vow_shield_end();
    atomic_store(&cleanup->ended, true);
    return input;
}

/* Whether `clean` came to its end before its caller went on, in a function of a promise whose loop was freed meanwhile;
   what it gives is to be VOW_OK. */
static bool cleans_up(vow_fn *clean)
{
    struct cleanup cleanup = {.loop = loop_of(NULL)};
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = clean,
                             .context = &cleanup,
                             .scheduler = vow_loop_scheduler(cleanup.loop)};
    vow_promise *promise = vow_then_with(vow_succeeded(vow_none()), &handlers);
    while (!atomic_load(&cleanup.begun))
        (void)vow_loop_run_once(cleanup.loop, vow_after(VOW_MS(1)));
    assert_ok(vow_loop_free(cleanup.loop));
    int64_t status = await_integer(promise);
    while (!atomic_load(&cleanup.ended)) /* it is ours until then */
        (void)vow_run_pending();
    return status == VOW_OK && cleanup.status == VOW_OK;
}

static vow_value clean_up_behind_a_shield(vow_value input, void *context)
{
    (void)clean_up_slowly(input, context);
    return vow_integer(vow_sleep(VOW_S(3600)) == VOW_CANCELED ? VOW_OK : VOW_USER);
}

static vow_value clean_up_within_a_scope(vow_value input, void *context)
{
    struct cleanup *cleanup = context;
    vow_release(vow_within(VOW_FOREVER, clean_up_slowly, input, cleanup));
    return vow_integer(atomic_load(&cleanup->ended) ? VOW_OK : VOW_USER);
}

static vow_value clean_up_in_a_group(vow_value input, void *context)
{
    struct cleanup *cleanup = context;
    vow_group *group = vow_group_new(NULL);
    assert_ok(vow_group_spawn(group, clean_up_slowly, input, context));
    while (!atomic_load(&cleanup->begun))
        (void)vow_sleep(VOW_MS(1));
    return vow_integer(vow_group_free(group));
}

static vow_value clean_up_in_a_pool(vow_value input, void *context)
{
    vow_pool *pool = pool_of(1);
    vow_promise_release(vow_submit(vow_pool_scheduler(pool), clean_up_slowly, input, context));
    return vow_integer(vow_pool_free(pool));
}

static void freeing_a_loop_lets_functions_behind_shields_come_to_their_end(void **state)
{
    (void)state;
    assert_true(cleans_up(clean_up_behind_a_shield));
}

static void freeing_a_loop_does_not_end_a_scope_before_its_function(void **state)
{
    (void)state;
    assert_true(cleans_up(clean_up_within_a_scope));
}

static void freeing_a_loop_does_not_keep_groups_from_being_freed(void **state)
{
    (void)state;
    assert_true(cleans_up(clean_up_in_a_group));
}

static void freeing_a_loop_does_not_keep_pools_from_being_freed(void **state)
{
    (void)state;
    assert_true(cleans_up(clean_up_in_a_pool));
}

static vow_status free_status;
static vow_status run_status;

static vow_value wait_then_free(vow_value input, void *context)
{
    void **both = context;
    (void)vow_wait(both[0], VOW_FOREVER, NULL);
    free_status = vow_loop_free(both[1]);
    run_status = vow_loop_run_until_idle(both[1]);
    return input;
}

static void wait_when_dropped(void *context)
{
    vow_promise *answer = vow_submit(context, give_input, vow_integer(1), NULL);
    note(vow_wait(answer, VOW_FOREVER, NULL));
    vow_promise_release(answer);
}

static void what_is_dropped_when_a_loop_is_freed_may_wait(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    vow_pool *pool = pool_of(1);
    struct vow_job job = {.size = sizeof job,
                          .fn = give_input,
                          .context = vow_pool_scheduler(pool),
                          .drop = wait_when_dropped};
    vow_promise *dropped = vow_submit_with(vow_loop_scheduler(loop), &job);
    assert_ok(vow_loop_free(loop));
    assert_logged(VOW_OK);
    assert_rejected(dropped, VOW_CANCELED);
    vow_promise_release(dropped);
    free_pool(pool);
}

static void with_two_loops_a_call_goes_on_while_the_other_runs(void **state)
{
    (void)state;
    struct gate gate = gate_new(); /* at home elsewhere: not owed to the loops */
    vow_loop *first = loop_of(NULL);
    vow_loop *second = loop_of(NULL);
    vow_promise *job =
        vow_submit(vow_loop_scheduler(first), note_around_a_wait, vow_integer(1), gate.promise);
    vow_promise_release(vow_submit(vow_loop_scheduler(first), note_input, vow_integer(2), NULL));
    assert_ok(vow_loop_run_until_idle(first));
    assert_int_equal(vow_loop_run_once(second, VOW_POLL), VOW_TIMED_OUT); /* the job's home */
    assert_ok(vow_schedule(vow_loop_scheduler(first), note_input, vow_integer(3), NULL));
    vow_promise_release(
        vow_submit(vow_loop_scheduler(second), open_context, vow_integer(3), &gate));
    assert_ok(vow_loop_run_until_idle(second));
    assert_logged(1, 2, 101);
    assert_ok(vow_loop_run_until_idle(first));
    assert_logged(1, 2, 101, 3);
    assert_int_equal(await_integer(job), 1);
    gate_end(&gate);
    assert_ok(vow_loop_free(first));
    assert_ok(vow_loop_free(second));
}

static void a_loop_cannot_be_freed_by_its_own_call_while_another_loop_runs(void **state)
{
    (void)state;
    vow_loop *first = loop_of(NULL);
    vow_loop *second = loop_of(NULL);
    struct gate gate = gate_new();
    void *both[2] = {gate.promise, first};
    vow_promise *job = vow_submit(vow_loop_scheduler(first), wait_then_free, vow_integer(1), both);
    assert_ok(vow_loop_run_once(first, VOW_FOREVER));
    vow_promise_release(
        vow_submit(vow_loop_scheduler(second), open_context, vow_integer(3), &gate));
    assert_ok(vow_loop_run_until_idle(second));
    assert_int_equal(free_status, VOW_INVALID);
    assert_int_equal(run_status, VOW_INVALID);
    assert_int_equal(await_integer(job), 1);
    gate_end(&gate);
    assert_ok(vow_loop_free(first));
    assert_ok(vow_loop_free(second));
}

static void a_wait_outside_of_calls_goes_on_with_parked_ones(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    struct gate gate = gate_new();
    vow_promise *jobs[50];
    for (int i = 0; i < 50; i++)
        jobs[i] = vow_submit(vow_loop_scheduler(loop), wait_for_context, vow_none(), gate.promise);
    vow_promise_release(vow_submit(vow_loop_scheduler(loop), open_context, vow_none(), &gate));
    for (int i = 49; i >= 0; i--)
        assert_int_equal(await_integer(jobs[i]), 1);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
}

static void many_calls_of_a_loop_park(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    struct gate gate = gate_new();
    int count = many(20000);
    vow_promise **jobs = calloc((size_t)count, sizeof(*jobs));
    for (int i = 0; i < count; i++)
        jobs[i] = vow_submit(vow_loop_scheduler(loop), wait_for_context, vow_none(), gate.promise);
    vow_promise_release(vow_submit(vow_loop_scheduler(loop), open_context, vow_none(), &gate));
    assert_ok(vow_loop_run_until_idle(loop));
    for (int i = 0; i < count; i++)
        assert_int_equal(await_integer(jobs[i]), 1);
    gate_end(&gate);
    free(jobs);
    assert_ok(vow_loop_free(loop));
}

/* Fairness --------------------------------------------------------------------------------------------------- */

static _Atomic bool enough;

static vow_value reschedule_until_enough(vow_value input, void *context)
{
    (void)context;
    while (!atomic_load(&enough))
        (void)vow_reschedule();
    return input;
}

struct table {
    struct gate gates[2];
};

static vow_value play(vow_value input, void *context)
{
    struct table *table = context;
    int self = (int)vow_as_integer(input);
    do {
        (void)vow_wait(table->gates[self].promise, VOW_FOREVER, NULL);
        vow_promise_release(table->gates[self].promise);
        table->gates[self] = gate_new();
        gate_open(&table->gates[1 - self]);
    } while (!atomic_load(&enough));
    return input;
}

/* Beside `busy` lines: calls, sleeping lines, posts from other threads, and the deadline of a wait. */
static void assert_that_all_go_on(vow_loop *loop)
{
    vow_scheduler *scheduler = vow_loop_scheduler(loop);
    struct gate gate = gate_new();
    vow_pool *pool = pool_of(1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(await_integer(vow_submit(scheduler, give_input, vow_integer(i), NULL)), i);
    assert_int_equal(await_integer(vow_submit(scheduler, sleep_and_note, vow_integer(1), NULL)), 1);
    assert_int_equal(
        await_integer(vow_submit(vow_pool_scheduler(pool), give_input, vow_integer(5), NULL)), 5);
    assert_int_equal(vow_wait(gate.promise, vow_after(VOW_MS(3)), NULL), VOW_TIMED_OUT);
    gate_end(&gate);
    free_pool(pool);
    atomic_store(&enough, true);
}

static void lines_that_reschedule_let_a_loop_go_on(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    vow_scheduler *scheduler = vow_loop_scheduler(loop);
    atomic_store(&enough, false);
    for (int i = 0; i < 2; i++)
        vow_promise_release(vow_submit(scheduler, reschedule_until_enough, vow_none(), NULL));
    assert_that_all_go_on(loop);
    assert_ok(vow_loop_run_until_idle(loop));
    assert_ok(vow_loop_free(loop));
}

static void lines_that_wake_each_other_let_a_loop_go_on(void **state)
{
    (void)state;
    if (switches_by_threads()) /* ten thousands of switches */
        skip();
    vow_loop *loop = loop_of(NULL);
    vow_scheduler *scheduler = vow_loop_scheduler(loop);
    struct table table = {{gate_new(), gate_new()}};
    atomic_store(&enough, false);
    vow_promise *players[2];
    for (int i = 0; i < 2; i++)
        players[i] = vow_submit(scheduler, play, vow_integer(i), &table);
    fire(table.gates[0].deferred, vow_integer(1));
    assert_that_all_go_on(loop);
    for (int i = 0; i < 2; i++)
        assert_int_equal(await_integer(players[i]), i);
    for (int i = 0; i < 2; i++) {
        if (vow_state(table.gates[i].promise) == VOW_PENDING)
            fire(table.gates[i].deferred, vow_none());
        vow_promise_release(table.gates[i].promise);
    }
    assert_ok(vow_loop_free(loop));
}

/* Blocking jobs -------------------------------------------------------------------------------------------------- */

static vow_value wait_for_home(vow_value input, void *context)
{
    vow_promise *promise = vow_submit(context, give_input, vow_integer(1), NULL);
    vow_status status = vow_wait(promise, VOW_FOREVER, NULL);
    vow_promise_release(promise);
    (void)input;
    return vow_integer(status);
}

static void a_blocking_job_on_a_loop_cannot_wait_for_what_the_loop_has_to_do(void **state)
{
    (void)state;
    vow_loop *loop = loop_of(NULL);
    struct vow_job job = {.size = sizeof job,
                          .fn = wait_for_home,
                          .context = vow_loop_scheduler(loop),
                          .blocking = true};
    assert_int_equal(await_integer(vow_submit_with(vow_loop_scheduler(loop), &job)), VOW_INVALID);
    assert_ok(vow_loop_run_until_idle(loop));
    assert_ok(vow_loop_free(loop));
}

static vow_value poll_another(vow_value input, void *context)
{
    (void)input;
    return vow_integer(vow_wait(context, VOW_POLL, NULL));
}

static void what_a_freed_loop_drops_may_wait_where_it_is_told(void **state)
{
    (void)state;
    vow_promise *pending;
    vow_deferred *deferred = vow_deferred_new(&pending);
    vow_loop *loop = loop_of(NULL);
    struct vow_job job = {.size = sizeof job, .fn = give_input, .home = vow_immediate()};
    vow_handlers handlers = {.size = sizeof handlers,
                             .rejected = poll_another,
                             .context = pending,
                             .scheduler = vow_immediate()};
    vow_promise *told = vow_then_with(vow_submit_with(vow_loop_scheduler(loop), &job), &handlers);
    assert_ok(vow_loop_free(loop));
    assert_int_equal(await_integer(told), VOW_TIMED_OUT);
    vow_deferred_release(deferred);
    vow_promise_release(pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        park_test(other_calls_run_while_one_waits),
        park_test(a_sleeping_line_keeps_the_loop_from_being_idle),
        park_test(calls_over_a_users_loop_wait_while_its_handles_go_on),
        park_test(a_call_parked_over_a_users_loop_is_canceled_from_another_thread),
        park_test(a_loop_that_is_stopped_and_run_again_goes_on_with_parked_calls),
        park_test(freeing_a_loop_cancels_its_parked_calls),
        park_test(freeing_a_loop_lets_calls_behind_shields_come_to_their_end),
        park_test(freeing_a_loop_lets_functions_behind_shields_come_to_their_end),
        park_test(freeing_a_loop_does_not_end_a_scope_before_its_function),
        park_test(freeing_a_loop_does_not_keep_groups_from_being_freed),
        park_test(freeing_a_loop_does_not_keep_pools_from_being_freed),
        park_test(what_is_dropped_when_a_loop_is_freed_may_wait),
        park_test(with_two_loops_a_call_goes_on_while_the_other_runs),
        park_test(a_loop_cannot_be_freed_by_its_own_call_while_another_loop_runs),
        park_test(a_wait_outside_of_calls_goes_on_with_parked_ones),
        park_test(many_calls_of_a_loop_park),
        park_test(lines_that_reschedule_let_a_loop_go_on),
        park_test(what_a_freed_loop_drops_may_wait_where_it_is_told),
        park_test(lines_that_wake_each_other_let_a_loop_go_on),
        park_test(a_blocking_job_on_a_loop_cannot_wait_for_what_the_loop_has_to_do),
    };
    return cmocka_run_group_tests_name("park_loop", tests, NULL, NULL);
}
