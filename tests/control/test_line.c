/*
 * test_line.c - lines on plain threads: vow_spawn on immediate, pools of size 0, what goes on while a thread waits, and what
 * happens to lines when their thread ends.
 */
#include "park_testing.h"

#include "execution/pool_inside.h"

/* Spawning ------------------------------------------------------------------------------------------------- */

static vow_value note_around_a_wait(vow_value input, void *context)
{
    note(vow_as_integer(input));
    vow_status status = vow_wait(context, VOW_FOREVER, NULL);
    note(vow_as_integer(input) + 100 + status);
    return input;
}

static void what_is_spawned_on_immediate_runs_until_it_waits(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *line = vow_spawn(NULL, note_around_a_wait, vow_integer(1), gate.promise);
    note(2);
    assert_pending(line);
    gate_open(&gate);
    note(3);
    (void)vow_run_pending();
    assert_fulfilled(line, 1);
    assert_logged(1, 2, 3, 101);
    vow_promise_release(line);
    gate_end(&gate);
}

static void one_that_does_not_wait_has_ended_on_return(void **state)
{
    (void)state;
    vow_promise *line = vow_spawn(vow_immediate(), give_input, vow_integer(1), NULL);
    assert_fulfilled(line, 1);
    vow_promise_release(line);
}

static void a_spawned_line_goes_on_while_its_thread_waits(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *line = vow_spawn(NULL, note_around_a_wait, vow_integer(1), gate.promise);
    gate_open(&gate);
    assert_int_equal(await_integer(line), 1);
    gate_end(&gate);
}

static vow_value sleep_and_note(vow_value input, void *context)
{
    const int64_t *start = context; /* of them all: whenever they begin, they end in one order */
    int64_t from = start != NULL ? *start : vow_now();
    (void)vow_sleep_until(vow_at(from + VOW_MS(vow_as_integer(input))));
    note(vow_as_integer(input));
    return input;
}

static void spawned_lines_sleep_side_by_side(void **state)
{
    (void)state;
    const int times[] = {1030, 1010, 1020};
    int64_t start = vow_now();
    vow_promise *lines[3];
    for (int i = 0; i < 3; i++)
        lines[i] = vow_spawn(NULL, sleep_and_note, vow_integer(times[i]), &start);
    for (int i = 0; i < 3; i++)
        assert_int_equal(await_integer(lines[i]), times[i]);
    assert_logged(1010, 1020, 1030);
}

static vow_value spawn_deeper(vow_value input, void *context)
{
    int64_t left = vow_as_integer(input);
    if (left == 0)
        return wait_for_context(input, context);
    return vow_await(vow_spawn(NULL, spawn_deeper, vow_integer(left - 1), context), VOW_FOREVER);
}

static void spawned_lines_nest(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *line = vow_spawn(NULL, spawn_deeper, vow_integer(many(2000)), gate.promise);
    assert_pending(line);
    gate_open(&gate);
    assert_int_equal(await_integer(line), 1);
    gate_end(&gate);
}

static void a_spawned_line_is_canceled(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *line = vow_spawn(NULL, wait_for_context, vow_none(), gate.promise);
    vow_cancel(line);
    assert_int_equal(await_integer(line), -VOW_CANCELED);
    gate_end(&gate);
}

static vow_value wait_outside_the_job(vow_value input, void *context)
{
    return vow_integer(vow_wait(context, vow_after(VOW_MS(2)), NULL) == VOW_TIMED_OUT
                           ? vow_as_integer(input)
                           : -1);
}

static void deadlines_pass_in_spawned_lines(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    vow_promise *line = vow_spawn(NULL, wait_outside_the_job, vow_integer(4), gate.promise);
    assert_pending(line);
    assert_int_equal(await_integer(line), 4);
    gate_end(&gate);
}

/* Sleeping -------------------------------------------------------------------------------------------------- */

static void a_plain_thread_sleeps(void **state)
{
    (void)state;
    int64_t before = vow_now();
    assert_ok(vow_sleep(VOW_MS(5)));
    assert_true(vow_now() - before >= VOW_MS(5));
    assert_ok(vow_sleep(0));
    assert_ok(vow_sleep_until(VOW_POLL));
    assert_ok(vow_sleep_until(vow_at(vow_now() - 1)));
    assert_int_equal(vow_sleep(-1), VOW_INVALID);
    assert_sentence("vow_sleep");
}

/* Fairness --------------------------------------------------------------------------------------------------- */

static _Atomic bool enough;

static vow_value reschedule_until_enough(vow_value input, void *context)
{
    (void)context;
    while (!atomic_load(&enough))
        if (vow_reschedule() != VOW_OK)
            return vow_integer(-2);
    return input;
}

static void a_deadline_passes_although_lines_reschedule(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    atomic_store(&enough, false);
    vow_promise *first = vow_spawn(NULL, reschedule_until_enough, vow_integer(1), NULL);
    vow_promise *second = vow_spawn(NULL, reschedule_until_enough, vow_integer(2), NULL);
    assert_int_equal(vow_wait(gate.promise, vow_after(VOW_MS(5)), NULL), VOW_TIMED_OUT);
    assert_int_equal(vow_wait(gate.promise, VOW_POLL, NULL), VOW_TIMED_OUT);
    (void)vow_run_pending(); /* returns */
    atomic_store(&enough, true);
    assert_int_equal(await_integer(first), 1);
    assert_int_equal(await_integer(second), 2);
    gate_end(&gate);
}

/* Two lines that wake each other without end. */
struct table {
    struct gate gates[2];
};

static vow_value play(vow_value input, void *context)
{
    struct table *table = context;
    int self = (int)vow_as_integer(input);
    do {
        if (vow_wait(table->gates[self].promise, VOW_FOREVER, NULL) != VOW_OK)
            break;
        vow_promise_release(table->gates[self].promise);
        table->gates[self] = gate_new();
        gate_open(&table->gates[1 - self]);
    } while (!atomic_load(&enough));
    return input;
}

static void table_end(struct table *table)
{
    for (int i = 0; i < 2; i++) {
        if (vow_state(table->gates[i].promise) == VOW_PENDING)
            fire(table->gates[i].deferred, vow_none());
        vow_promise_release(table->gates[i].promise);
    }
}

static void a_deadline_passes_although_lines_wake_each_other(void **state)
{
    (void)state;
    if (switches_by_threads()) /* ten thousands of switches */
        skip();
    struct gate gate = gate_new();
    struct table table = {{gate_new(), gate_new()}};
    atomic_store(&enough, false);
    vow_promise *first = vow_spawn(NULL, play, vow_integer(0), &table);
    vow_promise *second = vow_spawn(NULL, play, vow_integer(1), &table);
    fire(table.gates[0].deferred, vow_integer(1));
    assert_int_equal(vow_wait(gate.promise, vow_after(VOW_MS(5)), NULL), VOW_TIMED_OUT);
    (void)vow_run_pending(); /* returns */
    atomic_store(&enough, true);
    assert_int_equal(await_integer(first), 0);
    assert_int_equal(await_integer(second), 1);
    table_end(&table);
    gate_end(&gate);
}

/* What is queued behind a line that waits ------------------------------------------------------------------------ */

struct crowd {
    vow_promise *gate;
    int left;
    int count;
};

static vow_value wait_in_the_crowd(vow_value input, void *context)
{
    const struct crowd *crowd = context;
    atomic_fetch_add(&arrived, 1);
    (void)vow_wait(crowd->gate, VOW_FOREVER, NULL);
    return input;
}

static vow_value gather(vow_value input, void *context)
{
    struct crowd *crowd = context;
    if (crowd->left-- > 0) {
        vow_promise_release(vow_add_callback(vow_succeeded(vow_integer(0)), gather, crowd));
        return input;
    }
    for (int i = 0; i < crowd->count; i++)
        vow_promise_release(
            vow_add_callback(vow_succeeded(vow_integer(0)), wait_in_the_crowd, crowd));
    return input;
}

/* What nested too deeply is queued: thousands of callbacks that all wait. */
static void a_crowd_of_queued_callbacks_waits_in_bounded_stack(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct crowd crowd = {gate.promise, VOW_NESTING, many(20000)};
    vow_promise *line = vow_spawn(NULL, gather, vow_none(), &crowd);
    (void)vow_run_pending();
    assert_true(arrived >= 1);
    gate_open(&gate);
    while (arrived < crowd.count)
        (void)vow_run_pending();
    assert_ok(vow_wait(line, VOW_FOREVER, NULL));
    vow_promise_release(line);
    gate_end(&gate);
}

/* Pools of size 0 ---------------------------------------------------------------------------------------------- */

static void a_job_on_a_pool_of_size_0_parks_without_its_maker(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    struct gate gate = gate_new();
    vow_promise *job =
        vow_submit(vow_pool_scheduler(pool), note_around_a_wait, vow_integer(1), gate.promise);
    assert_pending(job);
    gate_open(&gate);
    assert_logged(1);
    assert_int_equal(await_integer(job), 1);
    assert_logged(1, 101);
    gate_end(&gate);
    free_pool(pool);
}

static void freeing_a_pool_of_size_0_runs_its_parked_jobs_to_their_end(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    struct gate gate = gate_new();
    vow_promise *job =
        vow_submit(vow_pool_scheduler(pool), note_around_a_wait, vow_integer(1), gate.promise);
    vow_promise *sleeper =
        vow_submit(vow_pool_scheduler(pool), sleep_and_note, vow_integer(5), NULL);
    gate_open(&gate);
    free_pool(pool);
    assert_fulfilled(job, 1);
    assert_fulfilled(sleeper, 5);
    vow_promise_release(job);
    vow_promise_release(sleeper);
    gate_end(&gate);
}

static bool has_threads(vow_pool *pool)
{
    vow_lock_take(&pool->lock);
    bool some = pool->living != 0;
    vow_lock_give(&pool->lock);
    return some;
}

struct late {
    vow_pool *pool;
    vow_promise *gate;
};

/* Waits until its pool's workers have come and gone, and then for what it submits there. */
static vow_value submit_late(vow_value input, void *context)
{
    const struct late *late = context;
    if (vow_wait(late->gate, VOW_FOREVER, NULL) != VOW_OK)
        return vow_none();
    while (has_threads(late->pool))
        (void)vow_sleep(VOW_US(100));
    for (int i = 0; i < 100; i++) /* who frees the pool looks meanwhile, and finds nothing */
        (void)vow_reschedule();
    return vow_await(vow_submit(vow_pool_scheduler(late->pool), give_input, input, NULL),
                     VOW_FOREVER);
}

static void a_pool_that_drains_runs_what_its_call_submits_that_is_parked_elsewhere(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct late late = {pool_of(0), gate.promise};
    vow_promise *job =
        vow_submit(vow_pool_scheduler(late.pool), submit_late, vow_integer(1), &late);
    assert_ok(vow_pool_resize(late.pool, 1)); /* it stays where it is parked: on this thread */
    gate_open(&gate);
    free_pool(late.pool);
    assert_fulfilled(job, 1);
    vow_promise_release(job);
    gate_end(&gate);
}

static void closing_a_pool_of_size_0_cancels_its_parked_jobs(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    struct gate gate = gate_new();
    vow_promise *job =
        vow_submit(vow_pool_scheduler(pool), wait_for_context, vow_none(), gate.promise);
    assert_ok(vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER));
    assert_fulfilled(job, -VOW_CANCELED);
    vow_promise_release(job);
    gate_end(&gate);
    free_pool(pool);
}

static vow_value make_calls_in_calls(vow_value input, void *context)
{
    int64_t left = vow_as_integer(input);
    atomic_fetch_add(&arrived, 1);
    if (left > 0)
        vow_promise_release(
            vow_submit(context, make_calls_in_calls, vow_integer(left - 1), context));
    return input;
}

static void calls_in_calls_of_a_pool_of_size_0_need_bounded_stacks(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    vow_promise_release(
        vow_submit(scheduler, make_calls_in_calls, vow_integer(many(20000)), scheduler));
    assert_int_equal(arrived, many(20000) + 1);
    free_pool(pool);
}

/* The end of a thread ------------------------------------------------------------------------------------------------ */

struct ending {
    vow_promise *gate;
    vow_promise *jobs[3];
};

static vow_value sleep_behind_a_shield(vow_value input, void *context)
{
    (void)context;
    vow_shield_begin();
    vow_status status = vow_sleep(VOW_MS(2));
    vow_shield_end();
    (void)input;
    return vow_integer(status * 100 + vow_sleep(VOW_S(1000)));
}

static vow_value ask_whether_canceled(vow_value input, void *context)
{
    int64_t number = vow_as_integer(wait_for_context(input, context));
    return vow_integer(vow_canceled() ? number : 1000);
}

static void *leave_lines_behind(void *context)
{
    struct ending *ending = context;
    ending->jobs[0] = vow_spawn(vow_immediate(), ask_whether_canceled, vow_none(), ending->gate);
    ending->jobs[1] = vow_spawn(vow_immediate(), sleep_behind_a_shield, vow_none(), NULL);
    ending->jobs[2] = vow_spawn(vow_immediate(), reschedule_until_enough, vow_none(), NULL);
    return NULL;
}

static void lines_of_a_thread_that_ends_are_canceled_and_run_to_their_end(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct ending ending = {.gate = gate.promise};
    atomic_store(&enough, false);
    on_another_thread(leave_lines_behind, &ending);
    assert_fulfilled(ending.jobs[0], -VOW_CANCELED);
    assert_fulfilled(ending.jobs[1], VOW_CANCELED);
    assert_fulfilled(ending.jobs[2], -2);
    for (int i = 0; i < 3; i++)
        vow_promise_release(ending.jobs[i]);
    gate_end(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        park_test(what_is_spawned_on_immediate_runs_until_it_waits),
        park_test(one_that_does_not_wait_has_ended_on_return),
        park_test(a_spawned_line_goes_on_while_its_thread_waits),
        park_test(spawned_lines_sleep_side_by_side),
        park_test(spawned_lines_nest),
        park_test(a_spawned_line_is_canceled),
        park_test(deadlines_pass_in_spawned_lines),
        park_test(a_plain_thread_sleeps),
        park_test(a_deadline_passes_although_lines_reschedule),
        park_test(a_deadline_passes_although_lines_wake_each_other),
        park_test(a_crowd_of_queued_callbacks_waits_in_bounded_stack),
        park_test(a_job_on_a_pool_of_size_0_parks_without_its_maker),
        park_test(freeing_a_pool_of_size_0_runs_its_parked_jobs_to_their_end),
        park_test(a_pool_that_drains_runs_what_its_call_submits_that_is_parked_elsewhere),
        park_test(closing_a_pool_of_size_0_cancels_its_parked_jobs),
        park_test(calls_in_calls_of_a_pool_of_size_0_need_bounded_stacks),
        park_test(lines_of_a_thread_that_ends_are_canceled_and_run_to_their_end),
    };
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
